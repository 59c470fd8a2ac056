-- More steps of the self-test: what goes when something is taken away, and what is left.

local M = {}

local DELETE_TAKE = 40129 -- Take: Delete active take from items
local CROP = 40131 -- Take: Crop to active take in items

-- Adds them by step(name, work); item_of makes an item with a take of the scene's WAV.
function M.add(step, item_of)
  step('item_goes_from_its_track', function(R, scene)
    local item, other = item_of(R, scene), item_of(R, scene)
    local before = R.CountTrackMediaItems(scene.track)
    R.SetMediaItemSelected(other, true)
    R.DeleteTrackMediaItem(scene.track, item)
    local left = before - R.CountTrackMediaItems(scene.track)
    return left == 1 and R.ValidatePtr2(scene.project, other, 'MediaItem*') or left
  end)

  step('active_take_goes_alone', function(R, scene)
    local item, other = item_of(R, scene), item_of(R, scene)
    local kept = R.GetActiveTake(item)
    R.SetActiveTake(R.AddTakeToMediaItem(item))
    R.SelectAllMediaItems(scene.project, false)
    R.SetMediaItemSelected(item, true)
    R.Main_OnCommand(DELETE_TAKE, 0)
    local one = R.CountTakes(item) == 1 and R.GetActiveTake(item) == kept
    for _ = 1, 2 do R.AddTakeToMediaItem(item) end
    R.SetActiveTake(kept)
    R.Main_OnCommand(CROP, 0)
    return one and R.CountTakes(item) == 1 and R.GetActiveTake(item) == kept
      and R.CountTakes(other) == 1 or { one, R.CountTakes(item), R.CountTakes(other) }
  end)

  step('text_of_an_item_makes_a_twin', function(R, scene)
    local item = item_of(R, scene, { D_STARTOFFS = 0.25 })
    local _, text = R.GetItemStateChunk(item, '', false)
    local fresh = R.genGuid ''
    text = text:gsub('(\n%s*IGUID ){[^}]+}', '%1' .. fresh):gsub('(\n%s*GUID ){[^}]+}',
      '%1' .. R.genGuid '')
    local twin = R.AddMediaItemToTrack(scene.track)
    R.SetItemStateChunk(twin, text, false)
    local _, guid = R.GetSetMediaItemInfo_String(twin, 'GUID', '', false)
    local take = R.GetActiveTake(twin)
    local offset = take and R.GetMediaItemTakeInfo_Value(take, 'D_STARTOFFS')
    return guid == fresh and offset == 0.25 or { guid == fresh, offset }
  end)

  -- Three tracks, of which the second ends the folder of the first.
  step('track_goes_and_its_folder_ends_above', function(R, scene)
    local at = R.CountTracks(scene.project)
    for n = 0, 2 do R.InsertTrackAtIndex(at + n, false) end
    local above, middle = R.GetTrack(scene.project, at), R.GetTrack(scene.project, at + 1)
    R.SetMediaTrackInfo_Value(above, 'I_FOLDERDEPTH', 1)
    R.SetMediaTrackInfo_Value(middle, 'I_FOLDERDEPTH', -1)
    R.DeleteTrack(middle)
    local depth = R.GetMediaTrackInfo_Value(above, 'I_FOLDERDEPTH')
    for _ = 1, 2 do R.DeleteTrack(R.GetTrack(scene.project, at)) end
    return depth == 1 or depth
  end)
end

return M
