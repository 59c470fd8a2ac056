-- @noindex
-- Hears the original instead of its stems, or the stems again: of the selected items, else of all.
-- One undo step; what the user has muted stays muted.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('toggle').run()
