-- The action “Settings”: everything in words, by window and by native menus, kept at once.

local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'

local function kept(stage)
  local file = assert(io.open(stage.data .. '/settings.json', 'rb'))
  local found = json.decode(file:read 'a')
  file:close()
  return found
end

local function opened(options)
  local stage = Stage.new(options)
  stage:run 'Settings'
  stage:tick(45)
  return stage
end

-- Chooses the row, and the nth entry of its menu.
local function set(stage, row, n)
  stage.fake:answer('gfx.showmenu', n)
  assert(stage:press(row), stage:screen_text())
  stage:tick(2)
end

local function last_menu(stage)
  local found
  for _, dialog in ipairs(stage.fake.dialogs) do
    if dialog.name == 'gfx.showmenu' then found = dialog.text end
  end
  return found
end

local spec = {
  ['each setting of the file is a row in words, with the preset by its title'] = function()
    local stage = opened { settings = { preset = 'restore', result = 'take', device = 'cpu' } }
    for _, words in ipairs { 'Preset: Restore', 'Runs on: the processor',
      'Stems come as: a take of the item', 'The original item is muted: yes',
      'The voice before it was mended is a second take: yes', 'Stretched items: stay stretched',
      'The window: whole', 'Way to voxmend: files and a helper' } do
      assert(stage:says(words), words .. '\n' .. stage:screen_text())
    end
  end,

  ['nothing that has a default is without a row'] = function()
    local rows = {}
    for _, row in ipairs(require('settings_rows').of(require('settings').defaults)) do
      rows[row.key] = true
    end
    for key in pairs(require('settings').defaults) do
      assert(rows[key] or key == 'dock', key) -- the window is docked by a right click
    end
  end,

  ['what is chosen is kept at once, ticked the next time, and the rest stays'] = function()
    local stage = opened { settings = { preset = 'quick', later = { a = 1 } } }
    set(stage, 'Preset', 2)
    set(stage, 'original item', 2)
    set(stage, 'Stretched', 2)
    local found = kept(stage)
    assert(found.preset == 'restore' and found.mute_original == false, json.encode(found))
    assert(found.print_stretch == true and found.later.a == 1)
    assert(stage:says 'The original item is muted: no', stage:screen_text())
    stage.fake:answer('gfx.showmenu', 0)
    assert(stage:press 'original item')
    assert(last_menu(stage) == 'yes|!no', last_menu(stage))
    assert(kept(stage).mute_original == false)
  end,

  ['the device can be left to voxmend again'] = function()
    local stage = opened { settings = { preset = 'quick', device = 'cuda' } }
    set(stage, 'Runs on', 1)
    assert(kept(stage).device == nil, json.encode(kept(stage)))
    assert(stage:says 'Runs on: what voxmend is set to', stage:screen_text())
    set(stage, 'Runs on', 2)
    assert(kept(stage).device == 'cpu')
  end,

  ['without voxmend all but the preset can be set'] = function()
    local stage = opened { install = false }
    assert(stage:says 'voxmend itself is not set up', stage:screen_text())
    set(stage, 'Stems come as', 2)
    assert(kept(stage).result == 'take')
    assert(stage:press 'Preset')
    stage:tick(2)
    assert(stage:says 'The presets are not known', stage:screen_text())
  end,

  ['a second click closes it'] = function()
    local stage = opened()
    assert(stage:run 'Settings' == nil and #stage.fake.instances == 0)
  end,
}

local both = {}
for sentence, work in pairs(spec) do
  both[sentence] = work
  both[sentence .. ' (ReaImGui)'] = function()
    local plain = Stage.new
    Stage.new = function(options)
      options = options or {}
      options.switches = { reaimgui = '0.10' }
      return plain(options)
    end
    local fine, why = xpcall(work, debug.traceback)
    Stage.new = plain
    if not fine then error(why, 0) end
  end
end

both['with OSARA the same rows are a native menu, and nothing is drawn'] = function()
  local stage = Stage.new { fake = { extensions = { osara = true } },
    settings = { preset = 'quick', result = 'tracks' } }
  stage.fake:answer('gfx.showmenu', 4) -- a sentence stands before the rows
  stage.fake:answer('gfx.showmenu', 2)
  stage:run 'Settings'
  assert(stage:until_(function() return kept(stage).result == 'take' end, 30))
  stage:tick(5)
  assert(#stage.fake.screen == 0 and #stage.fake.instances == 0)
  local said = table.concat(stage.fake.spoken, ' | ')
  assert(said:find('Stems come as: a take of the item. Kept.', 1, true), said)
end

return both
