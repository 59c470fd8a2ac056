-- The action “Diagnose selected items” against a real worker, and the report from the Jobs panel.
-- Arguments: resource folder, transport, source file, offset and length of the item, where to save
-- the projects (before, after, undone). Says what came of it as one JSON object.

local resource, transport, source, offset, length, out = table.unpack(arg)
local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'

local stage = Stage.new { real = resource, settings = { transport = transport } }
local item = stage.item(stage.track 'Lead', source, { position = 1.25, length = tonumber(length),
  take = { D_STARTOFFS = tonumber(offset) } })

local function save(name) stage.fake:save(0, out .. '/' .. name .. '.rpp') end

save 'before'
local steps = #stage.fake.undo_list
stage:run 'Diagnose selected items'
local fine = stage:until_(function() return stage:says 'cannot be told' end, 90)
save 'after'
local said, markers = stage:screen_text(), json.list {}
local take = reaper.GetActiveTake(item)
for n = 0, reaper.GetNumTakeMarkers(take) - 1 do
  local at, name = reaper.GetTakeMarker(take, n)
  markers[n + 1] = { at = at, name = name }
end
local undo, added = Stage.undo_text(), #stage.fake.undo_list - steps
stage.fake:undo()
save 'undone'
stage.fake:stop_all()
stage:run 'Jobs panel'
local listed = stage:until_(function() return stage:says 'in the project' end, 30)
local reported = listed and stage:press '  ·  diagnose' and stage:press 'Report'
  and stage:until_(function() return stage:says 'in the browser' end, 60)
io.write('RESULT ', json.encode { fine = fine, said = said, markers = markers, undo = undo,
  added = added, reported = reported or false, panel = stage:screen_text(),
  violations = #stage.fake.violations }, '\n')
