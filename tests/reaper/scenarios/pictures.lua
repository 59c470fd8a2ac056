-- Brings up windows and says what the recorder has drawn of each, as one JSON object: name, and
-- {width, height, scale, shapes}. Sizes are dots.

local Windows = dofile(HERE .. 'windows.lua')
local json = require 'json'

local DARK, LIGHT = { 51, 51, 51 }, { 214, 214, 214 }

local PICTURES = {
  reaper_settings = { window = 'settings', theme = LIGHT, scale = 1, english = true },
  reaper_failed = { window = 'failed', theme = DARK, scale = 1, english = true },
  reaper_jobs = { window = 'jobs', theme = DARK, scale = 1.5 },
  reaper_set_up = { window = 'set_up', theme = LIGHT, scale = 2 },
}

local out = {}
for name, picture in pairs(PICTURES) do
  local stage = Windows.stage { english = picture.english, fake = { os = 'macOS-arm64' } }
  stage.fake.theme, stage.fake.retina = picture.theme, picture.scale
  Windows.all[picture.window](stage)
  stage:tick(5)
  Windows.check(stage)
  local shapes, window = json.list {}, stage.fake.screen[1].instance.gfx
  for n, shape in ipairs(stage.fake.screen) do
    shapes[n] = { kind = shape.kind, text = shape.text, x = shape.x, y = shape.y, w = shape.w,
      h = shape.h, size = shape.size, color = json.list { table.unpack(shape.color, 1, 3) } }
  end
  out[name] = { width = window.w, height = window.h, scale = picture.scale, shapes = shapes }
end
io.write('RESULT ', json.encode(out), '\n')
