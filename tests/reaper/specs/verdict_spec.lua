-- What came of a job, in the worker's own sentences: in the window, in the Jobs panel, spoken.

local Stage = dofile(HERE .. 'stage.lua')

local BETTER = { code = 'better', headline = 'Repaired in part.', found = 'It was very muffled.',
  done = 'Highs were added.', left = 'It is still muffled.', next = 'Try the preset “restore”.' }

local function new(verdict, options)
  options = options or {}
  local stage = Stage.new(options)
  stage.player.verdict = verdict
  stage.item(stage.track 'Lead', stage:wav('song.wav', { seconds = 6 }))
  return stage
end

local function says_all(stage, verdict)
  for _, name in ipairs { 'found', 'done', 'left', 'next' } do
    assert(stage:says(verdict[name]), stage:screen_text())
  end
end

return {
  ['the window says what was wrong, was done, stays, and is to do next, and waits to be read'] =
    function()
      local stage = new(BETTER)
      assert(stage:restore(), stage:screen_text())
      says_all(stage, BETTER)
      stage:tick(300)
      says_all(stage, BETTER)
    end,

  ['where nothing is left to do the window goes by itself'] = function()
    local verdict = {}
    for key, value in pairs(BETTER) do verdict[key] = value end
    verdict.code = 'mended'
    local stage = new(verdict)
    stage.fake:save(0, stage.folder .. '/song.rpp')
    assert(stage:restore(), stage:screen_text())
    stage:tick(300)
    assert(not stage:says(BETTER.found), stage:screen_text())
  end,

  ['the Jobs panel says it of the job that is chosen'] = function()
    local stage = new(BETTER)
    assert(stage:restore(), stage:screen_text())
    stage.fake:stop_all()
    stage:run 'Jobs panel'
    stage:tick(45)
    assert(not stage:says(BETTER.left), stage:screen_text())
    assert(stage:press 'song', stage:screen_text())
    stage:tick(3)
    says_all(stage, BETTER)
  end,

  ['a record whose verdict cannot be read is not taken for whole'] = function()
    local link = require 'link'
    local record = { job = 'a', state = 'succeeded', epoch = 1, rev = 1, preset = 'quick',
      clip = { path = '/a.wav' }, verdict = { code = 'better' } }
    assert(link.wrong(record):find 'record.verdict', link.wrong(record))
    record.verdict = BETTER
    assert(link.wrong(record) == nil)
  end,
}
