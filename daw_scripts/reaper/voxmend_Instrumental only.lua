-- @noindex
-- As “Restore vocals of selected items”, and only the instrumental comes back.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('restore').instrumental()
