-- @noindex
-- Hears some seconds around the edit cursor as each of the chosen presets makes them: a trial on a
-- track under the selected item, the song as its first take.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('trying').run()
