-- No worker runs: the action starts one. It is killed in the middle of the job, as a crash would.
-- Arguments: resource folder (filled by `voxmend reaper install`), transport, source file, home.
-- Says what came of it as one JSON object.

local resource, transport, source, home = table.unpack(arg)
local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'

local stage = Stage.new { real = resource,
  settings = { preset = 'quick', transport = transport } }
stage.item(stage.track 'Lead', source, { position = 1.25, length = 20 })

local function worker_pid()
  local file = io.open(home .. '/run/worker.json', 'rb')
  if not file then return nil end
  local found = json.decode(file:read 'a')
  file:close()
  return type(found) == 'table' and found.pid or nil
end

assert(worker_pid() == nil, 'a worker runs already')
stage:run 'Restore vocals of selected items'
local working = stage:until_(function() return stage:says ' on cpu' end, 60)
local first = worker_pid()
if first then os.execute('kill -9 ' .. math.floor(first)) end
local before = Stage.imported()
local fine = stage:until_(Stage.imported, 150)
io.write('RESULT ', json.encode { working = working, first = first or json.null, fine = fine,
  before = before, second = worker_pid() or json.null, picture = Stage.picture(),
  said = stage:screen_text() }, '\n')
