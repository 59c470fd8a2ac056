-- The link to the worker over LuaSocket and ZMTP, with no process in between: for those who have
-- `socket.core` and switched it on. The same face as bridge_link: step, ask, follow, records,
-- status, again, close. Nothing here blocks: the socket has no time to wait, and a tick does a
-- limited amount of work.

local conversation = require 'conversation'
local envelope = require 'envelope'
local files = require 'files'
local install = require 'install'
local json = require 'json'
local link = require 'link'
local texts = require 'texts'
local worker_file = require 'worker_file'
local zmtp = require 'zmtp'

local M = {}
M.__index = M

local PROTOCOL = worker_file.protocol
local HELLOS = 4 -- so often a worker may ask for another hello
local WELCOME_S, ANSWER_S, START_S = 2.0, 10.0, 20.0
local MESSAGES_AT_ONCE = 64

-- nil where there is no LuaSocket. options: home, command, exec, serial, client, version, log.
---@param options LinkOptions
function M.open(options)
  local fine, socket = pcall(require, 'socket.core')
  if not fine then return nil end
  return setmetatable({ options = options, socket = socket, asks = {}, queue = {}, followed = {},
    open_jobs = {}, told = {}, seen = {}, fresh = {}, state = 'starting', phase = 'away',
    next_try = 0 }, M)
end

function M:status() return self.state, self.error end

function M:fail(why)
  self.state, self.error = 'failed', why
  self:drop()
  local open = self.asks
  self.asks, self.queue = {}, {}
  for _, ask in pairs(open) do ask.on_answer(why) end
end

-- It is the user who wants it: a worker that was stopped is started.
function M:again()
  self.wanted = true
  self.state, self.error, self.phase, self.started_at, self.next_try = 'starting', nil, 'away',
    nil, 0
end

