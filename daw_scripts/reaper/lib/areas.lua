-- Where the user wants parts of items restored: razor areas, else the time selection over the
-- selected items. Razor areas win, and ignore which items are selected. Reads only.

local R = require 'reaper_api'
local mapping = require 'mapping'
local parts = require 'parts'
local selection = require 'selection'
local texts = require 'texts'

local M = {}

local SHORTEST_S = 0.001 -- what is shorter was not meant
local BY_HEIGHT = { [1] = true, [2] = true } -- I_FREEMODE: items placed freely, fixed lanes

-- Razor areas of a track: {from, to, top, bottom}. Text is P_RAZOREDITS_EXT: areas between commas,
-- each of two times, an envelope's GUID or "", and two heights; all but the times may be missing.
-- Areas of envelopes are left out.
function M.parse(text)
  local out = {}
  for area in text:gmatch '[^,]+' do
    local from, to, rest = area:match '^%s*(%S+)%s+(%S+)(.*)$'
    from, to = tonumber(from), tonumber(to)
    local guid = rest and rest:match '{[^}]*}'
    if from and to and to > from and not guid then
      local top, bottom = rest:gsub('"[^"]*"', ' '):match '^%s*(%S+)%s+(%S+)'
      top, bottom = tonumber(top), tonumber(bottom)
      out[#out + 1] = { from = from, to = to, top = bottom and top, bottom = bottom }
    end
  end
  return out
end

-- The same for P_RAZOREDITS, which is all that older REAPERs know: triples without commas.
function M.parse_triples(text)
  local areas = text:gsub('(%S+%s+%S+%s+"[^"]*")%s*', '%1,')
  return M.parse(areas)
end

-- Both keys give true for a track without areas, so the text alone tells.
local function razor_areas(track)
  local _, text = R.GetSetMediaTrackInfo_String(track, 'P_RAZOREDITS_EXT', '', false)
  if text and text ~= '' then return M.parse(text) end
  _, text = R.GetSetMediaTrackInfo_String(track, 'P_RAZOREDITS', '', false)
  return M.parse_triples(text or '')
end

-- Whether an area that names heights covers any of an item's. Where items lie over one another,
-- an item's height is its lane's.
local function reaches(area, item, by_height)
  if not area.top or not by_height then return true end
  local top = R.GetMediaItemInfo_Value(item, 'F_FREEMODE_Y')
  local bottom = top + R.GetMediaItemInfo_Value(item, 'F_FREEMODE_H')
  return math.min(bottom, area.bottom) - math.max(top, area.top) > 1e-3
end

-- Stretches in order, those that touch made one.
function M.joined(stretches)
  table.sort(stretches, function(a, b) return a.from < b.from end)
  local out = {}
  for _, one in ipairs(stretches) do
    local last = out[#out]
    if last and one.from <= last.to + mapping.same_s then
      last.to = math.max(last.to, one.to)
    else
      out[#out + 1] = { from = one.from, to = one.to }
    end
  end
  return out
end

-- What of an item lies in these areas, as stretches of the project.
local function covered(item, areas, by_height)
  local from = R.GetMediaItemInfo_Value(item, 'D_POSITION')
  local to = from + R.GetMediaItemInfo_Value(item, 'D_LENGTH')
  local found = {}
  for _, area in ipairs(areas) do
    local first, last = math.max(from, area.from), math.min(to, area.to)
    if last - first >= math.min(SHORTEST_S, to - from) and last > first
      and reaches(area, item, by_height) then
      found[#found + 1] = { from = first, to = last }
    end
  end
  return M.joined(found)
end

local function add(out, item, stretches)
  if #stretches == 0 then return end
  out[#out + 1] = { item = item, guid = selection.item_guid(item), stretches = stretches }
end

-- Items with what of them lies in razor areas; and whether there is any area.
local function by_razor(project)
  local out, any = {}, false
  for t = 0, R.CountTracks(project) - 1 do
    local track = R.GetTrack(project, t)
    local areas = razor_areas(track)
    if #areas > 0 then
      any = true
      local by_height = BY_HEIGHT[R.GetMediaTrackInfo_Value(track, 'I_FREEMODE')]
      for n = 0, R.CountTrackMediaItems(track) - 1 do
        local item = R.GetTrackMediaItem(track, n)
        add(out, item, covered(item, areas, by_height))
      end
    end
  end
  return out, any
end

local function by_time(project)
  local from, to = R.GetSet_LoopTimeRange2(project, false, false, 0, 0, false)
  local out = {}
  for n = 0, to > from and R.CountSelectedMediaItems(project) - 1 or -1 do
    local item = R.GetSelectedMediaItem(project, n)
    add(out, item, covered(item, { { from = from, to = to } }))
  end
  return out
end

-- Parts of one item: picks, or refusals.
local function read(one, print_stretch, picked, refused)
  local whole, reason = selection.read_item(one.item, print_stretch)
  if not whole then
    refused[#refused + 1] = reason
    return
  end
  for _, stretch in ipairs(one.stretches) do
    local pick, why = parts.of(whole, stretch.from - whole.position, stretch.to - whole.position)
    table.insert(pick and picked or refused, pick or why)
  end
end

-- Like selection.reader: reads a part at a time. `nothing`: why there is nothing to read.
function M.reader(project, print_stretch)
  local items, any = by_razor(project)
  if not any then items = by_time(project) end
  return selection.reader(project, print_stretch, items, read,
    #items == 0 and texts.say(any and 'no_items_in_razor' or 'no_items_in_time') or nil)
end

return M
