-- @noindex
-- For two selected items, a song and a vocal that was taken out of it elsewhere: the vocal is found
-- in the song, put right, and mended with it. Which is the vocal, a menu asks.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('restore').with_song()
