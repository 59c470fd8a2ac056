-- The three frames of every message, signed and checked: PROTOCOL.md, chapter 2.

local json = require 'json'
local sha256 = require 'sha256'

local M = {}

M.version = 'voxmend/1'
M.most_reply = 65536 -- what a client takes from a worker
M.most_request = 65536

local function signature(key, body)
  return sha256.hex(sha256.hmac(sha256.from_hex(key), M.version .. body))
end

-- The frames of a message, or nil where it is too large to send.
function M.seal(key, message)
  local body = json.encode(message)
  if #body > M.most_request then return nil end
  return { M.version, signature(key, body), body }
end

-- In time that does not depend on where the two differ.
local function same(a, b)
  if #a ~= #b then return false end
  local difference = 0
  for n = 1, #a do difference = difference | (a:byte(n) ~ b:byte(n)) end
  return difference == 0
end

-- The JSON object of three frames. nil and 'malformed' for what gets no answer, nil and
-- 'bad_request' for what is rightly signed and no object.
function M.unseal(key, frames, most)
  if #frames ~= 3 or frames[1] ~= M.version or #frames[3] > (most or M.most_reply) then
    return nil, 'malformed'
  end
  if not same(frames[2], signature(key, frames[3])) then return nil, 'malformed' end
  local value = json.decode(frames[3])
  if type(value) ~= 'table' or value == json.null or json.is_list(value) then
    return nil, 'bad_request'
  end
  return value
end

return M
