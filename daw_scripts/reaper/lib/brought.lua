-- What voxmend has brought into a project, known by the marks (P_EXT) that import, trial and toggle
-- leave: for each original its stems and its trial, whether stems are takes of it, and what was
-- muted for them. Reads only; remove.lua and trial.lua act on it.

local R = require 'reaper_api'
local placing = require 'placing'
local seal = require 'seal'
local selection = require 'selection'

local M = {}

M.of_item = placing.item_ext
function M.of_take(take) return placing.read_ext(R.GetSetMediaItemTakeInfo_String, take) or {} end

local locked = placing.locked

-- An item's takes: those that are ours, and those that are the user's.
function M.takes(item)
  local ours, users = {}, {}
  for n = 0, R.CountTakes(item) - 1 do
    local take = R.GetTake(item, n)
    if take then table.insert(M.of_take(take).stem and ours or users, take) end
  end
  return ours, users
end

-- Sets by the GUID of their original, and these GUIDs in the order of the project: {guid, item,
-- stems, trials, takes, muted}. The original may be gone; `takes` says that it holds stems as
-- takes; `muted` are the items, mostly the original, that were muted for the stems or the trial.
---@param index Index
---@return table<string, BroughtSet>, string[]
function M.sets(index)
  local out, order = {}, {}
  local function of(guid)
    if not out[guid] then
      out[guid] = { guid = guid, item = index.items[guid], stems = {}, trials = {}, muted = {} }
      order[#order + 1] = guid
    end
    return out[guid]
  end
  for _, item in ipairs(index.list) do
    local guid, ext = selection.item_guid(item), M.of_item(item)
    if ext.stem and ext.item then table.insert(of(ext.item).stems, item) end
    if ext.trial then table.insert(of(ext.trial).trials, item) end
    if ext.muted or ext.heard or ext.tried then table.insert(of(ext.of or guid).muted, item) end
    if not ext.stem and not ext.trial and M.takes(item)[1] then of(guid).takes = true end
  end
  return out, order
end

-- The sets of the selected items: of an original, or of one that belongs to it. Empty where nothing
-- that is selected has to do with us.
---@param sets table<string, BroughtSet>
function M.selected(project, sets)
  local out = {}
  for n = 0, R.CountSelectedMediaItems(project) - 1 do
    local item = R.GetSelectedMediaItem(project, n)
    local guid, ext = selection.item_guid(item), M.of_item(item)
    if not sets[guid] then guid = ext.trial or ext.item or ext.of end
    if guid and sets[guid] then out[guid] = sets[guid] end
  end
  return out
end

-- With each set those whose original is itself a stem that goes with it.
---@param sets table<string, BroughtSet>
---@param chosen table<string, BroughtSet>
function M.with_heirs(sets, chosen)
  local out, more = {}, true
  for guid, set in pairs(chosen) do out[guid] = set end
  while more do
    more = false
    for guid, set in pairs(sets) do
      local above = set.item and M.of_item(set.item).item
      if above and out[above] and not out[guid] then out[guid], more = set, true end
    end
  end
  return out
end

---@param set BroughtSet
function M.locked(set)
  if set.item and locked(set.item) then return true end
  for _, list in ipairs { set.stems, set.trials, set.muted } do
    for _, item in ipairs(list) do if locked(item) then return true end end
  end
  return false
end

-- Whether a stem item was drawn to a track of the user's own.
local function elsewhere(item)
  local ext = placing.read_ext(R.GetSetMediaTrackInfo_String, R.GetMediaItem_Track(item))
  return not (ext and ext.stem)
end

-- Names of a set's stems that the user has worked on. A trial is no work.
---@param set BroughtSet
function M.edited(set)
  local out = {}
  for _, item in ipairs(set.stems) do
    if elsewhere(item) or seal.edited(item, set.item) then
      out[#out + 1] = R.GetTakeName(R.GetActiveTake(item) or M.takes(item)[1])
    end
  end
  for _, take in ipairs(set.takes and set.item and M.takes(set.item) or {}) do
    if seal.take_edited(set.item, take) then out[#out + 1] = R.GetTakeName(take) end
  end
  return out
end

-- What a set holds: {stems, trials}, takes counted as stems.
---@param set BroughtSet
function M.count(set)
  return #set.stems + (set.takes and set.item and #M.takes(set.item) or 0), #set.trials
end

return M
