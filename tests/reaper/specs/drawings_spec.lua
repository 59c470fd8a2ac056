-- Every window in every way that it can be drawn: macOS and Windows, at three densities, on a light
-- and a dark theme, by gfx and by ReaImGui, in a language that is longer than English.

local Windows = dofile(HERE .. 'windows.lua')
local palette = require 'palette'

local THEMES = { { 51, 51, 51 }, { 214, 214, 214 } }
local spec = {}

local function each_look(stage, name)
  for _, theme in ipairs(THEMES) do
    for _, scale in ipairs { 1, 1.5, 2 } do
      stage.fake.theme, stage.fake.retina = theme, scale
      stage:tick(4)
      local fine, why = pcall(Windows.check, stage)
      if not fine then
        error(string.format('%s, scale %s, ground %d: %s', name, scale, theme[1], why), 0)
      end
    end
  end
end

for name, bring_up in pairs(Windows.all) do
  spec[name .. ': no text leaves its box, on macOS, Windows and in ReaImGui'] = function()
    for _, system in ipairs { 'macOS-arm64', 'Win64' } do
      local stage = Windows.stage { fake = { os = system } }
      bring_up(stage)
      each_look(stage, system)
    end
    local stage = Windows.stage { switches = { reaimgui = '0.10' } }
    bring_up(stage)
    each_look(stage, 'ReaImGui')
  end
  spec[name .. ': every sentence comes from the table'] = function()
    local stage = Windows.stage()
    bring_up(stage)
    local english = Windows.english(stage)
    assert(#english == 0, table.concat(english, ' | '))
    assert(stage:screen_text():find('⟧', 1, true), stage:screen_text())
  end
end

spec['what is spoken, and what stands in native menus, comes from the table too'] = function()
  for name, bring_up in pairs(Windows.all) do
    if name ~= 'jobs' then -- it is chosen from by hand
      local stage = Windows.stage { fake = { extensions = { osara = true } } }
      pcall(bring_up, stage) -- what it waits for is drawn, and here nothing is
      local english = Windows.english(stage)
      assert(#english == 0, name .. ': ' .. table.concat(english, ' | '))
      assert(#stage.fake.spoken + #stage.fake.dialogs > 0, name)
    end
  end
end

spec['both palettes have contrast enough in every pair that is drawn'] = function()
  for _, colors in ipairs { palette.dark, palette.light } do
    for _, ground in ipairs { 'ground', 'button', 'focus', 'chosen', 'row_bar' } do
      assert(palette.contrast(colors.text, colors[ground]) >= 4.5, ground)
    end
    assert(palette.contrast(colors.failed, colors.ground) >= 4.5)
    assert(palette.contrast(colors.bar, colors.track) >= 3)
  end
  assert(math.abs(palette.contrast({ 0, 0, 0 }, { 1, 1, 1 }) - 21) < 1e-9)
end

spec['light or dark as the theme is, and changed with it; dark where it is not known'] = function()
  local stage = Windows.stage()
  Windows.all.nothing_selected(stage)
  local function ground() return stage.fake.screen[1].color[1] end
  assert(ground() < 0.5)
  for grey, light in pairs { [40] = false, [100] = false, [140] = true, [230] = true } do
    stage.fake.theme = { grey, grey, grey }
    stage:tick(3)
    assert((ground() > 0.5) == light, grey)
  end
end

spec['the setting holds against the theme'] = function()
  local stage = Windows.stage { settings = { preset = 'quick', colors = 'light' },
    fake = { theme = { 10, 10, 10 } } }
  Windows.all.nothing_selected(stage)
  assert(stage.fake.screen[1].color[1] > 0.5)
end

return spec
