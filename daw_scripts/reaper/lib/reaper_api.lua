-- REAPER and gfx, seen through one door. Every other file asks here, so that the logic runs under
-- a plain Lua, and so that one list names all that is used. The list is also what LEDGER.md is
-- checked against: a function without a row there fails a test.
-- Reading a name that is not in the list is an error: it would be a function nobody vouches for.

local M = {}

-- Function -> the lowest REAPER that has it; true: older than all we support (6.37).
M.functions = {
  AddMediaItemToTrack = true,
  AddTakeToMediaItem = true,
  CF_SetClipboard = true,
  CF_ShellExecute = true,
  CountMediaItems = true,
  CountSelectedMediaItems = true,
  CountTakeEnvelopes = true,
  CountTakes = true,
  CountTrackMediaItems = true,
  CountTracks = true,
  CreateTakeAudioAccessor = true,
  defer = true,
  DestroyAudioAccessor = true,
  EnumerateFiles = true,
  EnumerateSubdirectories = true,
  EnumProjects = true,
  ExecProcess = true,
  file_exists = true,
  genGuid = true,
  GetActiveTake = true,
  GetAudioAccessorSamples = true,
  GetExtState = true,
  GetItemStateChunk = true,
  GetMediaItem = true,
  GetMediaItem_Track = true,
  GetMediaItemInfo_Value = true,
  GetMediaItemTake_Item = true,
  GetMediaItemTake_Source = true,
  GetMediaItemTakeByGUID = true,
  GetMediaItemTakeInfo_Value = true,
  GetMediaSourceFileName = true,
  GetMediaSourceLength = true,
  GetMediaSourceNumChannels = true,
  GetMediaSourceParent = true,
  GetMediaSourceSampleRate = true,
  GetMediaSourceType = true,
  GetMediaTrackInfo_Value = true,
  GetPlayStateEx = true,
  GetProjectPathEx = true,
  GetProjectStateChangeCount = true,
  GetResourcePath = true,
  GetSelectedMediaItem = true,
  GetSetMediaItemInfo_String = true,
  GetSetMediaItemTakeInfo_String = true,
  GetSetMediaTrackInfo_String = true,
  GetSetProjectInfo = true,
  GetTake = true,
  GetTakeName = true,
  GetTakeNumStretchMarkers = true,
  GetTakeStretchMarker = true,
  GetTakeStretchMarkerSlope = true,
  GetTrack = true,
  GetTrackMediaItem = true,
  GetUserInputs = true,
  InsertTrackAtIndex = true,
  InsertTrackInProject = '7.18',
  Main_OnCommand = true,
  new_array = true,
  osara_outputMessage = true,
  PCM_Source_CreateFromFile = true,
  PCM_Source_Destroy = true,
  PCM_Source_GetSectionInfo = true,
  PreventUIRefresh = true,
  RecursiveCreateDirectory = true,
  SelectProjectInstance = true,
  SetActiveTake = true,
  SetCursorContext = true,
  SetExtState = true,
  SetItemStateChunk = true,
  SetMediaItemInfo_Value = true,
  SetMediaItemTake_Source = true,
  SetMediaItemTakeInfo_Value = true,
  SetMediaTrackInfo_Value = true,
  SetTakeStretchMarker = true,
  SetTakeStretchMarkerSlope = true,
  ShowConsoleMsg = true,
  ShowMessageBox = true,
  TakeFX_GetCount = true,
  TakeIsMIDI = true,
  time_precise = true,
  TrackList_AdjustWindows = true,
  Undo_BeginBlock2 = true,
  Undo_CanUndo2 = true,
  Undo_DoUndo2 = true,
  Undo_EndBlock2 = true,
  UpdateArrange = true,
  ValidatePtr2 = true,
}

function M.has(name)
  return M.functions[name] ~= nil and reaper[name] ~= nil
end

M.gfx = gfx

return setmetatable(M, {
  __index = function(_, name)
    if not M.functions[name] then
      error('reaper_api: ' .. tostring(name) .. ' is not in the list', 2)
    end
    return reaper[name]
  end,
})
