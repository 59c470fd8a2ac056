-- A random project through the action: opens it, selects everything, restores, saves.
-- Arguments: project, where to save, settings as "key=value" ….

local project, out = arg[1], arg[2]
local settings = { preset = 'quick' }
for n = 3, #arg do
  local key, value = arg[n]:match '^(.-)=(.*)$'
  if value == 'true' or value == 'false' then value = value == 'true' end
  settings[key] = value
end
local Stage = dofile(HERE .. 'stage.lua')
local stage = Stage.new { settings = settings,
  player = { job_s = 0.2 }, switches = { stretcher_listens = settings.listens == true } }
stage.fake:open(project)
reaper.SelectAllMediaItems(0, true)
local fine = stage:restore(600)
stage.fake:save(0, out)
local json = require 'json'
local submits = 0
for _, ask in ipairs(stage.player.asked) do
  if ask.type == 'submit' then submits = submits + 1 end
end
io.write('RESULT ', json.encode { fine = fine, said = stage:screen_text(), submits = submits,
  violations = #stage.fake.violations, undo = Stage.undo_text() or '' }, '\n')
