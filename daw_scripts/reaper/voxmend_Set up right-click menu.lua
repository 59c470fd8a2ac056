-- @noindex
-- Registers voxmend's actions, offers a shortcut, and leads to an entry in the right-click menu.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('set_up').run(here)
