-- The steps of the self-test: each proves one behaviour of REAPER that LEDGER.md names. A step gets
-- a scene (its own tab with a track and a WAV that counts up) and gives what it found: `true` where
-- the scripts' assumption holds, else what was seen. REAPER is asked through `R`, which writes
-- every call down.

local M = { list = {}, undo = 'voxmend: self-test begins' }

-- A step may give 'again' to be asked once more at the next tick, or untried() and why where this
-- REAPER has nothing to try it with.
local function untried(why) return { untried = why } end

local function step(name, work) M.list[#M.list + 1] = { name = name, work = work } end

local RATE, SECONDS = 48000, 2

-- Mono floats that rise from 0 to 1: a sample's value tells where it was read.
function M.ramp()
  local out, count = {}, RATE * SECONDS
  for n = 0, count - 1 do out[n + 1] = string.pack('<f', n / count) end
  local data = table.concat(out)
  return 'RIFF' .. string.pack('<I4', 36 + #data) .. 'WAVEfmt '
    .. string.pack('<I4I2I2I4I4I2I2', 16, 3, 1, RATE, RATE * 4, 4, 32)
    .. 'data' .. string.pack('<I4', #data) .. data
end

local function item_of(R, scene, values)
  local item = R.AddMediaItemToTrack(scene.track)
  local take = R.AddTakeToMediaItem(item)
  local source = R.PCM_Source_CreateFromFile(scene.wav)
  R.SetMediaItemTake_Source(take, source)
  R.SetMediaItemInfo_Value(item, 'D_LENGTH', 1)
  for key, value in pairs(values or {}) do R.SetMediaItemTakeInfo_Value(take, key, value) end
  return item, take, source
end

local function ext(R, item, value)
  if value then R.GetSetMediaItemInfo_String(item, 'P_EXT:voxmend_test', value, true) end
  local _, text = R.GetSetMediaItemInfo_String(item, 'P_EXT:voxmend_test', '', false)
  return text
end

local function read(R, take, at)
  local accessor = R.CreateTakeAudioAccessor(take)
  local buffer = R.new_array(16)
  local said = R.GetAudioAccessorSamples(accessor, RATE, 1, at, 16, buffer)
  local value = buffer.table(1, 1)[1]
  R.DestroyAudioAccessor(accessor)
  return said, value
end

step('guid_format', function(R, scene)
  local item = item_of(R, scene)
  local _, guid = R.GetSetMediaItemInfo_String(item, 'GUID', '', false)
  return guid:match '^{%x+%-%x+%-%x+%-%x+%-%x+}$' ~= nil or guid
end)

step('numbers_are_doubles', function(R, scene)
  local _, take = item_of(R, scene, { D_STARTOFFS = 1 / 3 })
  local value = R.GetMediaItemTakeInfo_Value(take, 'D_STARTOFFS')
  return value == 1 / 3 or value
end)

step('p_ext_copied_by_split', function(R, scene)
  local item = item_of(R, scene)
  ext(R, item, 'mine')
  local right = R.SplitMediaItem(item, 0.5)
  return ext(R, right) == 'mine' or 'not copied'
end)

-- The left part stays the item, and the sound goes on in the right one.
step('split_plays_on', function(R, scene)
  local item = item_of(R, scene, { D_STARTOFFS = 0.25 })
  local _, guid = R.GetSetMediaItemInfo_String(item, 'GUID', '', false)
  local right = R.SplitMediaItem(item, 0.5)
  local _, left = R.GetSetMediaItemInfo_String(item, 'GUID', '', false)
  local offset = R.GetMediaItemTakeInfo_Value(R.GetActiveTake(right), 'D_STARTOFFS')
    - R.GetMediaItemInfo_Value(right, 'D_POSITION')
  return left == guid and math.abs(offset - 0.25) < 1e-9 or { left == guid, offset }
end)

step('split_parts_meet', function(R, scene)
  local item = item_of(R, scene)
  local right = R.SplitMediaItem(item, 0.5)
  local ends = R.GetMediaItemInfo_Value(item, 'D_LENGTH')
  local begins = R.GetMediaItemInfo_Value(right, 'D_POSITION')
  return math.abs(ends - 0.5) < 1e-9 and math.abs(begins - 0.5) < 1e-9 or { ends, begins }
end)

step('split_of_a_loop_goes_on', function(R, scene)
  local item = item_of(R, scene)
  R.SetMediaItemInfo_Value(item, 'B_LOOPSRC', 1)
  R.SetMediaItemInfo_Value(item, 'D_LENGTH', 3 * SECONDS)
  local right = R.SplitMediaItem(item, 2.5 * SECONDS)
  local offset = R.GetMediaItemTakeInfo_Value(R.GetActiveTake(right), 'D_STARTOFFS')
  offset = offset + 2.5 * SECONDS - R.GetMediaItemInfo_Value(right, 'D_POSITION')
  return math.abs(offset - 2.5 * SECONDS) < 1e-6 or offset
end)

step('razor_areas_come_back', function(R, scene)
  local key = 'P_RAZOREDITS_EXT'
  R.GetSetMediaTrackInfo_String(scene.track, key, '0.25 0.5 "",1 1.5 ""', true)
  local _, text = R.GetSetMediaTrackInfo_String(scene.track, key, '', false)
  R.GetSetMediaTrackInfo_String(scene.track, key, '', true)
  local _, none = R.GetSetMediaTrackInfo_String(scene.track, key, '', false)
  if text == '' then return untried 'this REAPER is older than these areas' end
  local from, to = text:match '^(%S+) (%S+)'
  local _, count = text:gsub('[^,]+', '')
  return none == '' and count == 2 and tonumber(from) == 0.25 and tonumber(to) == 0.5
    or { text, none }
end)

step('source_set_twice', function(R, scene)
  local _, first, source = item_of(R, scene)
  local _, second = item_of(R, scene)
  local fine = pcall(R.SetMediaItemTake_Source, second, source)
  if not fine then return 'refused' end
  local a, b = R.GetMediaItemTake_Source(first), R.GetMediaItemTake_Source(second)
  return a ~= b or 'shared'
end)

step('undo_takes_back_and_redo_brings_back', function(R, scene)
  local before = R.CountTracks(scene.project)
  R.Undo_BeginBlock2(scene.project)
  R.InsertTrackAtIndex(before, false)
  local made = R.GetTrack(scene.project, before)
  local _, guid = R.GetSetMediaTrackInfo_String(made, 'GUID', '', false)
  R.Undo_EndBlock2(scene.project, 'voxmend: self-test', -1)
  if R.Undo_CanUndo2(scene.project) ~= 'voxmend: self-test' then return 'no undo point' end
  R.Undo_DoUndo2(scene.project)
  if R.CountTracks(scene.project) ~= before then return 'undo left the track' end
  R.Undo_DoRedo2(scene.project)
  local track = R.GetTrack(scene.project, before)
  local _, again = R.GetSetMediaTrackInfo_String(track, 'GUID', '', false)
  R.Undo_DoUndo2(scene.project)
  scene.track = R.GetTrack(scene.project, 0)
  return guid == again or 'another GUID'
end)

step('undo_restores_p_ext', function(R, scene)
  local item = item_of(R, scene)
  local _, guid = R.GetSetMediaItemInfo_String(item, 'GUID', '', false)
  ext(R, item, 'before')
  R.Undo_OnStateChange2(scene.project, 'voxmend: one')
  R.Undo_BeginBlock2(scene.project)
  ext(R, item, 'after')
  R.Undo_EndBlock2(scene.project, 'voxmend: two', -1)
  R.Undo_DoUndo2(scene.project)
  scene.track = R.GetTrack(scene.project, 0)
  for n = 0, R.CountMediaItems(scene.project) - 1 do
    local other = R.GetMediaItem(scene.project, n)
    local _, found = R.GetSetMediaItemInfo_String(other, 'GUID', '', false)
    if found == guid then return ext(R, other) == 'before' or ext(R, other) end
  end
  return 'the item is gone'
end)

step('undo_replaces_objects', function(R, scene)
  local item = item_of(R, scene)
  R.Undo_OnStateChange2(scene.project, 'voxmend: three')
  R.Undo_BeginBlock2(scene.project)
  R.SetMediaItemInfo_Value(item, 'D_POSITION', 7)
  R.Undo_EndBlock2(scene.project, 'voxmend: four', -1)
  R.Undo_DoUndo2(scene.project)
  scene.track = R.GetTrack(scene.project, 0)
  return R.ValidatePtr2(scene.project, item, 'MediaItem*') == false or 'the old pointer is valid'
end)

step('accessor_time_is_item_time', function(R, scene)
  local _, take = item_of(R, scene, { D_STARTOFFS = 0.5, D_PLAYRATE = 2, B_PPITCH = 0 })
  local said, value = read(R, take, 0.25)
  local expected = (0.5 + 0.25 * 2) / SECONDS
  return said == 1 and math.abs(value - expected) < 1e-3 or { said, value, expected }
end)

step('accessor_leaves_volume_out', function(R, scene)
  local item, take = item_of(R, scene, { D_VOL = 0.5 })
  R.SetMediaItemInfo_Value(item, 'D_VOL', 0.5)
  local said, value = read(R, take, 0.5)
  return said == 1 and math.abs(value - 0.25) < 1e-3 or { said, value }
end)

step('accessor_is_silent_in_a_coroutine', function(R, scene)
  local _, take = item_of(R, scene)
  local said
  coroutine.wrap(function() said = read(R, take, 0.5) end)()
  return said ~= 1 or 'it gave sound'
end)

-- An edit that takes away all of the first second; the rest of the line is as REAPER writes it.
step('accessor_hears_spectral_edits', function(R, scene)
  local item = item_of(R, scene)
  local _, chunk = R.GetItemStateChunk(item, '', false)
  chunk = chunk:gsub('\n(%s*<SOURCE)', '\nSPECTRAL_CONFIG 1024\nSPECTRAL_EDIT 0 1 0 0 0 0 24000 0 '
    .. '0 1 1 0 1 1\n%1', 1)
  R.SetItemStateChunk(item, chunk, false)
  local take = R.GetActiveTake(item)
  local count = R.GetMediaItemTakeInfo_Value(take, 'IP_SPECEDIT:CNT')
  if count ~= 1 then return 'edits: ' .. count end
  local said, value = read(R, take, 0.5)
  return said == 1 and math.abs(value) < 0.01 or { said, value }
end)

-- A function counts points as the take plays; the text of an item should count them so, too.
step('envelope_points_count_as_the_take_plays', function(R, scene)
  if not R.has 'GetEnvelopePoint' then return untried 'no such function' end
  local item = item_of(R, scene, { D_PLAYRATE = 2 })
  local _, chunk = R.GetItemStateChunk(item, '', false)
  chunk = chunk:gsub('\n>%s*$', '\n<VOLENV\nACT 1 -1\nVIS 1 1 1\nLANEHEIGHT 0 0\nARM 0\n'
    .. 'DEFSHAPE 0 -1 -1\nPT 0 1 0\nPT 1 0.5 0\n>\n>')
  R.SetItemStateChunk(item, chunk, false)
  local envelope = R.GetTakeEnvelopeByName(R.GetActiveTake(item), 'Volume')
  if not envelope then return 'no envelope' end
  local _, time = R.GetEnvelopePoint(envelope, 1)
  return math.abs(time - 1) < 1e-6 or time
end)

step('send_names_its_track', function(R, scene)
  local at = R.CountTracks(scene.project)
  R.InsertTrackAtIndex(at, false)
  local to = R.GetTrack(scene.project, at)
  local n = R.CreateTrackSend(scene.track, to)
  local found = R.GetTrackSendInfo_Value(scene.track, 0, n, 'P_DESTTRACK')
  return found == to or tostring(found)
end)

step('folder_has_its_children', function(R, scene)
  local at = R.CountTracks(scene.project)
  for n = 0, 2 do R.InsertTrackAtIndex(at + n, false) end
  local first, second = R.GetTrack(scene.project, at), R.GetTrack(scene.project, at + 1)
  R.SetMediaTrackInfo_Value(first, 'I_FOLDERDEPTH', 1)
  R.SetMediaTrackInfo_Value(second, 'I_FOLDERDEPTH', -1)
  local inside = R.GetMediaTrackInfo_Value(second, 'P_PARTRACK')
  local behind = R.GetMediaTrackInfo_Value(R.GetTrack(scene.project, at + 2), 'P_PARTRACK')
  return inside == first and behind ~= first or { tostring(inside), tostring(behind) }
end)

step('insert_track_leaves_the_selection', function(R, scene)
  local at = R.CountTracks(scene.project)
  R.InsertTrackAtIndex(at, false)
  local chosen = R.GetMediaTrackInfo_Value(R.GetTrack(scene.project, at), 'I_SELECTED')
  return chosen == 0 or 'the new track is selected'
end)

step('offline_type_is_known', function(R, scene)
  local item, take = item_of(R, scene)
  R.SelectAllMediaItems(scene.project, false)
  R.SetMediaItemSelected(item, true)
  R.Main_OnCommand(40440, 0)
  local type = R.GetMediaSourceType(R.GetMediaItemTake_Source(take))
  R.Main_OnCommand(40439, 0)
  return type == '_OFFLINE_WAVE' or type
end)

step('rate_after_offline', function(R, scene)
  local item, take = item_of(R, scene)
  R.SelectAllMediaItems(scene.project, false)
  R.SetMediaItemSelected(item, true)
  R.Main_OnCommand(40440, 0)
  R.Main_OnCommand(40439, 0)
  local rate = R.GetMediaSourceSampleRate(R.GetMediaItemTake_Source(take))
  return rate == 0 or rate
end)

step('exec_gives_nothing_back', function(R)
  local windows = R.GetOS():match '^Win' ~= nil
  local line = windows and '"cmd.exe" "/C" "exit"' or '"/bin/true"'
  local said = R.ExecProcess(line, -2)
  return said == nil or said
end)

step('exec_keeps_quoted_parts_together', function(R, scene)
  -- Windows brings a program that copies with no shell between: its words are from, to and name.
  local windows = R.GetOS():match '^Win' ~= nil
  local to = scene.folder .. '/a copy with blanks'
  if not scene.copied then
    scene.copied = R.time_precise()
    os.remove(to .. '/ramp.wav')
    R.RecursiveCreateDirectory(to, 0)
    local line = '"/bin/cp" "' .. scene.wav .. '" "' .. to .. '/ramp.wav"'
    if windows then
      local root = os.getenv 'SystemRoot' or 'C:\\Windows'
      line = ('"' .. root .. '/System32/Robocopy.exe" "' .. scene.folder .. '" "' .. to
        .. '" "ramp.wav"'):gsub('/', '\\')
    end
    R.ExecProcess(line, -2)
  end
  if R.file_exists(to .. '/ramp.wav') then return true end
  return R.time_precise() - scene.copied > 3 and 'nothing was copied' or 'again'
end)

step('rename_onto_a_file', function(_, scene)
  local from, to = scene.folder .. '/one.txt', scene.folder .. '/two.txt'
  for _, path in ipairs { from, to } do
    local file = io.open(path, 'wb')
    if file then file:write 'x' file:close() end
  end
  local fine = os.rename(from, to)
  os.remove(from)
  os.remove(to)
  return fine and true or 'refused'
end)

step('files_have_utf8_names', function(R, scene)
  local path = scene.folder .. '/Zoë 声.txt'
  local file = io.open(path, 'wb')
  if not file then return 'not written' end
  file:write 'x'
  file:close()
  local seen = R.file_exists(path)
  os.remove(path)
  return seen or 'written under another name'
end)

step('count_stands_still_while_playing', function(R, scene)
  if not scene.playing then
    scene.playing, scene.count = R.time_precise(), R.GetProjectStateChangeCount(scene.project)
    R.OnPlayButton()
  end
  if R.time_precise() - scene.playing < 0.5 then return 'again' end
  R.OnStopButton()
  return R.GetProjectStateChangeCount(scene.project) == scene.count or 'it rises'
end)

step('ext_state_is_shared', function(R)
  R.SetExtState('voxmend_test', 'key', 'value', false)
  local value = R.GetExtState('VOXMEND_TEST', 'Key')
  R.DeleteExtState('voxmend_test', 'key', false)
  return value == 'value' or value
end)

step('take_marker_comes_back', function(R, scene)
  local _, take = item_of(R, scene)
  local color = R.ColorToNative(200, 100, 50) | 0x1000000
  local at = R.SetTakeMarker(take, -1, 'bleed, some', 1 / 3, color)
  local found = { R.GetTakeMarker(take, at) }
  local same = R.GetNumTakeMarkers(take) == 1 and math.abs(found[1] - 1 / 3) < 1e-9
    and found[2] == 'bleed, some' and found[3] == color
  return same and R.DeleteTakeMarker(take, 0) and R.GetNumTakeMarkers(take) == 0 or found
end)

-- The cursor goes to the marker before it: from the item's end, to where the marker is drawn.
step('take_marker_in_take_source', function(R, scene)
  local item = item_of(R, scene, { D_STARTOFFS = 0.1, D_PLAYRATE = 2 })
  local _, chunk = R.GetItemStateChunk(item, '', false)
  chunk = chunk:gsub('<SOURCE WAVE.->', function(source)
    return '<SOURCE SECTION\nLENGTH 1\nSTARTPOS 0.75\nOVERLAP 0.01\nMODE 2\n' .. source .. '\n>'
  end, 1)
  R.SetItemStateChunk(item, chunk, false)
  R.SetTakeMarker(R.GetActiveTake(item), -1, 'here', 0.25)
  R.SelectAllMediaItems(scene.project, false)
  R.SetMediaItemSelected(item, true)
  R.SetEditCurPos(0.9, false, false)
  R.Main_OnCommand(42393, 0)
  local at = R.GetCursorPosition()
  return math.abs(at - (0.25 - 0.1) / 2) < 1e-3 or at
end)

step('menu_has_a_hash', function(R)
  if not R.has 'Menu_GetHash' then return untried 'no such function' end
  local hash = R.Menu_GetHash('Media item context', 0)
  return type(hash) == 'string' and #hash == 16 or tostring(hash)
end)

require('self_test_takes').add(step, item_of)

return M
