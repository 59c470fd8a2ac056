-- The colours of our windows, light or dark by the background of the user's theme. Every pair of
-- text and ground has a contrast of 4.5 or more by WCAG 2 (tests measure what is drawn).

local R = require 'reaper_api'

local M = {}

-- Red, green, blue from 0 to 1. ground: of the window; button, chosen, focus: of what can be
-- pressed, the row that is chosen, what the keyboard is at; bar: what is done, on track; row_bar:
-- the same behind the text of a row.
M.dark = { ground = { 0.14, 0.14, 0.14 }, text = { 0.93, 0.93, 0.93 }, failed = { 1, 0.62, 0.58 },
  button = { 0.27, 0.27, 0.27 }, focus = { 0.18, 0.36, 0.56 }, chosen = { 0.34, 0.34, 0.34 },
  bar = { 0.35, 0.65, 0.9 }, track = { 0.3, 0.3, 0.3 }, row_bar = { 0.16, 0.3, 0.42 } }
M.light = { ground = { 0.95, 0.95, 0.95 }, text = { 0.1, 0.1, 0.1 }, failed = { 0.65, 0.05, 0.02 },
  button = { 0.83, 0.83, 0.83 }, focus = { 0.66, 0.82, 0.97 }, chosen = { 0.78, 0.78, 0.78 },
  bar = { 0.1, 0.42, 0.72 }, track = { 0.78, 0.78, 0.78 }, row_bar = { 0.68, 0.83, 0.95 } }

local function linear(value)
  return value <= 0.04045 and value / 12.92 or ((value + 0.055) / 1.055) ^ 2.4
end

-- Relative luminance, 0 black to 1 white: WCAG 2.
function M.luminance(color)
  return 0.2126 * linear(color[1]) + 0.7152 * linear(color[2]) + 0.0722 * linear(color[3])
end

function M.contrast(a, b)
  local x, y = M.luminance(a), M.luminance(b)
  return (math.max(x, y) + 0.05) / (math.min(x, y) + 0.05)
end

-- The background of REAPER's main window; nil where it is not said.
local function ground_of_theme()
  if not R.has 'GetThemeColor' then return nil end
  local native = R.GetThemeColor('col_main_bg2', 0)
  if native < 0 then return nil end
  local red, green, blue = R.ColorFromNative(native)
  return { red / 255, green / 255, blue / 255 }
end

-- setting: auto, dark or light. On which ground text has more contrast decides.
function M.of(setting)
  if M[setting] and M[setting].ground then return M[setting] end
  local ground = ground_of_theme()
  if not ground then return M.dark end
  local light = M.contrast(ground, { 0, 0, 0 }) > M.contrast(ground, { 1, 1, 1 })
  return light and M.light or M.dark
end

return M
