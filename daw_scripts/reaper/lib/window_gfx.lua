-- A view drawn with gfx, which every REAPER has. It keeps its place and its dock, is drawn at the
-- screen's own density, hands the keyboard back to the arrange view when it opens and after each
-- click, and passes on keys that are not its own. A right click offers the dock. Closing it closes
-- the window, nothing else.
--
-- Sizes: `wide` and `height` are what the window has at density 1. gfx.init counts in points on
-- macOS and in dots elsewhere; gfx.w and gfx.h are dots everywhere. The density is known from the
-- first update on, and changes when the window goes to another screen.

local R = require 'reaper_api'
local speech = require 'speech'
local texts = require 'texts'

local M = {}
M.__index = M

local W, LINE, PAD, BUTTON_H = 460, 20, 12, 26
local FONT = 'Arial'
local KEYS = { escape = 27, enter = 13, tab = 9, space = 32 }
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
  local self = setmetatable({ gfx = gfx, save = save, focus = 0, title = title, wide = W,
    height = 0, scale = 1, in_points = system:find '^OSX' ~= nil or system:find '^mac' ~= nil }, M)
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

-- Breaks a sentence into lines that fit.
function M:wrap(text, width)
  local out, line = {}, ''
  for word in text:gmatch '%S+' do
    local longer = line == '' and word or line .. ' ' .. word
    if self.gfx.measurestr(longer) > width and line ~= '' then
      out[#out + 1], line = line, word
    else
      line = longer
    end
  end
  out[#out + 1] = line
  return out
end

function M:color(value, alpha) self.gfx.set(value, value, value, alpha or 1) end

function M:draw_text(text, x, y)
  self.gfx.x, self.gfx.y = x, y
  self.gfx.drawstr(text)
end

function M:draw_bar(fraction, x, y, width, height)
  self:color(0.3)
  self.gfx.rect(x, y, width, height, 1)
  self.gfx.set(0.35, 0.65, 0.9, 1)
  self.gfx.rect(x, y, math.floor(width * math.max(0, math.min(1, fraction)) + 0.5), height, 1)
end

-- The buttons in rows; each remembers where it stands. Returns the bottom.
function M:draw_buttons(buttons, x, y, width)
  local scale, at = self.scale, x
  self.places = {}
  for n, button in ipairs(buttons) do
    local w = self.gfx.measurestr(button.label) + 2 * PAD * scale
    if at > x and at + w > x + width then
      at, y = x, y + (BUTTON_H + 6) * scale
    end
    self:color(n == self.focus and 0.45 or 0.28)
    self.gfx.rect(at, y, w, BUTTON_H * scale, 1)
    self:color(0.95)
    self:draw_text(button.label, at + PAD * scale, y + (BUTTON_H * scale - self.gfx.texth) / 2)
    self.places[n] = { id = button.id, x = at, y = y, w = w, h = BUTTON_H * scale }
    at = at + w + 8 * scale
  end
  return y + BUTTON_H * scale
end

-- Rows that can be chosen; a running one has its bar behind the text.
function M:draw_rows(rows, x, y, width)
  local height = LINE * self.scale
  self.rows = { x = x, y = y, w = width, h = height, count = #rows }
  for n, row in ipairs(rows) do
    local top = y + (n - 1) * height
    if row.chosen then
      self:color(0.35)
      self.gfx.rect(x, top, width, height, 1)
    end
    if row.fraction then
      self.gfx.set(0.35, 0.65, 0.9, 0.35)
      self.gfx.rect(x, top, math.floor(width * row.fraction), height, 1)
    end
    self:color(0.92)
    self:draw_text(self:cut(row.text, width), x, top + (height - self.gfx.texth) / 2)
  end
  return y + #rows * height
end

-- A text that fits in one line.
function M:cut(text, width)
  if self.gfx.measurestr(text) <= width then return text end
  local length = utf8.len(text)
  while length > 1 and self.gfx.measurestr(text:sub(1, utf8.offset(text, length) - 1) .. '…')
    > width do
    length = length - 1
  end
  return text:sub(1, utf8.offset(text, length) - 1) .. '…'
end

function M:draw(view)
  self:look_at_screen()
  local gfx, scale = self.gfx, self.scale
  local left, width = PAD * scale, math.max(gfx.w, 200 * scale) - 2 * PAD * scale
  gfx.setfont(1, FONT, math.floor(15 * scale))
  self:color(0.14)
  gfx.rect(0, 0, gfx.w, gfx.h, 1)
  local y = PAD * scale
  self:color(view.failed and 1 or 0.92)
  for _, text in ipairs(view.lines) do
    for _, line in ipairs(self:wrap(text, width)) do
      self:draw_text(line, left, y)
      y = y + LINE * scale
    end
  end
  y = self:draw_rows(view.rows or {}, left, y, width)
  if view.fraction then
    y = y + 4 * scale
    self:draw_bar(view.fraction, left, y, width, 8 * scale)
    y = y + 8 * scale
  end
  y = self:draw_buttons(view.buttons, left, y + PAD * scale, width) + PAD * scale
  self:fit(y / scale)
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

function M:hit()
  for n, place in ipairs(self.places or {}) do
    local x, y = self.gfx.mouse_x, self.gfx.mouse_y
    if x >= place.x and x < place.x + place.w and y >= place.y and y < place.y + place.h then
      return n
    end
  end
end

function M:mouse()
  local down = self.gfx.mouse_cap % 2 == 1
  local pressed = nil
  local rows = self.rows
  if down and not self.was_down and rows.count > 0 and self.gfx.mouse_x >= rows.x then
    local row = (self.gfx.mouse_y - rows.y) // rows.h + 1
    if row >= 1 and row <= rows.count then pressed = { row = math.floor(row) } end
  end
  if down and not self.was_down then self.armed = self:hit() end
  if not down and self.was_down then
    if self.armed and self.armed == self:hit() then pressed = self.places[self.armed].id end
    self.armed = nil
  end
  if not down and self.was_down then M.give_back_keyboard() end
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

-- Once a tick: draws, and gives 'closed', the id of a pressed button, or nil.
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
  local count = #view.buttons
  if key == KEYS.tab and count > 0 then
    self.focus = self.focus % count + 1
    speech.say(view.buttons[self.focus].label)
  end
  local pressed
  if key == KEYS.enter and self.focus > 0 and view.buttons[self.focus] then
    pressed = view.buttons[self.focus].id
  elseif PASSED[key] then
    local redo = PASSED[key] == PASSED[26] and self.gfx.mouse_cap & SHIFT ~= 0
    R.Main_OnCommand(redo and REDO or PASSED[key], 0)
  end
  if self.focus > count then self.focus = 0 end
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
