-- Reads takes through REAPER's accessor and writes them as float WAV, a slice at each tick, so that
-- REAPER never waits. Used for every take whose file cannot be handed over as it is.
--
-- A take at its own speed is read at its source's rate, on the source's own samples: nothing is
-- resampled, and the stem later plays from the same grid. Any other is read at the project's rate,
-- on the project's samples. What lies before the first such sample is less than one sample long.
-- Accessor facts: it returns nothing inside a coroutine, its time is item time, and it applies
-- rate, pitch and channel mode but neither volume nor pan. A sounding source that reads as all
-- zeros is an error, not silence.

local R = require 'reaper_api'
local find = require 'find'
local mapping = require 'mapping'
local texts = require 'texts'
local wav_writer = require 'wav_writer'

local M = {}
M.__index = M

local SLICE_S = 0.2 -- of sound in one read: about 10 ms at 20 times real time

local function unwritable(reason)
  return texts.say('render_unwritable', { reason = tostring(reason) })
end

local function failed(code, message) return { code = code, message = message, retryable = true } end

-- Where each pick's samples go: rate, channels, frames, and for each pick the time of its first
-- sample, from the pick's start on (grid_s), and that sample's frame in the file (at). The context
-- of a part lies before its start, at times below 0, and beyond its end.
---@param clip Clip
local function layout(clip, project_rate)
  local first = clip.picks[1]
  local plain = first.rate == 1 and not mapping.stretched(first)
  local rate = math.tointeger(plain and first.sample_rate or project_rate)
    or math.floor((plain and first.sample_rate or project_rate) + 0.5)
  local pieces, frames = {}, 0
  local base
  for n, pick in ipairs(clip.picks) do
    local lead = pick.lead or 0
    local grid_s = (plain and mapping.grid_start(pick.offset - lead, rate)
      or mapping.project_start(pick.position - lead, rate)) - lead
    local at = 0
    if clip.joined then
      local frame = mapping.frame(pick.offset + grid_s, rate)
      base = base or frame
      at = frame - base
    end
    local count = math.max(1, math.ceil((pick.length + (pick.tail or 0) - grid_s) * rate - 1e-6))
    pieces[n] = { pick = pick, grid_s = grid_s, at = at, count = count }
    frames = math.max(frames, at + count)
  end
  return { rate = rate, channels = math.max(1, math.min(first.channels, 64)), frames = frames,
    pieces = pieces }
end

-- Begins to render one clip. project: to find the takes in; rate: the project's.
---@param clip Clip
function M.new(project, clip, rate)
  local plan = layout(clip, rate)
  local first = clip.picks[1]
  -- A channel mode that plays one channel or a pair of many gives one or two channels.
  plan.channels = math.min(plan.channels, 2) == 1 and first.channels == 1 and 1
    or (first.channels > 2 and plan.channels or 2)
  return setmetatable({ project = project, clip = clip, plan = plan, piece = 1, done = 0,
    loudest = 0 }, M)
end

function M:fraction()
  local total, before = 0, 0
  for n, piece in ipairs(self.plan.pieces) do
    total = total + piece.count
    if n < self.piece then before = before + piece.count end
  end
  return (before + self.done) / math.max(1, total)
end

function M:close()
  if self.accessor then R.DestroyAudioAccessor(self.accessor) end
  if self.wav then
    local fine, reason = self.wav:close()
    self.wav = nil
    if not fine then return failed('disk_full', unwritable(reason)) end
  end
  self.accessor = nil
end

function M:give_up(code, message)
  self:close()
  os.remove(self.clip.path)
  return nil, failed(code, message)
end

function M:open_take(piece)
  local take = find.take(self.project, piece.pick.take_guid)
  if not take then
    return 'input_missing', texts.say('take_gone', { name = piece.pick.name })
  end
  self.accessor = R.CreateTakeAudioAccessor(take)
  if not self.accessor then
    return 'input_unreadable', texts.say('take_unreadable', { name = piece.pick.name })
  end
end

-- One slice. True when the clip is whole, false when there is more, nil and an error otherwise.
function M:step()
  local piece, plan = self.plan.pieces[self.piece], self.plan
  if not self.wav then
    local wav, reason = wav_writer.open(self.clip.path, plan.rate, plan.channels, plan.frames)
    if not wav then
      return nil, failed('disk_full', unwritable(reason))
    end
    self.wav = wav
  end
  if not self.accessor then
    local code, message = self:open_take(piece)
    if code then return self:give_up(code, message) end
  end
  local count = math.min(piece.count - self.done, math.max(1, math.floor(SLICE_S * plan.rate)))
  local size = count * plan.channels
  local buffer = R.new_array(size)
  buffer.clear()
  local said = R.GetAudioAccessorSamples(self.accessor, plan.rate, plan.channels,
    (piece.pick.skip or 0) + piece.grid_s + self.done / plan.rate, count, buffer)
  if said ~= 0 and said ~= 1 then
    return self:give_up('input_unreadable',
      texts.say('take_refused', { name = piece.pick.name }))
  end
  local samples = buffer.table(1, size)
  for n = 1, size do
    local value = samples[n]
    if value > self.loudest then self.loudest = value end
    if -value > self.loudest then self.loudest = -value end
  end
  local fine, reason = self.wav:write(piece.at + self.done, samples, 1, count)
  if not fine then
    return self:give_up('disk_full', unwritable(reason))
  end
  self.done = self.done + count
  if self.done < piece.count then return false end
  R.DestroyAudioAccessor(self.accessor)
  self.accessor, self.done, self.piece = nil, 0, self.piece + 1
  if self.piece <= #plan.pieces then return false end
  return self:finish()
end

function M:finish()
  local problem = self:close()
  if problem then
    os.remove(self.clip.path)
    return nil, problem
  end
  if self.loudest == 0 then
    return self:give_up('input_unreadable',
      texts.say('take_silence', { name = self.clip.picks[1].name }))
  end
  for _, piece in ipairs(self.plan.pieces) do
    local map = piece.pick.ticket_item.mapping
    map.render_rate, map.render_at, map.grid_s = self.plan.rate, piece.at, piece.grid_s
  end
  self.clip.frames = self.plan.frames
  return true
end

return M
