-- The main job as a user sees it: select, click, wait, find the stems; undo, redo, run again.

local Stage = dofile(HERE .. 'stage.lua')

local function simple(options)
  local stage = Stage.new(options)
  local wav = stage:wav('song.wav', { seconds = 6 })
  local track = stage.track 'Lead'
  local item = stage.item(track, wav, { position = 1.5, length = 2, take = { D_STARTOFFS = 0.75 } })
  return stage, item, track
end

local function same(a, b, what)
  if a ~= b then error((what or 'differs') .. ':\n--- is\n' .. a .. '\n--- not\n' .. b, 2) end
end

local function state(stage)
  local path = stage.folder .. '/state.rpp'
  stage.fake:save(0, path)
  local file = assert(io.open(path, 'rb'))
  local text = file:read 'a'
  file:close()
  return text
end

return {
  ['the stems come in under the item on tracks of their own'] = function()
    local stage = simple()
    assert(stage:restore(), Stage.picture())
    same(Stage.picture(), table.concat({
      '= Lead',
      '  1.500+2.000 muted *song.wav',
      '= Lead - Vocals',
      '  1.500+2.000 *song.wav - Vocals | song.wav - vocals_raw',
      '= Lead - Instrumental',
      '  1.500+2.000 *song.wav - Instrumental',
    }, '\n'))
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
  end,

  ['one undo step takes all of it back and redo brings it back'] = function()
    local stage = simple()
    local before, steps = state(stage), #stage.fake.undo_list
    assert(stage:restore())
    assert(#stage.fake.undo_list == steps + 1, #stage.fake.undo_list - steps)
    assert(Stage.undo_text() == 'voxmend: restore 1 item (quick)', Stage.undo_text())
    local after = state(stage)
    stage.fake:undo()
    same(state(stage), before, 'undo leaves')
    stage.fake:redo()
    same(state(stage), after, 'redo leaves')
  end,

  ['nothing is written into the project before the import'] = function()
    local stage = simple { player = { hold = true } }
    local before, steps = state(stage), #stage.fake.undo_list
    stage:run 'Restore vocals of selected items'
    stage:tick(150)
    same(state(stage), before)
    assert(#stage.fake.undo_list == steps)
  end,

  ['a second run adds a take and no track'] = function()
    local stage = simple()
    assert(stage:restore())
    local tracks = reaper.CountTracks(0)
    local item = reaper.GetTrackMediaItem(reaper.GetTrack(0, 0), 0)
    reaper.Undo_BeginBlock2(0)
    reaper.SelectAllMediaItems(0, false)
    reaper.SetMediaItemSelected(item, true)
    reaper.SetMediaItemInfo_Value(item, 'B_MUTE', 0)
    reaper.Undo_EndBlock2(0, 'user: again', -1)
    local steps = #stage.fake.undo_list
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #stage.fake.undo_list > steps end, 60))
    assert(reaper.CountTracks(0) == tracks, Stage.picture())
    local vocals = reaper.GetTrackMediaItem(reaper.GetTrack(0, 1), 0)
    assert(reaper.CountTakes(vocals) == 4, Stage.picture())
  end,

  ['stem tracks are used again where the time is free, and only there'] = function()
    for position, tracks in pairs { [10] = 3, [2.5] = 5 } do -- the first item plays to 3.5
      local stage, item, track = simple()
      assert(stage:restore())
      reaper.Undo_BeginBlock2(0)
      reaper.SetMediaItemSelected(item, false)
      reaper.Undo_EndBlock2(0, 'user: other', -1)
      stage.item(track, stage:wav('other.wav', { seed = 3 }), { position = position })
      stage.fake:stop_all()
      stage:run 'Restore vocals of selected items'
      local two = function() return stage.count_takes 'Instrumental' == 2 end
      assert(stage:until_(two, 60), stage:screen_text())
      assert(reaper.CountTracks(0) == tracks, Stage.picture())
    end
  end,

  ['as takes the stems stand in the original item'] = function()
    local stage = simple { settings = { preset = 'quick', result = 'take' } }
    assert(stage:restore())
    assert(reaper.CountTracks(0) == 1, Stage.picture())
    local item = reaper.GetTrackMediaItem(reaper.GetTrack(0, 0), 0)
    assert(reaper.GetMediaItemInfo_Value(item, 'B_MUTE') == 0)
    assert(reaper.CountTakes(item) >= 2, Stage.picture())
    local _, name = reaper.GetSetMediaItemTakeInfo_String(
      reaper.GetActiveTake(item), 'P_NAME', '', false)
    assert(name:match 'Vocals$', name)
  end,

  ['a locked item gets stems and is not muted'] = function()
    local stage = Stage.new()
    local wav = stage:wav 'song.wav'
    local track = stage.track 'Lead'
    stage.item(track, wav, { item = { C_LOCK = 1 } })
    assert(stage:restore())
    local item = reaper.GetTrackMediaItem(reaper.GetTrack(0, 0), 0)
    assert(reaper.GetMediaItemInfo_Value(item, 'B_MUTE') == 0)
    assert(reaper.CountTracks(0) == 3)
  end,

  ['items that touch on one source are one clip'] = function()
    local stage = Stage.new()
    local wav = stage:wav('song.wav', { seconds = 8 })
    local track = stage.track 'Lead'
    for n = 0, 3 do
      stage.item(track, wav, { position = n, length = 1, take = { D_STARTOFFS = n } })
    end
    assert(stage:restore())
    local submits = 0
    for _, ask in ipairs(stage.player.asked) do
      if ask.type == 'submit' then submits = submits + 1 end
    end
    assert(submits == 1, submits)
    assert(Stage.undo_text() == 'voxmend: restore 4 items (quick)', Stage.undo_text())
  end,

  ['with nothing selected a sentence says so and nothing is submitted'] = function()
    local stage = Stage.new()
    stage:run 'Restore vocals of selected items'
    stage:tick(30)
    assert(#stage.player.asked == 0)
    assert(#stage.fake.dialogs > 0 or #stage.fake.screen > 0)
  end,
}
