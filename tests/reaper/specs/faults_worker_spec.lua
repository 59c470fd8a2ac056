-- What becomes of the worker, the disk and the scripts between the click and the stems: each ends
-- in stems or in a sentence with a button; nothing is lost and nothing is inserted twice.

local Scene = require 'one_item'

local Stage, started, finish = Scene.Stage, Scene.started, Scene.finish
local stems, stay = Scene.stems, Scene.stay

return {
  ['two scripts at once insert once'] = function()
    local stage = started()
    stage:run 'Import finished stems'
    assert(finish(stage))
    stage:tick(150)
    stay(stage, 1)
  end,

  ['the script started twice in a row makes one job'] = function()
    local stage = Scene.ready()
    stage:run 'Restore vocals of selected items'
    stage:tick(1)
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(Stage.imported, 60))
    stage:tick(150)
    stay(stage, 1)
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
    stay(stage, 1)
  end,

  ['a bridge that never comes up ends in a sentence with buttons'] = function()
    local stage = Scene.ready()
    stage.absent = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'did not start' end, 60), stage:screen_text())
    assert(stage:offers 'Start again' and stage:offers 'Open log', stage:screen_text())
    assert(not Stage.imported())
    stage.absent = false
    assert(stage:press 'Start again')
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    stay(stage, 1)
  end,

  ['a worker of another protocol ends in a sentence'] = function()
    for _, change in ipairs { { mailbox = 2 }, { protocol = 3, failure = {
      code = 'unsupported_version', message = 'Bring both to one version.',
      retryable = false } } } do
      local stage = Scene.ready { player = change }
      stage:run 'Restore vocals of selected items'
      assert(stage:until_(function() return stage:says 'version' end, 60), stage:screen_text())
      assert(stage:offers 'Copy details', stage:screen_text())
      assert(not Stage.imported())
      stage.player.mailbox, stage.player.protocol, stage.player.failure = 1, 2, nil
      stage.fake:stop_all() -- voxmend was installed anew
      stage:run 'Restore vocals of selected items'
      assert(stage:until_(Stage.imported, 60), stage:screen_text())
      stay(stage, 1)
    end
  end,

  ['scripts older than voxmend say so and start nothing'] = function()
    local stage = Scene.ready()
    local path = stage.data .. '/install.json'
    local file = assert(io.open(path, 'wb'))
    file:write '{"schema":2,"command":["/usr/bin/true"]}'
    file:close()
    stage:run 'Restore vocals of selected items'
    stage:tick(30)
    assert(stage:says 'different versions' and stage:says 'reaper install', stage:screen_text())
    assert(stage:offers 'Close' and #stage.fake.spawned == 0)
  end,

  ['without voxmend the way to get it is said'] = function()
    for _, name in ipairs { 'Restore vocals of selected items', 'Jobs panel',
      'Import finished stems', 'Restore vocals of selected items (choose preset)' } do
      local stage = Scene.ready { install = false }
      stage:run(name)
      stage:tick(30)
      assert(stage:says 'reaper install', name .. stage:screen_text())
      assert(stage:offers 'Close', name)
    end
  end,

  ['without voxmend no shell is named where there is none'] = function()
    for os, said in pairs { Win64 = false, ['macOS-arm64'] = true, Other = true } do
      local stage = Scene.ready { install = false, fake = { os = os } }
      stage:run 'Restore vocals of selected items'
      stage:tick(2)
      assert(stage:says 'reaper install' and stage:says 'sh installers' == said,
        os .. stage:screen_text())
    end
  end,

  ['missing models offer a way without a command line'] = function()
    local stage = Scene.ready { settings = { preset = 'restore' } }
    stage.player.refuse.submit = function(ask)
      if ask.preset == 'restore' then
        return { code = 'model_missing', message = 'restore needs 151 MB.' }
      end
      return nil
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:offers 'Download…' end, 60), stage:screen_text())
    assert(stage:says 'needs models' and stage:offers 'Cancel', stage:screen_text())
    assert(stage:press 'Use quick now')
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (quick)', Stage.undo_text())
  end,

  ['models are fetched by buttons: the licence is shown, declined, accepted'] = function()
    local stage = Scene.ready { settings = { preset = 'restore' } }
    local model = { id = 'htdemucs', title = 'HTDemucs', licence = 'MIT', bytes = 151e6,
      terms = 'Free for all uses.', presets = { 'restore' }, state = 'absent' }
    stage.player.models = { model }
    stage.player.refuse.submit = function()
      return model.state ~= 'present' and { code = 'model_missing', message = '151 MB.' } or nil
    end
    stage.player.pulled = function()
      model.state, model.got, model.total = 'pulling', 50e6, 151e6
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'HTDemucs: MIT' end, 60), stage:screen_text())
    assert(stage:says '(151 MB)', stage:screen_text())
    stage.fake:answer('ShowMessageBox', 7)
    assert(stage:press 'Download')
    assert(not stage:asked 'pull')
    stage.fake:answer('ShowMessageBox', 6)
    assert(stage:press 'Download')
    assert(stage:until_(function() return stage:says '50 MB of 151 MB' end, 10))
    assert(stage:press 'Stop')
    assert(stage:asked 'stop_pull')
    model.state = 'absent'
    stage:tick(30)
    stage.fake:answer('ShowMessageBox', 6)
    assert(stage:press 'Download', stage:screen_text())
    stage:tick(30)
    model.state = 'present'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (restore)')
    stay(stage, 1)
  end,

  ['no licence is accepted before it was shown'] = function()
    local stage = Scene.ready { settings = { preset = 'restore' } }
    local model = { id = 'htdemucs', title = 'HTDemucs', licence = 'MIT', bytes = 151e6,
      terms = 'Free for all uses.', presets = { 'restore' }, state = 'absent' }
    local late = true
    stage.player.models = { model }
    stage.player.withhold = function(ask) return late and ask.type == 'models' end
    stage.player.refuse.submit = function()
      return model.state ~= 'present' and { code = 'model_missing', message = '151 MB.' } or nil
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'needs models' end, 60), stage:screen_text())
    assert(not stage:offers 'Download…' and stage:offers 'Use quick now', stage:screen_text())
    late = false
    assert(stage:until_(function() return stage:offers 'Download…' end, 10), stage:screen_text())
    assert(stage:says 'HTDemucs: MIT', stage:screen_text())
  end,

  ['a model that broke is fetched again after its licence, and the stems come in'] = function()
    local stage = Scene.ready { settings = { preset = 'restore' } }
    local model = { id = 'htdemucs', title = 'HTDemucs', licence = 'MIT', bytes = 151e6,
      terms = 'Free for all uses.', presets = { 'restore' }, state = 'present' }
    stage.player.models = { model }
    stage.player.fail = function()
      if model.state == 'present' and not model.mended then
        model.state = 'absent'
        return { code = 'model_corrupt', retryable = true, message = 'HTDemucs is broken.' }
      end
    end
    stage.player.pulled = function() model.state, model.mended = 'present', true end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'HTDemucs is broken' end, 60),
      stage:screen_text())
    assert(stage:press 'Download', stage:screen_text())
    assert(stage:until_(function() return stage:says 'HTDemucs: MIT' end, 10), stage:screen_text())
    assert(not stage:asked 'pull')
    stage.fake:answer('ShowMessageBox', 6)
    assert(stage:press 'Download', stage:screen_text())
    local box = stage.fake.dialogs[#stage.fake.dialogs]
    assert(box.text:find('HTDemucs: MIT. Free for all uses.', 1, true), box.text)
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (restore)', Stage.undo_text())
  end,

  ['a download that fails is a sentence and a button'] = function()
    local stage = Scene.ready { settings = { preset = 'restore' } }
    local model = { id = 'htdemucs', title = 'HTDemucs', licence = 'MIT', bytes = 151e6,
      terms = '', presets = { 'restore' }, state = 'absent' }
    stage.player.models = { model }
    stage.player.refuse.submit = { code = 'model_missing', message = '151 MB.' }
    stage.player.pulled = function()
      model.error = { code = 'environment', message = 'The server does not answer. Try later.' }
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'HTDemucs' end, 60))
    stage.fake:answer('ShowMessageBox', 6)
    assert(stage:press 'Download')
    assert(stage:until_(function() return stage:says 'does not answer' end, 10))
    assert(stage:offers 'Start again', stage:screen_text())
  end,

  ['a worker that died in the middle of a job is told, and Retry runs it again'] = function()
    local stage = started()
    stage.player.fail = function() return { code = 'engine_crashed', retryable = true,
      message = 'The engine ended in the middle of the job. Try again.' } end
    stage.player.hold = false
    assert(stage:until_(function() return stage:says 'engine ended' end, 30))
    assert(stage:offers 'Retry failed', stage:screen_text())
    assert(not stage:offers 'Use quick now', 'it was quick that failed')
    stage.player.fail = nil
    assert(stage:press 'Retry failed')
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    stay(stage, 1)
  end,

  ['stems whose file is gone are said, and Retry makes them again'] = function()
    local stage = started()
    stage.player.hold = false
    stage.player.refuse.pause = { code = 'unknown_type' } -- the job goes on meanwhile
    stage.fake.play_state = 5 -- recording: the stems wait, and are deleted meanwhile
    stage:tick(120)
    os.remove(stage.player.jobs[stage.player.order[1]].folder .. '/vocals.wav')
    stage.fake.play_state = 0
    assert(stage:until_(function() return stage:says 'is gone' end, 30), stage:screen_text())
    assert(not Stage.imported())
    assert(stage:press 'Retry failed')
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    stay(stage, 1)
  end,

  ['an error REAPER throws in the middle of the import leaves the project as it was'] = function()
    local stage = started()
    local before = Stage.picture()
    local set = stage.fake.reaper.SetMediaItemTake_Source
    stage.fake.reaper.SetMediaItemTake_Source = function() error('out of handles', 0) end
    stage.player.hold = false
    assert(stage:until_(function() return stage:says 'project is as it was' end, 30),
      stage:screen_text())
    assert(stage:offers 'Open log' and stage:offers 'Copy details', stage:screen_text())
    assert(Stage.picture() == before, Stage.picture())
    stage.fake.reaper.SetMediaItemTake_Source = set
    stay(stage, 1)
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

  ['a modal dialog of two minutes loses nothing'] = function()
    local stage = started()
    stage.fake:modal(120)
    assert(finish(stage))
    stay(stage, 1)
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
    stay(stage, 1)
  end,

  ['a full disk at the click ends in a sentence and loses nothing'] = function()
    local stage = Scene.ready { fake = { disk_full = false } }
    stage.fake.disk_full = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'make room' end, 60), stage:screen_text())
    assert(not Stage.imported())
    stage.fake.disk_full = false
    if not stage:press 'Retry' then stage:run 'Restore vocals of selected items' end
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    stay(stage, 1)
  end,

  ['a disk that fills while the job runs: the stems come in all the same, once'] = function()
    local stage = Scene.ready { fake = { disk_full = false } }
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
    stay(stage, 1)
  end,

  ['a disk that fills at the import loses no clip that failed, and inserts none twice'] = function()
    local stage = Stage.new { fake = { disk_full = false } }
    local track = stage.track 'Lead'
    local bad = stage:wav('bad.wav', { seed = 5 })
    stage.item(track, stage:wav 'good.wav', { position = 0 })
    stage.item(track, bad, { position = 4 })
    stage.player.fail = function(clip)
      return clip.path == bad and { code = 'out_of_memory', message = 'Close programs.' } or nil
    end
    stage.player.refuse.pause = { code = 'unknown_type' } -- the job goes on meanwhile
    stage.fake.play_state = 5
    stage:run 'Restore vocals of selected items'
    stage:tick(150)
    stage.fake.disk_full, stage.fake.play_state = true, 0
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
    stage:tick(60)
    stage.fake.disk_full, stage.player.fail = false, nil
    stay(stage, 1)
    stage:run 'Jobs panel'
    stage:tick(45)
    assert(stage:press 'bad')
    assert(stage:press 'Retry job', stage:screen_text())
    assert(stage:until_(function() return stems(stage) == 2 end, 30), Stage.picture())
    stay(stage, 2)
  end,

  ['a folder name that is not ASCII is no hindrance'] = function()
    local stage = Scene.ready { name = 'Zoë Müller’s 声' }
    assert(stage:restore(), stage:screen_text())
    stay(stage, 1)
  end,
}
