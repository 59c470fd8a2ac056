-- @noindex
-- Takes stems, trials and their empty tracks out of the project: of the selected items, else of
-- all. The files stay. One undo step; asks before anything goes that you have worked on.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('remove').run()
