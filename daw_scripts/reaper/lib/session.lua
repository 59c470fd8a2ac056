-- One click from selection to stems: what is done next, and nothing of how it looks. A session is
-- begun from picks or taken up from a ticket; step() is called once a tick and never waits.
--
-- rendering -> submitting -> following -> waiting -> done, and beside them: models (some are
-- missing), failed (nothing goes on by itself), cancelled. All that matters lies in the ticket on
-- disk, so a session that dies is taken up again by another.
--
-- context: data, box, link, project, settings, now, log, speech.

local R = require 'reaper_api'
local damage_markers = require 'damage_markers'
local find = require 'find'
local import = require 'import'
local json = require 'json'
local link = require 'link'
local models = require 'session_models'
local readiness = require 'readiness'
local rendering = require 'session_rendering'
local settings_file = require 'settings'
local targets = require 'targets'
local texts = require 'texts'
local ticket_file = require 'ticket'
local trial = require 'trial'
local uuid = require 'uuid'
local verdict = require 'verdict'

local M = {}
M.__index = M
for name, method in pairs(models) do M[name] = method end
for name, method in pairs(rendering) do M[name] = method end

local SUBMITS_AT_ONCE = 4
local WAYS = { markers = damage_markers, trial = trial } -- beside import

---@param context Context
---@param ticket Ticket
local function new(context, ticket)
  return setmetatable({ context = context, ticket = ticket, records = {}, errors = {}, notes = {},
    submitted = {}, asked = 0, round = 1, ready = readiness.new(), state = 'rendering',
    inserted = 0, id = uuid.plain(R.genGuid('')) }, M)
end

-- A session of a fresh ticket; clips of kind rendered still hold their picks.
function M.begin(context, ticket) return new(context, ticket) end

-- A session of a ticket from disk. What was not rendered is rendered from the items as they are.
function M.resume(context, ticket)
  local self = new(context, ticket)
  self.kept = true
  return self
end

function M:save()
  local fine, reason = ticket_file.save(self.context.data, self.ticket, function(why)
    self.context.log('ticket not saved: ' .. tostring(why))
    if not self:over() then
      self:fail { code = 'output_unwritable', retryable = true, message =
        texts.say('folder_unwritable', { reason = tostring(why) }) }
    end
  end)
  if not fine then self.context.log('ticket not saved: ' .. tostring(reason)) end
  self.kept = self.kept or fine
  return fine
end

---@param error Problem
function M:fail(error)
  self.state, self.error = 'failed', error
  self.context.log('failed ' .. tostring(error.code) .. ' ' .. tostring(error.message))
  self.context.speech(error.message)
end

---@param clip Clip
---@param error Problem
function M:fail_clip(clip, error)
  clip.state = 'failed'
  self.errors[clip.job] = error
  self:save()
end

-- Asks the worker. The answer goes to `heed` while the user wants what he wanted when it was asked;
-- what is answered later goes to `late`, if anywhere.
function M:ask(message, heed, late)
  local round = self.round
  self.context.link:ask(message, function(reply)
    if round == self.round then return heed(reply) end
    if late then late(reply) end
  end)
end

-- Submitting -------------------------------------------------------------------------------------

---@param ticket Ticket
---@param clip Clip
local function message(ticket, clip)
  local out = { type = 'submit', job = clip.job, preset = clip.preset or ticket.preset,
    group = ticket.group,
    clip = { path = clip.path, start_s = clip.start_s, end_s = clip.end_s },
    output = { folder = clip.folder, name = clip.name }, device = ticket.device }
  -- Else the preset says what it writes: drums and bass too, perhaps. The import leaves out a raw
  -- voice that is not wanted.
  if ticket.options.only then out.stems = json.list { ticket.options.only } end
  if clip.voice then
    out.voice = { path = clip.voice.path, start_s = clip.voice.start_s, end_s = clip.voice.end_s }
  end
  if next(ticket.set) then out.set = ticket.set end
  return out
end

-- A job that was accepted after it had been given up; one that is asked for again goes on.
function M:submitted_late(job, reply)
  self.asked = self.asked - 1
  for _, clip in ipairs(self.ticket.clips) do
    if clip.job == job and self.state ~= 'cancelled' then return end
  end
  if reply.type ~= 'error' then
    self.context.link:ask({ type = 'cancel', job = job }, function() end)
  end
end

