-- A view drawn with gfx, which every REAPER has. It keeps its place and its dock, is drawn at the
-- screen's own density, light or dark as the theme is, hands the keyboard back to the arrange view
-- when it opens and after each click, and passes on keys that are not its own. Keys: Tab goes from
-- the rows to each button and round, Shift+Tab back, the arrows from row to row; Enter presses,
-- Escape closes. A right click offers the dock. Closing it closes the window, nothing else.
--
-- Sizes: `wide` and `height` are what the window has at density 1. gfx.init counts in points on
-- macOS and in dots elsewhere; gfx.w and gfx.h are dots everywhere. The density is known from the
-- first update on, and changes when the window goes to another screen.

local R = require 'reaper_api'
local drawing = require 'gfx_drawing'
local palette = require 'palette'
local speech = require 'speech'
local texts = require 'texts'

local M = {}
M.__index = M

local W, NARROW = 460, 200
local KEYS = { escape = 27, enter = 13, tab = 9, space = 32, up = 30064, down = 1685026670 }
-- Native actions of old for keys that mean the same everywhere: Transport: Play/stop, Edit: Undo,
-- File: Save project. Letters with Ctrl come as their place in the alphabet.
local PASSED = { [KEYS.space] = 40044, [26] = 40029, [19] = 40026 }
local REDO, SHIFT = 40030, 8

-- gfx has one window for each script.
local is_open = false
function M.is_open() return is_open end

-- settings: dock, x, y and how it is kept: save(values).
function M.open(title, settings, save)
  local gfx = R.gfx
  is_open = true
  local system = R.GetOS()
  local self = setmetatable({ gfx = gfx, save = save, title = title, settings = settings, wide = W,
    height = 0, scale = 1, drawing = drawing.new(gfx),
    in_points = system:find '^OSX' ~= nil or system:find '^mac' ~= nil }, M)
  gfx.ext_retina = 1
  gfx.init(title, W, 120, settings.dock or 0, settings.x or 200, settings.y or 200)
  M.give_back_keyboard()
  return self
end

function M.give_back_keyboard()
  if R.has 'SetCursorContext' then R.SetCursorContext(1) end
end

-- The density of the screen the window is on now; true where it is another than before. A window
-- that the user made wider stays so.
function M:look_at_screen()
  local scale = self.gfx.ext_retina > 1 and self.gfx.ext_retina or 1
  if scale ~= self.scale then
    self.scale, self.height = scale, 0
    return
  end
  if not self:docked() and self.height > 0 then self.wide = self.gfx.w / scale end
end

function M:docked() return self.gfx.dock(-1) % 2 == 1 end

function M:stand(dock)
  if (dock % 2 == 1) == self:docked() then return end
  self.gfx.dock(dock)
  self.height = 0
end

function M:draw(view)
  self:look_at_screen()
  local gfx, scale, draw = self.gfx, self.scale, self.drawing
  local pad = drawing.pad * scale
  local width = math.max(gfx.w, NARROW * scale) - 2 * pad
  draw:begin(scale, palette.of(self.settings.colors))
  local y = draw:lines(view.lines, pad, pad, width, view.failed and 'failed' or 'text')
  local rows, buttons = view.rows or {}, view.buttons
  if #rows > 0 then y = y + 4 * scale end
  y, self.rows = draw:rows(rows, pad, y, width, self.in_rows and self.focus)
  if view.fraction then y = draw:bar(view.fraction, pad, y + 4 * scale, width) end
  y, self.places = draw:buttons(buttons, pad, y + pad, width, not self.in_rows and self.focus)
  self:fit((y + pad) / scale)
  gfx.update()
end

-- Grows or shrinks a floating window to what is in it; height: at density 1.
function M:fit(height)
  height = math.ceil(height)
  if math.abs(height - self.height) < 2 then return end
  self.height = height
  local by = self.in_points and 1 or self.scale
  if not self:docked() then
    self.gfx.init('', math.ceil(self.wide * by), math.ceil(height * by))
  end
end

function M:hit(places)
  local x, y = self.gfx.mouse_x, self.gfx.mouse_y
  for n, place in ipairs(places or {}) do
    if x >= place.x and x < place.x + place.w and y >= place.y and y < place.y + place.h then
      return n
    end
  end
