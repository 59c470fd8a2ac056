-- Reads what the user selected: each item becomes a pick, with all numbers its mapping needs, or a
-- refusal with a sentence. Called once, when the action starts; writes nothing.
--
-- A pick's `kind` is `direct` where the file itself can be handed to the worker (the decoder has no
-- delay and the take plays it straight on), else `rendered`: read through REAPER's own accessor,
-- so that whatever REAPER does to the sound is in it. `why` says what made it so.

local R = require 'reaper_api'
local mapping = require 'mapping'
local texts = require 'texts'

local M = {}

-- Containers whose decoders agree on the first sample, whoever reads them.
local DIRECT = { WAVE = true, AIFF = true, FLAC = true, WAVPACK = true }

local FIXED_LANES = 2 -- I_FREEMODE

local BUTTONS = { offline = 'online' } -- what leads on from a refusal

local function refusal(code, name)
  return { code = code, name = name, message = texts.say('item_' .. code, { name = name }),
    button = BUTTONS[code] }
end

M.refusal = refusal

local function string_of(getter, object, key)
  local _, text = getter(object, key, '', false)
  return text or ''
end

function M.item_guid(item) return string_of(R.GetSetMediaItemInfo_String, item, 'GUID') end
function M.take_guid(take) return string_of(R.GetSetMediaItemTakeInfo_String, take, 'GUID') end
function M.track_guid(track) return string_of(R.GetSetMediaTrackInfo_String, track, 'GUID') end

-- The file at the bottom of a source, with the offsets of the sections on the way.
function M.root(source)
  local zero, reverse, length = 0, false, nil
  local current = source
  while true do
    local is_section, offset, inner, reversed = R.PCM_Source_GetSectionInfo(current)
    local parent = R.GetMediaSourceParent(current)
    if not parent then break end
    if is_section then
      zero, reverse = zero + offset, reverse or reversed
      length = length or inner
    end
    current = parent
  end
  return current, zero, reverse, length
end

-- REAPER says 0 Hz of a source that was offline once; a fresh one of the same file knows.
local function rate_and_channels(root, path)
  local rate, channels = R.GetMediaSourceSampleRate(root), R.GetMediaSourceNumChannels(root)
  if rate > 0 and channels > 0 then return rate, channels end
  local fresh = path ~= '' and R.PCM_Source_CreateFromFile(path)
  if not fresh then return rate, channels end
  rate, channels = R.GetMediaSourceSampleRate(fresh), R.GetMediaSourceNumChannels(fresh)
  R.PCM_Source_Destroy(fresh)
  return rate, channels
end

local function is_offline(kind, path, length)
  if kind:find('OFFLINE', 1, true) then return true end
  return path ~= '' and (length <= 0 or not R.file_exists(path))
end

-- Reasons why the file itself cannot be handed over.
---@param pick Take
local function why_rendered(pick, reverse)
  if not DIRECT[pick.type] then return 'decoder' end
  if reverse then return 'reverse' end
  if mapping.wraps(pick) then return 'loop' end
  -- Beyond its section the take is silent; the file, and so the stem, is not.
  if pick.sectioned and mapping.overruns(pick) then return 'section' end
  return nil
end

-- Stretch markers of a take, in order: {pos, source}.
function M.marks_of(take)
  local out = {}
  for n = 0, R.GetTakeNumStretchMarkers(take) - 1 do
    local _, pos, source = R.GetTakeStretchMarker(take, n)
    out[n + 1] = { pos = pos, source = source }
  end
  table.sort(out, function(a, b) return a.pos < b.pos end)
  return out
end

-- All that import and mapping ask of a take, by REAPER's keys.
function M.read_take(item, take)
  local source = R.GetMediaItemTake_Source(take)
  if not source then return nil, 'empty' end
  if R.TakeIsMIDI(take) then return nil, 'midi' end
  local root, zero, reverse, section = M.root(source)
  local kind = R.GetMediaSourceType(root)
  if kind:find('MIDI', 1, true) then return nil, 'midi' end
  local path = R.GetMediaSourceFileName(root)
  local length, beats = R.GetMediaSourceLength(source)
  if beats then return nil, 'midi' end
  if is_offline(kind, path, length) then return nil, 'offline' end
  local value = function(key) return R.GetMediaItemTakeInfo_Value(take, key) end
  local of_item = function(key) return R.GetMediaItemInfo_Value(item, key) end
  local pick = {
    path = path, type = kind, zero = zero, source_length = section or length,
    file_length = R.GetMediaSourceLength(root), sectioned = root ~= source,
    offset = value 'D_STARTOFFS', rate = value 'D_PLAYRATE', pitch = value 'D_PITCH',
    preserve_pitch = value 'B_PPITCH' ~= 0, markers = R.GetTakeNumStretchMarkers(take),
    position = of_item 'D_POSITION', length = of_item 'D_LENGTH', loop = of_item 'B_LOOPSRC' ~= 0,
    fx = R.TakeFX_GetCount(take),
  }
  if pick.length <= 0 then return nil, 'no_length' end
  if pick.markers > 0 then
    pick.marks = M.marks_of(take)
    pick.low, pick.high = mapping.marked_range(pick.marks, pick.length, pick.rate)
  end
  pick.sample_rate, pick.channels = rate_and_channels(root, path)
  if pick.sample_rate <= 0 or pick.channels <= 0 then return nil, 'no_channels' end
  pick.why = why_rendered(pick, reverse)
  pick.reverse = reverse
  if not pick.why and not mapping.audible(pick) then return nil, 'silent' end
  return pick
