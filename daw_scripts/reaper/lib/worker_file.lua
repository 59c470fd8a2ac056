-- worker.json: where the worker is and the key to sign with (PROTOCOL.md, chapter 5). Lua cannot
-- ask who owns a file or who may read it; that it lies in the user's own folder, closed to others,
-- is what the worker saw to when it wrote it.

local files = require 'files'

local M = {}

M.schema = 1

-- {port, key, exe, …}, or nil and a code: worker_unreachable or unsupported_version.
function M.read(home)
  local found = files.read_json(home .. '/run/worker.json')
  if not found then return nil, 'worker_unreachable' end
  return M.check(found)
end

function M.check(found)
  if math.type(found.schema) ~= 'integer' then return nil, 'worker_unreachable' end
  if found.schema ~= M.schema then return nil, 'unsupported_version' end
  local port = type(found.endpoint) == 'string'
    and found.endpoint:match '^tcp://127%.0%.0%.1:([1-9]%d*)$'
  port = port and #port <= 5 and math.tointeger(tonumber(port))
  if not port or port > 65535 then return nil, 'worker_unreachable' end
  if type(found.key) ~= 'string' or not found.key:match('^' .. ('[0-9a-f]'):rep(64) .. '$') then
    return nil, 'worker_unreachable'
  end
  for _, name in ipairs { 'protocol_min', 'protocol_max', 'epoch', 'pid' } do
    if math.type(found[name]) ~= 'integer' then return nil, 'worker_unreachable' end
  end
  found.port = port
  return found
end

return M