---@param clip Clip
function M:submitted_reply(clip, reply)
  self.asked = self.asked - 1
  if reply.type ~= 'error' then
    self.submitted[clip.job] = 'accepted'
    self.context.link:follow { clip.job }
    return
  end
  self.submitted[clip.job] = nil
  if clip.preset and reply.code ~= 'shutting_down' and reply.code ~= 'environment'
    and self.context.link:status() ~= 'failed' then
    self:fail_clip(clip, reply)
  elseif reply.code == 'model_missing' or reply.code == 'model_corrupt' then
    self.missing, self.error = reply, reply
    self.state = 'models'
  elseif self.context.link:status() == 'failed' or reply.code == 'unknown_preset'
    or reply.code == 'shutting_down' or reply.code == 'environment' then
    self:fail(reply)
  else
    self:fail_clip(clip, reply)
  end
end

function M:step_submitting()
  local waiting = false
  for _, clip in ipairs(self.ticket.clips) do
    if clip.state == 'open' and self.submitted[clip.job] ~= 'accepted' then
      waiting = true
      if not self.submitted[clip.job] and self.asked < SUBMITS_AT_ONCE then
        local job = clip.job
        self.submitted[job], self.asked = 'asked', self.asked + 1
        self:ask(message(self.ticket, clip), function(reply) self:submitted_reply(clip, reply) end,
          function(reply) self:submitted_late(job, reply) end)
        if self.state ~= 'submitting' then return end
      end
    end
  end
  if not waiting then self.state = 'following' end
end

-- A worker of an earlier version ignores the voice, and takes the song for it.
---@param clip Clip
---@param record Record
local function ignored(clip, record)
  if not clip.voice or record.state ~= 'succeeded' then return false end
  for _, warned in ipairs(record.warnings or {}) do
    if warned.code == 'voice_placed' then return false end
  end
  return true
end

-- Following --------------------------------------------------------------------------------------

-- The worker calls the preset by another name than was asked for: it was renamed, and the record's
-- warning says so. From here on the ticket and the settings use the new name.
---@param clip Clip
function M:take_name(name, clip)
  if clip.preset and clip.preset ~= name then
    clip.preset = name
    self:save()
  end
  local old = self.ticket.preset
  if clip.preset or name == old then return end
  self.ticket.preset = name
  self:save()
  if self.context.settings.preset == old then
    self.context.settings.preset = name
    settings_file.change(self.context.data, { preset = name })
  end
end

---@param record Record
function M:take_record(record)
  for _, clip in ipairs(self.ticket.clips) do
    if clip.job == record.job then
      self.records[record.job] = record
      if self.state == 'cancelled' then return true end -- its ticket is gone, and stays so
      if clip.state == 'open' then self:take_name(record.preset, clip) end
      if ignored(clip, record) and clip.state == 'open' then
        self:fail_clip(clip, { code = 'unsupported_version', retryable = true, message =
          texts.say 'song_for_vocal' })
      elseif record.state == 'failed' and clip.state == 'open' then
        self:fail_clip(clip, record.error or { code = 'internal', retryable = true,
          message = texts.say 'failed_no_reason' })
      elseif record.state == 'cancelled' and clip.state == 'open' then
        self:fail_clip(clip, { code = 'cancelled', retryable = true,
          message = texts.say 'cancelled_elsewhere' })
      elseif not link.known(record) and link.ended(record) and clip.state == 'open' then
        self:fail_clip(clip, { code = 'internal', retryable = true, message =
          texts.say('ended_unknown', { state = record.state }) })
      end
      return true
    end
  end
  return false
end

