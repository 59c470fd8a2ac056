-- @noindex
-- Everything that can be set, in words: one row for each, and a menu of its choices.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('settings_panel').run()
