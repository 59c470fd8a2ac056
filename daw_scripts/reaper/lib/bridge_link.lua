-- The link to the worker by way of files: the host's side of PROTOCOL.md's chapter on the mailbox.
-- A helper process, `voxmend bridge`, carries the asks to the worker and brings answers and
-- records; it is started when it is not there and again when it dies. Nothing here blocks, and a
-- file that is half there is read again later.
--
-- open{data, box, id, command, exec, now, version, log}: see socket_link for the other way; both
-- have step, ask, follow, records, status, close.

local files = require 'files'
local install = require 'install'
local json = require 'json'
local link = require 'link'
local texts = require 'texts'

local M = {}
M.__index = M

M.mailbox = 1
M.protocol = 2

local BEAT_S = 2.0 -- how often the host says that it lives
local STILL_S = 5.0 -- a bridge whose beat stands still for so long is gone
local START_S = 20.0 -- a bridge that has not come up in this time will not
local POLL_S = 0.1

-- options: see above; `serial` makes ids of asks (a function that gives a new text each time).
---@param options LinkOptions
function M.open(options)
  local self = setmetatable({ options = options, box = options.box, asks = {}, followed = {},
    news = {}, seen = {}, told = {}, fresh = {}, next_beat = 0, next_look = 0, beat = 0,
    state = 'starting' }, M)
  self.started_at = nil
  local host = json.encode { mailbox = M.mailbox, protocol_min = M.protocol,
    protocol_max = M.protocol, client = { name = options.client or 'reaper-lua',
    version = options.version } }
  local fine, reason = files.replace(self.box .. '/host.json', host)
  if not fine then self:fail(self.disk(reason)) end
  return self
end

function M.disk(reason)
  reason = tostring(reason)
  if reason:find 'No space' or reason:find 'not enough space' then
    return link.problem('disk_full', texts.say 'disk_full', true)
  end
  return link.problem('output_unwritable', texts.say('folder_unwritable', { reason = reason }),
    false)
end

-- No way on: every open ask is answered with the error.
function M:fail(why)
  self.state, self.error = 'failed', why
  local open = self.asks
  self.asks = {}
  for _, ask in pairs(open) do
    os.remove(self.box .. '/ask/' .. ask.id .. '.json')
    ask.on_answer(why)
  end
end

-- What tells one writing of bridge.json from another; nil: there is none.
local function mark_of(found)
  if not found then return nil end
  return tostring(found.pid) .. ' ' .. tostring(found.beat) .. ' ' .. tostring(found.state)
end

-- Tries anew after a failure. It is the user who wants it: a worker that was stopped is started.
-- What the bridge that failed has said since we last looked is no news.
function M:again()
  files.write_plain(self.box .. '/start', '1')
  self.mark = mark_of(files.read_json(self.box .. '/bridge.json')) or self.mark
  self.state, self.error, self.started_at, self.bridge, self.changed_at = 'starting', nil, nil,
    nil, nil
end

function M:ask(message, on_answer)
  if self.state == 'failed' then return on_answer(self.error) end
  local id = self.options.serial()
  local body = { id = id }
  for key, value in pairs(message) do body[key] = value end
  local fine, reason = files.write_new(self.box .. '/ask/' .. id .. '.json', json.encode(body),
    function(why)
      if self.asks[id] then
        self.asks[id] = nil
        on_answer(self.disk(why))
      end
    end)
  if not fine then return on_answer(self.disk(reason)) end
  self.asks[id] = { id = id, on_answer = on_answer }
end

