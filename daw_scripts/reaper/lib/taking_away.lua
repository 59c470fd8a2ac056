-- Takes away what brought.lua has found: stems, trials, takes, tracks that are left empty. Called
-- inside an undo block. Files stay where they are. Nothing of the user's goes: a take that they
-- put beside stems stays, and so does a track with their effects, sends or envelopes.

local R = require 'reaper_api'
local brought = require 'brought'
local item_command = require 'item_command'
local placing = require 'placing'
local selection = require 'selection'
local sends = require 'sends'

local M = {}

local DELETE_TAKE = 40129 -- Take: Delete active take from items

local RECEIVE = -1

-- Deletes takes of an item; the action knows none but the active one of what is selected.
local function delete_takes(project, item, takes)
  item_command.on(project, item, function()
    for _, take in ipairs(takes) do
      local count = R.CountTakes(item)
      R.SetActiveTake(take)
      R.Main_OnCommand(DELETE_TAKE, 0)
      if R.CountTakes(item) == count then error { said = 'commands_refused' } end
    end
  end)
end

-- Leaves an item with the takes that are the user's. Where one of ours was active, the one that it
-- was made of is.
local function strip(project, item)
  local ours, users = brought.takes(item)
  if #users == 0 then return end
  local active = R.GetActiveTake(item)
  local from = active and brought.of_take(active).take
  local chosen = not (active and brought.of_take(active).stem) and active or users[1]
  for _, take in ipairs(users) do
    if selection.take_guid(take) == from then chosen = take end
  end
  delete_takes(project, item, ours)
  R.SetActiveTake(chosen)
  if brought.of_item(item).all_took then
    R.SetMediaItemInfo_Value(item, 'B_ALLTAKESPLAY', 1)
    placing.write_ext(R.GetSetMediaItemInfo_String, item, { all_took = false })
  end
end

-- Takes an item of ours away, or, where the user has put a take into it, ours out of it.
-- touched: set of tracks it stood on.
local function drop(project, item, touched)
  local track = R.GetMediaItem_Track(item)
  local _, users = brought.takes(item)
  if #users > 0 and not brought.of_item(item).trial then
    strip(project, item)
    R.GetSetMediaItemInfo_String(item, placing.mark, '', true)
    return
  end
  R.DeleteTrackMediaItem(track, item)
  touched[track] = true
end

-- What was muted sounds again. marks: what is no longer so.
local function unmute(item, marks)
  if R.GetMediaItemInfo_Value(item, 'B_MUTE') ~= 0 then
    R.SetMediaItemInfo_Value(item, 'B_MUTE', 0)
  end
  placing.write_ext(R.GetSetMediaItemInfo_String, item, marks)
end

-- Takes the trials of a set away; what was muted for as long as they stand sounds again.
---@param set BroughtSet
function M.trials(project, set, touched)
  for _, item in ipairs(set.trials) do drop(project, item, touched) end
  for _, item in ipairs(set.muted) do
    if brought.of_item(item).tried then unmute(item, { tried = false }) end
  end
end

-- Items of the list that no other set has taken along.
local function there(project, list)
  local out = {}
  for _, item in ipairs(list) do
    if R.ValidatePtr2(project, item, 'MediaItem*') then out[#out + 1] = item end
  end
  return out
end

-- Takes all of a set away. Of two sets, one with the other's original, either may come first.
---@param set BroughtSet
function M.all(project, set, touched)
  set = { guid = set.guid, item = set.item and there(project, { set.item })[1],
    takes = set.takes, stems = there(project, set.stems), trials = there(project, set.trials),
    muted = there(project, set.muted) }
  M.trials(project, set, touched)
  for _, item in ipairs(set.stems) do drop(project, item, touched) end
  if set.takes and set.item then strip(project, set.item) end
  for _, item in ipairs(set.muted) do
    unmute(item, { muted = false, heard = false, tried = false })
  end
end

-- Why a track of ours has to stay, or nil where it can go.
local function stays(track)
  if R.CountTrackMediaItems(track) > 0 then return 'items' end
  if R.GetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH') > 0 then return 'tracks' end
  if R.TrackFX_GetCount(track) + R.TrackFX_GetRecCount(track) > 0 then return 'effects' end
  if R.CountTrackEnvelopes(track) > 0 then return 'envelopes' end
  if R.GetTrackNumSends(track, RECEIVE) > 0 then return 'receives' end
  local ext = placing.read_ext(R.GetSetMediaTrackInfo_String, track) or {}
  if sends.text(track) ~= (ext.sends or '') then return 'sends' end
  return nil
end

-- The track goes, and a folder that ended with it ends with the one above.
local function delete_track(project, track)
  local number = math.floor(R.GetMediaTrackInfo_Value(track, 'IP_TRACKNUMBER'))
  local depth = R.GetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH')
  local above = number > 1 and R.GetTrack(project, number - 2)
  if depth < 0 and above then
    R.SetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH', 0)
    R.SetMediaTrackInfo_Value(above, 'I_FOLDERDEPTH',
      R.GetMediaTrackInfo_Value(above, 'I_FOLDERDEPTH') + depth)
  end
  R.DeleteTrack(track)
end

-- What is to be said of a track: nil where it is not ours; why it stays; false where it can go.
local function verdict(track)
  local ext = placing.read_ext(R.GetSetMediaTrackInfo_String, track)
  if not (ext and ext.stem) then return nil end
  return stays(track) or false
end

-- Whether any track of ours is empty.
function M.any_spare(project)
  for n = 0, R.CountTracks(project) - 1 do
    if verdict(R.GetTrack(project, n)) == false then return true end
  end
  return false
end

-- Takes tracks of ours away that are empty, the last first, so that a folder of ours is empty when
-- its turn comes. touched: the set of tracks to look at; nil: all. Returns how many, and of those
-- that have to stay {name, why}.
function M.tracks(project, touched)
  local gone, left = 0, {}
  for n = R.CountTracks(project) - 1, 0, -1 do
    local track = R.GetTrack(project, n)
    local why = (not touched or touched[track]) and verdict(track)
    if why == false and (not touched or touched[track]) then
      delete_track(project, track)
      gone = gone + 1
    elseif why and why ~= 'items' then
      local _, name = R.GetSetMediaTrackInfo_String(track, 'P_NAME', '', false)
      table.insert(left, 1, { name = name, why = why })
    end
  end
  return gone, left
end

return M
