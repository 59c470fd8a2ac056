-- Projects that have another name than when their job began, and REAPERs that were started anew.

local Stage = dofile(HERE .. 'stage.lua')

-- A job whose stems are ready; the project was saved, or not, and REAPER ended.
local function ready(saved)
  local stage = Stage.new()
  stage.item(stage.track 'Lead', stage:wav('song.wav', { seconds = 6 }))
  if saved then stage.fake:save(0, stage.folder .. '/song.rpp') end
  stage.player.hold = true
  stage:run 'Restore vocals of selected items'
  assert(stage:until_(function() return stage:running_job() end, 30))
  stage.fake:stop_all()
  stage.player.hold = false
  return stage
end

local function reaper_anew(stage, path)
  reaper.DeleteExtState('voxmend', 'box', false)
  stage.fake:close(1)
  stage.fake:open(path)
end

return {
  ['saved for the first time after the click, and REAPER started anew: the stems come in'] =
  function()
    local stage = ready(false)
    local path = stage.folder .. '/first.rpp'
    stage.fake:save(0, path)
    reaper_anew(stage, path)
    stage:run 'Import finished stems'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
  end,

  ['saved under a new name, and REAPER started anew: the panel imports'] = function()
    local stage = ready(true)
    local path = stage.folder .. '/song 2.rpp'
    stage.fake:save(0, path)
    reaper_anew(stage, path)
    stage:run 'Jobs panel'
    stage:tick(60)
    assert(stage:press 'song', stage:screen_text())
    assert(stage:press 'Import now', stage:screen_text())
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
  end,

  ['a project that holds none of the items is not taken for it'] = function()
    local stage = ready(true)
    local path = stage.folder .. '/song.rpp'
    local other = stage.fake:tab()
    stage.fake:save(other, stage.folder .. '/other.rpp')
    reaper_anew(stage, stage.folder .. '/other.rpp')
    stage:run 'Import finished stems'
    stage:tick(60)
    assert(stage:says 'no stems to import into this project', stage:screen_text())
    assert(not Stage.imported())
    stage.fake:stop_all()
    stage.fake:open(path)
    stage:run 'Import finished stems'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
  end,
}
