-- Parts of items. At the click a pick is narrowed to the part that is wanted, with context beside
-- it; at the import the part is found in the item as it is then. Pure arithmetic.
--
-- What is direct has its context by the clip's range: it is of the file. What is rendered is
-- rendered with `lead` and `tail` seconds of the item beside it.

local mapping = require 'mapping'
local source_time = require 'source_time'
local texts = require 'texts'

local M = {}

local WHOLE = { 'position', 'length', 'offset', 'rate', 'pitch', 'zero', 'path' }

---@param marks Mark[]
local function shifted(marks, by)
  local out = {}
  for n, mark in ipairs(marks) do out[n] = { pos = mark.pos - by, source = mark.source } end
  return out
end

-- The numbers of a take from item time `from` to item time `to`.
---@param take Take|Pick
function M.cut_out(take, from, to)
  local out = {}
  for key, value in pairs(take) do out[key] = value end
  out.position, out.length = take.position + from, to - from
  out.offset = take.offset + from * take.rate
  if take.marks then
    out.low, out.high = mapping.marked_between(take.marks, from * take.rate, to * take.rate)
    out.marks = shifted(take.marks, from * take.rate)
  end
  return out
end

-- Item times within the item, its own ends where they are as good as met; nil where nothing is
-- left.
---@param take Take|Pick
local function within(take, from, to)
  if from < mapping.same_s then from = 0 end
  if to > take.length - mapping.same_s then to = take.length end
  if to - from <= mapping.same_s then return nil end
  return from, to
end

local function silent(pick)
  return { code = 'silent', name = pick.name,
    message = texts.say('part_silent', { name = pick.name }) }
end

-- The pick of a part, from item time `from` to `to`; the pick itself where that is all of it. nil
-- and a refusal where there is nothing to be heard.
---@param whole Pick
function M.of(whole, from, to)
  from, to = within(whole, from, to)
  if not from then return nil, silent(whole) end
  if from == 0 and to == whole.length then return whole end
  local pick = M.cut_out(whole, from, to)
  if pick.kind == 'direct' and not mapping.audible(pick) then return nil, silent(whole) end
  pick.part = { from = source_time.at(whole, from), to = source_time.at(whole, to) }
  pick.skip, pick.whole = from, {}
  for _, key in ipairs(WHOLE) do pick.whole[key] = whole[key] end
  pick.whole.wraps = mapping.wraps(whole)
  if pick.kind == 'rendered' then
    pick.lead = math.min(from, mapping.handle_s)
    pick.tail = math.min(whole.length - to, mapping.handle_s)
  end
  return pick
end

-- Item times of an entry's part in a take as it is now; nil where it plays nothing of it.
---@param now Take|Pick
---@param entry Entry
function M.times(now, entry)
  local from, to = source_time.of(now, entry.part.from), source_time.of(now, entry.part.to)
  if not from or not to then return nil end
  return within(now, from, to)
end

-- A looped take plays a second of its source at many times. Which of them is meant is known while
-- the item still begins where it did.
---@param now Take|Pick
---@param entry Entry
function M.ambiguous(now, entry)
  return entry.whole.wraps and math.abs(now.offset - entry.whole.offset) > mapping.same_s
end

-- The pick of an entry's part, of its item as it is now.
---@param whole Pick
---@param entry Entry
function M.again(whole, entry)
  if not entry.part then return whole end
  if M.ambiguous(whole, entry) then return nil end
  local from, to = M.times(whole, entry)
  return from and M.of(whole, from, to) or nil
end

return M