end

function M:button_hit()
  local place = (self.places or {})[self:hit(self.places)]
  return place and place.id
end

function M:mouse()
  local down = self.gfx.mouse_cap % 2 == 1
  local pressed = nil
  if down and not self.was_down then
    local row = self:hit(self.rows)
    if row then pressed = { row = row } end
    self.armed = self:button_hit()
  end
  if not down and self.was_down then
    -- A button that became another one under the mouse is not the one that was pressed.
    if self.armed and self.armed == self:button_hit() then pressed = self.armed end
    self.armed = nil
    M.give_back_keyboard()
  end
  self.was_down = down
  return pressed
end

-- Where it stands: asked while it is open, since a window that is gone has no place.
function M:note_place()
  local dock, x, y = self.gfx.dock(-1, 0, 0, 0, 0)
  self.place = { dock = math.floor(dock), x = x, y = y }
end

function M:context_menu()
  local right = self.gfx.mouse_cap & 2 ~= 0
  local pressed = right and not self.was_right
  self.was_right = right
  if not pressed then return end
  local docked = self:docked()
  self.gfx.x, self.gfx.y = self.gfx.mouse_x, self.gfx.mouse_y
  if self.gfx.showmenu((docked and '!' or '') .. texts.say 'dock') == 1 then
    self.gfx.dock(docked and 0 or 1)
    self.height = 0
  end
end

-- The places that Tab stops at: the rows as one, then each button. focus nil: none yet.
---@param view View
function M:turn(view, by)
  local rows, stops = view.rows or {}, #view.buttons
  local first = #rows > 0 and 0 or 1
  local at = self.in_rows and 0 or self.focus
  if not at then at = by > 0 and first or stops
  else
    at = at + by
    if at > stops then at = first elseif at < first then at = stops end
  end
  self.in_rows = at == 0
  self.focus = at == 0 and (self.row and self.row <= #rows and self.row or 1) or at
  if self.in_rows then self.row = self.focus end
  self:say_focus(view)
end

---@param view View
function M:move(view, by)
  local rows = view.rows or {}
  if #rows == 0 then return end
  local at = self.in_rows and self.focus + by or self.row or (by > 0 and 1 or #rows)
  self.in_rows, self.focus = true, math.max(1, math.min(#rows, at))
  self.row = self.focus
  self:say_focus(view)
end

---@param view View
function M:say_focus(view)
  local there = self.in_rows and view.rows[self.focus] or view.buttons[self.focus]
  if there then speech.say(there.text or there.label) end
end

-- What is pressed by a key: the id of a button, {row = n}, or nil.
---@param view View
function M:key(view, key)
  local shift = self.gfx.mouse_cap & SHIFT ~= 0
  if key == KEYS.tab and #view.buttons > 0 then self:turn(view, shift and -1 or 1)
  elseif key == KEYS.up then self:move(view, -1)
  elseif key == KEYS.down then self:move(view, 1)
  elseif key == KEYS.enter and self.focus then
    if self.in_rows then return view.rows and view.rows[self.focus] and { row = self.focus } end
    return view.buttons[self.focus] and view.buttons[self.focus].id
  elseif PASSED[key] then
    R.Main_OnCommand(shift and PASSED[key] == PASSED[26] and REDO or PASSED[key], 0)
  end
end

-- Once a tick: draws, and gives 'closed', the id of a pressed button, {row = n}, or nil.
---@param view View
function M:step(view)
  local key = self.gfx.getchar()
  if key == -1 then
    is_open = false
    if self.place then self.save(self.place) end
    return 'closed'
  end
  self:note_place()
  if key == KEYS.escape then
    self:close()
    return 'closed'
  end
  local pressed = self:key(view, key)
  local count = self.in_rows and #(view.rows or {}) or #view.buttons
  if self.focus and self.focus > count then self.focus, self.in_rows = nil, false end
  self:draw(view)
  self:context_menu()
  return pressed or self:mouse()
end

function M:close()
  self:note_place()
  self.save(self.place)
  self.gfx.quit()
  is_open = false
end

return M
