-- “Run next” in the Jobs panel.

local Stage = dofile(HERE .. 'stage.lua')

return {
  ['a job that waits behind others can be the next; the first cannot'] = function()
    local stage = Stage.new { player = { queued = true } }
    for n = 1, 3 do
      stage.item(stage.track('Lead ' .. n), stage:wav('song' .. n .. '.wav', { seed = n }))
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #stage.player.order == 3 end, 30), stage:screen_text())
    for n, id in ipairs(stage.player.order) do stage.player.jobs[id].position = n - 1 end
    stage:run 'Jobs panel'
    assert(stage:until_(function() return stage:says '2 jobs ahead' end, 30), stage:screen_text())
    assert(not stage:offers 'Run next')
    stage:press 'song1'
    assert(not stage:offers 'Run next', stage:screen_text())
    stage:press 'song3'
    assert(stage:press 'Run next', stage:screen_text())
    assert(stage:until_(function() return stage:asked 'next' end, 30))
    local asked = stage.player.asked
    for n = #asked, 1, -1 do
      if asked[n].type == 'next' then assert(asked[n].job == stage.player.order[3]) end
    end
    assert(stage:until_(function() return not stage:offers 'Run next' end, 30),
      stage:screen_text())
    assert(stage:says 'first of those that wait', stage:screen_text())
  end,

  ['a worker of an earlier version, which has no order to change, is named'] = function()
    local stage = Stage.new { player = { queued = true } }
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    stage.player.refuse.next = { code = 'unknown_type', message = 'This side knows no message.' }
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #stage.player.order == 1 end, 30), stage:screen_text())
    stage.player.jobs[stage.player.order[1]].position = 1
    stage:run 'Jobs panel'
    assert(stage:until_(function() return stage:says 'queued, 1 job ahead' end, 30),
      stage:screen_text())
    stage:press 'queued, 1 job'
    assert(stage:press 'Run next', stage:screen_text())
    assert(stage:until_(function() return stage:says 'worker restart' end, 30),
      stage:screen_text())
  end,
}
