-- What scripts of other authors call beyond the functions that ours use.

local Objects = dofile(HERE .. 'stand_in/objects.lua')
local Sound = dofile(HERE .. 'stand_in/sound.lua')

local F = {}

function F.UpdateItemInProject() end
function F.ClearConsole() end
function F.SetMediaItemPosition(fake, item, at)
  item.D_POSITION = at
  fake:changed 'position'
  return true
end
function F.SetMediaItemLength(fake, item, length)
  item.D_LENGTH = length
  fake:changed 'length'
  return true
end
function F.GetCursorPosition(fake) return fake.project.cursor end
function F.SetEditCurPos(fake, at) fake.project.cursor = at end
function F.Undo_OnStateChange(fake, text) fake.reaper.Undo_OnStateChange2(0, text) end
function F.IsTrackSelected(_, track) return track.I_SELECTED == 1 end
function F.SetOnlyTrackSelected(fake, track)
  for _, other in ipairs(fake.project.tracks) do other.I_SELECTED = other == track and 1 or 0 end
end
function F.CSurf_TrackToID(fake, track)
  for n, other in ipairs(fake.project.tracks) do if other == track then return n end end
  return 0
end
function F.CSurf_TrackFromID(fake, id) return fake.project.tracks[id] end

-- Mode 0: at the cursor on the track that was touched last, here the first that is selected.
function F.InsertMedia(fake, path, mode)
  local source = fake.reaper.PCM_Source_CreateFromFile(path)
  if not source then return 0 end
  local chosen = fake.reaper.GetSelectedTrack(0, 0)
  if mode == 1 or not chosen then
    local at = fake.reaper.CountTracks(0)
    fake.reaper.InsertTrackAtIndex(at, false)
    chosen = fake.reaper.GetTrack(0, at)
  end
  local item = fake.reaper.AddMediaItemToTrack(chosen)
  local take = fake.reaper.AddTakeToMediaItem(item)
  fake.reaper.SetMediaItemTake_Source(take, source)
  local length = fake.reaper.GetMediaSourceLength(source)
  fake.reaper.SetMediaItemInfo_Value(item, 'D_POSITION', fake.project.cursor)
  fake.reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', length)
  fake.project.cursor = fake.project.cursor + length
  return 1
end

local function each_selected(fake, work)
  for _, track in ipairs(fake.project.tracks) do
    for _, item in ipairs(track.items) do
      if item.B_UISEL == 1 then work(item, item.takes[item.I_CURTAKE + 1]) end
    end
  end
end

-- Native actions by number.
F.__native = {
  [40289] = function(fake) each_selected(fake, function(item) item.B_UISEL = 0 end) end,
  [41173] = function(fake)
    local first
    each_selected(fake, function(item)
      first = math.min(first or item.D_POSITION, item.D_POSITION)
    end)
    fake.project.cursor = first or fake.project.cursor
  end,
  [40612] = function(fake) -- item end to source end
    each_selected(fake, function(item, take)
      local length = take and take.source and Sound.length(take.source)
      if length then item.D_LENGTH = (length - take.D_STARTOFFS) / take.D_PLAYRATE end
    end)
    fake:changed 'length'
  end,
  [40108] = function(fake) -- normalize: the volume follows the peak; here the peak is always a half
    each_selected(fake, function(_, take)
      if take then take.D_VOL = Objects.get(take, 'D_VOL') < 0 and -2.0 or 2.0 end
    end)
    fake:changed 'volume'
  end,
}

return F
