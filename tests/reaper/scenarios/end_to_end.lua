-- The action against a real worker: real time, a real process behind ExecProcess, real sockets.
-- Arguments: resource folder (filled by `voxmend reaper install`), transport, preset, source file,
-- start and length of the item in it, where to save the projects (before, after, undone, redone).
-- Says what came of it as one JSON object.

local resource, transport, preset, source, offset, length, out = table.unpack(arg)
local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'

local stage = Stage.new { real = resource,
  settings = { preset = preset, transport = transport } }
local track = stage.track 'Lead'
stage.item(track, source, { position = 1.25, length = tonumber(length),
  take = { D_STARTOFFS = tonumber(offset) }, item = { D_FADEINLEN = 0.1, D_FADEOUTLEN = 0.2 } })

local function save(name) stage.fake:save(0, out .. '/' .. name .. '.rpp') end

save 'before'
local steps = #stage.fake.undo_list
local fine = stage:restore(90)
save 'after'
local said = stage:screen_text()
local undo_text, picture = Stage.undo_text(), Stage.picture()
local added = #stage.fake.undo_list - steps
if fine then
  stage.fake:undo()
  save 'undone'
  stage.fake:redo()
  save 'redone'
end
stage:tick(10)
io.write('RESULT ', json.encode { fine = fine, undo = undo_text, picture = picture, said = said,
  added = added, violations = #stage.fake.violations, first = stage.fake.violations[1]
    and tostring(stage.fake.violations[1]) or nil, lua = _VERSION }, '\n')