function M:follow(jobs)
  local new = json.list {}
  for _, job in ipairs(jobs) do
    if not self.followed[job] then
      self.followed[job] = true
      new[#new + 1] = job
    end
  end
  for at = 1, #new, 200 do
    local part = json.list { table.unpack(new, at, math.min(at + 199, #new)) }
    self:ask({ type = 'watch', jobs = part },
      function(reply)
        if reply.type == 'error' then
          for _, job in ipairs(part) do self.followed[job] = nil end
        end
      end)
  end
end

function M:records()
  local out = self.fresh
  self.fresh = {}
  return out
end

function M:status() return self.state, self.error end

function M:start(now)
  self.started_at = now
  local jobs = {}
  for job in pairs(self.followed) do jobs[#jobs + 1] = job end
  self.followed = {}
  self:follow(jobs) -- a new process follows nothing yet
  local parts = {}
  for n, part in ipairs(self.options.command) do parts[n] = part end
  parts[#parts + 1] = 'bridge'
  parts[#parts + 1] = self.options.box_argument or self.box
  local line, reason = install.command_line(parts)
  if not line then return self:fail(link.no_command(reason)) end
  self.options.exec(line)
end

-- Looks at bridge.json: whether the process lives and what it says.
function M:look(now)
  local found = files.read_json(self.box .. '/bridge.json')
  if not found then return end
  local mark = mark_of(found)
  if mark ~= self.mark then
    -- What lay there before we looked for the first time may be of a bridge long gone.
    self.changed_at = self.mark and now or self.changed_at
    self.mark = mark
  end
  if not self.changed_at then return end
  if found.mailbox ~= M.mailbox or (found.protocol and found.protocol ~= M.protocol) then
    return self:fail(link.other_version())
  end
  self.bridge = found
  if found.state == 'failed' and found.error then
    local why = found.error
    return self:fail(link.problem(why.code, why.message, why.retryable))
  end
  if found.state == 'ready' then self.state = 'ready' end
  if found.state == 'ended' then self.changed_at = nil end
end

function M:alive(now) return self.changed_at ~= nil and now - self.changed_at < STILL_S end

M.complain, M.readable = link.complain, link.readable

function M:take_answers()
  local done = {}
  for id, ask in pairs(self.asks) do
    local path = self.box .. '/answer/' .. id .. '.json'
    local reply = files.read_json(path)
    if reply then
      os.remove(path)
      if type(reply.type) ~= 'string' then
        self:complain 'answer: its type is no string'
        reply = link.unreadable 'its type is no string'
      end
      if reply.type == 'page' then reply.items = self:readable(reply.items) end
      done[#done + 1] = { ask = ask, reply = reply }
      self.asks[id] = nil
    end
  end
  for _, one in ipairs(done) do one.ask.on_answer(one.reply) end
end

function M:take_news()
  local news = files.read_json(self.box .. '/news.json')
  if not news or type(news.records) ~= 'table' then return end
  for job, count in pairs(news.records) do
    if self.followed[job] and self.news[job] ~= count then
      local record = files.read_json(self.box .. '/record/' .. job .. '.json')
      local wrong = record and link.wrong(record)
      if record then self.news[job] = count end
      if wrong then
        self:complain(wrong)
      elseif record then
        if link.newer(record, self.seen[job]) then
          self.seen[job] = record
          self.fresh[#self.fresh + 1] = record
        end
      end
    end
  end
end

-- Once a tick.
function M:step(now)
  if self.state == 'failed' then return end
  if now >= self.next_beat then
    self.next_beat, self.beat = now + BEAT_S, self.beat + 1
    files.write_plain(self.box .. '/beat', tostring(self.beat))
  end
  if now < self.next_look then return end
  self.next_look = now + POLL_S
  self:look(now)
  if self.state == 'failed' then return end
  if not self:alive(now) then
    if not self.started_at then
      -- A bridge that runs shows itself within a second: its beat moves.
      self.waited = self.waited or now
      if self.mark == nil or now - self.waited > 1.5 then self:start(now) end
    elseif now - self.started_at > START_S then
      return self:fail(link.unreachable())
    end
  elseif self.started_at and now - self.changed_at < 1 then
    self.started_at, self.waited = nil, nil
  end
  self:take_answers()
  self:take_news()
end

function M.close() end

return M
