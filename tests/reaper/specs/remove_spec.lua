-- “Remove what voxmend brought”: by its marks, in one undo step, and nothing of the user's.

local Stage = dofile(HERE .. 'stage.lua')

local REMOVE = 'Remove what voxmend brought'
local YES, NO, CANCEL = 6, 7, 2

local function by_user(work)
  reaper.Undo_BeginBlock2(0)
  work()
  reaper.Undo_EndBlock2(0, 'user', -1)
end

local function item(track, n) return reaper.GetTrackMediaItem(reaper.GetTrack(0, track), n) end
local function select_only(one) by_user(function()
  reaper.SelectAllMediaItems(0, false)
  if one then reaper.SetMediaItemSelected(one, true) end
end) end

-- Two restored items on one track; the first is selected.
local function restored(options)
  local stage = Stage.new(options)
  local track = stage.track 'Lead'
  for n = 1, 2 do
    stage.item(track, stage:wav('song' .. n .. '.wav', { seed = n }), { position = n * 5 })
  end
  stage.before = Stage.picture()
  assert(stage:restore(), stage:screen_text())
  stage.fake:stop_all()
  select_only(item(0, 0))
  return stage
end

-- What REAPER asked, the last box first.
local function asked(stage, words)
  for n = #stage.fake.dialogs, 1, -1 do
    local dialog = stage.fake.dialogs[n]
    if tostring(dialog.text):find(words, 1, true) then return dialog end
  end
end

local function remove(stage, ...)
  for _, answer in ipairs { ... } do stage.fake:answer('ShowMessageBox', answer) end
  local steps = #stage.fake.undo_list
  stage:run(REMOVE)
  stage:tick(3)
  assert(#stage.fake.violations == 0, stage.fake.violations[1])
  return #stage.fake.undo_list - steps
end

local function ext(one)
  local _, text = reaper.GetSetMediaItemInfo_String(one, 'P_EXT:voxmend', '', false)
  return text
end

local function depths()
  local out = {}
  for t = 0, reaper.CountTracks(0) - 1 do
    out[t + 1] = reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, t), 'I_FOLDERDEPTH')
  end
  return table.concat(out, ' ')
end

