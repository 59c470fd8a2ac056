-- A client's side of one conversation: PROTOCOL.md, chapter 2. It stamps what goes out, and knows
-- what was heard before: what somebody recorded and sends again counts for nothing. One for each
-- connection; knows no socket.

local envelope = require 'envelope'

local M = {}
M.__index = M

-- nonce: 32 lower-case hex digits that were never used before.
function M.open(key, nonce)
  return setmetatable({ key = key, client = nonce, worker = envelope.nobody, sent = 0, heard = 0 },
    M)
end

-- The frames of a message, or nil where it is too large to send.
function M:seal(message)
  self.sent = self.sent + 1
  return envelope.seal(self.key, { sender = 'c', client = self.client, worker = self.worker,
    count = self.sent }, message)
end

-- The JSON object of a message of the worker. nil and 'malformed' for what is not the worker's, of
-- another conversation or heard before; nil and 'bad_request' for what is its own and no object.
function M:unseal(frames)
  local stamp, text = envelope.unseal(self.key, frames, 'w')
  if not stamp or stamp.client ~= self.client then return nil, 'malformed' end
  local known = stamp.worker == self.worker
  if known and stamp.count <= self.heard then return nil, 'malformed' end
  local body = envelope.object(text)
  if known then
    self.heard = stamp.count
    if not body then return nil, 'bad_request' end
  elseif not body or body.type ~= 'hello_again' or body.nonce ~= stamp.worker then
    return nil, 'malformed'
  end
  return body
end

-- Goes on with the nonce that hello_again brought; that was the worker's first message under it.
function M:turn_to(nonce) self.worker, self.heard = nonce, 1 end

return M
