-- The four frames of every message, signed and checked: PROTOCOL.md, chapter 2. And the password of
-- the handshake, chapter 1.

local json = require 'json'
local sha256 = require 'sha256'

local M = {}

M.version = 'voxmend/2'
M.most_reply = 65536 -- what a client takes from a worker
M.most_request = 65536
M.nobody = ('0'):rep(32) -- the worker's nonce until it is known

local HEX = '[0-9a-f]'
local STAMP = '^([cw]) (' .. HEX:rep(32) .. ') (' .. HEX:rep(32) .. ') (' .. HEX:rep(16) .. ')$'
local MOST_COUNT = 1 << 53

local function mac(key, text) return sha256.hex(sha256.hmac(sha256.from_hex(key), text)) end

-- What opens the handshake at an endpoint. Never the key, and no signature of any message.
function M.password(key, endpoint) return mac(key, 'password of voxmend/2 at ' .. endpoint) end

-- stamp: sender ('c' or 'w'), client and worker (nonces), count.
function M.line(stamp)
  return string.format('%s %s %s %016x', stamp.sender, stamp.client, stamp.worker, stamp.count)
end

-- The stamp of a frame, or nil.
function M.stamp(line)
  local sender, client, worker, count = line:match(STAMP)
  count = count and math.tointeger(tonumber(count, 16))
  if not count or count < 1 or count > MOST_COUNT then return nil end
  return { sender = sender, client = client, worker = worker, count = count }
end

-- The frames of a message, or nil where it is too large to send.
function M.seal(key, stamp, message)
  local body, line = json.encode(message), M.line(stamp)
  if #body > M.most_request then return nil end
  return { M.version, line, mac(key, M.version .. line .. body), body }
end

-- In time that does not depend on where the two differ.
local function same(a, b)
  if #a ~= #b then return false end
  local difference = 0
  for n = 1, #a do difference = difference | (a:byte(n) ~ b:byte(n)) end
  return difference == 0
end

-- The stamp and the body of four frames that `sender` has signed; nil for what gets no answer.
function M.unseal(key, frames, sender, most)
  if #frames ~= 4 or frames[1] ~= M.version or #frames[4] > (most or M.most_reply) then
    return nil
  end
  local stamp = M.stamp(frames[2])
  if not stamp then return nil end
  if not same(frames[3], mac(key, M.version .. frames[2] .. frames[4])) then return nil end
  if stamp.sender ~= sender then return nil end -- it came back to who sent it
  return stamp, frames[4]
end

-- The JSON object of a body, or nil.
function M.object(body)
  local value = json.decode(body)
  if type(value) ~= 'table' or value == json.null or json.is_list(value) then return nil end
  return value
end

return M
