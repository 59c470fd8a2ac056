-- A stand-in for `voxmend bridge` and the worker behind it, for scenarios in virtual time. It
-- plays the mailbox of PROTOCOL.md: asks in, answers and records out. Its stems are known sound:
-- the voice is a share of the clip that swings slowly, below nothing and above the whole, the
-- instrumental the rest; so whatever becomes of one of them shows in their sum.
-- The scenario calls step() once a tick, and start() where REAPER would start a process.
-- The preset diagnose finds what `damage` says: {kind = {size, why, regions}}, seconds of the clip.
-- renamed = {old = new}: presets that the worker knows by another name; it warns of each.
-- Faults are fields: refuse = {type = error}, fail(clip) -> error, withhold(ask) -> true while it
-- is not answered, mute, hold, half_written, queued: no job begins.

local Disk = dofile(HERE .. 'stand_in/disk.lua')
local json = require 'json'

local M = {}
M.__index = M

local function read(path)
  local file = io.open(path, 'rb')
  if not file then return nil end
  local text = file:read 'a'
  file:close()
  return text
end

function M.new(options)
  return setmetatable({
    version = '0.1.0', mailbox = 1, protocol = 2, job_s = 1.0,
    presets = {
      { name = 'quick', title = 'Quick', description = 'Nothing to fetch.',
        blocks = json.list { 'separate.builtin' } },
      { name = 'restore', title = 'Restore', description = 'Default.',
        blocks = json.list { 'separate.htdemucs' } },
      { name = 'diagnose', title = 'Diagnose', description = 'Changes nothing.',
        blocks = json.list {} },
    },
    stem_names = { 'vocals', 'vocals_raw', 'instrumental' }, models = {}, refuse = {},
    jobs = {}, order = {}, asked = {}, starts = 0, beat = 0, seq = 0,
    news = {}, epoch = 1, next_step = 0,
  }, M):with(options or {})
end

function M:with(options)
  for key, value in pairs(options) do self[key] = value end
  return self
end

-- Beside and renamed into place, as the chapter asks.
function M:put(name, body)
  local path = self.box .. '/' .. name
  local file = assert(io.open(path .. '.new', 'wb'))
  file:write(type(body) == 'string' and body or json.encode(body))
  file:close()
  assert(os.rename(path .. '.new', path))
end

function M:start(box, now)
  self.box, self.alive, self.starts, self.seen = box, true, self.starts + 1, nil
  for _, name in ipairs { '/ask', '/answer', '/record' } do Disk.make(box .. name) end
  self.next_step = now
end

function M:stop() self.alive = false end

function M:state()
  self.beat = self.beat + 1
  return {
    mailbox = self.mailbox, version = self.version, pid = 4711, beat = self.beat,
    state = self.failure and 'failed' or 'ready', error = self.failure,
    protocol = self.protocol, worker = { version = self.version, pid = 4712 },
  }
end

function M:step(now)
  if not self.alive or now < self.next_step then return end
  self.next_step = now + 0.1
  if not self.mute then self:put('bridge.json', self:state()) end
  if self:may_be_asked() then
    for _, name in ipairs(Disk.list(self.box .. '/ask')) do
      if name:match '%.json$' then self:answer(name, now) end
    end
  end
  for _, id in ipairs(self.order) do self:advance(self.jobs[id], now) end
end

-- Whether a look into the folder of asks can find any. renames(): how many files the scripts have
-- renamed so far, which is how an ask comes there; nil: nobody counts.
function M:may_be_asked()
  local count = self.renames and self.renames()
  local may = not count or count ~= self.seen or self.left
  self.seen, self.left = count, false
  return may
end