-- Clips by what has become of them: open (still at work), finished (stems are there), failed.
function M:tally()
  local out = { open = 0, finished = 0, failed = 0, inserted = 0, all = #self.ticket.clips }
  for _, clip in ipairs(self.ticket.clips) do
    local record = self.records[clip.job]
    if clip.state == 'inserted' then out.inserted = out.inserted + 1
    elseif clip.state == 'failed' then out.failed = out.failed + 1
    elseif record and record.state == 'succeeded' then out.finished = out.finished + 1
    else out.open = out.open + 1 end
  end
  return out
end

function M:step_following()
  local tally = self:tally()
  self:speak_quarters()
  if tally.open > 0 then return end
  if tally.finished > 0 then
    self.state = 'waiting'
  elseif tally.failed > 0 then
    self:end_failed()
  else
    self.state = 'done'
  end
end

function M:end_failed()
  for _, clip in ipairs(self.ticket.clips) do
    if clip.state == 'failed' then
      return self:fail(self.errors[clip.job] or { code = 'internal', retryable = true,
        message = texts.say('clip_failed', { name = clip.name }) })
    end
  end
end

function M:fraction()
  if self.state == 'rendering' then return nil end
  local sum = 0
  for _, clip in ipairs(self.ticket.clips) do
    local record = self.records[clip.job]
    if clip.state ~= 'open' or (record and record.state == 'succeeded') then sum = sum + 1
    elseif record then sum = sum + (record.fraction or 0) end
  end
  return sum / math.max(1, #self.ticket.clips)
end

function M:speak_quarters()
  local quarter = math.floor((self:fraction() or 0) * 4)
  if quarter > (self.quarter or 0) and quarter < 4 then
    self.context.speech(texts.say('percent', { number = quarter * 25 }))
  end
  self.quarter = quarter
end

-- Importing --------------------------------------------------------------------------------------

function M:step_waiting(now)
  local context = self.context
  local project, reason = self.ready:ask(self.ticket.project, context.box, now,
    function(other) return targets.holds(find.index(other), self.ticket) end)
  self.reason = reason
  if not project then return end
  local claimed, held = ticket_file.claim(context.data, self.ticket.group, context.box)
  if held then return end -- for a moment: the next tick asks again
  if not claimed then
    self.state, self.elsewhere = 'done', true
    return
  end
  for n, clip in ipairs(self.ticket.clips) do -- what this session knows of failures
    if claimed.clips[n] and claimed.clips[n].job == clip.job then
      claimed.clips[n].state = clip.state
    end
  end
  local way = WAYS[claimed.options.result] or import
  local report, why = way.insert(project, claimed, self.records)
  if not report then
    ticket_file.release(context.data, self.ticket.group, context.box)
    if why == 'closed' then
      self.reason = 'closed'
      return
    end
    if why.detail then context.log(why.detail) end
    return self:fail(why)
  end
  for _, failure in ipairs(report.failed) do
    for _, clip in ipairs(claimed.clips) do
      if clip.job == failure.job and clip.state == 'open' then clip.state = 'failed' end
    end
    self.errors[failure.job] = { code = failure.code, message = failure.message, retryable = true }
  end
  ticket_file.settle(context.data, claimed, context.box)
  self.ticket, self.inserted = claimed, self.inserted + report.inserted
  self.lines = report.lines or self.lines
  for _, note in ipairs(report.notes) do self.notes[#self.notes + 1] = note end
  local tally = self:tally()
  if tally.failed > 0 then return self:end_failed() end
  self.state = 'done'
  local only = #self.ticket.clips == 1 and verdict.headline(self.records[self.ticket.clips[1].job])
  context.speech(self.lines and self.lines[1]
    or texts.many('spoken_restored', self.inserted) .. (only and '. ' .. only or ''))
end

-- What the user asks for -------------------------------------------------------------------------

-- From the first step again. What was asked before is answered to nobody.
function M:start_over()
  self.round, self.submitted, self.error, self.quarter = self.round + 1, {}, nil, nil
  self.missing, self.models, self.asking, self.pulling = nil, nil, false, false
  self.state = 'rendering'
end

function M:retry()
  for _, clip in ipairs(self.ticket.clips) do
    if clip.state == 'failed' then
      clip.tries = clip.tries or json.list {}
      clip.tries[#clip.tries + 1] = clip.job
      clip.job, clip.state = uuid.from_guid(R.genGuid('')), 'open'
    end
  end
  self:save()
  self:start_over()
end

-- Everything that has no stems yet again, with another preset.
function M:use_preset(preset)
  self.ticket.preset = preset
  self.ticket.options = ticket_file.options(self.context.settings, preset)
  for _, clip in ipairs(self.ticket.clips) do
    if clip.state ~= 'inserted' then
      clip.job, clip.state = uuid.from_guid(R.genGuid('')), 'open'
    end
  end
  self:save()
  self:start_over()
end

function M:cancel()
  for _, job in ipairs(ticket_file.jobs(self.ticket)) do
    if self.submitted[job] then
      self.context.link:ask({ type = 'cancel', job = job }, function() end)
    end
  end
  if self.task then self.task:close() end
  self.task = nil
  ticket_file.forget(self.context.data, self.ticket.group)
  self.state, self.round = 'cancelled', self.round + 1
  self.context.speech(texts.say 'cancelled')
end

-- Once a tick: now in seconds, records: all that are new.
function M:step(now)
  if self.context.link:status() == 'failed' and self.state ~= 'failed' and self.state ~= 'done'
    and self.state ~= 'cancelled' then
    local _, error = self.context.link:status()
    return self:fail(error)
  end
  local work = self['step_' .. self.state]
  if work then work(self, now) end
end

function M:over() return self.state == 'done' or self.state == 'cancelled' end

return M
