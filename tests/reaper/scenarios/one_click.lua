-- One click on one item, up to its end. Arguments: "restore", "print" (the take is pitched and
-- printed) or "diagnose". A shape that does not hold makes it red, whatever else happens.

local way = arg[1]
local Scene = require 'one_item'
local stage, item = Scene.ready { settings = { preset = 'quick', print_stretch = way == 'print' },
  player = { job_s = 0.2, damage = { bleed = { size = 'some', regions = {
    { start_s = 1, end_s = 2, size = 'some' } } } } } }
if way == 'print' then
  reaper.Undo_BeginBlock2(0)
  reaper.SetMediaItemTakeInfo_Value(reaper.GetActiveTake(item), 'D_PITCH', 1)
  reaper.Undo_EndBlock2(0, 'user: pitch', -1)
end
stage:run(way == 'diagnose' and 'Diagnose selected items' or 'Restore vocals of selected items')
local fine = stage:until_(Scene.Stage.imported, 20)
io.write('RESULT ', fine and 'fine' or stage:screen_text(), '\n')
