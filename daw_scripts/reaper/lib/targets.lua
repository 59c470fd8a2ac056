-- Finds the items of a ticket again when its job is done: an item by its GUID, and the parts that
-- were split off it meanwhile. Reads only; what is done with them is import's or damage_markers'.

local R = require 'reaper_api'
local find = require 'find'
local selection = require 'selection'

local M = {}

---@param take Take|Mapping|Whole
local function origin(take) return take.position - (take.zero + take.offset) / take.rate end

-- Parts of a recorded item that were split off: on its track, of its file, on its time line, inside
-- what it was, and none of the items the ticket knows. Several entries may be of one item.
---@param index Index
---@param entry Entry
---@param present Take?
local function fragments(index, entry, known, present)
  local out, track = {}, index.tracks[entry.track]
  if not track then return out end
  local was = entry.mapping
  local from, to = was.position, was.position + was.length
  for n = 0, R.CountTrackMediaItems(track) - 1 do
    local item = R.GetTrackMediaItem(track, n)
    local guid = selection.item_guid(item)
    local at = R.GetMediaItemInfo_Value(item, 'D_POSITION')
    local length = R.GetMediaItemInfo_Value(item, 'D_LENGTH')
    local shift = present and origin(present) - origin(was) or 0
    local inside = at >= from + shift - 1e-6 and at + length <= to + shift + 1e-6
      and length < was.length - 1e-6
    if inside and (not known[guid] or known[guid] == entry.item) then
      local take = R.GetActiveTake(item)
      local now = take and selection.read_take(item, take)
      if now and now.path == was.path and now.rate == was.rate
        and math.abs(origin(now) - origin(was) - shift) < 1e-6 then
        known[guid] = entry.item
        out[#out + 1] = { item = item, take = take, now = now, guid = guid }
      end
    end
  end
  return out
end

-- Where one entry of the ticket stands now: a list of {item, take, now, guid}, empty where it was
-- deleted; or nil, a code and why not. known: GUIDs of items that are no fragments.
---@param index Index
---@param entry Entry
function M.find(project, index, entry, known, notes)
  local item = index.items[entry.item]
  local out = {}
  if item then
    local take = find.take(project, entry.take)
    if take and R.GetMediaItemTake_Item(take) ~= item then take = nil end
    if not take then
      take = R.GetActiveTake(item)
      notes('take_gone', entry.name, 'note_other_take')
    end
    local now = take and selection.read_take(item, take)
    if not now or now.path ~= entry.mapping.path then
      return nil, 'source_replaced'
    end
    out[1] = { item = item, take = take, now = now, guid = entry.item }
  end
  -- Parts can only be missing where the item is shorter than it was, or gone.
  if not out[1] or out[1].now.length < entry.mapping.length - 1e-6 then
    for _, part in ipairs(fragments(index, entry, known, out[1] and out[1].now)) do
      out[#out + 1] = part
    end
  end
  return out
end

-- Whether an item of the ticket is in the project: it is the one, by whatever name it was saved.
---@param index Index
---@param ticket Ticket
function M.holds(index, ticket)
  for _, entry in ipairs(ticket.items) do
    if index.items[entry.item] then return true end
  end
  return false
end

-- Whether anything of the ticket is in the project at all.
---@param index Index
---@param ticket Ticket
function M.is_home(index, ticket)
  for _, entry in ipairs(ticket.items) do
    if index.items[entry.item] or index.tracks[entry.track] then return true end
  end
  return false
end

return M