return {
  ['all of it, after a question: the project is as it was, and one undo brings all back'] =
  function()
    local stage = restored()
    select_only(nil)
    local full = Stage.picture()
    assert(remove(stage, YES) == 1)
    assert(asked(stage, '4 stems'), stage:screen_text())
    assert(Stage.picture() == stage.before, Stage.picture())
    assert(Stage.undo_text() == 'voxmend: remove 4 stems', Stage.undo_text())
    stage.fake:undo()
    assert(Stage.picture() == full, Stage.picture())
    stage.fake:redo()
    assert(Stage.picture() == stage.before, Stage.picture())
  end,

  ['with No as the answer nothing goes, and there is no undo step'] = function()
    local stage = restored()
    select_only(nil)
    local full = Stage.picture()
    assert(remove(stage, NO) == 0 and Stage.picture() == full)
  end,

  ['of a selected item only its own, by original or by stem, without a question'] = function()
    for track = 0, 2 do
      local stage = restored()
      select_only(item(track, 0))
      assert(remove(stage) == 1)
      assert(Stage.picture() == '= Lead\n  5.000+2.000 *song1.wav\n  10.000+2.000 muted *song2.wav'
        .. '\n= Lead - Vocals\n  10.000+2.000 *song2.wav - Vocals | song2.wav - vocals_raw'
        .. '\n= Lead - Instrumental\n  10.000+2.000 *song2.wav - Instrumental', Stage.picture())
      assert(not asked(stage, 'emove'), stage:screen_text())
    end
  end,

  ['the files stay'] = function()
    local stage = restored()
    local source = reaper.GetMediaItemTake_Source(reaper.GetActiveTake(item(1, 0)))
    local path = reaper.GetMediaSourceFileName(source)
    remove(stage)
    local file = assert(io.open(path, 'rb'))
    file:close()
  end,

  ['stems that the user has worked on are asked about, in words'] = function()
    local function edit(work)
      local stage = restored()
      by_user(function() work(stage) end)
      local full = Stage.picture()
      assert(remove(stage, CANCEL) == 0 and Stage.picture() == full)
      local box = asked(stage, 'You have worked on 1 stem')
      assert(box and box.text:find('song1.wav - ', 1, true), stage:screen_text())
      assert(remove(stage, NO) == 0 and Stage.picture() == full)
      assert(remove(stage, YES) == 1)
    end
    local function take() return reaper.GetActiveTake(item(1, 0)) end
    edit(function() reaper.SetMediaItemInfo_Value(item(1, 0), 'D_LENGTH', 1) end)
    edit(function() reaper.SetMediaItemInfo_Value(item(1, 0), 'D_POSITION', 4) end)
    edit(function() reaper.SetMediaItemInfo_Value(item(1, 0), 'D_FADEINLEN', 0.5) end)
    edit(function() reaper.SetMediaItemInfo_Value(item(2, 0), 'D_VOL', 0.5) end)
    edit(function() reaper.SetMediaItemTakeInfo_Value(take(), 'D_PITCH', 1) end)
    edit(function() reaper.SetMediaItemTakeInfo_Value(take(), 'D_VOL', 0.25) end)
    edit(function() reaper.SetTakeStretchMarker(take(), -1, 0.5) end)
    edit(function() reaper.GetSetMediaItemInfo_String(item(1, 0), 'P_NOTES', 'mine', true) end)
    edit(function(stage) stage.fake.handles.by_handle[take()].fx[1] = { 'TAKEFX' } end)
    edit(function() -- an envelope, drawn by hand
      local _, chunk = reaper.GetItemStateChunk(item(2, 0), '', false)
      chunk = chunk:gsub('\n>%s*$', '\n<VOLENV\nACT 1 -1\nPT 0 1 0\nPT 1 0.5 0\n>\n>')
      reaper.SetItemStateChunk(item(2, 0), chunk, false)
    end)
  end,

  ['a point of a copied envelope that was moved is work too'] = function()
    local stage = Stage.new()
    local one = stage.item(stage.track 'Lead', stage:wav 'song1.wav')
    by_user(function()
      local _, chunk = reaper.GetItemStateChunk(one, '', false)
      chunk = chunk:gsub('\n>%s*$', '\n<VOLENV\nACT 1 -1\nPT 0 1 0\nPT 1 0.5 0\n>\n>')
      reaper.SetItemStateChunk(one, chunk, false)
    end)
    assert(stage:restore(), stage:screen_text())
    stage.fake:stop_all()
    by_user(function()
      local _, chunk = reaper.GetItemStateChunk(item(2, 0), '', false)
      reaper.SetItemStateChunk(item(2, 0), (chunk:gsub('PT 1 0.5', 'PT 1 0.75')), false)
    end)
    assert(remove(stage, CANCEL) == 0 and asked(stage, 'worked on 1 stem'), stage:screen_text())
  end,

  ['what was not touched is not asked about: selected, muted, coloured, moved with its original'] =
  function()
    local stage = restored()
    by_user(function()
      for track = 0, 2 do
        reaper.SetMediaItemInfo_Value(item(track, 0), 'D_POSITION', 7)
        reaper.SetMediaItemInfo_Value(item(track, 0), 'I_CUSTOMCOLOR', 0x1000011)
      end
      reaper.SetMediaItemInfo_Value(item(1, 0), 'B_MUTE', 1)
    end)
    assert(remove(stage) == 1 and not asked(stage, 'worked on'), stage:screen_text())
  end,

  ['of two items, one with edited stems, No removes the other alone'] = function()
    local stage = restored()
    select_only(nil)
    by_user(function() reaper.SetMediaItemInfo_Value(item(1, 0), 'D_VOL', 0.5) end)
    assert(remove(stage, YES, NO) == 1)
    assert(Stage.picture() == '= Lead\n  5.000+2.000 muted *song1.wav\n  10.000+2.000 *song2.wav'
      .. '\n= Lead - Vocals\n  5.000+2.000 *song1.wav - Vocals | song1.wav - vocals_raw'
      .. '\n= Lead - Instrumental\n  5.000+2.000 *song1.wav - Instrumental', Stage.picture())
    assert(Stage.undo_text() == 'voxmend: remove 2 stems', Stage.undo_text())
  end,

  ['a take that the user put beside a stem stays, and so does its item'] = function()
    local stage = restored()
    by_user(function()
      local take = reaper.AddTakeToMediaItem(item(1, 0))
      reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(stage:wav 'own.wav'))
      reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', 'own', true)
    end)
    assert(remove(stage) == 1)
    assert(Stage.picture():find('= Lead - Vocals\n  10.000+2.000 *song2.wav - Vocals | '
      .. 'song2.wav - vocals_raw', 1, true) or Stage.picture():find('5.000+2.000 *own', 1, true),
      Stage.picture())
    assert(Stage.count_takes 'own' == 1 and Stage.count_takes 'song1.wav - Vocals' == 0)
    assert(ext(item(1, 0)) == '', ext(item(1, 0)))
  end,

  ['tracks with effects, input effects, sends, receives, envelopes or other items stay'] =
  function()
    local function kept(work, words)
      local stage = restored()
      select_only(nil)
      by_user(function() work(stage, reaper.GetTrack(0, 1), reaper.GetTrack(0, 2)) end)
      assert(remove(stage, YES) == 1)
      assert(Stage.picture():find('= Lead - Vocals', 1, true), Stage.picture())
      assert(not Stage.picture():find('= Lead - Instrumental', 1, true), Stage.picture())
      if words then assert(stage:says('stays: it has ' .. words), stage:screen_text()) end
    end
    local function object(stage, track) return stage.fake.handles.by_handle[track] end
    kept(function(stage, track) object(stage, track).fx[1] = { 'FXCHAIN' } end, 'effects')
    kept(function(stage, track) object(stage, track).input_fx = 1 end, 'effects')
    kept(function(_, track) reaper.CreateTrackSend(track, reaper.GetTrack(0, 0)) end, 'sends')
    kept(function(_, track) reaper.CreateTrackSend(track, nil) end, 'sends')
    kept(function(_, track) reaper.CreateTrackSend(reaper.GetTrack(0, 0), track) end,
      'a send to it')
    kept(function(stage, track)
      local envelope = { head = 'VOLENV2', words = { 'VOLENV2' }, lines = {} }
      table.insert(object(stage, track).raw, envelope)
    end, 'envelopes')
    kept(function(stage, track) stage.item(track, stage:wav 'own.wav', { position = 30 }) end)
    kept(function(_, track, below)
      reaper.SetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH', 1)
      reaper.InsertTrackAtIndex(2, false)
      reaper.SetMediaTrackInfo_Value(reaper.GetTrack(0, 2), 'I_FOLDERDEPTH', -1)
      assert(below)
    end, 'tracks in it')
  end,

  ['sends that came with the source are no work of the user, unless they were changed'] = function()
    for _, changed in ipairs { false, true } do
      local stage = Stage.new()
      local lead, bus = stage.track 'Lead', stage.track 'Bus'
      by_user(function() reaper.CreateTrackSend(lead, bus) end)
      stage.item(lead, stage:wav 'song1.wav')
      assert(stage:restore(), stage:screen_text())
      stage.fake:stop_all()
      if changed then
        by_user(function()
          reaper.SetTrackSendInfo_Value(reaper.GetTrack(0, 1), 0, 0, 'D_VOL', 0.1)
        end)
      end
      remove(stage)
      assert((Stage.picture():find('Lead - Vocals', 1, true) ~= nil) == changed, Stage.picture())
      assert(reaper.GetTrackNumSends(reaper.GetTrack(0, 0), 0) == 1)
    end
  end,

  ['a folder that ended with a stem track ends with the track above'] = function()
    local stage = Stage.new()
    stage.track 'Folder'
    local lead = stage.track 'Lead'
    stage.track 'After'
    by_user(function()
      reaper.SetMediaTrackInfo_Value(reaper.GetTrack(0, 0), 'I_FOLDERDEPTH', 1)
      reaper.SetMediaTrackInfo_Value(reaper.GetTrack(0, 1), 'I_FOLDERDEPTH', -1)
    end)
    stage.item(lead, stage:wav 'song1.wav')
    local before = depths()
    assert(stage:restore(), stage:screen_text())
    stage.fake:stop_all()
    assert(depths():match '%-1.* 0$' and reaper.CountTracks(0) == 5, depths())
    remove(stage)
    assert(depths() == before and reaper.CountTracks(0) == 3, depths())
  end,

  ['stems in a folder: the source is no folder any more, or the one that it was'] = function()
    for _, parent in ipairs { false, true } do
      local stage = Stage.new { settings = { preset = 'quick', folder = true } }
      local lead = stage.track 'Lead'
      stage.track 'Child'
      stage.track 'After'
      if parent then
        by_user(function()
          reaper.SetMediaTrackInfo_Value(reaper.GetTrack(0, 0), 'I_FOLDERDEPTH', 1)
          reaper.SetMediaTrackInfo_Value(reaper.GetTrack(0, 1), 'I_FOLDERDEPTH', -1)
        end)
      end
      stage.item(lead, stage:wav 'song1.wav')
      local before, seen = depths(), Stage.picture()
      assert(stage:restore(), stage:screen_text())
      stage.fake:stop_all()
      assert(reaper.CountTracks(0) == 5 and depths():match '^1 ', depths())
      remove(stage)
      assert(depths() == before and Stage.picture() == seen, depths())
    end
  end,

  ['a part of an item: it sounds again where it was cut'] = function()
    local stage = Stage.new()
    stage.item(stage.track 'Lead', stage:wav('song1.wav', { seconds = 6 }), { length = 6 })
    reaper.GetSet_LoopTimeRange2(0, true, false, 2, 4, false)
    stage:run 'Restore vocals in razor edits or time selection'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    stage.fake:stop_all()
    assert(select(2, Stage.picture():gsub('muted', '')) == 1, Stage.picture())
    select_only(nil)
    assert(remove(stage, YES) == 1)
    assert(reaper.CountTracks(0) == 1 and reaper.CountMediaItems(0) == 3, Stage.picture())
    assert(not Stage.picture():find('muted', 1, true), Stage.picture())
  end,

  ['stems as takes: the user’s own stay, and the one they were made of is active'] = function()
    local stage = Stage.new { settings = { preset = 'quick', result = 'take' } }
    local one = stage.item(stage.track 'Lead', stage:wav 'song1.wav')
    by_user(function()
      local take = reaper.AddTakeToMediaItem(one)
      reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(stage:wav 'two.wav'))
      reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', 'two', true)
      reaper.SetActiveTake(take)
    end)
    local before = Stage.picture()
    assert(stage:restore(), stage:screen_text())
    stage.fake:stop_all()
    local full = Stage.picture()
    assert(remove(stage) == 1)
    assert(Stage.picture() == before and before:find('*two', 1, true), Stage.picture())
    assert(reaper.CountSelectedMediaItems(0) == 1)
    stage.fake:undo()
    assert(Stage.picture() == full)
    by_user(function() reaper.SetActiveTake(reaper.GetTake(item(0, 0), 0)) end)
    remove(stage)
    assert(Stage.picture():find('*song1.wav | two', 1, true), Stage.picture())
  end,

  ['an edited take is asked about'] = function()
    local stage = Stage.new { settings = { preset = 'quick', result = 'take' } }
    local one = stage.item(stage.track 'Lead', stage:wav 'song1.wav')
    assert(stage:restore(), stage:screen_text())
    stage.fake:stop_all()
    by_user(function()
      reaper.SetMediaItemTakeInfo_Value(reaper.GetActiveTake(one), 'D_VOL', 0.5)
    end)
    assert(remove(stage, CANCEL) == 0 and asked(stage, 'worked on 1 stem'), stage:screen_text())
  end,

  ['a mute of the user’s own stays; one that they took back is left alone'] = function()
    local stage = Stage.new()
    local one = stage.item(stage.track 'Lead', stage:wav 'song1.wav', { item = { B_MUTE = 1 } })
    assert(stage:restore(), stage:screen_text())
    stage.fake:stop_all()
    remove(stage)
    assert(Stage.picture() == '= Lead\n  0.000+2.000 muted *song1.wav', Stage.picture())
    stage = restored()
    by_user(function() reaper.SetMediaItemInfo_Value(item(0, 0), 'B_MUTE', 0) end)
    remove(stage)
    assert(reaper.GetMediaItemInfo_Value(item(0, 0), 'B_MUTE') == 0 and one ~= nil)
  end,

  ['after Remove a restoration begins anew, as the first did'] = function()
    local stage = restored()
    select_only(nil)
    local full = Stage.picture()
    remove(stage, YES)
    by_user(function() reaper.SelectAllMediaItems(0, true) end)
    local steps = #stage.fake.undo_list
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #stage.fake.undo_list > steps end, 60))
    assert(Stage.picture() == full, Stage.picture())
  end,

  ['also after Toggle, and where the original was split or is gone'] = function()
    local stage = restored()
    select_only(nil)
    stage:run 'Toggle original and stems'
    remove(stage, YES)
    assert(Stage.picture() == stage.before, Stage.picture())
    stage = restored()
    local right = stage.fake.edit.split(item(0, 0), 6)
    assert(right and reaper.GetMediaItemInfo_Value(right, 'B_MUTE') == 1)
    select_only(right)
    if stage.fake.switches.split_copies_ext then
      remove(stage)
      assert(reaper.GetMediaItemInfo_Value(right, 'B_MUTE') == 0
        and reaper.GetMediaItemInfo_Value(item(0, 0), 'B_MUTE') == 0, Stage.picture())
      assert(not Stage.picture():find('song1.wav - Vocals', 1, true), Stage.picture())
    end
    stage = restored()
    local stem = item(1, 0)
    stage.fake.edit.delete(item(0, 0))
    select_only(stem)
    assert(remove(stage) == 1)
    assert(not Stage.picture():find('song1', 1, true), Stage.picture())
  end,

  ['a stem that was restored itself: its stems first, and with its own all of them'] = function()
    local stage = restored()
    select_only(item(1, 0))
    local before, steps = Stage.picture(), #stage.fake.undo_list
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #stage.fake.undo_list > steps end, 60))
    stage.fake:stop_all()
    select_only(item(1, 0))
    remove(stage)
    assert(Stage.picture() == before, Stage.picture())
    stage.fake:undo()
    select_only(item(0, 0))
    remove(stage)
    assert(not Stage.picture():find('song1.wav - ', 1, true), Stage.picture())
  end,

  ['locked sets are left alone and said, and without stems a sentence says so'] = function()
    local stage = restored()
    by_user(function() reaper.SetMediaItemInfo_Value(item(1, 0), 'C_LOCK', 1) end)
    local full = Stage.picture()
    assert(remove(stage) == 0 and Stage.picture() == full)
    assert(stage:says 'locked, and left alone', stage:screen_text())
    stage.fake:stop_all()
    select_only(nil)
    assert(remove(stage, YES) == 1)
    assert(stage:says 'locked, and left alone' and stage:says '2 stems removed',
      stage:screen_text())
    stage = Stage.new()
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    assert(remove(stage) == 0)
    assert(stage:says 'No stems of voxmend are in this project', stage:screen_text())
  end,

  ['tracks that were left empty by hand go too, where all is removed'] = function()
    local stage = restored()
    for _ = 1, 2 do for track = 1, 2 do stage.fake.edit.delete(item(track, 0)) end end
    select_only(nil)
    assert(remove(stage, YES) == 1)
    assert(Stage.picture() == stage.before, Stage.picture())
  end,
}