-- Lets the connection go; what was asked is asked again over the next one.
function M:drop()
  if self.tcp then self.tcp:close() end
  self.tcp, self.reader, self.phase, self.outgoing = nil, nil, 'away', ''
  self.queue = {}
  for id in pairs(self.asks) do self.queue[#self.queue + 1] = id end
end

function M:close() self:drop() end

function M:ask(message, on_answer)
  if self.state == 'failed' then return on_answer(self.error) end
  local id = self.options.serial()
  local body = { id = id }
  for key, value in pairs(message) do body[key] = value end
  self.asks[id] = { body = body, on_answer = on_answer }
  self.queue[#self.queue + 1] = id
end

function M:follow(jobs)
  local new = {}
  for _, job in ipairs(jobs) do
    if not self.followed[job] then
      self.followed[job], self.open_jobs[job] = true, true
      new[#new + 1] = job
    end
  end
  self:watch(new)
end

function M:watch(jobs)
  for at = 1, #jobs, 200 do
    local part = json.list { table.unpack(jobs, at, math.min(at + 199, #jobs)) }
    self:ask({ type = 'watch', jobs = part }, function() end)
  end
end

function M:records()
  local out = self.fresh
  self.fresh = {}
  return out
end

M.complain, M.readable = link.complain, link.readable

function M:note(record)
  local wrong = link.wrong(record)
  if wrong then return self:complain(wrong) end
  if not self.followed[record.job] then return end
  if link.newer(record, self.seen[record.job]) then
    self.seen[record.job] = record
    self.fresh[#self.fresh + 1] = record
    if link.ended(record) then self.open_jobs[record.job] = nil end
  end
end

-- Connecting -------------------------------------------------------------------------------------

function M:connect(now)
  local found, code = worker_file.read(self.options.home)
  if not found then
    if code == 'unsupported_version' then
      return self:fail(link.other_version())
    end
    -- `worker start` lets an older worker finish what it has, then ends it.
    self.older = code == 'older_worker'
    return self:start(now)
  end
  self.talk, self.hellos = conversation.open(found.key, self.options.serial()), 0
  self.tcp = self.socket.tcp()
  self.tcp:settimeout(0)
  self.tcp:setoption('tcp-nodelay', true)
  self.tcp:connect('127.0.0.1', found.port)
  self.reader = zmtp.reader(envelope.password(found.key, found.endpoint))
  self.outgoing = zmtp.greeting
  self.phase, self.deadline = 'greeting', now + WELCOME_S
end

-- Whether somebody has stopped the worker, and neither a new job nor the user wants it back.
function M:stays_stopped()
  if self.wanted or not files.exists(self.options.home .. '/run/stopped.json') then
    return false
  end
  for _, ask in pairs(self.asks) do
    if ask.body.type == 'submit' or ask.body.type == 'retry' then return false end
  end
  return true
end

function M:start(now)
  if not self.started_at then
    if self:stays_stopped() then return self:fail(link.stopped()) end
    self.started_at = now
    local parts = {}
    for n, part in ipairs(self.options.command) do parts[n] = part end
    parts[#parts + 1], parts[#parts + 2] = 'worker', 'start'
    local line, reason = install.command_line(parts)
    if not line then return self:fail(link.no_command(reason)) end
    self.options.exec(line)
  elseif now - self.started_at > START_S then
    return self:fail(self.older and link.older_worker() or link.unreachable())
  end
  self.next_try = now + 0.3
end

function M:lost(now)
  self.older = nil
  self:drop()
  self:start(now)
end

function M:send(body)
  local frames = self.talk:seal(body)
  if not frames then return false end
  self.outgoing = self.outgoing .. zmtp.message(frames)
  return true
end

-- Moves bytes; false when the connection is gone.
function M:pump()
  if #self.outgoing > 0 then
    local sent, reason, partly = self.tcp:send(self.outgoing)
    local count = sent or partly or 0
    if not sent and reason ~= 'timeout' then return false end
    self.outgoing = self.outgoing:sub(count + 1)
  end
  local data, reason, partly = self.tcp:receive(65536)
  data = data or partly
  if data and #data > 0 then
    if not self.reader:feed(data) then return false end
    for n, bytes in ipairs(self.reader.send) do
      self.outgoing = self.outgoing .. bytes
      self.reader.send[n] = nil
    end
  elseif reason and reason ~= 'timeout' then
    return false
  end
  return true
end

function M:say_hello(now)
  self.hellos = self.hellos + 1
  self.hello = self.options.serial()
  self:send { type = 'hello', id = self.hello, protocol_min = PROTOCOL, protocol_max = PROTOCOL,
    client = { name = self.options.client or 'reaper-lua', version = self.options.version } }
  self.phase, self.deadline = 'hello', now + WELCOME_S
end

function M:welcomed(body, now)
  if body.type == 'hello_again' then
    if self.hellos >= HELLOS then return self:lost(now) end
    self.talk:turn_to(body.nonce)
    return self:say_hello(now)
  end
  if body.type == 'error' then
    return self:fail(link.problem(body.code, body.message, body.retryable))
  end
  if body.type ~= 'welcome' then return end
  self.phase, self.state, self.started_at, self.heard = 'ready', 'ready', nil, now
  self.wanted = nil
  self.heartbeat = body.limits and body.limits.heartbeat_s or 5
  local jobs = {}
  for job in pairs(self.open_jobs) do jobs[#jobs + 1] = job end
  table.sort(jobs)
  self:watch(jobs)
end

function M:take(frames, now)
  local body, why = self.talk:unseal(frames)
  if not body then
    if why == 'bad_request' then self:complain 'it is no JSON object' end
    return
  end
  self.heard, self.pinged = now, nil
  if self.phase == 'hello' and body.re == self.hello then return self:welcomed(body, now) end
  local ask = body.re and self.asks[body.re]
  if body.type == 'hello_again' then
    if ask then -- we are forgotten: another connection, and all once more
      self:drop()
      self.next_try = now
    end
    return
  end
  if type(body.type) ~= 'string' then
    self:complain 'its type is no string'
    local re = body.re
    body = link.unreadable 'its type is no string'
    body.re = re
  end
  if body.type == 'page' then body.items = self:readable(body.items) end
  if body.type == 'record' then self:note(body.record) end
  if ask and not (body.type == 'record' and ask.body.type ~= 'job') then
    self.asks[body.re] = nil
    if body.type == 'pong' and body.watching == 0 then
      local jobs = {}
      for job in pairs(self.open_jobs) do jobs[#jobs + 1] = job end
      self:watch(jobs)
    end
    ask.on_answer(body)
  end
end

function M:send_asks(now)
  local waiting = self.queue
  self.queue = {}
  for _, id in ipairs(waiting) do
    local ask = self.asks[id]
    if ask then
      if self:send(ask.body) then
        ask.deadline = now + ANSWER_S
      else
        self.asks[id] = nil
        ask.on_answer(link.problem('bad_request', texts.say 'too_large', false))
      end
    end
  end
end

-- Silence: a ping first, then another connection.
function M:mind_silence(now)
  for _, ask in pairs(self.asks) do
    if ask.deadline and now > ask.deadline then return false end
  end
  if now - self.heard > 3 * self.heartbeat then return false end
  if now - self.heard > self.heartbeat and not self.pinged then
    self.pinged = now
    self:ask({ type = 'ping' }, function() end)
  end
  return true
end

-- Once a tick.
function M:step(now)
  if self.state == 'failed' then return end
  if self.phase == 'away' then
    if now >= self.next_try then self:connect(now) end
    return
  end
  if not self:pump() then return self:lost(now) end
  if self.phase == 'greeting' and self.reader.state == 'ready' then self:say_hello(now) end
  for _ = 1, MESSAGES_AT_ONCE do
    local frames = table.remove(self.reader.messages, 1)
    if not frames then break end
    self:take(frames, now)
    if self.state == 'failed' or self.phase == 'away' then return end
  end
  if self.phase == 'ready' then
    self:send_asks(now)
    if not self:mind_silence(now) then return self:lost(now) end
  elseif now > self.deadline then
    return self:lost(now)
  end
end

return M
