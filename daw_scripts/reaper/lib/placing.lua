-- Tracks and items for stems: which tracks, made where, and an item like the original. Called by
-- import inside its undo block, with an index of the project as it stands.
--
-- Stem tracks carry where they come from (P_EXT:voxmend: source track and stem), so that a later
-- run finds them. They are used again while the time is free there; a stem of an item that has one
-- already becomes another take of it.

local R = require 'reaper_api'
local json = require 'json'
local sends = require 'sends'
local texts = require 'texts'

local M = {}

local EXT = 'P_EXT:voxmend'
local FOLLOWED = { 'I_NCHAN', 'D_VOL', 'D_PAN', 'D_WIDTH', 'D_PANLAW', 'I_PANMODE', 'D_DUALPANL',
  'D_DUALPANR', 'B_MUTE', 'I_SOLO', 'B_PHASE', 'I_CUSTOMCOLOR', 'C_BEATATTACHMODE', 'B_MAINSEND',
  'C_MAINSEND_NCH', 'C_MAINSEND_OFFS' }
local FREE = 1 -- I_FREEMODE: items placed freely over one another
local PLACE = { 'F_FREEMODE_Y', 'F_FREEMODE_H' }
local CLOSED = 2 -- I_FOLDERCOMPACT: nothing of what is inside is shown
local INSIDE = { I_NCHAN = true, I_CUSTOMCOLOR = true, C_BEATATTACHMODE = true }
-- In this order: the timebase before place and length, which it would move. All of them, zeros too:
-- a new item has fades, a volume and a timebase by the user's preferences, not ours.
local CLONED = { 'C_BEATATTACHMODE', 'C_AUTOSTRETCH', 'D_POSITION', 'D_LENGTH', 'D_VOL',
  'D_SNAPOFFSET', 'D_FADEINLEN', 'D_FADEOUTLEN', 'D_FADEINLEN_AUTO', 'D_FADEOUTLEN_AUTO',
  'C_FADEINSHAPE', 'C_FADEOUTSHAPE', 'D_FADEINDIR', 'D_FADEOUTDIR', 'I_FADELPF', 'I_CUSTOMCOLOR',
  'B_MUTE' }

function M.read_ext(getter, object)
  local _, text = getter(object, EXT, '', false)
  if not text or text == '' then return nil end
  local found = json.decode(text)
  return type(found) == 'table' and found or nil
end

-- Adds to what stands there: a stem that is restored itself stays known as a stem.
---@param value Origin
function M.write_ext(setter, object, value)
  local all = M.read_ext(setter, object) or {}
  for key, one in pairs(value) do all[key] = one end
  setter(object, EXT, json.encode(all), true)
end

M.mark = EXT

-- The same where nothing stands yet, or where all that stands is given.
---@param value Origin
function M.put_ext(setter, object, value) setter(object, EXT, json.encode(value), true) end

-- What stands at an item; empty where nothing does.
function M.item_ext(item) return M.read_ext(R.GetSetMediaItemInfo_String, item) or {} end

local function value(item, key) return R.GetMediaItemInfo_Value(item, key) end

function M.locked(item) return value(item, 'C_LOCK') % 2 == 1 end

-- Stem tracks of the project: by source GUID and stem, in the order of the tracks.
---@param index Index
function M.stem_tracks(index)
  local out = {}
  for guid, track in pairs(index.tracks) do
    local ext = M.read_ext(R.GetSetMediaTrackInfo_String, track)
    if ext and ext.source and ext.stem then
      local key = ext.source .. ' ' .. ext.stem
      out[key] = out[key] or {}
      table.insert(out[key], { track = track, guid = guid,
        number = R.GetMediaTrackInfo_Value(track, 'IP_TRACKNUMBER') })
    end
  end
  for _, list in pairs(out) do
    table.sort(list, function(a, b) return a.number < b.number end)
  end
  return out
end

