-- The link over LuaSocket, with a socket that is played: what is said to a worker, and what becomes
-- of versions that do not fit, bytes in pieces, lost connections and silence.

local envelope = require 'envelope'
local files = require 'files'
local json = require 'json'
local zmtp = require 'zmtp'

local KEY = ('0123456789abcdef'):rep(4)
local ENDPOINT = 'tcp://127.0.0.1:5555'
local WELCOME, READY = '\7WELCOME', '\5READY\11Socket-Type\0\0\0\6ROUTER'

-- The worker's half of the handshake over a reader of ours.
local function worker_reader(say)
  local made = zmtp.reader()
  function made.greet()
    if #made.buffer < 64 then return false end
    made.buffer, made.state = made.buffer:sub(65), 'shaking'
    say(zmtp.greeting)
    return true
  end
  function made.command(_, body)
    local password = zmtp.hello(envelope.password(KEY, ENDPOINT)):sub(3)
    if body == password then say(zmtp.frame(WELCOME, 4))
    elseif body:sub(1, 6) == '\5HELLO' then say(zmtp.frame('^RROR\3' .. '400', 4))
    else
      made.state = 'ready'
      say(zmtp.frame(READY, 4))
    end
    return true
  end
  return made
end

local nonces = 0

-- A worker at the other end of a socket. `welcome` is what it answers to hello; `cut` is how many
-- bytes a read gives at most.
local function peer(options)
  local self = { sent = {}, out = '', asks = {}, connections = 0 }
  for key, value in pairs(options or {}) do self[key] = value end
  function self.raw(bytes) self.out = self.out .. bytes end
  function self.stamp()
    self.told = self.told + 1
    return { sender = 'w', client = self.client, worker = self.nonce, count = self.told }
  end
  function self.say(body) self.raw(zmtp.message(envelope.seal(KEY, self.stamp(), body))) end
  -- What a client says under another nonce than the last one given is not listened to.
  function self.hear(frames)
    local stamp, text = envelope.unseal(KEY, frames, 'c')
    assert(stamp, 'not rightly signed')
    local body = assert(envelope.object(text))
    if stamp.client == self.client and stamp.worker == self.nonce then return body end
    nonces = nonces + 1
    self.client, self.nonce, self.told = stamp.client, ('%032x'):format(nonces), 0
    self.again = (self.again or 0) + 1
    self.say { type = 'hello_again', re = body.id, nonce = self.nonce }
  end
  local function answer(body)
    self.asks[#self.asks + 1] = body
    if body.type == 'hello' then
      local reply = self.welcome or { type = 'welcome', limits = { heartbeat_s = 5 } }
      reply.re = body.id
      self.say(reply)
    elseif body.type == 'ping' and self.silent then
      return
    elseif not self.deaf then
      self.say { type = self.kind or 'ack', re = body.id }
    end
  end
  function self.tcp()
    self.connections = self.connections + 1
    self.out = ''
    local reader = worker_reader(self.raw)
    self.client, self.nonce = nil, nil
    local socket = {}
    function socket.settimeout(_, value) assert(value == 0, 'a socket that waits') end
    function socket.setoption() return true end
    function socket.close() end
    function socket.connect(_, host) assert(host == '127.0.0.1') return nil, 'timeout' end
    function socket.send(_, text)
      if self.refused then return nil, 'closed', 0 end
      local count = math.min(#text, self.cut or #text)
      reader:feed(text:sub(1, count))
      while #reader.messages > 0 do
        local body = self.hear(table.remove(reader.messages, 1))
        if body then answer(body) end
      end
      if count == #text then return count end
      return nil, 'timeout', count
    end
    function socket.receive(_, most)
      if self.refused or self.gone then return nil, 'closed', '' end
      local part = self.out:sub(1, math.min(most, self.cut or most))
      self.out = self.out:sub(#part + 1)
      return nil, 'timeout', part
    end
    return socket
  end
  return self
end

local serial = 0
local function open(worker, file)
  package.loaded['socket.core'] = { tcp = worker.tcp }
  serial = serial + 1
  local home = TMP .. 'home' .. serial
  os.execute("mkdir -p '" .. home .. "/run'")
  if file ~= false then
    files.replace(home .. '/run/worker.json', json.encode(file or { schema = 2, key = KEY,
      epoch = 1, endpoint = ENDPOINT, protocol_min = 2, protocol_max = 2, pid = 7 }))
  end
  local started, ids, log = {}, 0, {}
  local link = require('socket_link').open { home = home, command = { '/opt/voxmend' },
    version = '0.1.0', log = function(line) log[#log + 1] = line end,
    exec = function(line) started[#started + 1] = line end,
    serial = function() ids = ids + 1 return ('%032x'):format(ids) end }
  package.loaded['socket.core'] = nil
  local now = 0
  local function ticks(seconds)
    for _ = 1, math.ceil(seconds * 30) do
      now = now + 1 / 30
      link:step(now)
    end
  end
  return link, ticks, started, log
end

local function record(job, epoch, rev, more)
  local out = { job = job, epoch = epoch, rev = rev, state = 'running', preset = 'quick',
    clip = { path = '/a.wav' } }
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

local function asked(worker, kind)
  local count = 0
  for _, ask in ipairs(worker.asks) do if ask.type == kind then count = count + 1 end end
  return count
end

return {
  ['it says hello, asks and is answered'] = function()
    local worker = peer()
    local link, ticks, started = open(worker)
    local reply
    link:ask({ type = 'presets' }, function(found) reply = found end)
    ticks(1)
    assert(link:status() == 'ready' and reply and reply.type == 'ack')
    assert(worker.asks[1].protocol_max == 2 and #started == 0)
  end,

  ['forty bytes at a time are as good as all at once'] = function()
    local worker = peer { cut = 40 }
    local link, ticks = open(worker)
    local reply
    link:ask({ type = 'presets' }, function(found) reply = found end)
    ticks(3)
    assert(reply and reply.type == 'ack', link:status())
  end,

  ['a worker that takes no version of ours is a sentence, and no endless loop'] = function()
    local worker = peer { welcome = { type = 'error', code = 'unsupported_version',
      message = 'This worker speaks 3 to 4. Bring both to one version.', retryable = false } }
    local link, ticks = open(worker)
    local reply
    link:ask({ type = 'presets' }, function(found) reply = found end)
    ticks(5)
    local state, why = link:status()
    assert(state == 'failed' and why.code == 'unsupported_version')
    assert(reply.code == 'unsupported_version' and worker.connections == 1)
  end,

  ['a worker file of a later version is a sentence and starts nothing'] = function()
    local link, ticks, started = open(peer(), { schema = 3 })
    ticks(1)
    local state, why = link:status()
    assert(state == 'failed' and why.code == 'unsupported_version' and #started == 0)
    assert(why.message:find 'reaper install', why.message)
  end,

  ['a worker that is not there is started once, and given up after a while'] = function()
    local link, ticks, started = open(peer(), false)
    ticks(5)
    assert(#started == 1 and started[1] == '"/opt/voxmend" "worker" "start"', started[1])
    assert(link:status() == 'starting')
    ticks(30)
    assert(link:status() == 'failed' and select(2, link:status()).code == 'worker_unreachable')
    link:again()
    ticks(1)
    assert(#started == 2)
  end,

  ['one that does not take the connection is started too'] = function()
    local _, ticks, started = open(peer { refused = true })
    ticks(2)
    assert(#started == 1)
  end,

  ['what was asked when the connection broke is asked again, jobs are watched anew'] = function()
    local worker = peer { deaf = true }
    local link, ticks = open(worker)
    ticks(1)
    local reply
    link:ask({ type = 'submit', job = 'one' }, function(found) reply = found end)
    link:follow { 'one' }
    ticks(0.2)
    assert(asked(worker, 'submit') == 1 and not reply)
    worker.gone = true
    ticks(0.2)
    worker.gone, worker.deaf = false, false
    ticks(2)
    assert(asked(worker, 'submit') == 2 and reply and reply.type == 'ack')
    assert(asked(worker, 'watch') >= 2)
  end,

  ['silence is asked about, and then another connection is made'] = function()
    local worker = peer { silent = true }
    local _, ticks = open(worker)
    ticks(7)
    assert(asked(worker, 'ping') == 1 and worker.connections == 1)
    ticks(12)
    assert(worker.connections >= 2, worker.connections)
  end,

  ['an older record never follows a newer one, those of others are passed over'] = function()
    local worker = peer()
    local link, ticks = open(worker)
    link:follow { 'one' }
    ticks(1)
    for _, one in ipairs { { 'one', 1, 5 }, { 'one', 1, 4 }, { 'two', 1, 9 }, { 'one', 2, 1 } } do
      worker.say { type = 'record', record = record(table.unpack(one)) }
    end
    ticks(0.2)
    local got = link:records()
    assert(#got == 2 and got[1].rev == 5 and got[2].epoch == 2, #got)
    assert(#link:records() == 0)
  end,

  ['a record with words unheard of is taken as it is'] = function()
    local worker = peer()
    local link, ticks, _, log = open(worker)
    link:follow { 'one' }
    ticks(1)
    local stem = { name = 'drums', file = 'drums.wav', start_frame = 0, frames = 8, rate = 8000 }
    worker.say { type = 'record', since = 'later', record = record('one', 1, 1,
      { state = 'paused', mood = { 'blue' } }) }
    worker.say { type = 'record', record = record('one', 1, 2, { state = 'parked',
      finished = 'now', stems = { stem }, warnings = { { code = 'moon', message = 'Full.' } } }) }
    ticks(0.2)
    local got = link:records()
    assert(#got == 2 and got[1].state == 'paused' and got[2].stems[1].name == 'drums', #got)
    assert(#log == 0, log[1])
    local before = asked(worker, 'watch')
    worker.gone = true
    ticks(0.2)
    worker.gone = false
    ticks(2)
    assert(worker.connections == 2 and asked(worker, 'watch') == before, 'it has ended')
  end,

  ['what cannot be read is logged once with why, and the next message is taken'] = function()
    local worker = peer()
    local link, ticks, _, log = open(worker)
    link:follow { 'one' }
    ticks(1)
    for _ = 1, 2 do
      worker.say { type = 'record', record = record('one', 1, 'two') }
      worker.say { type = 'record', record = record('one', 1, 2, { stems = { { name = 7 } } }) }
      worker.say { type = 'record' }
      worker.say(json.list {})
    end
    worker.say { type = 'record', record = record('one', 1, 3) }
    ticks(0.2)
    local got = link:records()
    assert(#got == 1 and got[1].rev == 3, #got)
    assert(#log == 4, table.concat(log, '\n'))
    assert(log[1] == 'message_unreadable record.rev is no number', log[1])
    assert(log[2]:find 'record.stems%[1%]' and log[3]:find 'record is no object', log[3])
    assert(log[4]:find 'no JSON object', log[4])
  end,

  ['an answer that cannot be read is an error, and of a page the rest is taken'] = function()
    local worker = peer { kind = 7 }
    local link, ticks, _, log = open(worker)
    local reply
    link:ask({ type = 'submit' }, function(found) reply = found end)
    ticks(1)
    assert(reply and reply.type == 'error' and reply.code == 'internal', reply and reply.type)
    worker.deaf = true
    link:ask({ type = 'jobs' }, function(found) reply = found end)
    ticks(0.2)
    worker.say { type = 'page', re = worker.asks[#worker.asks].id,
      items = json.list { record('one', 1, 1), { job = 'two' }, record('three', 1, 1) } }
    ticks(0.2)
    assert(reply.type == 'page' and #reply.items == 2 and reply.items[2].job == 'three')
    assert(#log == 2, table.concat(log, '\n'))
  end,

  ['a message that is signed with another key is dropped'] = function()
    local worker = peer { deaf = true }
    local link, ticks = open(worker)
    ticks(1)
    local reply
    link:ask({ type = 'presets' }, function(found) reply = found end)
    ticks(0.2)
    local id = worker.asks[#worker.asks].id
    local forged = envelope.seal(('f'):rep(64), worker.stamp(), { type = 'ack', re = id })
    worker.raw(zmtp.message(forged))
    ticks(0.2)
    assert(reply == nil)
    worker.say { type = 'ack', re = id }
    ticks(0.2)
    assert(reply)
  end,

  ['it asks for nothing before the worker has given it a nonce'] = function()
    local worker = peer()
    local _, ticks = open(worker)
    ticks(1)
    assert(worker.again == 1 and asked(worker, 'hello') == 1)
  end,

  ['an answer that was heard, or was meant for another conversation, is dropped'] = function()
    local worker = peer { deaf = true }
    local link, ticks = open(worker)
    ticks(1)
    local reply
    link:ask({ type = 'presets' }, function(found) reply = found end)
    ticks(0.2)
    local body = { type = 'ack', re = worker.asks[#worker.asks].id }
    local stamps = { worker.stamp(), worker.stamp(), worker.stamp(), worker.stamp() }
    stamps[1].count = 1
    stamps[2].worker = ('f'):rep(32)
    stamps[3].client = ('f'):rep(32)
    stamps[4].sender = 'c'
    for _, stamp in ipairs(stamps) do worker.raw(zmtp.message(envelope.seal(KEY, stamp, body))) end
    ticks(0.2)
    assert(reply == nil)
    worker.say(body)
    ticks(0.2)
    assert(reply)
  end,

  ['a worker that has forgotten us gets hello, the watches and what was asked again'] = function()
    local worker = peer()
    local link, ticks, started = open(worker)
    link:follow { 'one' }
    ticks(1)
    local before, reply = asked(worker, 'watch'), nil
    worker.nonce = ('e'):rep(32)
    link:ask({ type = 'presets' }, function(found) reply = found end)
    ticks(1)
    assert(reply and reply.type == 'ack' and asked(worker, 'presets') == 1)
    assert(asked(worker, 'hello') == 2 and asked(worker, 'watch') == before + 1 and #started == 0)
  end,

  ['hello_again that answers nothing of ours is passed over'] = function()
    local worker = peer()
    local _, ticks = open(worker)
    ticks(1)
    local old = { sender = 'w', client = worker.client, worker = ('d'):rep(32), count = 1 }
    worker.raw(zmtp.message(envelope.seal(KEY, old,
      { type = 'hello_again', re = 'old', nonce = old.worker })))
    ticks(0.5)
    assert(worker.connections == 1 and asked(worker, 'hello') == 1)
  end,

  ['a worker that asks for hello for ever is none'] = function()
    local worker = peer()
    local link, ticks = open(worker)
    local hear = worker.hear
    function worker.hear(frames)
      worker.nonce = nil
      return hear(frames)
    end
    ticks(30)
    assert(link:status() == 'failed' and select(2, link:status()).code == 'worker_unreachable')
  end,

  ['a port where the key is not known is no worker: one is started'] = function()
    local worker = peer()
    local link, ticks, started = open(worker, { schema = 2, key = ('c'):rep(64), epoch = 1,
      endpoint = ENDPOINT, protocol_min = 2, protocol_max = 2, pid = 7 })
    ticks(1)
    assert(#started == 1 and #worker.asks == 0 and link:status() == 'starting')
  end,

  ['an older worker is let finish by worker start, and is said if it takes long'] = function()
    local worker = peer()
    local link, ticks, started = open(worker, { schema = 1, key = KEY, epoch = 1,
      endpoint = ENDPOINT, protocol_min = 1, protocol_max = 1, pid = 7 })
    ticks(1)
    assert(#started == 1 and worker.connections == 0 and link:status() == 'starting')
    ticks(30)
    local state, why = link:status()
    assert(state == 'failed' and why.code == 'unsupported_version')
    assert(why.message:find 'older version is still at work', why.message)
  end,
}
