-- The window that gfx draws, by keys alone: rows, buttons, and what is spoken of them.

local Windows = dofile(HERE .. 'windows.lua')

local TAB, ENTER, UP, DOWN, SHIFT = 9, 13, 30064, 1685026670, 8

local function press(stage, ...)
  for _, key in ipairs { ... } do
    stage.fake:key(key)
    stage:tick(2)
  end
end

local function settings(stage)
  local file = assert(io.open(stage.data .. '/settings.json', 'rb'))
  local found = require('json').decode(file:read 'a')
  file:close()
  return found
end

local function opened(options)
  options = options or {}
  options.english = true
  options.settings = { preset = 'quick', window = 'gfx' }
  options.fake = { extensions = { osara = true } }
  local stage = Windows.stage(options)
  Windows.all.settings(stage)
  return stage
end

local function said(stage) return stage.fake.spoken[#stage.fake.spoken] or '' end

return {
  ['the first stop are the rows, then each button, then the rows again'] = function()
    local stage = opened()
    press(stage, TAB)
    assert(said(stage) == 'Preset: Quick', said(stage))
    press(stage, TAB)
    assert(said(stage) == 'Close', said(stage))
    press(stage, TAB)
    assert(said(stage) == 'Preset: Quick', said(stage))
  end,

  ['arrows go from row to row, end at the ends, and Enter opens the row'] = function()
    local stage = opened()
    local passed = 0
    while said(stage) ~= 'The original item is muted: yes' do
      press(stage, DOWN)
      passed = passed + 1
      assert(passed < 30, said(stage))
    end
    assert(passed > 3, passed)
    while not said(stage):find('Stems come as', 1, true) do press(stage, UP) end
    stage.fake:answer('gfx.showmenu', 2)
    press(stage, ENTER)
    assert(settings(stage).result == 'take')
    for _ = 1, 30 do press(stage, DOWN) end
    assert(said(stage) == 'Language: English', said(stage))
    for _ = 1, 30 do press(stage, UP) end
    assert(said(stage) == 'Preset: Quick', said(stage))
  end,

  ['Shift and Tab go back, and the rows remember where one was'] = function()
    local stage = opened()
    press(stage, DOWN, DOWN, TAB)
    assert(said(stage) == 'Close')
    stage.fake.screen[1].instance.gfx.mouse_cap = SHIFT
    press(stage, TAB)
    assert(said(stage):find('Runs on', 1, true), said(stage))
    press(stage, TAB)
    assert(said(stage) == 'Close', said(stage))
  end,

  ['Enter presses nothing before a key has chosen'] = function()
    local stage = opened()
    press(stage, ENTER)
    assert(#stage.fake.dialogs == 0 and #stage.fake.instances == 1)
  end,

  ['a job is chosen in the panel, and its button pressed'] = function()
    local stage = Windows.stage { english = true,
      settings = { preset = 'quick', window = 'gfx' } }
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    press(stage, -1)
    stage:run 'Jobs panel'
    stage:tick(60)
    press(stage, DOWN, ENTER)
    assert(stage:offers 'Cancel job', stage:screen_text())
    press(stage, TAB, ENTER)
    assert(stage:asked 'cancel')
  end,

  ['what the keyboard is at can be seen'] = function()
    local stage = opened()
    local palette = require 'palette'
    local function seen()
      for _, shape in ipairs(stage.fake.screen) do
        if shape.kind == 'rect' and math.abs(shape.color[3] - palette.dark.focus[3]) < 1e-9 then
          return shape.y
        end
      end
    end
    assert(not seen())
    press(stage, DOWN)
    local first = assert(seen())
    press(stage, DOWN)
    assert(seen() > first)
    press(stage, TAB)
    assert(seen() > first)
  end,

  ['the settings put the window into a docker, and out of it, at once and for later'] = function()
    local stage = opened()
    local screen = stage.fake.screen[1].instance.screen
    stage.fake:answer('gfx.showmenu', 2)
    assert(stage:press 'The window that REAPER draws')
    stage:tick(2)
    assert(screen.docked == 1 and settings(stage).dock == 1)
    press(stage, -1)
    assert(settings(stage).dock == 1, 'closing it forgot the docker')
  end,
}
