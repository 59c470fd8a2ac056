-- How the actions behave: what they say, aloud and in writing; what they refuse, by name and with a
-- way on; what they remember.

local Scene = require 'one_item'
local Stage = Scene.Stage

local function write(path, text)
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
end

local function user(text, work)
  reaper.Undo_BeginBlock2(0)
  work()
  reaper.Undo_EndBlock2(0, 'user: ' .. text, -1)
end

local function spoken(stage) return table.concat(stage.fake.spoken, ' | ') end

local OSARA = { extensions = { osara = true } }

-- What the window says of the job in turn: the words before the device.
local function stages_seen(stage, action)
  stage:run(action)
  local seen = {}
  assert(stage:until_(function()
    local word = stage:screen_text():match '”: (.-) on cpu'
    if word and word ~= seen[#seen] then seen[#seen + 1] = word end
    return #seen > 0 and not word
  end, 60), stage:screen_text())
  return table.concat(seen, ', ')
end

return {
  ['the window says each stage of the engine in words'] = function()
    local stage = Scene.ready { player = { job_s = 2 } }
    local seen = stages_seen(stage, 'Restore vocals of selected items')
    assert(seen == 'reading, separating, diagnosing, writing', seen)
    stage = Scene.ready { player = { job_s = 2 } }
    seen = stages_seen(stage, 'Diagnose selected items')
    assert(seen == 'reading, diagnosing, writing', seen)
  end,

  ['a stage that nobody has heard of is shown as it is, and the job goes on'] = function()
    local stage = Scene.ready { player = { job_s = 2,
      stages = { { 'dream.deep', 0.4 }, { '', 0.7 }, { 'write', 1 } } } }
    local seen = stages_seen(stage, 'Restore vocals of selected items')
    assert(seen == 'dream.deep, working, writing', seen)
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
  end,

  ['OSARA says start, quarters and end'] = function()
    local stage = Scene.ready { fake = OSARA, player = { job_s = 4 } }
    assert(stage:restore())
    assert(spoken(stage)
      == 'restoring 1 item | 25 percent | 50 percent | 75 percent | 1 item restored', spoken(stage))
  end,

  ['OSARA says errors and cancelling'] = function()
    local stage = Scene.ready { fake = OSARA }
    stage.player.fail = function()
      return { code = 'out_of_memory', message = 'Close programs.' }
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return spoken(stage):find 'Close programs.' end, 30))
    stage = Scene.started { fake = OSARA, settings = { preset = 'quick', window = 'gfx' } }
    assert(stage:press 'Cancel')
    assert(spoken(stage):match 'Cancelled%.$', spoken(stage))
  end,

  ['OSARA says what is refused'] = function()
    local stage = Stage.new { fake = OSARA }
    stage:run 'Restore vocals of selected items'
    stage:tick(3)
    assert(spoken(stage):find 'No items are selected', spoken(stage))
  end,

  ['without OSARA nothing is said aloud and nothing is missing'] = function()
    local stage = Scene.ready()
    assert(stage:restore())
    assert(#stage.fake.spoken == 0)
  end,

  ['MIDI and empty items are refused by name, the others are restored'] = function()
    local stage = Scene.ready()
    write(stage.folder .. '/media/tune.mid', 'MThd')
    stage.item(reaper.GetTrack(0, 0), stage.folder .. '/media/tune.mid', { position = 9 })
    user('empty item', function()
      local item = reaper.AddMediaItemToTrack(reaper.GetTrack(0, 0))
      reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', 1)
      reaper.SetMediaItemSelected(item, true)
    end)
    assert(stage:restore(), stage:screen_text())
    stage:tick(5)
    assert(stage:says '“tune.mid” holds MIDI' and stage:says 'is an empty item',
      stage:screen_text())
    assert(Scene.stems(stage) == 1)
  end,

  ['media that is offline is refused by name, with a button that sets it online'] = function()
    local stage = Scene.ready()
    stage.fake:set_offline(true)
    stage:run 'Restore vocals of selected items'
    stage:tick(5)
    assert(stage:says '“song.wav” is offline', stage:screen_text())
    assert(stage:press 'Set media online', stage:screen_text())
    assert(stage:restore(), stage:screen_text())
    assert(Scene.stems(stage) == 1)
  end,

  ['a project that is not saved is told where its stems lie'] = function()
    local stage = Scene.ready()
    assert(stage:restore())
    stage:tick(5)
    assert(stage:says 'not saved' and stage:says '/voxmend', stage:screen_text())
  end,

  ['a stretched item is told to be only nearly exact'] = function()
    local stage, _, _ = Scene.ready()
    user('stretch', function()
      reaper.SetMediaItemTakeInfo_Value(reaper.GetActiveTake(Scene.lead_item()), 'D_PLAYRATE', 0.8)
    end)
    assert(stage:restore())
    stage:tick(5)
    assert(stage:says '1 stretched item', stage:screen_text())
  end,

  ['a preset is chosen from the worker’s own list and remembered'] = function()
    local stage = Scene.ready()
    stage.fake:answer('gfx.showmenu', 2)
    stage:run 'Restore vocals of selected items (choose preset)'
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
    assert(stage:says 'Quick: Nothing to fetch.|Restore: Default.', stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (restore)', Stage.undo_text())
    local file = io.open(stage.data .. '/settings.json', 'rb')
    assert(file:read 'a':find '"preset":"restore"')
    file:close()
  end,

  ['a menu that is left starts nothing'] = function()
    local stage = Scene.ready()
    stage:run 'Restore vocals of selected items (choose preset)'
    stage:tick(60)
    assert(not stage:asked 'submit' and #stage.fake.instances == 0)
  end,

  ['settings that cannot be read are put aside, said, and the defaults hold'] = function()
    local stage = Scene.ready()
    write(stage.data .. '/settings.json', '{"preset":')
    assert(stage:restore(), stage:screen_text())
    stage:tick(5)
    assert(stage:says 'settings.json.broken', stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (quick)', Stage.undo_text())
  end,

  ['an old name of a preset in the settings still runs, is told once, and gives way to the new'] =
  function()
    local stage = Scene.ready { settings = { preset = 'preview', dock = 1 },
      player = { renamed = { preview = 'quick' } } }
    assert(stage:restore(), stage:screen_text())
    assert(stage:says 'preview has been replaced by quick', stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (quick)', Stage.undo_text())
    local settings = require('settings').load(stage.data)
    assert(settings.preset == 'quick' and settings.dock == 1, settings.preset)
    stage.fake:stop_all()
    assert(stage:restore(), stage:screen_text())
    assert(not stage:says 'has been replaced', stage:screen_text())
  end,

  ['an open ticket with an old name runs to its end under the new one'] = function()
    local stage = Scene.ready { settings = { preset = 'light' },
      player = { renamed = { light = 'quick' }, hold = true } }
    stage:run 'Restore vocals of selected items'
    stage:tick(60)
    stage.fake:stop_all()
    stage:settings { preset = 'restore' } -- chosen since
    stage.player.hold = false
    stage:run 'Import finished stems'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (quick)', Stage.undo_text())
    assert(require('settings').load(stage.data).preset == 'restore')
  end,

  ['a setting of another kind or unknown value is passed over, those of later versions stay'] =
  function()
    local stage = Scene.ready()
    write(stage.data .. '/settings.json',
      '{"preset":7,"result":"heap","mute_original":"no","later":{"a":1}}')
    local settings = require 'settings'
    local found = settings.load(stage.data)
    assert(found.preset == 'quick' and found.result == 'tracks' and found.mute_original == true)
    settings.change(stage.data, { dock = 1 })
    assert(settings.load(stage.data).later.a == 1)
    write(stage.data .. '/settings.json', '{"x":"left","y":1e300,"dock":[],"window":"gfx"}')
    found = settings.load(stage.data)
    assert(found.x == nil and found.y == nil and found.dock == 0)
    assert(stage:restore(), stage:screen_text()) -- its window opens all the same
    write(stage.data .. '/settings.json', '{"x":-800,"y":40}') -- on a screen to the left
    found = settings.load(stage.data)
    assert(found.x == -800 and found.y == 40)
  end,

  ['set-up makes the actions known, says the clicks, and sees that it worked'] = function()
    local stage = Stage.new()
    stage:run 'Set up right-click menu'
    stage:tick(3)
    assert(stage:says '1. Press' and stage:says 'Media item context', stage:screen_text())
    assert(not stage:screen_text():find '%d%d%d%d', 'a number of an action')
    local name
    for id, action in pairs(stage.fake.actions) do
      if action.path:match 'Restore vocals of selected items%.lua$' then name = id end
    end
    assert(name, 'the action is not registered')
    assert(stage:press 'Keyboard shortcut')
    assert(stage:says 'DoActionShortcutDialog')
    assert(stage:press 'Customize menus')
    assert(stage.fake.dialogs[#stage.fake.dialogs].name == 'Customize menus')
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
    stage:tick(60)
    assert(stage:says 'not there yet', stage:screen_text())
    write(stage.resource .. '/reaper-menu.ini', '[Media item context]\r\nitem_0=' .. name
      .. ' voxmend\r\n')
    stage:tick(60)
    assert(stage:says 'It is in the right-click menu', stage:screen_text())
  end,

  ['the Python action comes when it is asked for, and one that is refused spoils nothing'] =
  function()
    local function python(stage)
      for _, action in pairs(stage.fake.actions) do
        if action.path:match '%.py$' then return true end
      end
      return false
    end
    local stage = Stage.new { fake = { refused_scripts = '%.py$' } }
    stage:run 'Set up right-click menu'
    stage:tick(3)
    assert(not python(stage) and stage.fake.key_map_written, 'the other actions are not kept')
    assert(stage:press 'Add the Python action')
    assert(stage:says 'did not take the Python action', stage:screen_text())
    stage.fake.refused_scripts = nil
    assert(stage:press 'Add the Python action')
    assert(python(stage) and stage:says 'is in the action list.', stage:screen_text())
  end,

  ['another preset is chosen from those that the worker has'] = function()
    local stage = Scene.ready()
    stage.player.refuse.submit = function(ask)
      if ask.preset ~= 'quick' then return nil end
      return { code = 'unknown_preset', message = 'quick is gone.' }
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'quick is gone' end, 30), stage:screen_text())
    stage.fake:answer('gfx.showmenu', 2)
    assert(stage:press 'Other preset')
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (restore)', Stage.undo_text())
    local menu
    for _, dialog in ipairs(stage.fake.dialogs) do
      if dialog.name == 'gfx.showmenu' then menu = dialog.text end
    end
    assert(menu:find('Restore: Default.', 1, true), menu)
  end,

  ['LuaSocket that is not there is said, and the bridge is used'] = function()
    local before = package.preload['socket.core']
    package.loaded['socket.core'] = nil
    package.preload['socket.core'] = function() error('no such library', 0) end
    local stage = Scene.ready { settings = { preset = 'quick', transport = 'socket' } }
    local fine = stage:restore()
    package.preload['socket.core'] = before
    assert(fine, stage:screen_text())
    stage:tick(5)
    assert(stage:says 'LuaSocket is not installed', stage:screen_text())
  end,
}
