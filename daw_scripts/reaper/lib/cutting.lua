-- Cuts items so that what was restored of them is an item of its own, which can be muted or given
-- takes. Called by import inside its undo block. The cuts are hard: at the new edges there are no
-- fades, so that what stands on both sides adds up to what was there. Lanes and groups stay as they
-- are; what is locked stays whole.

local R = require 'reaper_api'
local mapping = require 'mapping'
local placing = require 'placing'
local selection = require 'selection'
local texts = require 'texts'

local M = {}

local EXT, locked = placing.mark, placing.locked

local function value(item, key) return R.GetMediaItemInfo_Value(item, key) end
local function set(item, key, number) R.SetMediaItemInfo_Value(item, key, number) end

-- Whether any of these targets would have to be cut and is locked.
---@param found Target[]
function M.hindered(found)
  for _, target in ipairs(found) do
    if target.cut and locked(target.item) then return true end
  end
  return false
end

-- What these scripts have noted at an item goes along, whether REAPER copies it or not.
local function copy_ext(getter, from, to)
  local _, text = getter(from, EXT, '', false)
  if text and text ~= '' then getter(to, EXT, text, true) end
end

local function copy_notes(left, right)
  copy_ext(R.GetSetMediaItemInfo_String, left, right)
  for n = 0, R.CountTakes(left) - 1 do
    local from, to = R.GetTake(left, n), R.GetTake(right, n)
    if from and to then copy_ext(R.GetSetMediaItemTakeInfo_String, from, to) end
  end
end

-- Begins an item later by so many seconds, its sound where it was.
local function trim_start(item, by)
  set(item, 'D_POSITION', value(item, 'D_POSITION') + by)
  set(item, 'D_LENGTH', value(item, 'D_LENGTH') - by)
  for n = 0, R.CountTakes(item) - 1 do
    local take = R.GetTake(item, n)
    if take then
      local rate = R.GetMediaItemTakeInfo_Value(take, 'D_PLAYRATE')
      local offset = R.GetMediaItemTakeInfo_Value(take, 'D_STARTOFFS')
      R.SetMediaItemTakeInfo_Value(take, 'D_STARTOFFS', offset + by * rate)
      for k = 0, R.GetTakeNumStretchMarkers(take) - 1 do
        local _, pos, source = R.GetTakeStretchMarker(take, k)
        R.SetTakeStretchMarker(take, k, pos - by * rate, source)
      end
    end
  end
end

-- Splits an item; gives the right part. By the user's preferences REAPER may lay the parts over one
-- another and fade between them: they meet at the cut instead.
local function split(item, at)
  local right = R.SplitMediaItem(item, at)
  if not right then error('REAPER did not split an item at ' .. at) end
  for _, key in ipairs { 'D_FADEOUTLEN', 'D_FADEOUTLEN_AUTO' } do set(item, key, 0) end
  for _, key in ipairs { 'D_FADEINLEN', 'D_FADEINLEN_AUTO' } do set(right, key, 0) end
  local early = at - value(right, 'D_POSITION')
  if early > 0 then trim_start(right, early) end
  set(item, 'D_LENGTH', at - value(item, 'D_POSITION'))
  copy_notes(item, right)
  return right
end

M.split = split

-- Length of a fade as it is heard: an automatic one takes the place of the user's.
local function fade(item, key)
  local automatic = value(item, key .. '_AUTO')
  return automatic > 0 and automatic or value(item, key)
end

-- Whether a cut falls into one of the item's fades.
local function in_fade(item, at)
  if not at then return false end
  local from, to = value(item, 'D_POSITION'), value(item, 'D_POSITION') + value(item, 'D_LENGTH')
  return at - from < fade(item, 'D_FADEINLEN') - mapping.same_s
    or to - at < fade(item, 'D_FADEOUTLEN') - mapping.same_s
end

local function number_of(item, take)
  for n = 0, R.CountTakes(item) - 1 do
    if R.GetTake(item, n) == take then return n end
  end
  return 0
end

-- Cuts one item for its wishes, which are in the order of their places. Each wish's target is the
-- item of its own afterwards.
---@param wishes Wish[]
local function cut_one(item, wishes)
  local number = number_of(item, wishes[1].target.take)
  local current = item
  for _, wish in ipairs(wishes) do
    local cut, target = wish.target.cut, wish.target
    if cut.from and cut.from - value(current, 'D_POSITION') > mapping.same_s then
      current = split(current, cut.from)
    end
    target.item, target.take = current, R.GetTake(current, number)
    if cut.to then current = split(current, cut.to) end
    target.guid, target.cut, target.skip = selection.item_guid(target.item), nil, nil
    wish.guid = target.guid
  end
end

-- A direct take reads what REAPER has made of it; a render is placed as it was planned, since
-- REAPER may count the offset of a looped source anew.
---@param wish Wish
local function look_again(wish)
  if wish.place.rendered then return end
  local now = selection.read_take(wish.target.item, wish.target.take)
  if not now then return end
  wish.place = { offset = wish.place.offset + now.offset - wish.target.now.offset }
  wish.target.now = now
end

-- Cuts the items of these wishes where only a part of them was restored.
---@param wishes Wish[]
---@param report Report
function M.cut(wishes, report)
  local by_item, order = {}, {}
  for _, wish in ipairs(wishes) do
    local target = wish.target
    if target.cut and not target.at_recorded and not locked(target.item) then
      if in_fade(target.item, target.cut.from) or in_fade(target.item, target.cut.to) then
        report.notes[#report.notes + 1] = { code = 'fade_cut', name = wish.entry.name,
          message = texts.say('note_fade_cut', { name = wish.entry.name }) }
      end
      if not by_item[target.item] then
        by_item[target.item] = {}
        order[#order + 1] = target.item
      end
      table.insert(by_item[target.item], wish)
    end
  end
  for _, item in ipairs(order) do
    table.sort(by_item[item], function(a, b) return a.from < b.from end)
    cut_one(item, by_item[item])
    for _, wish in ipairs(by_item[item]) do look_again(wish) end
  end
end

-- The shape that stems of a part take, where the item was not cut: its own but for place and
-- length, and without the fades at edges it does not have.
---@param wish Wish
function M.shape(shape, wish)
  local cut = wish.target.cut
  if not cut then return shape end
  shape.D_POSITION, shape.D_LENGTH, shape.D_SNAPOFFSET = wish.at.position, wish.at.length, 0
  if cut.from then shape.D_FADEINLEN, shape.D_FADEINLEN_AUTO = 0, 0 end
  if cut.to then shape.D_FADEOUTLEN, shape.D_FADEOUTLEN_AUTO = 0, 0 end
  return shape
end

return M
