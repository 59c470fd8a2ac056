-- @description voxmend: restore vocals of selected items
-- @version 0.1.0
-- @author voxmend
-- @about
--   Takes the voice out of the selected items, mends what that broke, and puts Vocals and
--   Instrumental on new tracks under the item, in place to the sample. One undo takes it back.
--   Needs voxmend itself on this machine: the first run says how to get it.
-- @changelog
--   The first version.
-- @provides
--   [main] .
--   [main] voxmend_Restore vocals of selected items (choose preset).lua
--   [main] voxmend_Restore vocals in razor edits or time selection.lua
--   [main] voxmend_Mend a vocal with its song.lua
--   [main] voxmend_Diagnose selected items.lua
--   [main] voxmend_Import finished stems.lua
--   [main] voxmend_Jobs panel.lua
--   [main] voxmend_Settings.lua
--   [main] voxmend_Instrumental only.lua
--   [main] voxmend_Toggle original and stems.lua
--   [main] voxmend_Remove what voxmend brought.lua
--   [main] voxmend_Try presets here.lua
--   [main] voxmend_Keep this preset.lua
--   [main] voxmend_Set up right-click menu.lua
--   [main] voxmend_Self-test.lua
--   [nomain] voxmend_Restore vocals of selected items (Python).py
--   [nomain] lib/*.lua
--   [data] toolbar_icons/**/*.png
--   [nomain] voxmend_protocol/*.py

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('restore').run()
