-- The action “Toggle original and stems”. A set is an original and the stems that name it. Where
-- they are on tracks, items are muted and unmuted; where they are takes, the active take changes.
-- What this action has muted it marks, so that mutes of the user's own stay as they are.

local R = require 'reaper_api'
local app = require 'app'
local find = require 'find'
local placing = require 'placing'
local relaunch = require 'relaunch'
local selection = require 'selection'
local texts = require 'texts'
local undo_step = require 'undo_step'

local M = {}

local ext_of, locked = placing.item_ext, placing.locked

local function mark(item, values) placing.write_ext(R.GetSetMediaItemInfo_String, item, values) end
local function muted(item) return R.GetMediaItemInfo_Value(item, 'B_MUTE') ~= 0 end
local function mute(item, on) R.SetMediaItemInfo_Value(item, 'B_MUTE', on and 1 or 0) end

local function stem_of(take)
  local ext = placing.read_ext(R.GetSetMediaItemTakeInfo_String, take)
  return ext and ext.stem
end

-- Takes of an item: the first that is no stem, and whether any is one.
local function takes_of(item)
  local plain, stems
  for n = 0, R.CountTakes(item) - 1 do
    local take = R.GetTake(item, n)
    if take and stem_of(take) then stems = stems or take elseif take then plain = plain or take end
  end
  return plain, stems
end

-- Sets of a project: by the original's GUID, {item, stems}. An item whose stems are takes is one,
-- too, with none beside it. The second value counts the locked ones, which are left alone.
---@param index Index
local function sets_of(index)
  local out, left = {}, 0
  for guid, item in pairs(index.items) do
    local ext = ext_of(item)
    if ext.stem and ext.item and index.items[ext.item] then
      out[ext.item] = out[ext.item] or { item = index.items[ext.item], stems = {} }
      table.insert(out[ext.item].stems, item)
    elseif not ext.stem and not ext.trial then
      local plain, stems = takes_of(item)
      if plain and stems then out[guid] = out[guid] or { item = item, stems = {}, takes = true } end
    end
  end
  for guid, set in pairs(out) do
    local any = locked(set.item)
    for _, stem in ipairs(set.stems) do any = any or locked(stem) end
    if any then out[guid], left = nil, left + 1 end
  end
  return out, left
end

-- Those whose original or any stem is selected; all where nothing of ours is.
---@param index Index
local function chosen(index, project)
  local sets, left = sets_of(index)
  local some = {}
  for n = 0, R.CountSelectedMediaItems(project) - 1 do
    local item = R.GetSelectedMediaItem(project, n)
    local guid = ext_of(item).item or selection.item_guid(item)
    some[guid] = sets[guid]
  end
  return next(some) and some or sets, left
end

-- Whether the original is what is heard now.
local function original_sounds(set)
  if set.takes then
    local take = R.GetActiveTake(set.item)
    return take ~= nil and not stem_of(take)
  end
  return not muted(set.item)
end

local function to_original(set)
  if set.takes then
    mark(set.item, { stem_take = selection.take_guid(R.GetActiveTake(set.item)) })
    R.SetActiveTake((takes_of(set.item)))
    return
  end
  for _, stem in ipairs(set.stems) do
    if not muted(stem) then
      mute(stem, true)
      mark(stem, { hushed = true })
    end
  end
  if ext_of(set.item).muted then
    mute(set.item, false)
    mark(set.item, { muted = false, heard = true })
  end
end

local function to_stems(project, set)
  if set.takes then
    local _, first = takes_of(set.item)
    local guid = ext_of(set.item).stem_take
    local take = guid and find.take(project, guid)
    if not take or R.GetMediaItemTake_Item(take) ~= set.item then take = first end
    R.SetActiveTake(take)
    return
  end
  for _, stem in ipairs(set.stems) do
    if ext_of(stem).hushed then
      mute(stem, false)
      mark(stem, { hushed = false })
    end
  end
  if ext_of(set.item).heard and not muted(set.item) then
    mute(set.item, true)
    mark(set.item, { heard = false, muted = true })
  end
end

-- All sets go the same way: to the stems where any original sounds, else to the originals.
local function write(project, sets)
  local any = false
  for _, set in pairs(sets) do any = any or original_sounds(set) end
  for _, set in pairs(sets) do
    if any and original_sounds(set) then to_stems(project, set) end
    if not any then to_original(set) end
  end
end

function M.run()
  relaunch.restarts()
  local project = R.EnumProjects(-1)
  local sets, left = chosen(find.index(project), project)
  if not next(sets) then
    return app.show(texts.say 'title', { left > 0 and texts.many('toggle_locked', left)
      or texts.say 'toggle_none' })
  end
  local fine, why = undo_step.make(project, texts.say 'undo_toggle', write, project,
    sets)
  R.UpdateArrange()
  if not fine then app.failed(why) end
end

return M
