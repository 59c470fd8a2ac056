-- Finds the parts of items that a ticket names, when its job is done: the item and what was split
-- off it, as targets.lua does, and in each what there is of the part. The part is known by seconds
-- of its source, so the item may have been moved, trimmed, split or played at another rate. Reads
-- only.

local parts = require 'parts'
local targets = require 'targets'

local M = {}

-- What a target plays of the part; nil where it plays nothing of it.
---@param found Target
---@param entry Entry
local function narrowed(found, entry)
  local now = found.now
  local from, to = parts.times(now, entry)
  if not from then return nil end
  if from == 0 and to == now.length then return found end
  local cut = { from = from > 0 and now.position + from or nil,
    to = to < now.length and now.position + to or nil }
  return { item = found.item, take = found.take, guid = found.guid, cut = cut,
    skip = from, now = parts.cut_out(now, from, to) }
end

-- The place at the click. It has no item of its own.
---@param entry Entry
local function recorded(entry)
  return { { now = entry.mapping, guid = entry.item, recorded = true } }
end

-- Targets of an entry's part, in the form of targets.find; where it is in the project no more, the
-- place at which it was, and a note.
---@param index Index
---@param entry Entry
function M.find(project, index, entry, known, notes)
  local whole = { clip = entry.clip, index = entry.index, item = entry.item, take = entry.take,
    track = entry.track, name = entry.name, exact = entry.exact, mapping = entry.whole }
  local found, code = targets.find(project, index, whole, known, notes)
  if not found then return nil, code end
  if #found == 0 then
    notes('item_gone', entry.name, 'note_deleted_recorded')
    return recorded(entry)
  end
  local out = {}
  for _, one in ipairs(found) do
    if parts.ambiguous(one.now, entry) then
      notes('loop_moved', entry.name, 'note_loop_moved')
      return recorded(entry)
    end
    out[#out + 1] = narrowed(one, entry)
  end
  if #out > 0 then return out end
  notes('item_gone', entry.name, 'note_part_gone')
  return recorded(entry)
end

return M
