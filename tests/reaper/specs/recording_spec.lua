-- While REAPER records, voxmend stands still: a lease that whichever script is at work renews.

local Stage = dofile(HERE .. 'stage.lua')

local RECORDING = 5

local function asks(stage, kind)
  local out = {}
  for _, ask in ipairs(stage.player.asked) do
    if ask.type == kind then out[#out + 1] = ask end
  end
  return out
end

-- A job at work in its window.
local function working(options)
  local stage = Stage.new(options)
  stage.item(stage.track 'Lead', stage:wav('song.wav', { seconds = 6 }))
  stage.player.job_s = 60
  stage:run 'Restore vocals of selected items'
  assert(stage:until_(function() return stage:running_job() end, 30))
  return stage
end

local function record(stage)
  stage.fake.play_state = RECORDING
  assert(stage:until_(function() return stage.player.still end, 5), 'nothing stands still')
end

local function for_seconds(stage, seconds)
  local from = reaper.time_precise()
  stage:until_(function() return reaper.time_precise() - from >= seconds end, seconds + 1, 0.25)
end

local spec = {
  ['a lease of ten seconds is taken when recording begins, and given back after'] = function()
    local stage = working()
    assert(#asks(stage, 'pause') == 0, 'nothing records yet')
    record(stage)
    local first = asks(stage, 'pause')[1]
    assert(first.lease_s == 10 and #first.hold > 10 and first.why:find 'REAPER')
    assert(stage:until_(function() return stage:says 'paused while REAPER records' end, 5))
    stage.fake.play_state = 0
    assert(stage:until_(function() return not stage.player.still end, 5))
    assert(asks(stage, 'resume')[1].hold == first.hold, 'only its own hold is ended')
    assert(stage:until_(function() return stage.imported() end, 90), stage:screen_text())
  end,

  ['it is asked for again every three seconds, under one name'] = function()
    local stage = working()
    record(stage)
    for_seconds(stage, 31)
    local all = asks(stage, 'pause')
    assert(#all >= 9 and #all <= 12, #all)
    for _, ask in ipairs(all) do assert(ask.hold == all[1].hold) end
  end,

  ['the next recording has another name'] = function()
    local stage = working()
    record(stage)
    stage.fake.play_state = 0
    assert(stage:until_(function() return not stage.player.still end, 5))
    record(stage)
    local all = asks(stage, 'pause')
    assert(all[#all].hold ~= all[1].hold)
  end,

  ['a REAPER that is gone asks for nothing more'] = function()
    local stage = working()
    record(stage)
    local count = #asks(stage, 'pause')
    stage.fake:stop_all()
    for _ = 1, 600 do stage.player:step(reaper.time_precise()) stage.fake:tick(1) end
    assert(#asks(stage, 'pause') == count, 'the lease is not renewed, so it ends by itself')
  end,

  ['playing and a pause of playing are no recording'] = function()
    local stage = working()
    for _, state in ipairs { 1, 2 } do
      stage.fake.play_state = state
      for_seconds(stage, 4)
    end
    assert(#asks(stage, 'pause') == 0)
  end,

  ['who does not want it sets it off'] = function()
    local stage = working { settings = { preset = 'quick', pause_while_recording = false } }
    stage.fake.play_state = RECORDING
    for_seconds(stage, 5)
    assert(#asks(stage, 'pause') == 0)
  end,

  ['a worker that knows no pause is asked once'] = function()
    local stage = working()
    stage.player.refuse.pause = { code = 'unknown_type' }
    stage.fake.play_state = RECORDING
    for_seconds(stage, 10)
    assert(#asks(stage, 'pause') == 1)
    assert(not stage:says 'paused', stage:screen_text())
  end,

  ['a user who has resumed meanwhile sees the job at work'] = function()
    local stage = working()
    stage.player.overruled = true
    stage.fake.play_state = RECORDING
    for_seconds(stage, 7)
    assert(#asks(stage, 'pause') >= 2, 'it goes on asking: the worker remembers who has resumed')
    assert(not stage:says 'paused', stage:screen_text())
  end,

  ['a script that is done stays for as long as REAPER records'] = function()
    local stage = Stage.new()
    stage.item(stage.track 'Lead', stage:wav('song.wav', { seconds = 6 }))
    stage:run 'Jobs panel'
    stage:tick(45)
    record(stage)
    assert(stage:press 'Close', stage:screen_text())
    for_seconds(stage, 10)
    assert(stage.player.still)
    assert(#asks(stage, 'pause') >= 4, 'it was renewed')
    stage.fake.play_state = 0
    assert(stage:until_(function() return not stage.player.still end, 5))
  end,

  ['the Jobs panel says that all stands still, and lets it go on'] = function()
    local stage = working()
    stage.fake:stop_all()
    stage:run 'Jobs panel'
    stage:tick(45)
    assert(stage:press 'Pause', stage:screen_text())
    assert(stage:until_(function() return stage:says 'voxmend is paused' end, 5))
    assert(stage:says 'paused, separating' or stage:says 'paused, reading', stage:screen_text())
    local before = stage.player.jobs[stage.player.order[1]].fraction
    for_seconds(stage, 5)
    assert(stage.player.jobs[stage.player.order[1]].fraction == before, 'it went on')
    assert(stage:press 'Resume', stage:screen_text())
    assert(asks(stage, 'pause')[1].hold == nil, 'a person needs no name')
    assert(stage:until_(function() return not stage.player.still end, 5))
    assert(stage:until_(function() return not stage:says 'voxmend is paused' end, 5))
  end,
}

return spec