function M:answer(name, now)
  local path = self.box .. '/ask/' .. name
  local ask = json.decode(assert(read(path)))
  if self.withhold and self.withhold(ask) then
    self.left = true
    return
  end
  self.asked[#self.asked + 1] = ask
  local reply = self.refuse[ask.type]
  if type(reply) == 'function' then reply = reply(ask, self) end
  if reply then
    reply = { type = 'error', code = reply.code, message = reply.message or 'No. Try again.',
      retryable = reply.retryable or false }
  else
    reply = assert(self['on_' .. ask.type], 'the player knows no ' .. ask.type)(self, ask, now)
  end
  reply.id, reply.re, reply.epoch = 'w' .. #self.asked, ask.id, self.epoch
  self:put('answer/' .. ask.id .. '.json', reply)
  os.remove(path)
end

function M:on_submit(ask, now)
  if not self.jobs[ask.job] then
    self.jobs[ask.job] = { ask = ask, state = 'queued', rev = 1, from = now, watched = false }
    self.order[#self.order + 1] = ask.job
  end
  return { type = 'accepted', job = ask.job, state = self.jobs[ask.job].state }
end

function M:on_retry(ask, now)
  local old = self.jobs[ask.job]
  if not self.jobs[ask.new_job] then
    self.jobs[ask.new_job] = { ask = old.ask, id = ask.new_job, state = 'queued', rev = 1,
      from = now, watched = false, retry_of = ask.job }
    self.order[#self.order + 1] = ask.new_job
  end
  return { type = 'accepted', job = ask.new_job, state = self.jobs[ask.new_job].state }
end

function M:on_watch(ask)
  local count, unknown = 0, {}
  for _, id in ipairs(ask.jobs or {}) do
    if self.jobs[id] then
      self.jobs[id].watched, count = true, count + 1
      self:tell(id)
    else
      unknown[#unknown + 1] = id
    end
  end
  return { type = 'ack', count = count, unknown = unknown[1] and json.list(unknown) or nil }
end

function M:on_cancel(ask)
  local job = self.jobs[ask.job]
  if not job then return { type = 'error', code = 'unknown_job', message = 'No such job.' } end
  if job.state == 'queued' or job.state == 'running' then self:change(ask.job, 'cancelled') end
  return { type = 'ack' }
end

-- To the head of those that wait.
function M:on_next(ask)
  local waits = {}
  for _, id in ipairs(self.order) do
    if self.jobs[id].state == 'queued' and id ~= ask.job then waits[#waits + 1] = id end
  end
  for n, id in ipairs(waits) do self.jobs[id].position = n end
  self.jobs[ask.job].position = 0
  return { type = 'ack' }
end

function M:on_job(ask) return { type = 'record', record = self:record(ask.job) } end

function M:on_jobs()
  local items = {}
  for n = #self.order, 1, -1 do items[#items + 1] = self:record(self.order[n]) end
  return { type = 'page', items = json.list(items) }
end

function M:on_presets() return { type = 'preset_list', items = json.list(self.presets) } end

function M:on_models() return { type = 'model_list', items = json.list(self.models) } end

function M:on_pull(ask)
  if self.pulled then self.pulled(ask, self) end
  return { type = 'ack', count = 1 }
end

function M.on_stop_pull() return { type = 'ack', count = 0 } end

function M.on_release() return { type = 'ack' } end

function M.on_unwatch() return { type = 'ack' } end

function M.on_clear() return { type = 'ack', count = 0 } end

function M.on_ping() return { type = 'pong', watching = 1 } end

function M:on_hello()
  return { type = 'welcome', protocol = self.protocol,
    worker = { version = self.version, pid = 4712 },
    limits = { queue_max = 1000, heartbeat_s = 5, records_per_s = 10, message_max = 16384 } }
end

-- No lease runs out here: the specs see by what is asked whether it would.
function M:on_pause(ask)
  self.holds = self.holds or {}
  if not self.overruled then self.holds[ask.hold or 'user'] = true end
  return { type = 'ack', count = self:stand_still() }
end

function M:on_resume(ask)
  self.holds = ask.hold and self.holds or {}
  if ask.hold then self.holds[ask.hold] = nil end
  return { type = 'ack', count = self:stand_still() }
end

-- How many holds there are; each job says whether there is any.
function M:stand_still()
  local count = 0
  for _ in pairs(self.holds) do count = count + 1 end
  if self.still == (count > 0) then return count end
  self.still = count > 0
  for id, job in pairs(self.jobs) do
    if job.state == 'queued' or job.state == 'running' then self:change(id, job.state) end
  end
  return count
end

function M:on_status()
  return { type = 'report', version = self.version, pid = 4712, started = '2026-01-01T00:00:00Z',
    queued = 0, engine = 'idle', clients = 1 }
end

function M:advance(job, now)
  if self.still then
    job.from = job.from + (now - (job.at or now))
    job.at = now
    return
  end
  job.at = now
  local id = job.id or job.ask.job
  if job.state == 'queued' and now - job.from > 0.15 and not self.queued then
    self:change(id, 'running')
  elseif job.state == 'running' then
    job.fraction = math.min(1, (now - job.from) / self.job_s)
    if job.fraction < 1 or self.hold then
      job.rev = job.rev + 1
      if job.watched then self:tell(id) end
      return
    end
    local failure = self.fail and self.fail(job.ask.clip, self)
    if failure then
      job.error = failure
      self:change(id, 'failed')
    else
      if job.ask.preset == 'diagnose' then self:write_findings(id, job)
      else self:write_stems(id, job) end
      self:change(id, 'succeeded')
    end
  end
end

function M:change(id, state)
  local job = self.jobs[id]
  job.state, job.rev = state, job.rev + 1
  if job.watched then self:tell(id) end
end

function M:tell(id)
  if self.half_written then self:put('record/' .. id .. '.json', '{"job":"') end
  if not self.half_written then self:put('record/' .. id .. '.json', self:record(id)) end
  self.seq = self.seq + 1
  self.news[id] = (self.news[id] or 0) + 1
  self:put('news.json', { seq = self.seq, records = self.news })
end

-- What the engine says on its way, and up to which share of the job it says it here.
M.stages = { { 'read', 0.25 }, { 'separate', 0.6 }, { 'diagnose', 0.8 }, { 'write', 1 } }
M.stages_of_diagnosis = { { 'read', 0.3 }, { 'diagnose', 0.8 }, { 'write', 1 } }

function M:stage(job)
  local all = job.ask.preset == 'diagnose' and self.stages_of_diagnosis or self.stages
  local share = self.hold and 0.5 or job.fraction or 0 -- held, it stays in the middle
  for n, stage in ipairs(all) do
    if share <= stage[2] then return stage[1], n - 1, #all end
  end
end

function M:record(id)
  local job = self.jobs[id]
  local stage, index, count
  if job.state == 'running' then stage, index, count = self:stage(job) end
  local now = (self.renamed or {})[job.ask.preset]
  return {
    job = id, clip = job.ask.clip, preset = now or job.ask.preset, group = job.ask.group,
    state = job.state, epoch = self.epoch, rev = job.rev, attempt = 1,
    created = '2026-01-01T00:00:00Z', stage = stage, stage_index = index, stages = count,
    fraction = job.state == 'running' and job.fraction or nil, device = 'cpu',
    folder = job.folder, stems = job.stems and json.list(job.stems) or nil, error = job.error,
    retry_of = job.retry_of, verdict = job.state == 'succeeded' and self.verdict or nil,
    position = job.state == 'queued' and job.position or nil,
    paused = self.still and (job.state == 'queued' or job.state == 'running') or nil,
    warnings = now and json.list { { code = 'preset_renamed',
      message = job.ask.preset .. ' has been replaced by ' .. now .. '.' } }
      or job.ask.voice and not self.earlier and json.list { { code = 'voice_placed',
        message = 'The voice was found in the song: it is 3.2 dB quieter.' } } or nil,
  }
end

local BATCH = 128 -- values in one call of string.pack
local MANY = '<' .. ('f'):rep(BATCH)

-- A part of a sound as a float WAV. `share(frame)` is the gain at a frame of the source.
local function wav_of(sound, from, count, share)
  local samples, channels, rate = sound.samples, sound.channels, sound.rate
  local values, out, pack, unpack = {}, {}, string.pack, table.unpack
  for n = 0, count - 1 do
    local gain = share(from + n)
    for c = 1, channels do
      values[n * channels + c] = gain * (samples[(from + n) * channels + c] or 0)
    end
  end
  local n = 1
  while n + BATCH - 1 <= #values do
    out[#out + 1] = pack(MANY, unpack(values, n, n + BATCH - 1))
    n = n + BATCH
  end
  for k = n, #values do out[#out + 1] = pack('<f', values[k]) end
  local data = table.concat(out)
  return 'RIFF' .. string.pack('<I4', 36 + #data) .. 'WAVEfmt '
    .. string.pack('<I4I2I2I4I4I2I2', 16, 3, channels, rate, rate * channels * 4, channels * 4, 32)
    .. 'data' .. string.pack('<I4', #data) .. data
end

-- Voice and rest of each part of each sound, made once: tests ask for the same ones all the time.
local made = setmetatable({}, { __mode = 'k' })

local function shares_of(sound, from, count)
  made[sound] = made[sound] or {}
  local key = from .. ' ' .. count
  if not made[sound][key] then
    local turn = 2 * math.pi * 1.3 / sound.rate
    local function voice(frame) return 0.375 + 1.2 * math.sin(turn * frame) end
    made[sound][key] = { voice = wav_of(sound, from, count, voice),
      rest = wav_of(sound, from, count, function(frame) return 1 - voice(frame) end) }
  end
  return made[sound][key]
end

local function folder_of(id, ask)
  local name = ask.output.name or ask.clip.path:match('([^/]+)%.[^./]+$')
  local folder = ask.output.folder .. '/' .. name .. '_' .. ask.preset .. '_' .. id:sub(1, 8)
  Disk.make(folder)
  return folder
end

function M:write_stems(id, job)
  local ask = job.ask
  local sound = self.open_wav(ask.clip.path) -- {rate=, channels=, frames=, samples=flat list}
  local from = math.floor((ask.clip.start_s or 0) * sound.rate + 0.5)
  local to = ask.clip.end_s and math.floor(ask.clip.end_s * sound.rate + 0.5) or sound.frames
  to = math.min(to, sound.frames)
  local folder = folder_of(id, ask)
  job.folder, job.stems = folder, {}
  local shares = shares_of(sound, from, to - from)
  for _, stem in ipairs(self.stem_names) do
    local file = assert(io.open(folder .. '/' .. stem .. '.wav', 'wb'))
    file:write(stem == 'instrumental' and shares.rest or shares.voice)
    file:close()
    job.stems[#job.stems + 1] = { name = stem, file = stem .. '.wav', start_frame = from,
      frames = to - from, rate = sound.rate, channels = sound.channels, peak = 0.5 }
  end
  self:put_job(folder, id)
end

-- As a worker without the mixture finds it: phase and highs are never told.
function M:write_findings(id, job)
  local found = {}
  for _, kind in ipairs { 'phase', 'bandwidth', 'musical', 'bleed' } do
    local given = (self.damage or {})[kind] or {}
    local blind = kind == 'phase' or kind == 'bandwidth'
    found[kind] = { value = 0.0, worst = 0.0, regions = json.list(given.regions or {}),
      size = given.size or blind and 'unknown' or 'none',
      why = given.why or (blind and not given.size and 'no_mixture' or nil) }
  end
  job.folder, job.stems = folder_of(id, job.ask), {}
  local file = assert(io.open(job.folder .. '/job.json', 'wb'))
  file:write(json.encode { job = id, damage = { window_s = 2.0, hop_s = 0.4, before = {
    with_mixture = false, seconds = 4.0, found = found } } })
  file:close()
end

-- `voxmend bridge BOX --report`: answer is {page, opened} or {error}.
function M.make_report(box, answer)
  local ask = json.decode(assert(read(box .. '/report_ask.json')))
  local out = { id = ask.id }
  for key, value in pairs(answer) do out[key] = value end
  if out.page then out.page = ask.folder .. '/' .. out.page end
  if out.page and out.opened == nil then out.opened = ask.open end
  local file = assert(io.open(box .. '/report.json', 'wb'))
  file:write(json.encode(out))
  file:close()
end

function M.put_job(_, folder, id)
  local file = assert(io.open(folder .. '/job.json', 'wb'))
  file:write(json.encode { job = id })
  file:close()
end

return M
