-- Windows, and another program that holds a file for a moment: what is refused is tried again.

local Stage = dofile(HERE .. 'stage.lua')

local function new()
  local stage = Stage.new { switches = { windows = true } }
  stage.item(stage.track 'Lead', stage:wav 'song.wav')
  return stage
end

local function restored(stage)
  return stage:until_(function() return stage.count_takes 'Instrumental' == 1 end, 60)
end

return {
  ['renames refused for a second at the click cost a second'] = function()
    for _, place in ipairs { '/ask/', '/tickets/', '' } do
      local stage = new()
      stage.fake:refuse_renames(1, place)
      stage:run 'Restore vocals of selected items'
      assert(restored(stage), place .. ': ' .. stage:screen_text())
      assert(not stage:says 'cannot be written', stage:screen_text())
      assert(#require('files').list(stage.data .. '/tickets/done', reaper.EnumerateFiles) == 1)
    end
  end,

  ['a ticket that is held at the import is not taken for one that another put in'] = function()
    local stage = new()
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake:refuse_renames(6, '/tickets/')
    stage.player.hold = false
    stage:tick(90)
    assert(not stage:says 'another window', stage:screen_text())
    assert(restored(stage), stage:screen_text())
  end,

  ['what is never let go is told in a sentence'] = function()
    local stage = new()
    stage.fake:refuse_renames(1e9, '/tickets/')
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'cannot be written' end, 30),
      stage:screen_text())
    assert(stage:offers 'Retry failed', stage:screen_text())
  end,

  ['a ticket is done and claimed no more, though its claim was held'] = function()
    local stage = new()
    stage:run 'Restore vocals of selected items'
    stage.fake:refuse_renames(3, '/tickets/done/')
    assert(restored(stage))
    stage:tick(150)
    local files = require 'files'
    assert(#files.list(stage.data .. '/tickets/done', reaper.EnumerateFiles) == 1)
    assert(#files.list(stage.data .. '/tickets', reaper.EnumerateFiles) == 0)
  end,
}
