-- @noindex
-- As “Restore vocals of selected items”, after a menu of the presets; the choice is kept.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('restore').choose()