-- What stands on a stem track: items with their times and the original they belong to.
local function occupants(track)
  local out = {}
  for n = 0, R.CountTrackMediaItems(track) - 1 do
    local item = R.GetTrackMediaItem(track, n)
    local from = value(item, 'D_POSITION')
    out[n + 1] = { item = item, from = from, to = from + value(item, 'D_LENGTH'),
      ext = M.read_ext(R.GetSetMediaItemInfo_String, item) }
  end
  return out
end

local function same(a, b) return math.abs(a - b) < 1e-9 end

-- The stem item of this very original on the track, at the same place; where the job is the same
-- too it has been inserted before.
---@param there Occupant[]
---@param wish Wish
local function own_item(there, wish)
  for _, other in ipairs(there) do
    if other.ext and other.ext.item == wish.guid and same(other.from, wish.from)
      and same(other.to, wish.to) then
      return other
    end
  end
end

---@param there Occupant[]
---@param wish Wish
local function free(there, wish)
  for _, other in ipairs(there) do
    if other.from < wish.to - 1e-9 and other.to > wish.from + 1e-9 then return false end
  end
  return true
end

-- Whether all wishes of one source track find room here.
---@param wishes Wish[]
function M.fits(track, wishes)
  local there = occupants(track)
  for _, wish in ipairs(wishes) do
    if not own_item(there, wish) and not free(there, wish) then return false end
  end
  return true, there
end

M.own_item = own_item

local function insert_track(project, at)
  if R.has 'InsertTrackInProject' then
    R.InsertTrackInProject(project, at, 0)
  else
    R.InsertTrackAtIndex(at, false)
  end
  return R.GetTrack(project, at)
end

-- Volume, pan, mute, solo, channels and colour follow the source, and the ways its sound goes.
-- Inside a folder's own track only what is no gain does: the folder's fader and sends stand behind
-- the stems already, and a pan law of their own would count twice.
---@param report Report
local function follow(project, track, source, inside, report)
  if R.GetMediaTrackInfo_Value(source, 'I_FREEMODE') == FREE then
    R.SetMediaTrackInfo_Value(track, 'I_FREEMODE', FREE)
    R.UpdateTimeline()
  end
  for _, key in ipairs(FOLLOWED) do
    if not inside or INSIDE[key] then
      R.SetMediaTrackInfo_Value(track, key, R.GetMediaTrackInfo_Value(source, key))
    end
  end
  if inside then
    R.SetMediaTrackInfo_Value(track, 'D_PANLAW', 1)
  else
    sends.copy(project, source, track, report)
  end
end

-- Says it where the user cannot see a new track.
---@param report Report
local function tell_closed(track, name, report)
  local parent = R.GetParentTrack(track)
  while parent do
    if R.GetMediaTrackInfo_Value(parent, 'I_FOLDERCOMPACT') == CLOSED then
      report.notes[#report.notes + 1] = { code = 'closed', name = name,
        message = texts.say('note_closed', { name = name }) }
      return
    end
    parent = R.GetParentTrack(parent)
  end
end

-- Makes a track the parent of what will stand below it. What it ended, a folder around it, is ended
-- by the last of its children now, after its own: the depth of that one is given back.
local function open_folder(source)
  local depth = R.GetMediaTrackInfo_Value(source, 'I_FOLDERDEPTH')
  if depth > 0 then return 0 end -- it is one already: the new tracks are its first children
  R.SetMediaTrackInfo_Value(source, 'I_FOLDERDEPTH', 1)
  return depth - 1
end

-- The depth that goes from the track above to the last of the new ones.
local function take_depth(above)
  local depth = R.GetMediaTrackInfo_Value(above, 'I_FOLDERDEPTH')
  if depth >= 0 then return 0 end
  R.SetMediaTrackInfo_Value(above, 'I_FOLDERDEPTH', 0)
  return depth
end

