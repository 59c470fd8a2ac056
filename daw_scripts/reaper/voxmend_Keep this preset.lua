-- @noindex
-- Takes the trial away and restores the whole item with the preset that is heard in it: its active
-- take.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('trying').keep()
