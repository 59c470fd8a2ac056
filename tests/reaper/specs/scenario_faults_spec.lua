-- What goes wrong between the click and the stems: each ends in stems or in a sentence with a
-- button; nothing is lost and nothing is inserted twice.

local Stage = dofile(HERE .. 'stage.lua')

local function one_item(options)
  local stage = Stage.new(options)
  local wav = stage:wav('song.wav', { seconds = 6 })
  local track = stage.track 'Lead'
  local item = stage.item(track, wav, { position = 1.5, length = 2, take = { D_STARTOFFS = 0.75 } })
  return stage, item, track
end

local function started(options)
  local stage, item, track = one_item(options)
  stage.player.hold = true
  stage:run 'Restore vocals of selected items'
  assert(stage:until_(function() return stage:running_job() end, 30), 'no job runs')
  return stage, item, track
end

local function finish(stage, limit)
  stage.player.hold = false
  return stage:until_(Stage.imported, limit or 30)
end

local function lead_item(n)
  return reaper.GetTrackMediaItem(reaper.GetTrack(0, 0), n or 0)
end

local function stems(stage) return stage.count_takes 'Instrumental' end

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
    assert(stems(stage) == 1, Stage.picture())
  end,

  ['both halves of a split item get their part'] = function()
    local stage = started()
    stage.fake.edit.split(lead_item(), 2.5)
    assert(finish(stage), Stage.picture())
    assert(stems(stage) == 2, Stage.picture())
  end,

  ['a copy that was dragged away is left alone'] = function()
    local stage = started()
    stage.fake.edit.copy_drag(lead_item(), 20.0)
    assert(finish(stage), Stage.picture())
    assert(stems(stage) == 1, Stage.picture())
  end,

  ['an undo of something else in between does no harm'] = function()
    local stage = started()
    stage.track 'Extra'
    stage.fake:undo()
    assert(finish(stage), Stage.picture())
    assert(stems(stage) == 1, Stage.picture())
  end,

  ['nothing is inserted while another tab is in front'] = function()
    local stage = started()
    stage.fake:tab()
    stage.player.hold = false
    stage:tick(300)
    assert(reaper.CountTracks(0) == 0)
    stage.fake:select(1)
    assert(stage:until_(Stage.imported, 30), Stage.picture())
    assert(stems(stage) == 1)
  end,

  ['nothing is inserted while recording'] = function()
    local stage = started()
    stage.fake.play_state = 5
    stage.player.hold = false
    stage:tick(300)
    assert(not Stage.imported())
    stage.fake.play_state = 0
    assert(stage:until_(Stage.imported, 30))
  end,

  ['a project that was closed gets its stems when it is open again'] = function()
    local stage = one_item()
    local path = stage.folder .. '/song.rpp'
    stage.fake:save(0, path)
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake:tab()
    stage.fake:close(1)
    stage.player.hold = false
    stage:tick(300)
    assert(reaper.CountTracks(0) == 0)
    stage.fake:open(path)
    stage.fake:stop_all()
    stage:run 'Import finished stems'
    assert(stage:until_(Stage.imported, 30), Stage.picture())
    assert(stems(stage) == 1)
  end,

  ['two scripts at once insert once'] = function()
    local stage = started()
    stage:run 'Import finished stems'
    assert(finish(stage))
    stage:tick(150)
    assert(stems(stage) == 1, Stage.picture())
  end,

  ['the script started twice in a row makes one job'] = function()
    local stage = one_item()
    stage:run 'Restore vocals of selected items'
    stage:tick(1)
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(Stage.imported, 60))
    stage:tick(150)
    assert(stems(stage) == 1, Stage.picture())
  end,

  ['a half-written record is waited over'] = function()
    local stage = started()
    stage.player.half_written = true
    stage:tick(30)
    stage.player.half_written = false
    assert(finish(stage))
  end,

  ['a bridge that died is started again and the job is not made twice'] = function()
    local stage = started()
    stage.player:stop()
    stage:tick(400)
    assert(stage.player.starts >= 2, stage.player.starts)
    assert(finish(stage, 60))
    assert(stems(stage) == 1)
  end,

  ['a bridge that never comes up ends in a sentence with buttons'] = function()
    local stage = one_item()
    stage.absent = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'start' end, 60), stage:screen_text())
    assert(not Stage.imported())
  end,

  ['a worker of another protocol ends in a sentence'] = function()
    for _, change in ipairs { { mailbox = 2 }, { protocol = 2, failure = {
      code = 'unsupported_version', message = 'Bring both to one version.',
      retryable = false } } } do
      local stage = one_item { player = change }
      stage:run 'Restore vocals of selected items'
      assert(stage:until_(function() return stage:says 'version' end, 60), stage:screen_text())
      assert(not Stage.imported())
    end
  end,

  ['missing models offer a way without a command line'] = function()
    local stage = one_item { settings = { preset = 'restore' } }
    stage.player.refuse.submit = function(ask)
      if ask.preset == 'restore' then
        return { code = 'model_missing', message = 'restore needs 151 MB.' }
      end
      return nil
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'preview' end, 60), stage:screen_text())
    assert(stage:press 'preview')
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (preview)', Stage.undo_text())
  end,

  ['a failed clip does not keep the others out and can be tried again'] = function()
    local stage = Stage.new()
    local track = stage.track 'Lead'
    local bad = stage:wav('bad.wav', { seed = 5 })
    stage.item(track, stage:wav 'good.wav', { position = 0 })
    stage.item(track, bad, { position = 4 })
    local broken = true
    stage.player.fail = function(clip)
      if broken and clip.path == bad then
        return { code = 'out_of_memory', message = 'Close programs.', retryable = true }
      end
      return nil
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(stems(stage) == 1, Stage.picture())
    broken = false
    assert(stage:until_(function() return stage:press 'Retry' end, 20), stage:screen_text())
    assert(stage:until_(function() return stems(stage) == 2 end, 60), Stage.picture())
  end,

  ['a source that was replaced is refused by name'] = function()
    local stage = started()
    local other = stage:wav('other.wav', { seed = 9 })
    stage.fake.edit.replace_source(lead_item(), other)
    stage.player.hold = false
    assert(stage:until_(function() return stage:says 'song.wav' end, 30), stage:screen_text())
    assert(stems(stage) == 0, Stage.picture())
  end,

  ['a modal dialog of two minutes loses nothing'] = function()
    local stage = started()
    stage.fake:modal(120)
    assert(finish(stage))
    assert(stems(stage) == 1)
  end,

  ['only Cancel cancels'] = function()
    local stage = started()
    assert(stage:press 'Cancel', stage:screen_text())
    assert(stage:until_(function() return stage:asked 'cancel' end, 10))
    stage:tick(100)
    assert(not Stage.imported())
  end,

  ['closing the window cancels nothing and the stems can be imported later'] = function()
    local stage = started()
    stage.fake:key(-1)
    stage:tick(30)
    stage.player.hold = false
    stage:tick(60)
    assert(not stage:asked 'cancel')
    if not Stage.imported() then
      stage:run 'Import finished stems'
      assert(stage:until_(Stage.imported, 30))
    end
    assert(stems(stage) == 1)
  end,

  ['a full disk at the click ends in a sentence and loses nothing'] = function()
    local stage = one_item { fake = { disk_full = false } }
    stage.fake.disk_full = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'make room' end, 60), stage:screen_text())
    assert(not Stage.imported())
    stage.fake.disk_full = false
    if not stage:press 'Retry' then stage:run 'Restore vocals of selected items' end
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(stems(stage) == 1, Stage.picture())
  end,

  ['a disk that fills while the job runs: the stems come in all the same, once'] = function()
    local stage = one_item { fake = { disk_full = false } }
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake.disk_full = true
    stage.player.hold = false
    stage:until_(Stage.imported, 30)
    stage.fake.disk_full = false
    stage:tick(100)
    stage.fake:stop_all()
    stage:run 'Import finished stems'
    stage:tick(300)
    assert(stems(stage) == 1, Stage.picture())
  end,

  ['while REAPER renders nothing runs, and the stems come in afterwards'] = function()
    local stage = started()
    stage.player.hold = false
    stage.fake:rendering(30, function() stage.player:step(reaper.time_precise()) end)
    assert(not Stage.imported())
    assert(stage:until_(Stage.imported, 30))
    assert(stems(stage) == 1)
  end,

  ['of two tabs with the same project the one of the click gets the stems'] = function()
    local stage = one_item()
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
    local stage = one_item()
    stage.fake:save(0, stage.folder .. '/old.rpp')
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake:save(0, stage.folder .. '/new.rpp')
    assert(finish(stage), stage:screen_text())
    assert(stems(stage) == 1)
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
    reaper.SetTakeStretchMarker(take, -1, 0, 5)
    reaper.SetTakeStretchMarker(take, -1, 2, 25)
    reaper.Undo_EndBlock2(0, 'user: markers', -1)
    assert(stage:restore(), stage:screen_text())
    local clip
    for _, ask in ipairs(stage.player.asked) do clip = ask.type == 'submit' and ask.clip or clip end
    assert(clip.start_s == 0 and clip.end_s == 31, clip.start_s .. ' ' .. clip.end_s)
    assert(not stage:says 'drawn out', stage:screen_text())
  end,

  ['a folder name that is not ASCII is no hindrance'] = function()
    local stage = one_item { name = 'Zoë Müller’s 声' }
    assert(stage:restore(), stage:screen_text())
    assert(stems(stage) == 1)
  end,
}