-- New tracks under the source, one for each stem; at the end where the source is gone.
-- A source that ends a folder hands that on to the last of them; for a folder's own track they
-- become the first children, and the source becomes one where that is wanted (folder).
-- after: stand under this track instead, which is another of its stems.
---@param report Report
function M.new_tracks(project, source, source_guid, stems, report, after, folder)
  local at = R.CountTracks(project)
  local depth, label, inside, above, called = 0, '', false, after or source, nil
  if above then
    at = math.floor(R.GetMediaTrackInfo_Value(above, 'IP_TRACKNUMBER'))
    depth = folder and not after and open_folder(above) or take_depth(above)
  end
  if source then
    inside = R.GetMediaTrackInfo_Value(source, 'I_FOLDERDEPTH') > 0
    local _, name = R.GetSetMediaTrackInfo_String(source, 'P_NAME', '', false)
    label = name ~= '' and name .. ' - ' or ''
    called = name ~= '' and name or texts.say 'track_nameless'
  end
  local made = {}
  for n, stem in ipairs(stems) do
    local track = insert_track(project, at + n - 1)
    R.GetSetMediaTrackInfo_String(track, 'P_NAME', label .. texts.track(stem), true)
    M.write_ext(R.GetSetMediaTrackInfo_String, track, { source = source_guid, stem = stem })
    if source then follow(project, track, source, inside, report) end
    M.write_ext(R.GetSetMediaTrackInfo_String, track, { sends = sends.text(track) })
    made[stem] = track
  end
  if depth < 0 then
    R.SetMediaTrackInfo_Value(made[stems[#stems]], 'I_FOLDERDEPTH', depth)
  end
  if called then tell_closed(made[stems[1]], called, report) end
  return made
end

-- Place and shape of an item by key, read once for all its stems.
function M.shape(item)
  local out = {}
  for _, key in ipairs(CLONED) do out[key] = value(item, key) end
  if R.GetMediaTrackInfo_Value(R.GetMediaItem_Track(item), 'I_FREEMODE') == FREE then
    for _, key in ipairs(PLACE) do out[key] = value(item, key) end
  end
  return out
end

local function put(item, keys, shape)
  for _, key in ipairs(keys) do R.SetMediaItemInfo_Value(item, key, shape[key]) end
end

-- An item of the same place and shape. Without an original, of the recorded place alone.
---@param recorded Take|Mapping
function M.new_item(track, shape, recorded, group)
  local item = R.AddMediaItemToTrack(track)
  if shape then
    put(item, CLONED, shape)
    if shape.F_FREEMODE_H then put(item, PLACE, shape) end
  else
    R.SetMediaItemInfo_Value(item, 'D_POSITION', recorded.position)
    R.SetMediaItemInfo_Value(item, 'D_LENGTH', recorded.length)
  end
  R.SetMediaItemInfo_Value(item, 'B_LOOPSRC', 0)
  R.SetMediaItemInfo_Value(item, 'I_GROUPID', group)
  return item
end

-- Gives out group ids that nothing in the project has: one for each group of originals, one for
-- each original without a group.
---@param index Index
function M.groups(index)
  local last, by_group = 0, {}
  for _, item in ipairs(index.list) do
    last = math.max(last, math.floor(value(item, 'I_GROUPID')))
  end
  return function(original)
    local group = original and math.floor(value(original, 'I_GROUPID')) or 0
    if group > 0 and by_group[group] then return by_group[group] end
    last = last + 1
    if group > 0 then by_group[group] = last end
    return last
  end
end

-- Which tracks are selected; a new track would be the only one.
function M.selected_tracks(project)
  local out = {}
  for n = 0, R.CountTracks(project) - 1 do
    local track = R.GetTrack(project, n)
    out[track] = R.GetMediaTrackInfo_Value(track, 'I_SELECTED')
  end
  return out
end

function M.select_again(project, before)
  for n = 0, R.CountTracks(project) - 1 do
    local track = R.GetTrack(project, n)
    local wanted = before[track] or 0
    if R.GetMediaTrackInfo_Value(track, 'I_SELECTED') ~= wanted then
      R.SetMediaTrackInfo_Value(track, 'I_SELECTED', wanted)
    end
  end
end

return M
