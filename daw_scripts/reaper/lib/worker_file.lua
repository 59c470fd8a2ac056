-- worker.json: where the worker is and the key to sign with (PROTOCOL.md, chapter 5). Lua cannot
-- ask who owns a file or who may read it; that it lies in the user's own folder, closed to others,
-- is what the worker saw to when it wrote it.

local files = require 'files'

local M = {}

M.schema = 2 -- 1 was written by workers of protocol 1
M.protocol = 2

-- {port, key, exe, …}, or nil and a code: worker_unreachable, unsupported_version, or older_worker.
function M.read(home)
  local found = files.read_json(home .. '/run/worker.json')
  if not found then return nil, 'worker_unreachable' end
  return M.check(found)
end

function M.check(found)
  if math.type(found.schema) ~= 'integer' then return nil, 'worker_unreachable' end
  if found.schema < 1 or found.schema > M.schema then return nil, 'unsupported_version' end
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
  if found.protocol_max < M.protocol then return nil, 'older_worker' end
  if found.protocol_min > M.protocol then return nil, 'unsupported_version' end
  found.port = port
  return found
end

return M
