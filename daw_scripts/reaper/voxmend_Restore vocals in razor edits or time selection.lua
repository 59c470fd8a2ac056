-- @noindex
-- As “Restore vocals of selected items”, for parts of items: what lies in razor areas, whichever
-- items are selected; without areas, what of the selected items lies in the time selection.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('restore').areas()
