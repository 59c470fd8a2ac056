-- Two scripts with one ticket: the action still renders its items while Import or the Jobs panel
-- takes the same ticket up. Both run in one REAPER, a tick each; the render is made by one of them.

local Scene = require 'one_item'
local Stage = Scene.Stage

-- An item that has to be rendered, as long as many slices, and what becomes of its accessors.
local function rendering(options)
  local stage = Stage.new(options)
  stage.item(stage.track 'Lead', stage:wav('song.wav', { seconds = 2 }), { length = 6,
    item = { B_LOOPSRC = 1 } })
  local made, gone = stage.fake.reaper.CreateTakeAudioAccessor,
    stage.fake.reaper.DestroyAudioAccessor
  local opened = { count = 0, open = 0 }
  stage.fake.reaper.CreateTakeAudioAccessor = function(take)
    opened.count, opened.open = opened.count + 1, opened.open + 1
    return made(take)
  end
  stage.fake.reaper.DestroyAudioAccessor = function(accessor)
    opened.open = opened.open - 1
    return gone(accessor)
  end
  stage:run 'Restore vocals of selected items'
  assert(stage:until_(function() return opened.count > 0 end, 10), stage:screen_text())
  stage:tick(3)
  assert(#stage.player.order == 0, 'the render was over before the second script came')
  return stage, opened
end

local function submits(stage)
  local count = 0
  for _, ask in ipairs(stage.player.asked) do count = count + (ask.type == 'submit' and 1 or 0) end
  return count
end

return {
  ['what one script renders, no other opens'] = function()
    local stage, opened = rendering()
    stage:run 'Import finished stems'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(opened.count == 1 and opened.open == 0, opened.count .. ' ' .. opened.open)
    assert(Scene.stems(stage) == 1, Stage.picture())
  end,

  ['a render whose script has ended is taken up by the next'] = function()
    local stage, opened = rendering()
    stage.fake:stop_all()
    stage:run 'Import finished stems'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(opened.count == 2, opened.count)
    Scene.stay(stage, 1)
  end,

  ['after a long dialog one of them goes on and the other lets go'] = function()
    local stage, opened = rendering()
    stage:run 'Import finished stems'
    stage:tick(1)
    for _ = 1, 3 do
      stage.fake:modal(60) -- the mark grows old while nothing runs
      stage:tick(2)
      assert(opened.open <= 1, opened.open .. ' at once')
    end
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(opened.open == 0, opened.open)
    Scene.stay(stage, 1)
  end,

  ['a ticket that is cancelled while another script waits for it stays cancelled'] = function()
    local stage, opened = rendering()
    stage:run 'Import finished stems'
    stage:tick(2)
    for _, shape in ipairs(stage.fake.screen) do
      assert(shape.text ~= 'Working', stage:screen_text())
    end
    assert(stage:press 'Cancel', stage:screen_text())
    stage:tick(300)
    assert(opened.count == 1 and submits(stage) == 0, opened.count .. ' ' .. submits(stage))
    assert(not Stage.imported())
    stage.fake:stop_all()
    stage:run 'Import finished stems'
    stage:tick(60)
    assert(stage:says 'There are no stems to import', stage:screen_text())
  end,
}
