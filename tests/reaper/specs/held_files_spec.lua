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

  ['a ticket that is held for ever is lost neither at the import nor when it is given back'] =
  function()
    local stage = new()
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    local files = require 'files'
    local name = files.list(stage.data .. '/tickets', reaper.EnumerateFiles)[1]
    local group = name:match '^(.*)%.json$'
    stage.fake:stop_all()
    local ticket = require 'ticket'
    assert(ticket.claim(stage.data, group, 'mybox'))
    local before = os.rename
    rawset(os, 'rename', function(from, to)
      if to:sub(-#group - 5) == group .. '.json' then
        return nil, to .. ': Permission denied', 13
      end
      return before(from, to)
    end)
    assert(ticket.release(stage.data, group, 'mybox'))
    for _ = 1, 200 do files.step() end
    rawset(os, 'rename', before)
    assert(files.exists(stage.data .. '/tickets/' .. group .. '.claimed-mybox'), 'it is gone')
  end,

  ['what was there stays where the new one never gets there'] = function()
    local files = require 'files'
    local path = TMP .. 'held.json'
    assert(files.replace(path, 'old'))
    local before, told = os.rename, nil
    rawset(os, 'rename', function(from, to)
      if from:find '%.tmp$' then return nil, to .. ': Permission denied', 13 end
      return before(from, to)
    end)
    assert(files.replace(path, 'new', function(why) told = why end))
    assert(files.read(path) == 'new', 'what is to come is not read')
    for _ = 1, 200 do files.step() end
    rawset(os, 'rename', before)
    assert(files.read(path) == 'old' and told:find 'denied', tostring(told))
    assert(not files.exists(path .. '.tmp') and not files.exists(path .. '.old'))
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
