-- What the user does to the project between the click and the stems: nothing is lost, nothing is
-- inserted twice, and what cannot be done is said, with a button.

local Scene = require 'one_item'

local Stage, started, finish, lead_item = Scene.Stage, Scene.started, Scene.finish, Scene.lead_item
local stems, stay = Scene.stems, Scene.stay

return {
  ['an item that moved gets its stems where it is now'] = function()
    local stage = started()
    stage.fake.edit.move(lead_item(), 5.0)
    assert(finish(stage))
    local vocals = reaper.GetTrackMediaItem(reaper.GetTrack(0, 1), 0)
    assert(reaper.GetMediaItemInfo_Value(vocals, 'D_POSITION') == 5.0, Stage.picture())
  end,

  ['an item that was deleted leaves its stems at the recorded place'] = function()
    local stage = started()
    stage.fake.edit.delete(lead_item())
    assert(finish(stage), Stage.picture())
    assert(Stage.picture():match '1.500%+2.000', Stage.picture())
    assert(stage:says 'was deleted' and stage:offers 'Close', stage:screen_text())
    stay(stage, 1)
  end,

  ['both halves of a split item get their part'] = function()
    local stage = started()
    stage.fake.edit.split(lead_item(), 2.5)
    assert(finish(stage), Stage.picture())
    stay(stage, 2)
  end,

  ['a copy that was dragged away is left alone'] = function()
    local stage = started()
    stage.fake.edit.copy_drag(lead_item(), 20.0)
    assert(finish(stage), Stage.picture())
    stay(stage, 1)
  end,

  ['an undo of something else in between does no harm'] = function()
    local stage = started()
    stage.track 'Extra'
    stage.fake:undo()
    assert(finish(stage), Stage.picture())
    stay(stage, 1)
  end,

  ['nothing is inserted while another tab is in front'] = function()
    local stage = started()
    stage.fake:tab()
    stage.player.hold = false
    stage:tick(300)
    assert(stage:says 'in another tab' and stage:offers 'Hide', stage:screen_text())
    assert(reaper.CountTracks(0) == 0)
    stage.fake:select(1)
    assert(stage:until_(Stage.imported, 30), Stage.picture())
    stay(stage, 1)
  end,

  ['nothing is inserted while recording'] = function()
    local stage = started()
    stage.player.refuse.pause = { code = 'unknown_type' } -- the job goes on meanwhile
    stage.fake.play_state = 5
    stage.player.hold = false
    stage:tick(300)
    assert(stage:says 'is recording' and stage:offers 'Hide', stage:screen_text())
    assert(not Stage.imported())
    stage.fake.play_state = 0
    assert(stage:until_(Stage.imported, 30))
    stay(stage, 1)
  end,

  ['they come in while REAPER plays'] = function()
    local stage = started()
    stage.fake.play_state = 1
    assert(finish(stage), stage:screen_text())
    assert(stage.fake.play_state == 1)
    stay(stage, 1)
  end,

  ['nothing comes in while the user is at work'] = function()
    local stage = started()
    stage.player.hold = false
    for n = 1, 60 do -- a nudge each half second
      stage.fake.edit.move(lead_item(), 1.5 + n * 0.01)
      stage:tick(15)
    end
    assert(stage:says 'lies still' and not Stage.imported(), stage:screen_text())
    assert(stage:until_(Stage.imported, 5))
    stay(stage, 1)
  end,

  ['a project that was closed gets its stems when it is open again'] = function()
    local stage = Scene.ready()
    local path = stage.folder .. '/song.rpp'
    stage.fake:save(0, path)
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake:tab()
    stage.fake:close(1)
    stage.player.hold = false
    stage:tick(300)
    assert(stage:says 'not open' and stage:offers 'Hide', stage:screen_text())
    assert(reaper.CountTracks(0) == 0)
    stage.fake:open(path)
    stage.fake:stop_all()
    stage:run 'Import finished stems'
    assert(stage:until_(Stage.imported, 30), Stage.picture())
    stay(stage, 1)
  end,

  ['a source that was replaced is refused by name'] = function()
    local stage = started()
    local other = stage:wav('other.wav', { seed = 9 })
    stage.fake.edit.replace_source(lead_item(), other)
    stage.player.hold = false
    assert(stage:until_(function() return stage:says 'plays another file now' end, 30),
      stage:screen_text())
    assert(stage:says 'song.wav' and stage:offers 'Drop these stems', stage:screen_text())
    assert(stems(stage) == 0, Stage.picture())
    stage.fake:undo() -- the old file again: the stems are still to be had
    stay(stage, 0) -- what failed does not come in by itself
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:press 'Retry failed' end, 10), stage:screen_text())
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
    stay(stage, 1)
  end,

  ['while REAPER renders nothing runs, and the stems come in afterwards'] = function()
    local stage = started()
    stage.player.hold = false
    stage.fake:rendering(30, function() stage.player:step(reaper.time_precise()) end)
    assert(not Stage.imported())
    assert(stage:until_(Stage.imported, 30))
    stay(stage, 1)
  end,

  ['of two tabs with the same project the one of the click gets the stems'] = function()
    local stage = Scene.ready()
    local path = stage.folder .. '/twice.rpp'
    stage.fake:save(0, path)
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake:open(path)
    stage.player.hold = false
    stage:tick(300)
    assert(stems(stage) == 0, Stage.picture())
    stage.fake:select(1)
    assert(stage:until_(Stage.imported, 30), Stage.picture())
    assert(stems(stage) == 1, Stage.picture())
    stage.fake:select(2)
    stage:tick(150)
    assert(stems(stage) == 0, Stage.picture())
  end,

  ['a project that was saved under another name gets its stems'] = function()
    local stage = Scene.ready()
    stage.fake:save(0, stage.folder .. '/old.rpp')
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake:save(0, stage.folder .. '/new.rpp')
    assert(finish(stage), stage:screen_text())
    stay(stage, 1)
  end,

  ['an item drawn out beyond its clip keeps its stems where they are true'] = function()
    local stage = Stage.new()
    local wav = stage:wav('long.wav', { seconds = 30 })
    local track = stage.track 'Lead'
    stage.item(track, wav, { position = 10, length = 2, take = { D_STARTOFFS = 14 } })
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake.edit.trim(lead_item(), -9, 11) -- nine seconds to the left, the handle has six
    assert(finish(stage), Stage.picture())
    assert(Stage.picture():match 'Vocals\n  10.000%+2.000', Stage.picture())
    assert(stage:says 'drawn out', stage:screen_text())
  end,

  ['both halves of an item that moved before it was split get their part'] = function()
    local stage = started()
    stage.fake.edit.move(lead_item(), 7.0)
    stage.fake.edit.split(lead_item(), 8.0)
    assert(finish(stage), Stage.picture())
    -- Where a split lets its parts overlap, so do the stems.
    local halves = stage.fake.switches.split_overlaps and '7.000%+1.005[^\n]*\n  7.995%+1.005'
      or '7.000%+1.000[^\n]*\n  8.000%+1.000'
    for _, track in ipairs { '= Lead\n  ', '%- Vocals\n  ', '%- Instrumental\n  ' } do
      assert(Stage.picture():match(track .. halves), Stage.picture())
    end
    stay(stage, 2)
  end,

  ['a trim inside the handles is followed'] = function()
    local stage = Stage.new()
    local wav = stage:wav('long.wav', { seconds = 30 })
    local track = stage.track 'Lead'
    stage.item(track, wav, { position = 10, length = 2, take = { D_STARTOFFS = 14 } })
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake.edit.trim(lead_item(), -5, 7)
    assert(finish(stage), Stage.picture())
    local vocals = reaper.GetTrackMediaItem(reaper.GetTrack(0, 1), 0)
    assert(reaper.GetMediaItemInfo_Value(vocals, 'D_POSITION') == 5, Stage.picture())
    local offset = reaper.GetMediaItemTakeInfo_Value(reaper.GetActiveTake(vocals), 'D_STARTOFFS')
    assert(math.abs(offset - 1) < 1e-9, offset) -- the clip begins at 8, the item now plays from 9
  end,

  ['stretch markers that pull in distant sound widen the clip'] = function()
    local stage = Stage.new()
    local wav = stage:wav('long.wav', { seconds = 40 })
    local _, take = stage.item(stage.track 'Lead', wav, { position = 3, length = 2 })
    reaper.Undo_BeginBlock2(0)
    reaper.SetTakeStretchMarker(take, -1, 0, 15)
    reaper.SetTakeStretchMarker(take, -1, 2, 25)
    reaper.Undo_EndBlock2(0, 'user: markers', -1)
    assert(stage:restore(), stage:screen_text())
    local clip
    for _, ask in ipairs(stage.player.asked) do clip = ask.type == 'submit' and ask.clip or clip end
    assert(clip.start_s == 9 and clip.end_s == 31, clip.start_s .. ' ' .. clip.end_s)
    local vocals = reaper.GetTrackMediaItem(reaper.GetTrack(0, 1), 0)
    local _, pos, source = reaper.GetTakeStretchMarker(reaper.GetActiveTake(vocals), 1)
    assert(pos == 2 and source == 16, source) -- the stem begins at second 9 of the file
    assert(not stage:says 'drawn out', stage:screen_text())
  end,
}