end

-- Whether REAPER plays something else than the file holds: spectral edits and edits of samples lie
-- in the project. The latter no key tells, so the item's text is asked.
local function edited(item, take)
  if R.GetMediaItemTakeInfo_Value(take, 'IP_SPECEDIT:CNT') > 0 then return true end
  local fine, chunk = R.GetItemStateChunk(item, '', false)
  return fine and (chunk:find('\n%s*SPECTRAL_EDIT') or chunk:find('\n%s*<?SAMPLEEDITS')) ~= nil
end

-- Whether the item is one of those that a track with fixed lanes leaves silent. -1: of lanes that
-- the track had; 0 has a meaning only where it has them.
local function on_silent_lane(item, track)
  local plays = R.GetMediaItemInfo_Value(item, 'C_LANEPLAYS')
  return plays == -1 or plays == 0 and R.GetMediaTrackInfo_Value(track, 'I_FREEMODE') == FIXED_LANES
end

-- Whether other takes of an item sound with the active one.
local function all_takes_sound(item)
  if R.GetMediaItemInfo_Value(item, 'B_ALLTAKESPLAY') == 0 then return false end
  local count = 0
  for n = 0, R.CountTakes(item) - 1 do
    if R.GetTake(item, n) then count = count + 1 end
  end
  return count > 1
end

function M.read_item(item, print_stretch)
  local take = R.GetActiveTake(item)
  local name = take and R.GetTakeName(take) or ''
  if not take then return nil, refusal('empty', texts.say 'item_nameless') end
  local pick, code = M.read_take(item, take)
  if not pick then return nil, refusal(code, name) end
  local track = R.GetMediaItem_Track(item)
  if on_silent_lane(item, track) then return nil, refusal('lane', name) end
  if not pick.why and edited(item, take) then pick.why = 'edits' end
  pick.name = name ~= '' and name or pick.path:match '[^/\\]*$'
  pick.item_guid, pick.take_guid = M.item_guid(item), M.take_guid(take)
  pick.track_guid = M.track_guid(track)
  pick.exact, pick.all_takes = mapping.exact(pick), all_takes_sound(item)
  if print_stretch and not pick.exact then
    pick.why, pick.exact, pick.printed = pick.why or 'print', true, true
  elseif pick.why then
    pick.exact = true
  end
  pick.kind = pick.why and 'rendered' or 'direct'
  return pick
end

local Reader = {}
Reader.__index = Reader

local function selected(project)
  local items = {}
  for n = 0, R.CountSelectedMediaItems(project) - 1 do
    local item = R.GetSelectedMediaItem(project, n)
    items[n + 1] = { item = item, guid = M.item_guid(item) }
  end
  return items
end

local function read_whole(one, print_stretch, picked, refused)
  local pick, reason = M.read_item(one.item, print_stretch)
  table.insert(pick and picked or refused, pick or reason)
end

-- Reads the selection a part at a time, so that hundreds of items cost no stall. What is selected
-- is fixed at once; each item is asked for again before it is read.
-- items, read, nothing: of areas.lua, where it is not the selection.
function M.reader(project, print_stretch, items, read, nothing)
  return setmetatable({ project = project, print_stretch = print_stretch, at = 0, picked = {},
    items = items or selected(project), read = read or read_whole, nothing = nothing,
    refused = {} }, Reader)
end

-- A comp leaves dozens of items silent: more than two are told in one sentence.
function Reader:sum_up()
  local lanes, out = 0, {}
  for _, one in ipairs(self.refused) do
    if one.code == 'lane' then lanes = lanes + 1 else out[#out + 1] = one end
  end
  if lanes < 3 then return end
  out[#out + 1] = { code = 'lane', name = '', message = texts.many('items_lane', lanes) }
  self.refused = out
end

-- Reads up to `count` items; true when all are read: then `picked` and `refused` are whole.
function Reader:step(count)
  local last = math.min(self.at + count, #self.items)
  while self.at < last do
    self.at = self.at + 1
    local one = self.items[self.at]
    if R.ValidatePtr2(self.project, one.item, 'MediaItem*')
      and M.item_guid(one.item) == one.guid then
      self.read(one, self.print_stretch, self.picked, self.refused)
    end
  end
  if self.at < #self.items then return false end
  self:sum_up()
  return true
end

-- picked, refused: lists in the order of the selection, all at once.
function M.read(project, print_stretch)
  local reader = M.reader(project, print_stretch)
  reader:step(math.huge)
  return reader.picked, reader.refused
end

return M
