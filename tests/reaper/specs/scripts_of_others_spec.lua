-- The stand-in under what other authors ask of REAPER: the call sequences of published scripts,
-- told again in our words (ReaTeam/ReaScripts, X-Raym/REAPER-ReaScripts, cfillion/reascripts and
-- MichaelPilyavskiy/ReaScripts, by the names they have there). A call that REAPER takes from them
-- and the stand-in refuses is a strict error here; what they do must be what their users see.

local Stage = dofile(HERE .. 'stage.lua')

local function near(a, b) return math.abs(a - b) < 1e-6 end
local function item_value(item, key) return reaper.GetMediaItemInfo_Value(item, key) end
local function take_value(take, key) return reaper.GetMediaItemTakeInfo_Value(take, key) end

-- Three items of one file on a track, selected: 0 to 2, 3 to 5, 6 to 8.
local function three()
  local stage = Stage.new()
  local wav, track, items = stage:wav('song.wav', { seconds = 8 }), stage.track 'Lead', {}
  for n = 1, 3 do items[n] = stage.item(track, wav, { position = (n - 1) * 3, length = 2 }) end
  return stage, items, track
end

local function clean(stage)
  assert(#stage.fake.violations == 0, stage.fake.violations[1])
end

return {
  ['cfillion, Set take playback rate from semitones'] = function()
    local stage, items = three()
    assert(reaper.CountSelectedMediaItems() == 3) -- the project may be left out
    local first = reaper.GetActiveTake(reaper.GetSelectedMediaItem(0, 0))
    stage.fake:answer('GetUserInputs', '12')
    local now = tostring(12 * math.log(take_value(first, 'D_PLAYRATE'), 2))
    local fine, text = reaper.GetUserInputs('Rate', 1, 'Semitones:', now)
    assert(fine)
    reaper.Undo_BeginBlock()
    for n = 0, reaper.CountSelectedMediaItems() - 1 do
      local take = reaper.GetActiveTake(reaper.GetSelectedMediaItem(0, n))
      reaper.SetMediaItemTakeInfo_Value(take, 'D_PLAYRATE', 2 ^ (tonumber(text) / 12))
      reaper.SetMediaItemTakeInfo_Value(take, 'B_PPITCH', 0)
    end
    reaper.Undo_EndBlock('Set take playback rate', 4)
    reaper.UpdateArrange()
    assert(take_value(reaper.GetActiveTake(items[3]), 'D_PLAYRATE') == 2)
    assert(Stage.undo_text() == 'Set take playback rate')
    clean(stage)
  end,

  ['cfillion, Split selected non-locked items at edit cursor'] = function()
    local stage, items, track = three()
    reaper.Undo_BeginBlock()
    reaper.SetMediaItemInfo_Value(items[1], 'C_LOCK', 1)
    reaper.SetMediaItemInfo_Value(items[2], 'D_POSITION', 0)
    reaper.SetEditCurPos(0.5, false, false)
    local bucket, cursor = {}, reaper.GetCursorPosition()
    for n = 0, reaper.CountSelectedMediaItems() - 1 do
      local item = reaper.GetSelectedMediaItem(0, n)
      local locked = item_value(item, 'C_LOCK') & 1 > 0 -- a double that is whole takes bits
      local from = item_value(item, 'D_POSITION')
      if not locked and from <= cursor and from + item_value(item, 'D_LENGTH') >= cursor then
        bucket[#bucket + 1] = item
      end
    end
    for _, item in pairs(bucket) do reaper.SplitMediaItem(item, cursor) end
    reaper.UpdateArrange()
    reaper.Undo_EndBlock('Split selected non-locked items', 4)
    assert(#bucket == 1 and reaper.CountTrackMediaItems(track) == 4)
    clean(stage)
  end,

  ['cfillion, delete empty tracks'] = function()
    local stage = three()
    stage.track 'Empty'
    stage.track 'Empty too'
    reaper.PreventUIRefresh(1)
    reaper.Undo_BeginBlock()
    local empty = {}
    for n = 0, reaper.CountTracks() - 1 do
      local track = reaper.GetTrack(0, n)
      local used = reaper.TrackFX_GetCount(track) + reaper.CountTrackMediaItems(track)
        + reaper.CountTrackEnvelopes(track)
        + math.max(reaper.GetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH'), 0)
        + reaper.GetMediaTrackInfo_Value(track, 'I_RECARM')
      if used == 0 then empty[#empty + 1] = track end
    end
    assert(reaper.ShowMessageBox(string.format('Delete %d?', #empty), 'Confirmation', 1) == 1)
    for _, track in ipairs(empty) do reaper.DeleteTrack(track) end
    reaper.Undo_EndBlock('Delete Empty Tracks', 1)
    reaper.PreventUIRefresh(-1)
    assert(#empty == 2 and reaper.CountTracks() == 1)
    assert(not reaper.ValidatePtr2(0, empty[1], 'MediaTrack*'))
    stage.fake:undo()
    assert(reaper.CountTracks(0) == 3)
    clean(stage)
  end,

  ['X-Raym, Set selected takes playrate keeping snap offset position'] = function()
    local stage, items = three()
    stage.fake:answer('GetUserInputs', '+0.25')
    local default = '1'
    if reaper.HasExtState('XR_test', 'input') then
      default = reaper.GetExtState('XR_test', 'input')
    end
    local fine, text = reaper.GetUserInputs('Rate', 1, 'Value (+ for relative)', default)
    assert(fine and text == '+0.25')
    reaper.PreventUIRefresh(1)
    reaper.Undo_BeginBlock()
    for n = 0, reaper.CountSelectedMediaItems(0) - 1 do
      local item = reaper.GetSelectedMediaItem(0, n)
      local take = reaper.GetActiveTake(item)
      local old = take_value(take, 'D_PLAYRATE')
      local new = old + tonumber((text:gsub('+', '')))
      local snap, at = item_value(item, 'D_SNAPOFFSET'), item_value(item, 'D_POSITION')
      reaper.SetMediaItemTakeInfo_Value(take, 'D_PLAYRATE', new)
      reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', item_value(item, 'D_LENGTH') * old / new)
      for _, key in ipairs { 'D_FADEINLEN', 'D_FADEOUTLEN' } do
        reaper.SetMediaItemInfo_Value(item, key, item_value(item, key) * old / new)
      end
      reaper.SetMediaItemInfo_Value(item, 'D_POSITION', at + snap - snap * old / new)
      reaper.SetMediaItemInfo_Value(item, 'D_SNAPOFFSET', snap * old / new)
    end
    reaper.SetExtState('XR_test', 'input', text, true)
    reaper.Undo_EndBlock('Set takes playrate', -1)
    reaper.PreventUIRefresh(-1)
    reaper.UpdateArrange()
    assert(near(item_value(items[1], 'D_LENGTH'), 1.6))
    assert(reaper.GetExtState('xr_TEST', 'INPUT') == '+0.25')
    clean(stage)
  end,

  ['X-Raym, Unloop selected items'] = function()
    local stage, items = three()
    reaper.PreventUIRefresh(1)
    reaper.Undo_BeginBlock()
    reaper.SetMediaItemInfo_Value(items[1], 'D_LENGTH', 20)
    local before = {}
    for n = 0, reaper.CountSelectedMediaItems(0) - 1 do
      local item = reaper.GetSelectedMediaItem(0, n)
      before[n + 1] = { item = item, length = item_value(item, 'D_LENGTH') }
    end
    reaper.Main_OnCommand(40612, 0)
    for _, one in ipairs(before) do
      if item_value(one.item, 'D_LENGTH') > one.length then
        reaper.SetMediaItemInfo_Value(one.item, 'D_LENGTH', one.length)
      end
    end
    reaper.Undo_EndBlock('Unloop selected items', -1)
    reaper.UpdateArrange()
    reaper.PreventUIRefresh(-1)
    assert(near(item_value(items[1], 'D_LENGTH'), 8) and item_value(items[2], 'D_LENGTH') == 2)
    clean(stage)
  end,

  ['X-Raym, Split selected items into X equal length parts'] = function()
    local stage, _, track = three()
    reaper.Undo_BeginBlock()
    reaper.ClearConsole()
    local before, made = {}, {}
    for n = 0, reaper.CountSelectedMediaItems(0) - 1 do
      before[n + 1] = reaper.GetSelectedMediaItem(0, n)
    end
    for _, item in ipairs(before) do
      local part = item_value(item, 'D_LENGTH') / 4
      repeat -- the split behind the end gives nothing, which ends it
        made[#made + 1] = item
        item = reaper.SplitMediaItem(item, item_value(item, 'D_POSITION') + part)
      until item == nil or #made > 50
    end
    reaper.SelectAllMediaItems(0, false)
    for _, item in ipairs(made) do reaper.SetMediaItemSelected(item, true) end
    reaper.Undo_EndBlock('Split items', -1)
    assert(reaper.CountTrackMediaItems(track) == 12, reaper.CountTrackMediaItems(track))
    assert(reaper.CountSelectedMediaItems(0) == 12)
    clean(stage)
  end,

  ['X-Raym, Explode multi channel items on two tracks: child tracks'] = function()
    local stage, _, track = three()
    reaper.Undo_BeginBlock()
    reaper.SetOnlyTrackSelected(track)
    local id = reaper.CSurf_TrackToID(track, false)
    local depth = reaper.GetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH')
    assert(reaper.IsTrackSelected(track) == true)
    reaper.InsertTrackAtIndex(id, true)
    local child = reaper.GetTrack(0, id)
    local _, name = reaper.GetSetMediaTrackInfo_String(track, 'P_NAME', '', false)
    reaper.GetSetMediaTrackInfo_String(child, 'P_NAME', name .. ' — Child R', true)
    reaper.SetMediaTrackInfo_Value(child, 'D_PAN', 1)
    if depth ~= 1 then
      local last = reaper.CSurf_TrackFromID(id + 1, false)
      reaper.SetMediaTrackInfo_Value(last, 'I_FOLDERDEPTH', depth - 1)
      reaper.SetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH', 1)
    end
    local compact = reaper.GetMediaTrackInfo_Value(track, 'I_FOLDERCOMPACT')
    reaper.SetMediaTrackInfo_Value(track, 'I_FOLDERCOMPACT', compact == 0 and 1 or 0)
    reaper.SetMediaTrackInfo_Value(track, 'I_FOLDERCOMPACT', compact)
    reaper.Undo_EndBlock('Explode', 0)
    assert(reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, 1), 'I_FOLDERDEPTH') == -1)
    clean(stage)
  end,

  ['MPL, Explode stereo take into 2 mono takes in place'] = function()
    local stage, items = three()
    reaper.Undo_BeginBlock()
    local item = items[1]
    assert(reaper.CountTakes(item) == 1)
    local take = reaper.GetActiveTake(item)
    local other = reaper.AddTakeToMediaItem(item)
    reaper.SetMediaItemTake_Source(other, reaper.GetMediaItemTake_Source(take)) -- one for both
    reaper.SetMediaItemInfo_Value(item, 'B_ALLTAKESPLAY', 1)
    for side, one in pairs { [-1] = take, [1] = other } do
      reaper.SetMediaItemTakeInfo_Value(one, 'D_PAN', side)
      reaper.SetMediaItemTakeInfo_Value(one, 'I_CHANMODE', side < 0 and 3 or 4)
    end
    reaper.Main_OnCommand(40289, 0)
    reaper.SetMediaItemInfo_Value(item, 'B_UISEL', 1)
    reaper.SetActiveTake(take)
    reaper.Main_OnCommand(40108, 0)
    reaper.SetActiveTake(other)
    reaper.Main_OnCommand(40108, 0)
    reaper.UpdateItemInProject(item)
    reaper.Undo_EndBlock('Explode stereo take', 4)
    assert(reaper.CountTakes(item) == 2 and reaper.CountSelectedMediaItems(0) == 1)
    assert(take_value(take, 'D_VOL') == take_value(other, 'D_VOL'))
    clean(stage)
  end,

  ['MPL, Auto crop item at -40dB'] = function()
    local stage, items = three()
    reaper.Undo_BeginBlock2(0)
    local item = items[1]
    assert(reaper.IsMediaItemSelected(item))
    reaper.SetMediaItemInfo_Value(item, 'D_POSITION', 10)
    local take = reaper.GetActiveTake(item)
    reaper.SetMediaItemInfo_Value(item, 'B_LOOPSRC', 0)
    reaper.SetMediaItemTakeInfo_Value(take, 'D_STARTOFFS', -0.7) -- silence in front
    local accessor = reaper.CreateTakeAudioAccessor(take)
    local source = reaper.GetMediaItemTake_Source(take)
    local rate, channels = reaper.GetMediaSourceSampleRate(source),
      reaper.GetMediaSourceNumChannels(source)
    local start = 0
    for at = 0.01, item_value(item, 'D_LENGTH') - 0.2, 0.2 do
      local buffer, loudest = reaper.new_array(channels), 0
      reaper.GetAudioAccessorSamples(accessor, rate, channels, at, 1, buffer)
      for n = 1, channels do loudest = math.max(loudest, math.abs(buffer[n])) end
      if loudest > 0.01 then
        start = at - 0.2
        break
      end
      buffer.clear() -- with a dot: the array belongs to its functions
    end
    reaper.DestroyAudioAccessor(accessor)
    reaper.SetMediaItemTakeInfo_Value(take, 'D_STARTOFFS', -0.7 + start)
    reaper.SetMediaItemInfo_Value(item, 'D_POSITION', 10 + start)
    reaper.UpdateItemInProject(item)
    reaper.Undo_EndBlock('Auto crop item', -1)
    assert(start > 0.5 and start < 0.9, start)
    clean(stage)
  end,

  ['a loudness script: windows of an accessor as a table'] = function()
    local stage, items = three()
    local accessor = reaper.CreateTakeAudioAccessor(reaper.GetActiveTake(items[1]))
    local buffer = reaper.new_array(512)
    assert(reaper.GetAudioAccessorSamples(accessor, 8000, 1, 0.5, 512, buffer) == 1)
    local samples, sum = buffer.table(1, 512), 0
    for n = 1, 512 do sum = sum + samples[n] ^ 2 end
    assert(#samples == 512 and sum > 0 and #buffer.table() == 512)
    reaper.DestroyAudioAccessor(accessor)
    clean(stage)
  end,

  ['amagalma, Close gaps between selected items'] = function()
    local stage, items, track = three()
    reaper.Undo_BeginBlock() -- REAPER makes the point by itself when such a script ends
    local at = item_value(items[1], 'D_POSITION') + item_value(items[1], 'D_LENGTH')
    for n = 1, reaper.CountSelectedMediaItems(0) - 1 do
      local item = reaper.GetSelectedMediaItem(0, n)
      assert(reaper.GetMediaItemTrack(item) == track)
      reaper.SetMediaItemPosition(item, at, false)
      at = item_value(item, 'D_POSITION') + item_value(item, 'D_LENGTH')
    end
    reaper.UpdateArrange()
    reaper.Undo_EndBlock('Close gaps', -1)
    assert(item_value(items[3], 'D_POSITION') == 4)
    clean(stage)
  end,

  ['amagalma, Implode enclosed items: sources of takes by number'] = function()
    local stage, items = three()
    for n = 0, reaper.CountTrackMediaItems(reaper.GetTrack(0, 0)) - 1 do
      local item = reaper.GetTrackMediaItem(reaper.GetTrack(0, 0), n)
      local last = reaper.GetMediaItemTake(item, reaper.CountTakes(item) - 1)
      local source = reaper.GetMediaItemTake_Source(last)
      assert(source == reaper.GetMediaItemTake_Source(reaper.GetActiveTake(item)))
      assert(reaper.GetMediaItemTakeInfo_Value(last, 'I_CUSTOMCOLOR') == 0)
    end
    reaper.Undo_BeginBlock()
    local right = reaper.SplitMediaItem(items[1], 0.5)
    reaper.SplitMediaItem(right, 1.5)
    reaper.Undo_EndBlock('Implode', 4)
    assert(near(item_value(right, 'D_LENGTH'), 1))
    clean(stage)
  end,

  ['Nagasaki45, Randomize pan of selected items'] = function()
    three()
    for n = 0, reaper.CountSelectedMediaItems(0) - 1 do
      local item = reaper.GetSelectedMediaItem(0, n)
      local take = reaper.GetActiveTake(item)
      reaper.SetMediaItemTakeInfo_Value(take, 'D_PAN', n / 4 - 0.5)
      reaper.UpdateItemInProject(item)
      assert(take_value(take, 'D_PAN') == n / 4 - 0.5)
    end
  end,

  ['ReksEffeks, Spleeter 2 stems'] = function()
    local stage, items = three()
    reaper.Undo_BeginBlock()
    assert(reaper.GetOS() ~= 'Win64')
    local item = reaper.GetSelectedMediaItem(0, 0)
    reaper.Main_OnCommand(41173, 0)
    local take = reaper.GetMediaItemTake(item, 0)
    local path = reaper.GetMediaSourceFileName(reaper.GetMediaItemTake_Source(take), '')
    assert(not reaper.TakeIsMIDI(take) and path:match '(.*[/])')
    assert(reaper.MB('Continue?', 'Spleeter confirmation', 1) == 1)
    for n = 1, 2 do reaper.InsertMedia(stage:wav('stem' .. n .. '.wav'), 1) end
    reaper.MB('Done.', 'Spleeter', 0)
    reaper.Undo_EndBlock('Spleeter (2 stems)', 0)
    assert(item == items[1] and reaper.CountTracks(0) == 3)
    local stem = reaper.GetTrackMediaItem(reaper.GetTrack(0, 1), 0)
    assert(near(item_value(stem, 'D_LENGTH'), 4))
    clean(stage)
  end,
}
