-- Where a take's sound lies in its file, and where a stem must be set so that it plays in the same
-- place. Pure arithmetic: seconds in, seconds out. Used by selection, clips, render and import.
--
-- A plain take plays file second `zero + offset + u * rate` at item time u (u = 0 at the item's
-- start). `zero` is the start of its section, 0 without one. A stem that begins at file second
-- `start` therefore has the offset  zero + offset - start  and the same rate.

local M = {}

-- Seconds of context on each side of a clip: fills the windows of the networks, and leaves room to
-- trim the stems later.
M.handle_s = 6.0

-- Numbers that came through text or sums are the same within this.
M.same_s = 1e-6

-- Source second that stands at marker time `at` (item time times rate): straight lines between
-- stretch markers, the play rate beyond them. marks: list of {pos =, source =}, by pos.
---@param marks Mark[]
function M.marked(marks, at)
  local before
  for _, mark in ipairs(marks) do
    if at <= mark.pos then
      if not before then return mark.source - (mark.pos - at) end
      local share = (at - before.pos) / math.max(mark.pos - before.pos, 1e-9)
      return before.source + share * (mark.source - before.source)
    end
    before = mark
  end
  return before.source + (at - before.pos)
end

-- The lowest and the highest source second between two marker times.
---@param marks Mark[]
function M.marked_between(marks, from, to)
  local low = M.marked(marks, from)
  local high = low
  local function meet(source) low, high = math.min(low, source), math.max(high, source) end
  meet(M.marked(marks, to))
  for _, mark in ipairs(marks) do
    if mark.pos > from and mark.pos < to then meet(mark.source) end
  end
  return low, high
end

-- The lowest and the highest source second that a take with stretch markers plays.
---@param marks Mark[]
function M.marked_range(marks, length, rate) return M.marked_between(marks, 0, length * rate) end

-- Source seconds that a take plays, before the source's own ends are minded. `low` and `high`
-- stand in takes with stretch markers: their range.
---@param take Played
function M.played(take)
  if take.low then return take.low, take.high end
  return take.offset, take.offset + take.length * take.rate
end

-- The same as seconds of the file.
---@param take Played
function M.span(take)
  local from, to = M.played(take)
  return take.zero + from, take.zero + to
end

-- The span less what lies outside the source, or nil where nothing of it sounds.
---@param take Played
function M.audible(take)
  local from, to = M.span(take)
  local first, last = take.zero, take.zero + take.source_length
  from, to = math.max(from, first), math.min(to, last)
  if to - from <= M.same_s then return nil end
  return from, to
end

-- Whether a take plays beyond either end of its source.
---@param take Played
function M.overruns(take)
  local from, to = M.played(take)
  return from < -M.same_s or to > take.source_length + M.same_s
end

-- Whether a looped take really comes round: it plays beyond the end of its source or before it.
---@param take Played
function M.wraps(take) return take.loop and M.overruns(take) end

-- The offset of a stem's take. `start` is the file second its first sample stands for.
---@param take Played
function M.stem_offset(take, start) return take.zero + take.offset - start end

-- A take is on the source's own grid where its playback resamples nothing that its stem would not
-- resample in the same way: only rate, pitch and markers decide.
---@param take Played
function M.stretched(take)
  return take.markers > 0 or take.pitch ~= 0
    or (take.rate ~= 1 and take.preserve_pitch)
end

-- Sum-exact: two stems played this way give the original, sample for sample.
---@param take Played
function M.exact(take) return not M.stretched(take) end

-- The first item time at or after 0 at which the source is read exactly at a sample. Only for a
-- take at rate 1; `rate` is the source's sample rate.
function M.grid_start(offset, rate)
  local at = offset * rate
  local next_sample = math.ceil(at - 1e-6)
  return math.max(0, (next_sample - at) / rate)
end

-- The first sample of the project at or after the item's start, as item time.
function M.project_start(position, rate)
  local at = position * rate
  return math.max(0, (math.ceil(at - 1e-6) - at) / rate)
end

-- Seconds rounded to the frame a worker would take.
function M.frame(seconds, rate) return math.floor(seconds * rate + 0.5) end

return M
