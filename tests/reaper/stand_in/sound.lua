-- What a take sounds like, in item time: source, section, reverse, loop, stretch markers, rate,
-- pitch and channel mode. Never volume, pan, fades or envelopes: an accessor does not apply them.
-- Samples that fall on the source's own grid are exact; others are interpolated by a windowed sinc.

local Wav = dofile(HERE .. 'stand_in/wav.lua')

local M = {}

local TAPS = 24 -- on each side
local GRAIN_S, HALF_S, SHIFT_S = 0.04, 0.02, 0.003

local loaded = {}

function M.load(path)
  local file = io.open(path, 'rb')
  if not file then return nil end
  local key = path .. '\0' .. file:seek 'end'
  file:close()
  if not loaded[key] then loaded[key] = Wav.read(path) end
  return loaded[key]
end

-- The file at the root of a source, and how source time becomes file time.
local function root(source)
  local steps = {}
  while source.type == 'SECTION' do
    steps[#steps + 1] = source.section
    source = source.parent
  end
  return source, steps
end

-- Seconds of a source: a section's own length, or the file's.
function M.length(source)
  if source.type == 'SECTION' then
    if source.section.length and source.section.length > 0 then return source.section.length end
    return M.length(source.parent) - (source.section.offset or 0)
  end
  local head = Wav.header(source.file)
  return head and head.frames / head.rate or 0
end

function M.header(source) return Wav.header((root(source)).file) end

-- File position in frames (fractional) of a source time, or nil outside the source. length: of the
-- source, asked of the file once and not for each sample.
local function place(item, length, steps, sound, t)
  if item.B_LOOPSRC == 1 and length > 0 then
    t = t - math.floor(t / length + 1e-9) * length -- a hair before the end is the beginning
  elseif t < -1e-9 or t >= length - 1e-9 then
    return nil
  end
  for _, section in ipairs(steps) do
    local inner = section.length and section.length > 0 and section.length
      or sound.frames / sound.rate - (section.offset or 0)
    if section.reverse then t = inner - t - 1 / sound.rate end
    t = t + (section.offset or 0)
  end
  return t * sound.rate
end

-- The taps of a windowed sinc around a fractional frame: sin(pi d) / (pi d) times half a cosine
-- of d / (TAPS + 0.5). From one tap to the next d grows by one, so the sine only turns its sign,
-- and the cosine follows from the two of the fraction: three of them for 48 taps.
local COS, SIN = {}, {}
for j = -TAPS, TAPS - 1 do
  COS[j], SIN[j] = math.cos(math.pi * j / (TAPS + 0.5)), math.sin(math.pi * j / (TAPS + 0.5))
end

local taps, taps_of = {}, nil -- of the fraction asked for last: channels ask one after another

local function taps_for(fraction)
  if taps_of == fraction then return taps end
  local sine, angle = math.sin(math.pi * fraction) / math.pi, math.pi * fraction / (TAPS + 0.5)
  local c, s = 0.5 * math.cos(angle), 0.5 * math.sin(angle)
  for j = -TAPS, TAPS - 1 do
    local value = sine / (fraction + j) * (0.5 + c * COS[j] - s * SIN[j])
    taps[j] = j % 2 == 0 and value or -value
  end
  taps_of = fraction
  return taps
end

-- One channel of a sound at a fractional frame.
local function sample(sound, channel, at)
  local near = math.floor(at + 0.5)
  if math.abs(at - near) < 1e-6 then
    if near < 0 or near >= sound.frames then return 0 end
    return sound.samples[near * sound.channels + channel] or 0
  end
  local base, sum = math.floor(at), 0
  local weights, samples, channels = taps_for(at - base), sound.samples, sound.channels
  for k = math.max(0, base - TAPS + 1), math.min(sound.frames - 1, base + TAPS) do
    sum = sum + samples[k * channels + channel] * weights[base - k]
  end
  return sum
end

-- Which source channels a channel mode plays, as a list for left and right; nil: all as they are.
local function chosen(mode, channels)
  if mode == 1 then return { 2, 1 } end
  if mode == 2 then return 'mix' end
  if mode == 3 then return { 1, 1 } end
  if mode == 4 then return { 2, 2 } end
  if mode >= 5 and mode <= 66 then return { mode - 2, mode - 2 } end
  if mode >= 67 and mode <= 130 then
    local first = mode - 66
    return { first, first + 1 }
  end
  if channels == 1 then return { 1, 1 } end
  return nil
end

local function channel_value(read, mode, channels, c)
  local which = chosen(mode, channels)
  if which == 'mix' then
    local other = channels > 1 and 2 or 1
    return 0.5 * (read(1) + read(other))
  end
  local from = which and which[(c - 1) % 2 + 1] or c
  if from > channels then return 0 end
  return read(from)
end

-- Source time of an item time by the stretch markers, or by rate and offset where there are none.
local function source_time(take, u)
  local markers, rate = take.markers, take.D_PLAYRATE
  local t = u * rate
  if #markers == 0 then return take.D_STARTOFFS + t end
  if t <= markers[1].pos then return markers[1].srcpos - (markers[1].pos - t) end
  for n = 2, #markers do
    local a, b = markers[n - 1], markers[n]
    if t <= b.pos then
      return a.srcpos + (t - a.pos) * (b.srcpos - a.srcpos) / math.max(b.pos - a.pos, 1e-9)
    end
  end
  local last = markers[#markers]
  return last.srcpos + (t - last.pos)
end

local function grains(take, item, length, steps, sound, dependent)
  local cache = {}
  return function(g)
    if not cache[g] then
      local s = source_time(take, g * HALF_S)
      if dependent then
        local sum = 0
        for k = -64, 64 do
          local at = place(item, length, steps, sound, s + k / sound.rate)
          local n = at and math.floor(at + 0.5)
          if n and n >= 0 and n < sound.frames then
            for c = 1, sound.channels do sum = sum + sound.samples[n * sound.channels + c] end
          end
        end
        if sum > 0 then s = s + SHIFT_S end
      end
      cache[g] = s
    end
    return cache[g]
  end
end

-- Stretches of a take's source that spectral edits have silenced: those with a gain of 0. A take
-- keeps them as lines: start, length, gain, and what else REAPER writes.
function M.erased(take)
  local out = {}
  for _, line in ipairs(take.raw) do
    local edit = type(line) == 'string' and line:match '^SPECTRAL_EDIT (.*)'
    local from, length, gain = (edit or ''):match '^(%S+) (%S+) (%S+)'
    if edit then
      out[#out + 1] = { from = tonumber(from), to = from + length, silent = tonumber(gain) == 0 }
    end
  end
  return out
end

-- Flat list of `count` frames with `channels` each, from item time `from_s` on, at `rate`.
-- `dependent`: the stretcher hears what it stretches. `deaf`: spectral edits are not heard.
function M.read(take, item, from_s, rate, channels, count, dependent, deaf)
  local source, steps = root(take.source)
  local sound, length = M.load(source.file), M.length(take.source)
  local out = {}
  local pitch = 2 ^ (take.D_PITCH / 12)
  local stretched = pitch ~= 1 or take.B_PPITCH == 1 and (take.D_PLAYRATE ~= 1 or #take.markers > 0)
  local grain = stretched and grains(take, item, length, steps, sound, dependent)
  local erased = deaf and {} or M.erased(take)
  local function at_time(t, c)
    for _, edit in ipairs(erased) do
      if edit.silent and t >= edit.from and t < edit.to then return 0 end
    end
    local at = place(item, length, steps, sound, t)
    if not at then return 0 end
    return channel_value(function(from) return sample(sound, from, at) end,
      take.I_CHANMODE, sound.channels, c)
  end
  for n = 0, count - 1 do
    local u = from_s + n / rate
    for c = 1, channels do
      local value = 0
      if u < -1e-9 or u >= item.D_LENGTH then
        value = 0
      elseif not grain then
        value = at_time(source_time(take, u), c)
      else
        local g = math.floor(u / HALF_S)
        for k = g, g + 1 do
          local x = u - k * HALF_S
          if math.abs(x) < HALF_S then
            value = value + (0.5 + 0.5 * math.cos(2 * math.pi * x / GRAIN_S))
              * at_time(grain(k) + x * pitch, c)
          end
        end
      end
      out[n * channels + c] = value
    end
  end
  return out
end

return M
