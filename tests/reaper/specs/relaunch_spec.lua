-- The second click: nobody is asked about a script that runs, and nothing that was at work is lost.

local Stage = dofile(HERE .. 'stage.lua')

local RESTORE = 'Restore vocals of selected items'

local function asked_about_scripts(stage)
  for _, dialog in ipairs(stage.fake.dialogs) do
    if dialog.name == 'ReaScript task control' then return true end
  end
  return false
end

local function select_only(item)
  reaper.Undo_BeginBlock2(0)
  reaper.SelectAllMediaItems(0, false)
  if item then reaper.SetMediaItemSelected(item, true) end
  reaper.Undo_EndBlock2(0, 'user: select', -1)
end

-- Two items; the first is at work, its window hidden.
local function first_at_work(options)
  local stage = Stage.new(options)
  stage.player.hold = true
  local track = stage.track 'Lead'
  local one = stage.item(track, stage:wav 'one.wav')
  local two = stage.item(track, stage:wav('two.wav', { seed = 2 }), { position = 10,
    selected = false })
  stage:run(RESTORE)
  assert(stage:until_(function() return stage:running_job() end, 30), stage:screen_text())
  assert(stage:press 'Hide')
  return stage, one, two
end

local function both_in(stage)
  return stage:until_(function() return stage.count_takes 'Instrumental' == 2 end, 60)
end

-- REAPER before 7.03, and an action as voxmend registers it.
local function older(flags)
  return { missing = { set_action_options = true } }, function(stage, name)
    local path = stage:script(name)
    reaper.AddRemoveReaScript(true, 0, path, true)
    for _, action in pairs(stage.fake.actions) do
      if action.path == path then action.flags = flags end
    end
  end
end

return {
  ['a second click for other items asks nothing, and both come in'] = function()
    local stage, _, two = first_at_work()
    select_only(two)
    stage:run(RESTORE)
    assert(#stage.fake.instances == 1, #stage.fake.instances)
    stage.player.hold = false
    assert(both_in(stage), Stage.picture())
    assert(not asked_about_scripts(stage))
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
  end,

  ['a second click for the same items shows the job that runs'] = function()
    local stage, one = first_at_work()
    select_only(one)
    stage:run(RESTORE)
    stage:tick(30)
    assert(stage:says 'separating', stage:screen_text())
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 60))
    assert(#stage.player.order == 1 and not asked_about_scripts(stage))
  end,

  ['a second click with nothing selected says so, and what was at work goes on'] = function()
    local stage = first_at_work()
    select_only()
    stage:run(RESTORE)
    stage:tick(10)
    assert(stage:says 'No items are selected', stage:screen_text())
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
  end,

  ['a second click while an item is being rendered begins the render anew, at once'] = function()
    local stage = Stage.new()
    local track = stage.track 'Lead'
    local long = stage.item(track, stage:wav('long.wav', { seconds = 20 }),
      { length = 20, take = { D_PITCH = 1 } })
    stage:settings { preset = 'quick', print_stretch = true }
    stage:run(RESTORE)
    assert(stage:until_(function() return stage:says 'Reading the items' end, 10))
    select_only(long)
    stage:run(RESTORE)
    assert(stage:until_(Stage.imported, 120), stage:screen_text())
    assert(stage.count_takes 'Instrumental' == 1 and not asked_about_scripts(stage))
  end,

  ['each action takes up its own: a diagnosis does not end a restoration'] = function()
    local stage, _, two = first_at_work()
    select_only(two)
    stage:run 'Diagnose selected items'
    assert(#stage.fake.instances == 2)
    stage.player.hold = false
    assert(stage:until_(function() return stage.count_takes 'Instrumental' == 1 end, 60))
  end,

  ['the choice of a preset that is left goes on with what was at work'] = function()
    local stage = Stage.new()
    stage.player.hold = true
    stage.item(stage.track 'Lead', stage:wav 'one.wav')
    local name = 'Restore vocals of selected items (choose preset)'
    stage.fake:answer('gfx.showmenu', 1)
    stage:run(name)
    assert(stage:until_(function() return stage:running_job() end, 30), stage:screen_text())
    stage:run(name) -- the menu is left
    stage:tick(30)
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
  end,

  ['a second click on the Jobs panel closes it, and its toggle state follows'] = function()
    local stage = Stage.new()
    stage:run 'Jobs panel'
    stage:tick(5)
    local instance = stage.fake.instances[1]
    assert(instance.options == 1 | 4, instance.options)
    assert(stage:run 'Jobs panel' == nil and #stage.fake.instances == 0)
    assert(instance.options == 8 and not asked_about_scripts(stage))
  end,

  ['a second click on an action that only says something asks nothing'] = function()
    for _, name in ipairs { 'Toggle original and stems', 'Remove what voxmend brought',
      'Diagnose selected items', 'Import finished stems', 'Keep this preset', 'Try presets here',
      'Mend a vocal with its song', 'Set up right-click menu',
      'Restore vocals in razor edits or time selection', 'Instrumental only' } do
      local stage = Stage.new()
      stage.track 'Lead'
      stage:run(name)
      stage:tick(3)
      assert(stage:offers 'Close', name .. stage:screen_text())
      stage:run(name)
      assert(#stage.fake.instances == 1 and not asked_about_scripts(stage), name)
    end
  end,

  ['before 7.03 the flags of the action do it: a second instance, and nothing twice'] = function()
    local missing, register = older(516)
    local stage = Stage.new { fake = missing }
    register(stage, RESTORE)
    stage.player.hold = true
    local track = stage.track 'Lead'
    stage.item(track, stage:wav 'one.wav')
    stage:run(RESTORE)
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage:run(RESTORE)
    assert(#stage.fake.instances == 2 and not asked_about_scripts(stage))
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 60))
    stage:tick(60)
    assert(stage.count_takes 'Instrumental' == 1, Stage.picture())
  end,

  ['where REAPER does ask, whatever is answered loses nothing'] = function()
    for _, answer in ipairs { 'terminate', 'new', 'left' } do
      local missing, register = older(4)
      local stage = Stage.new { fake = missing }
      register(stage, RESTORE)
      stage.item(stage.track 'Lead', stage:wav 'one.wav')
      stage.player.hold = true
      stage:run(RESTORE)
      assert(stage:until_(function() return stage:running_job() end, 30))
      stage.fake:answer('ReaScript task control', answer)
      stage:run(RESTORE)
      assert(asked_about_scripts(stage))
      if #stage.fake.instances == 0 then stage:run(RESTORE) end
      stage.player.hold = false
      assert(stage:until_(Stage.imported, 60), answer)
      stage:tick(60)
      assert(stage.count_takes 'Instrumental' == 1, answer)
    end
  end,
}
