-- Which second of its source a take plays at an item time, and back. Pure arithmetic. Places that
-- have to be found again after the user's edits are kept as seconds of the source: they stay with
-- the sound, wherever the item is moved, trimmed or stretched to.

local mapping = require 'mapping'

local M = {}

---@param take Played
function M.at(take, u)
  if take.marks then return mapping.marked(take.marks, u * take.rate) end
  return take.offset + u * take.rate
end

-- Marker time of a source second: the first at which it plays. nil where it never does.
---@param marks Mark[]
local function marker_time(marks, source)
  local first, last = marks[1], marks[#marks]
  if source <= first.source then return first.pos - (first.source - source) end
  for n = 2, #marks do
    local a, b = marks[n - 1], marks[n]
    local low, high = math.min(a.source, b.source), math.max(a.source, b.source)
    if source >= low and source <= high and high > low then
      return a.pos + (b.pos - a.pos) * (source - a.source) / (b.source - a.source)
    end
  end
  if source >= last.source then return last.pos + (source - last.source) end
  return nil
end

-- Item time of a source second; before 0 or beyond the item's end where it does not play there.
---@param take Played
function M.of(take, source)
  if not take.marks then return (source - take.offset) / take.rate end
  local at = marker_time(take.marks, source)
  return at and at / take.rate
end

return M
