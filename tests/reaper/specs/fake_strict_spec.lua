-- The stand-in for REAPER refuses what REAPER refuses. Each sentence breaks one rule on purpose:
-- a stand-in that lets it pass would let the scripts pass too.

local Fake = dofile(HERE .. 'stand_in/init.lua')

local function fresh(options)
  options = options or {}
  options.resource = TMP .. 'strict'
  local fake = Fake.new(options)
  fake:install()
  return fake, fake:tab()
end

local function build()
  reaper.Undo_BeginBlock2(0)
  reaper.InsertTrackAtIndex(0, false)
  local track = reaper.GetTrack(0, 0)
  local item = reaper.AddMediaItemToTrack(track)
  local take = reaper.AddTakeToMediaItem(item)
  reaper.Undo_EndBlock2(0, 'built', -1)
  return track, item, take
end

local function refused(words, job, ...)
  local fine, why = pcall(job, ...)
  assert(not fine, 'it was let pass')
  assert(tostring(why):find(words, 1, true), tostring(why))
end

local function script(name, text)
  local path = TMP .. name .. '.lua'
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
  return path
end

return {
  ['a name that REAPER does not have is nil'] = function()
    fresh()
    assert(reaper.GetMediaItemPosition == nil)
    assert(not reaper.APIExists 'GetMediaItemPosition')
  end,

  ['an argument too few or too many is an error'] = function()
    fresh()
    refused('#2', reaper.GetTrack, 0)
    refused('takes 2 arguments', reaper.GetTrack, 0, 0, 0)
  end,

  ['the buffer argument of older versions is taken'] = function()
    fresh()
    assert(reaper.GetResourcePath '' == TMP .. 'strict')
  end,

  ['a pointer of another kind is an error in the words of REAPER'] = function()
    fresh()
    local track = build()
    refused("bad argument #1 to 'GetMediaItemInfo_Value' (MediaItem expected)",
      reaper.GetMediaItemInfo_Value, track, 'D_LENGTH')
    refused('MediaItem expected', reaper.GetMediaItemInfo_Value, nil, 'D_LENGTH')
  end,

  ['a number where a text belongs is a text and a text where a number belongs is an error'] =
    function()
      fresh()
      local _, item = build()
      refused('number expected', reaper.SetMediaItemInfo_Value, item, 'D_LENGTH', 'long')
      reaper.SetExtState('a', 'b', 5, false)
      assert(reaper.GetExtState('a', 'b') == '5')
    end,

  ['an unknown attribute key is an error'] = function()
    fresh()
    local _, item, take = build()
    refused('D_LENGHT', reaper.GetMediaItemInfo_Value, item, 'D_LENGHT')
    refused('D_POSITION', reaper.GetMediaItemTakeInfo_Value, take, 'D_POSITION')
    refused('P_NAME', reaper.GetSetMediaItemInfo_String, item, 'P_NAME', '', false)
  end,

  ['an item that was deleted is no item any more'] = function()
    fresh()
    local track, item, take = build()
    reaper.Undo_BeginBlock2(0)
    reaper.DeleteTrackMediaItem(track, item)
    reaper.Undo_EndBlock2(0, 'deleted', -1)
    refused('MediaItem expected', reaper.GetMediaItemInfo_Value, item, 'D_LENGTH')
    refused('MediaItem_Take expected', reaper.GetMediaItemTakeInfo_Value, take, 'D_STARTOFFS')
    assert(not reaper.ValidatePtr2(0, item, 'MediaItem*'))
  end,

  ['an object of a tab behind is refused until its tab is in front'] = function()
    local fake, first = fresh()
    local track, item = build()
    fake:tab()
    refused('MediaItem expected', reaper.GetMediaItemInfo_Value, item, 'D_LENGTH')
    assert(not reaper.ValidatePtr2(0, track, 'MediaTrack*'))
    assert(reaper.ValidatePtr2(first, track, 'MediaTrack*'))
    reaper.SelectProjectInstance(first)
    assert(reaper.GetMediaItemInfo_Value(item, 'D_LENGTH') == 0)
  end,

  ['an object of a project that was closed is refused and so is the project'] = function()
    local fake, first = fresh()
    local _, item = build()
    fake:tab()
    fake:close(1)
    assert(not reaper.ValidatePtr2(0, item, 'MediaItem*'))
    assert(not reaper.ValidatePtr2(0, first, 'ReaProject*'))
    refused('ReaProject expected', reaper.CountTracks, first)
  end,

  ['a source that was destroyed is refused'] = function()
    fresh()
    local source = reaper.PCM_Source_CreateFromFile(TMP .. 'nowhere.wav')
    assert(source == nil, 'a file that is not there is no source')
    local path = TMP .. 'empty.wav'
    assert(io.open(path, 'wb')):close()
    source = reaper.PCM_Source_CreateFromFile(path)
    assert(reaper.GetMediaSourceLength(source) == 0)
    reaper.PCM_Source_Destroy(source)
    refused('PCM_source expected', reaper.GetMediaSourceLength, source)
  end,

  ['a pointer has nothing to read or to write'] = function()
    fresh()
    local _, item = build()
    assert(item.D_LENGTH == nil and item.GUID == nil)
    refused('a pointer has no fields', function() item.D_LENGTH = 2 end)
    assert(reaper.GetMediaItem(0, 0) == item, 'the same object has the same pointer')
  end,

  ['a change outside an undo block is written down'] = function()
    local fake = fresh()
    local _, item = build()
    assert(#fake.violations == 0, fake.violations[1])
    reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', 2)
    assert(#fake.violations == 1)
  end,

  ['an undo block left open and a refresh left held are written down'] = function()
    local fake = fresh()
    fake:run(script('open', [[
      reaper.defer(function()
        reaper.Undo_BeginBlock2(0)
        reaper.PreventUIRefresh(1)
      end)]]))
    fake:tick(1)
    assert(#fake.violations == 2, table.concat(fake.violations, '; '))
  end,

  ['a process that is waited for is written down'] = function()
    local fake = fresh()
    fake.exec_hook = function() return true end
    reaper.ExecProcess('/usr/bin/true', -2)
    assert(#fake.violations == 0)
    reaper.ExecProcess('/usr/bin/true', 0)
    assert(#fake.violations == 1)
  end,

  ['an extension is there only when it is installed'] = function()
    fresh()
    assert(not reaper.APIExists 'osara_outputMessage' and reaper.osara_outputMessage == nil)
    assert(not reaper.APIExists 'ImGui_GetBuiltinPath')
    local fake = fresh { extensions = { osara = true } }
    reaper.osara_outputMessage 'half done'
    assert(fake.spoken[1] == 'half done')
  end,

  ['every function answers with what its signature promises'] = function()
    fresh()
    local track, item, take = build()
    local kinds = { string = 'string', number = 'number', integer = 'number', boolean = 'boolean' }
    local calls = {
      CountTracks = { 0 }, GetTrack = { 0, 0 }, GetMediaItem = { 0, 0 }, GetTake = { item, 0 },
      GetMediaItemInfo_Value = { item, 'D_LENGTH' }, GetTrackName = nil,
      GetMediaItemTakeInfo_Value = { take, 'D_PITCH' }, GetTakeName = { take },
      GetMediaTrackInfo_Value = { track, 'I_FOLDERDEPTH' }, GetTrackGUID = { track },
      GetSetMediaItemInfo_String = { item, 'GUID', '', false }, TakeIsMIDI = { take },
      GetSetMediaItemTakeInfo_String = { take, 'P_EXT:none', '', false },
      GetItemStateChunk = { item, '', false }, GetTrackStateChunk = { track, '', false },
      GetProjectStateChangeCount = { 0 }, GetPlayStateEx = { 0 }, GetProjectPathEx = { 0 },
      EnumProjects = { -1 }, GetExtState = { 'none', 'none' }, HasExtState = { 'none', 'none' },
      GetProjExtState = { 0, 'none', 'none' }, GetAppVersion = {}, GetOS = {}, genGuid = {},
      time_precise = {}, GetResourcePath = {}, file_exists = { 'none' }, CountTakes = { item },
      GetTakeNumStretchMarkers = { take }, GetTakeStretchMarker = { take, 0 },
      get_action_context = {}, NamedCommandLookup = { '_none' }, APIExists = { 'defer' },
      GetSet_LoopTimeRange2 = { 0, false, false, 0, 0, false }, IsProjectDirty = { 0 },
      GetSetProjectInfo = { 0, 'PROJECT_SRATE', 0, false }, TakeFX_GetCount = { take },
      CountTakeEnvelopes = { take }, GetMediaItem_Track = { item }, GetActiveTake = { item },
    }
    for name, given in pairs(calls) do
      local promised = API_DATA.reascript_api[name].returns
      local got = table.pack(reaper[name](table.unpack(given)))
      assert(got.n == #promised, name .. ' gives ' .. got.n .. ' values, not ' .. #promised)
      for n, kind in ipairs(promised) do
        local wanted = kinds[kind]
        assert(not wanted or type(got[n]) == wanted, name .. ' #' .. n .. ': ' .. type(got[n]))
        assert(kind ~= 'integer' or math.tointeger(got[n]), name .. ' #' .. n)
      end
    end
  end,

  ['the name of a script is the one REAPER computes'] = function()
    local fake = fresh()
    local Sha1 = dofile(HERE .. 'stand_in/sha1.lua')
    for _, vector in ipairs(API_DATA.reascript_command_id.vectors) do
      if vector.section == 0 then
        assert('RS' .. Sha1.hex(vector.path:upper()) == vector.id, vector.path)
      end
    end
    local path = script('act', '_G.acted = true reaper.defer(function() end)')
    local id = reaper.AddRemoveReaScript(true, 0, path, true)
    local name = reaper.ReverseNamedCommandLookup(id)
    assert(#name == 42 and reaper.NamedCommandLookup('_' .. name) == id)
    assert(reaper.AddRemoveReaScript(true, 0, path, true) == id)
    fake:action('_' .. name)
    assert(#fake.failures == 0 and fake.commands[1] == id)
    reaper.AddRemoveReaScript(false, 0, path, true)
    assert(reaper.NamedCommandLookup('_' .. name) == 0)
  end,
}
