-- Where a stretch of a clip lies in a take: the way back through offset, rate, stretch markers,
-- loop, section and reverse. Pure arithmetic. Take markers count in seconds of the take's own
-- source, and so does D_STARTOFFS; in a reversed section both run the way it plays.
--
-- recorded: the ticket's mapping, of when the clip was made; now: selection.read_take of the take
-- as it is. Between them stands the file, so what was moved, trimmed, split, stretched or reversed
-- meanwhile is marked where it plays now.

local mapping = require 'mapping'

local M = {}

M.least_s = 0.2 -- a shorter piece of a stretch tells nothing: half a step of the curves

-- Seconds of the take's source <-> of the file: in a reversed section one runs against the other,
-- so the same step leads both ways.
---@param take Take|Mapping
local function turned(take, source)
  return take.reverse and take.source_length - source or source
end

local function ordered(a, b) return { from = math.min(a, b), to = math.max(a, b) } end

local function file_span(take, span)
  return ordered(take.zero + turned(take, span.from), take.zero + turned(take, span.to))
end

local function source_span(take, span)
  return ordered(turned(take, span.from - take.zero), turned(take, span.to - take.zero))
end

-- A span of source time in pieces that lie within the source; in a looped take it comes round.
---@param take Take|Mapping
---@param span Span
local function pieces(take, span)
  local length = take.source_length
  if not mapping.wraps(take) or length <= 0 then return { span } end
  if span.to - span.from >= length then return { { from = 0, to = length } } end
  local from = span.from % length
  local to = from + span.to - span.from
  if to <= length then return { { from = from, to = to } } end
  return { { from = from, to = length }, { from = 0, to = to - length } }
end

-- Source spans that a render's seconds from..to stand for.
---@param recorded Mapping
---@param region Region
---@param marks Mark[]
local function rendered(recorded, region, marks)
  local shift = recorded.grid_s - recorded.render_at / recorded.render_rate
  local from = math.max(0, region.start_s + shift)
  local to = math.min(recorded.length, region.end_s + shift)
  if to <= from then return {} end
  if #marks == 0 then
    return pieces(recorded, { from = recorded.offset + from * recorded.rate,
      to = recorded.offset + to * recorded.rate })
  end
  local low, high = mapping.marked_between(marks, from * recorded.rate, to * recorded.rate)
  return pieces(recorded, { from = low, to = high })
end

-- Whether the stretch markers of a take that was rendered are still those it was rendered with.
---@param recorded Mapping
---@param now Take|Mapping
function M.same_marks(recorded, now)
  if not recorded.render_rate or recorded.markers == 0 then return true end
  local function near(a, b) return a and b and math.abs(a - b) <= mapping.same_s end
  return recorded.markers == now.markers and near(recorded.low, now.low)
    and near(recorded.high, now.high) and recorded.rate == now.rate
end

-- Source spans {from, to} of the take as it is now in which the region sounds. clip: the ticket's;
-- marks: the take's stretch markers {pos, source}.
---@param clip Clip
---@param region Region
---@param recorded Mapping
---@param now Take|Mapping
---@param marks Mark[]
function M.of(clip, region, recorded, now, marks)
  local spans
  if recorded.render_rate then
    spans = {}
    for n, span in ipairs(rendered(recorded, region, recorded.markers > 0 and marks or {})) do
      spans[n] = file_span(recorded, span)
    end
  else
    local start = clip.start_s or 0
    spans = { { from = start + region.start_s, to = start + region.end_s } }
  end
  local first, last = 0, now.source_length
  if not mapping.wraps(now) then
    local low, high = mapping.played(now)
    first, last = math.max(first, low), math.min(last, high)
  end
  local least = math.min(M.least_s, (last - first) / 2)
  local out = {}
  for _, span in ipairs(spans) do
    local own = source_span(now, span)
    local from, to = math.max(own.from, first), math.min(own.to, last)
    if to - from >= least - mapping.same_s and to > from then
      out[#out + 1] = { from = from, to = to }
    end
  end
  return out
end

-- Spans of one kind, those that meet made one of the greater size: a loop plays a stretch again.
---@param spans Span[]
function M.merged(spans)
  table.sort(spans, function(a, b)
    if a.from ~= b.from then return a.from < b.from end
    return a.to < b.to
  end)
  local out = {}
  for _, span in ipairs(spans) do
    local last = out[#out]
    if last and span.from < last.to - mapping.same_s then
      last.to = math.max(last.to, span.to)
      if span.size == 'strong' then last.size = 'strong' end
    else
      out[#out + 1] = { from = span.from, to = span.to, size = span.size }
    end
  end
  return out
end

return M
