-- Answers that come after the user has chosen something else: they belong to what was asked, and
-- nobody waits for that any more. The new choice goes on as if they had never come.

local Scene = require 'one_item'
local Stage = Scene.Stage

local MISSING = { code = 'model_missing', message = '151 MB.' }

-- Six clips under a preset whose models are missing. The first submit is refused; the next three
-- lie unanswered until withheld.over is true.
local function refused()
  local stage = Stage.new { settings = { preset = 'restore' } }
  local track = stage.track 'Lead'
  for n = 1, 6 do
    stage.item(track, stage:wav(n .. '.wav', { seconds = 1, seed = n }),
      { position = n, length = 0.5 })
  end
  local withheld, first = { most = 0 }, nil
  stage.player.refuse.submit = function(ask) return ask.preset == 'restore' and MISSING or nil end
  stage.player.withhold = function(ask)
    if ask.type ~= 'submit' or withheld.over then return false end
    first = first or ask.id
    if ask.id == first then return false end
    withheld[ask.id] = true
    local count = 0
    for id in pairs(withheld) do count = count + (id ~= 'most' and 1 or 0) end
    withheld.most = math.max(withheld.most, count)
    return true
  end
  stage:run 'Restore vocals of selected items'
  assert(stage:until_(function() return stage:says 'needs models' end, 30), stage:screen_text())
  return stage, withheld
end

local function asks(stage, kind, preset)
  local out = {}
  for _, ask in ipairs(stage.player.asked) do
    if ask.type == kind and (not preset or ask.preset == preset) then out[#out + 1] = ask end
  end
  return out
end

return {
  ['refusals of the old preset do not stop the new one'] = function()
    local stage, withheld = refused()
    assert(stage:press 'Use quick now', stage:screen_text())
    stage:tick(30)
    withheld.over = true
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 6 items (quick)', Stage.undo_text())
    assert(Scene.stems(stage) == 6, Stage.picture())
  end,

  ['no more asks lie open at once than may, whatever was chosen meanwhile'] = function()
    local stage, withheld = refused()
    assert(stage:press 'Use quick now', stage:screen_text())
    stage:tick(60)
    assert(withheld.most <= 4, withheld.most)
    withheld.over = true
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
  end,

  ['a job of the old preset that is accepted late is not taken for the new one'] = function()
    local stage, withheld = refused()
    assert(stage:press 'Use quick now', stage:screen_text())
    stage:tick(30)
    stage.player.refuse.submit, withheld.over = nil, true
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(#asks(stage, 'submit', 'quick') == 6, #asks(stage, 'submit', 'quick'))
    assert(Scene.stems(stage) == 6, Stage.picture())
    local stopped = {}
    for _, ask in ipairs(asks(stage, 'cancel')) do stopped[ask.job] = true end
    local late = 0
    for _, ask in ipairs(asks(stage, 'submit', 'restore')) do
      if stage.player.jobs[ask.job] then
        late = late + 1
        assert(stopped[ask.job], 'a job that nobody waits for goes on')
      end
    end
    assert(late == 3, late)
  end,

  ['what was cancelled stays so, whatever is answered then'] = function()
    for _, accepted in ipairs { false, true } do
      local stage, withheld = refused()
      assert(stage:press 'Cancel', stage:screen_text())
      if accepted then stage.player.refuse.submit = nil end
      withheld.over = true
      stage:tick(150)
      assert(not Stage.imported() and not stage:says 'needs models', stage:screen_text())
      for _, job in pairs(stage.player.jobs) do assert(job.state == 'cancelled', job.state) end
      stage.fake:stop_all()
      stage:run 'Import finished stems'
      stage:tick(60)
      assert(stage:says 'There are no stems to import', stage:screen_text())
    end
  end,

  ['a record that comes after Cancel brings no ticket back'] = function()
    local stage = Scene.started()
    stage.player.fail = function() return { code = 'internal', message = 'No.' } end
    stage.player.on_cancel = function(player)
      player.hold = false -- it had failed before it could be stopped
      return { type = 'ack' }
    end
    assert(stage:press 'Cancel', stage:screen_text())
    stage:tick(100)
    stage.fake:stop_all()
    stage:run 'Import finished stems'
    stage:tick(60)
    assert(stage:says 'There are no stems to import', stage:screen_text())
  end,

  ['models that were asked for by the old preset do not stop the new one'] = function()
    for _, way in ipairs { 'error', 'list' } do
      local stage, withheld = refused()
      local open = way == 'error'
      local submits = stage.player.withhold
      stage.player.withhold = function(ask)
        return submits(ask) or ask.type == 'models' and open
      end
      stage.player.models = { { id = 'htdemucs', title = 'HTDemucs', licence = 'MIT', terms = '',
        bytes = 151e6, presets = { 'restore' }, state = 'absent' } }
      if way == 'error' then stage.player.refuse.models = { code = 'internal', message = 'No.' } end
      stage:tick(60)
      stage.fake:answer('ShowMessageBox', 6)
      if way == 'list' then
        assert(stage:offers 'Download…', stage:screen_text())
        open = true
        assert(stage:press 'Download', stage:screen_text())
        stage:tick(60) -- and asks how far the download is
        assert(stage:offers 'Stop the download', stage:screen_text())
      end
      assert(stage:press 'Use quick now', stage:screen_text())
      withheld.over = true
      stage.player.hold = true
      assert(stage:until_(function() return stage:running_job() end, 30), stage:screen_text())
      stage:tick(30)
      local before = #asks(stage, 'submit', 'quick')
      open = false
      stage:tick(60)
      assert(stage:says 'on cpu', stage:screen_text())
      assert(#asks(stage, 'submit', 'quick') == before, 'handed over twice')
      stage.player.hold = false
      assert(stage:until_(Stage.imported, 60), stage:screen_text())
    end
  end,
}
