-- What window_gfx draws: lines, rows, a bar and buttons, in a palette and at the screen's density.
-- Each gives the bottom of what it drew; what can be pressed remembers where it stands.

local wrapping = require 'wrapping'

local M = {}
M.__index = M

local LINE, PAD, BUTTON_H, GAP = 20, 12, 26, 8
local FONT, SIZE = 'Arial', 15
local FURTHER = 14 -- how far the second line of a row stands in: it is no row of its own

M.pad = PAD

function M.new(gfx) return setmetatable({ gfx = gfx, scale = 1 }, M) end

-- colors: of palette.lua.
function M:begin(scale, colors)
  self.scale, self.colors = scale, colors
  self.gfx.setfont(1, FONT, math.floor(SIZE * scale))
  self.measure = self.gfx.measurestr
  self:fill(0, 0, self.gfx.w, self.gfx.h, 'ground')
end

function M:fill(x, y, width, height, color)
  self.gfx.set(table.unpack(self.colors[color]))
  self.gfx.rect(x, y, width, height, 1)
end

-- A text on the middle of a line of this height.
function M:text(text, x, y, height, color)
  self.gfx.set(table.unpack(self.colors[color or 'text']))
  self.gfx.x, self.gfx.y = x, y + (height - self.gfx.texth) / 2
  self.gfx.drawstr(text)
end

function M:lines(lines, x, y, width, color)
  local height = LINE * self.scale
  for _, text in ipairs(lines) do
    for _, line in ipairs(wrapping.lines(text, width, self.measure)) do
      self:text(line, x, y, height, color)
      y = y + height
    end
  end
  return y
end

-- Rows that can be chosen; a running one has its bar behind the text. A row that is chosen, and one
-- that says so, is whole; others are one line. focus: the number of the one the keyboard is at.
function M:rows(rows, x, y, width, focus)
  local height, pad = LINE * self.scale, 4 * self.scale
  local places = {}
  for n, row in ipairs(rows) do
    local room, further = width - 2 * pad, FURTHER * self.scale
    local lines = (row.whole or row.chosen)
      and wrapping.lines(row.text, room - further, self.measure)
      or { wrapping.cut(row.text, room, self.measure) }
    local tall = #lines * height
    if n == focus or row.chosen then
      self:fill(x, y, width, tall, n == focus and 'focus' or 'chosen')
    elseif row.fraction then
      self:fill(x, y, math.floor(width * row.fraction), tall, 'row_bar')
    end
    for k, line in ipairs(lines) do
      self:text(line, x + pad + (k > 1 and further or 0), y + (k - 1) * height, height)
    end
    places[n] = { x = x, y = y, w = width, h = tall }
    y = y + tall
  end
  return y, places
end

function M:bar(fraction, x, y, width)
  local height = 8 * self.scale
  self:fill(x, y, width, height, 'track')
  self:fill(x, y, math.floor(width * math.max(0, math.min(1, fraction)) + 0.5), height, 'bar')
  return y + height
end

-- Side by side, in as many rows as they need.
function M:buttons(buttons, x, y, width, focus)
  local scale, at = self.scale, x
  local pad, tall, places = PAD * scale, BUTTON_H * scale, {}
  for n, button in ipairs(buttons) do
    local label = wrapping.cut(button.label, width - 2 * pad, self.measure)
    local wide = self.measure(label) + 2 * pad
    if at > x and at + wide > x + width then
      at, y = x, y + tall + 6 * scale
    end
    self:fill(at, y, wide, tall, n == focus and 'focus' or 'button')
    self:text(label, at + pad, y, tall)
    places[n] = { id = button.id, x = at, y = y, w = wide, h = tall }
    at = at + wide + GAP * scale
  end
  return y + tall, places
end

return M
