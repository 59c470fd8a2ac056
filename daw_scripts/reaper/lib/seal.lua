-- What a stem was like when it came in, written down at it (`made` in its P_EXT), so that what the
-- user has done to it since is known before it is taken away. Numbers of the item and of each of
-- its takes; how it is muted, coloured, named or grouped is no work that could be lost. A stem that
-- was sealed once is not sealed again: edits stay known when a later run adds a take.

local R = require 'reaper_api'
local envelopes = require 'envelopes'
local placing = require 'placing'

local M = {}

local OF_ITEM = { 'D_LENGTH', 'D_FADEINLEN', 'D_FADEOUTLEN', 'D_VOL', 'D_SNAPOFFSET',
  'C_FADEINSHAPE', 'C_FADEOUTSHAPE' }
local OF_TAKE = { 'D_STARTOFFS', 'D_PLAYRATE', 'D_PITCH', 'B_PPITCH', 'D_VOL', 'D_PAN',
  'I_CHANMODE', 'IP_SPECEDIT:CNT' }
local SAME = 1e-6

local item_ext = placing.item_ext
local function take_ext(take) return placing.read_ext(R.GetSetMediaItemTakeInfo_String, take) end
local function position(item) return R.GetMediaItemInfo_Value(item, 'D_POSITION') end

-- Points of a take's envelopes as one number; 0 where it has none.
local function points(item, take)
  local sum = 0
  for point in (envelopes.read(item, take) or ''):gmatch '\n%s*PT ([^\n]+)' do
    for n = 1, #point do sum = (sum * 31 + point:byte(n)) % 0x7fffffff end
  end
  return sum
end

-- Where the item stands, and where beside its original: it may move along with that.
---@param original MediaItem?
local function item_now(item, original)
  local out = { position(item), original and position(item) - position(original) or 0 }
  for _, key in ipairs(OF_ITEM) do out[#out + 1] = R.GetMediaItemInfo_Value(item, key) end
  return out
end

local function take_now(item, take)
  local out = { R.TakeFX_GetCount(take), R.GetTakeNumStretchMarkers(take), points(item, take) }
  for _, key in ipairs(OF_TAKE) do out[#out + 1] = R.GetMediaItemTakeInfo_Value(take, key) end
  return out
end

local function same(a, b, from)
  if type(a) ~= 'table' or #a ~= #b then return false end
  for n = from, #b do
    if type(a[n]) ~= 'number' or math.abs(a[n] - b[n]) > SAME then return false end
  end
  return true
end

local function stood(made, now, original)
  return math.abs(made[1] - now[1]) <= SAME
    or original ~= nil and math.abs(made[2] - now[2]) <= SAME
end

-- Seals what is ours and not sealed yet: an item by its mark, and each of its takes by its own.
---@param original MediaItem?
function M.set(item, original)
  local ext = item_ext(item)
  if ext.stem and not ext.made then
    ext.made = item_now(item, original)
    placing.put_ext(R.GetSetMediaItemInfo_String, item, ext)
  end
  local job, made -- takes of one job are set alike
  for n = 0, R.CountTakes(item) - 1 do
    local take = R.GetTake(item, n)
    local own = take and take_ext(take)
    if own and own.stem and not own.made then
      if own.job ~= job then job, made = own.job, take_now(item, take) end
      own.made = made
      placing.put_ext(R.GetSetMediaItemTakeInfo_String, take, own)
    end
  end
end

-- Whether one of our takes is other than it came in; one without a seal counts as such.
function M.take_edited(item, take)
  local ext = take_ext(take)
  return ext ~= nil and not same(ext.made, take_now(item, take), 1)
end

-- The same of an item that is ours, its takes and notes with it.
---@param original MediaItem?
function M.edited(item, original)
  local made, now = item_ext(item).made, item_now(item, original)
  if not same(made, now, 3) or not stood(made, now, original) then return true end
  local _, notes = R.GetSetMediaItemInfo_String(item, 'P_NOTES', '', false)
  if notes and notes ~= '' then return true end
  for n = 0, R.CountTakes(item) - 1 do
    local take = R.GetTake(item, n)
    if take and M.take_edited(item, take) then return true end
  end
  return false
end

return M
