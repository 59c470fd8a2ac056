-- Runs the self-test on the stand-in and says what its trace holds. Argument: a switch and its
-- value, "name=value", or nothing; then where to put the trace.

local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'

local name, value = (arg[1] or ''):match '^(.-)=(.*)$'
local switches = {}
if name then
  if value == 'true' or value == 'false' then value = value == 'true' end
  switches[name] = value
end
local stage = Stage.new { switches = switches }
stage.fake.exec_hook = nil
local before = #stage.fake.tabs
stage.fake:run(stage:script 'Self-test')
local path = stage.data .. '/self-test.json'
for _ = 1, 300 do
  stage.fake:tick(1)
  if #stage.fake.instances == 0 then break end
  os.execute 'sleep 0.01'
end
assert(#stage.fake.failures == 0, stage.fake.failures[1])
assert(#stage.fake.tabs == before, 'the tab of the self-test is still open')
for _, dialog in ipairs(stage.fake.dialogs) do
  assert(dialog.name ~= 'Save changes?', 'REAPER asks whether to save the tab')
end
local file = assert(io.open(path, 'rb'))
local text = file:read 'a'
file:close()
if arg[2] then
  local copy = assert(io.open(arg[2], 'wb'))
  copy:write(text)
  copy:close()
end
local found = assert(json.decode(text))
local out = {}
for _, result in ipairs(found.steps) do
  assert(#result.calls > 0 or result.found ~= true or result.step == 'rename_onto_a_file')
  out[result.step] = result.found
end
io.write('RESULT ', json.encode(out), '\n')
