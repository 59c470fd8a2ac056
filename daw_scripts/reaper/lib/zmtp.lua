-- ZMTP 3.0 frames of a DEALER with the mechanism PLAIN (ZeroMQ's RFC 23 and 24; PING and PONG of
-- RFC 37): bytes in, messages out, bytes to send. Knows no socket.

local M = {}
M.__index = M

local MORE, LONG, COMMAND = 1, 2, 4
local MOST_FRAME, MOST_FRAMES = 4 * 65536, 8

M.user = 'voxmend'
M.greeting = '\255' .. ('\0'):rep(8) .. '\127\3\0' .. 'PLAIN' .. ('\0'):rep(15) .. ('\0'):rep(32)

function M.frame(body, flags)
  flags = flags or 0
  if #body > 255 then return string.pack('>BI8', flags | LONG, #body) .. body end
  return string.pack('BB', flags, #body) .. body
end

local function property(name, value)
  return string.pack('B', #name) .. name .. string.pack('>I4', #value) .. value
end

-- The HELLO command: user name and password.
function M.hello(password)
  return M.frame('\5HELLO' .. string.pack('s1s1', M.user, password), COMMAND)
end

-- The INITIATE command of a DEALER.
function M.initiate(identity)
  return M.frame('\8INITIATE' .. property('Socket-Type', 'DEALER')
    .. property('Identity', identity or ''), COMMAND)
end

-- A whole message of several frames.
function M.message(frames)
  local out = {}
  for n, body in ipairs(frames) do out[n] = M.frame(body, n < #frames and MORE or 0) end
  return table.concat(out)
end

-- A connection's reader. `send`: bytes that the caller has to send are appended to it.
function M.reader(password)
  return setmetatable({ password = password, buffer = '', state = 'greeting', parts = {}, send = {},
    messages = {} }, M)
end

function M:fail(reason)
  self.state, self.reason = 'broken', reason
  return nil, reason
end

function M:greet()
  if #self.buffer < 64 then return false end
  local text = self.buffer:sub(1, 64)
  self.buffer = self.buffer:sub(65)
  -- Octets 2 to 9 are padding that libzmq fills in its own way.
  if text:byte(1) ~= 255 or text:byte(10) ~= 127 or text:byte(11) < 3 then
    return self:fail 'the peer does not speak ZeroMQ 3'
  end
  if text:sub(13, 32):gsub('%z+$', '') ~= 'PLAIN' then
    return self:fail 'the peer wants another security mechanism'
  end
  self.send[#self.send + 1] = M.hello(self.password)
  self.state = 'hello'
  return true
end

local function split(buffer)
  if #buffer < 2 then return nil end
  local flags = buffer:byte(1)
  if flags & LONG ~= 0 then
    if #buffer < 9 then return nil end
    return flags, string.unpack('>I8', buffer, 2), 9
  end
  return flags, buffer:byte(2), 2
end

-- What a command of the handshake leads to.
local STEPS = { hello = { '\7WELCOME', 'initiate' }, initiate = { '\5READY', 'ready' } }

-- As RFC 24 has it, and as libzmq 4.3.5 writes it.
local function is_error(body) return body:sub(1, 6) == '\5ERROR' or body:sub(1, 5) == '^RROR' end

function M:command(body)
  local step = STEPS[self.state]
  if is_error(body) then
    return self:fail(step and 'the peer does not know the key'
      or 'the peer ended the connection with an error')
  elseif step then
    if body:sub(1, #step[1]) ~= step[1] then return self:fail 'the peer refused the handshake' end
    self.state = step[2]
    if self.state == 'initiate' then self.send[#self.send + 1] = M.initiate() end
  elseif body:sub(1, 5) == '\4PING' then -- two octets of TTL, then a context to give back
    self.send[#self.send + 1] = M.frame('\4PONG' .. body:sub(8), COMMAND)
  end
  return true
end

function M:part(flags, body)
  if self.state ~= 'ready' then return self:fail 'a message came before the handshake' end
  self.parts[#self.parts + 1] = body
  if #self.parts > MOST_FRAMES then return self:fail 'a message has too many frames' end
  if flags & MORE == 0 then
    self.messages[#self.messages + 1] = self.parts
    self.parts = {}
  end
  return true
end

-- Takes bytes; afterwards `messages` holds whole ones. nil and the reason when the peer is no
-- worker of ours.
function M:feed(data)
  self.buffer = self.buffer .. data
  while true do
    if self.state == 'broken' then return nil, self.reason end
    if self.state == 'greeting' then
      local fine, reason = self:greet()
      if fine == nil then return nil, reason end
      if not fine then return true end
    else
      local flags, size, head = split(self.buffer)
      if not flags then return true end
      if size > MOST_FRAME or size < 0 then return self:fail 'a frame is too large' end
      if #self.buffer < head + size then return true end
      local body = self.buffer:sub(head + 1, head + size)
      self.buffer = self.buffer:sub(head + size + 1)
      local fine, reason
      if flags & COMMAND ~= 0 then fine, reason = self:command(body)
      else fine, reason = self:part(flags, body) end
      if not fine then return nil, reason end
    end
  end
end

return M
