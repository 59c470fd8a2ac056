-- gfx: what a script draws is written down as a list of shapes, keys and clicks come from the test.
-- Letters are measured as 7 by 14 units at size 14, so that a layout can be judged.
-- A window has a size in its system's own units: points on macOS, dots of the screen elsewhere.
-- gfx.init takes those units. gfx.w and gfx.h are dots everywhere, so on a dense macOS screen twice
-- what init was given; they and ext_retina follow at the next update, for scripts that said
-- ext_retina = 1 before. Fields of the fake: retina (dots for each point, may change), os.

local Letters = dofile(HERE .. 'stand_in/letters.lua')

local M = {}

function M.new(fake)
  local screen = { w = 0, h = 0, shapes = {}, keys = {}, open = false, mouse_down = false }
  local gfx = { x = 0, y = 0, w = 0, h = 0, mouse_x = 0, mouse_y = 0, mouse_cap = 0,
    mouse_wheel = 0, r = 1, g = 1, b = 1, a = 1, dest = -1,
    ext_retina = 0, texth = 14, clear = 0,
    mode = 0 }
  local size = 14

  local function points() return fake.os:find '^OSX' ~= nil or fake.os:find '^mac' ~= nil end
  -- What REAPER does before it lets a script draw.
  local function frame()
    if gfx.ext_retina > 0 then gfx.ext_retina = fake.retina or 1 end
    local by = points() and gfx.ext_retina > 0 and gfx.ext_retina or 1
    gfx.w, gfx.h = screen.w * by, screen.h * by
  end

  local function shape(record)
    screen.drawing[#screen.drawing + 1] = record
  end
  screen.drawing = {}

  function gfx.init(name, w, h, dock, x, y)
    if name ~= '' then
      screen.title = name
      if not screen.open then
        screen.w, screen.h = w or 300, h or 200
        screen.at, screen.docked = { x or 0, y or 0 }, dock or 0
        gfx.w, gfx.h = screen.w, screen.h
      end
      screen.open = true
    else
      screen.w, screen.h = w or screen.w, h or screen.h
      frame()
    end
    return 1
  end
  function gfx.quit() screen.open, screen.shapes, screen.drawing = false, {}, {} end
  function gfx.update()
    frame()
    if #screen.drawing > 0 then screen.shapes, screen.drawing = screen.drawing, {} end
  end
  function gfx.getchar(wanted)
    if not screen.open then return -1 end
    if wanted and wanted > 0 then return 0 end
    local key = table.remove(screen.keys, 1)
    if key == -1 then gfx.quit() end
    return key or 0
  end
  function gfx.setfont(_, _, wanted)
    size = wanted or size
    gfx.texth = size
    return 1
  end
  function gfx.measurestr(text) return Letters.count(text) * size * 0.5, size end
  function gfx.drawstr(text, flags, right, bottom)
    local w, h = gfx.measurestr(text)
    shape { kind = 'text', text = text, x = gfx.x, y = gfx.y, w = w, h = h, size = size,
      flags = flags, right = right, bottom = bottom, color = { gfx.r, gfx.g, gfx.b, gfx.a } }
    gfx.x = gfx.x + w
  end
  function gfx.rect(x, y, w, h, filled)
    shape { kind = 'rect', x = x, y = y, w = w, h = h, filled = filled ~= 0,
      color = { gfx.r, gfx.g, gfx.b, gfx.a } }
  end
  function gfx.roundrect(x, y, w, h) gfx.rect(x, y, w, h, 0) end
  function gfx.line(x, y, x2, y2)
    shape { kind = 'line', x = x, y = y, w = x2 - x, h = y2 - y }
  end
  function gfx.set(r, g, b, a) gfx.r, gfx.g, gfx.b, gfx.a = r, g or r, b or r, a or 1 end
  function gfx.dock(wanted)
    if wanted and wanted >= 0 then screen.docked = wanted end
    return screen.docked or 0, screen.at and screen.at[1], screen.at and screen.at[2], gfx.w, gfx.h
  end
  function gfx.clienttoscreen(x, y) return x, y end
  function gfx.screentoclient(x, y) return x, y end
  function gfx.setcursor() end
  function gfx.showmenu(text)
    fake.dialogs[#fake.dialogs + 1] = { name = 'gfx.showmenu', text = text }
    return table.remove(fake.answers['gfx.showmenu'] or {}, 1) or 0
  end
  return screen, setmetatable(gfx, {
    __index = function(_, name) error('gfx has no ' .. tostring(name), 2) end,
  })
end

return M
