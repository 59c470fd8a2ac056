-- A view drawn with ReaImGui, under the same interface as window_gfx. ReaImGui keeps the place, the
-- dock and the density by itself. Keys: Tab and the arrows move, Enter and Space press what is
-- chosen, Escape closes; Space plays and stops while nothing is chosen. Closing it closes the
-- window, nothing else.

local R = require 'reaper_api'
local palette = require 'palette'
local speech = require 'speech'
local wrapping = require 'wrapping'

local M = {}
M.__index = M

local W, PAD, GAP, ROW_BAR = 440, 8, 8, 3
local FONT, SIZE = 'sans-serif', 15
local FURTHER = '   ' -- before the second line of a row: it is no row of its own
local PLAY_STOP = 40044 -- Transport: Play/stop, a native id since version 1

-- What of ReaImGui is drawn in which colour of the palette.
local COLORS = { Text = 'text', WindowBg = 'ground', TitleBg = 'button', TitleBgActive = 'focus',
  TitleBgCollapsed = 'button', Tab = 'button', TabHovered = 'focus', TabSelected = 'focus',
  TabDimmed = 'button', TabDimmedSelected = 'chosen', Button = 'button', ButtonHovered = 'focus',
  ButtonActive = 'chosen', Header = 'chosen', HeaderHovered = 'focus', HeaderActive = 'chosen',
  FrameBg = 'track', PlotHistogram = 'bar' }

local NEEDED = { 'Attach', 'Begin', 'Button', 'CalcTextSize',
  'ConfigFlags_DockingEnable', 'ConfigFlags_NavEnableKeyboard', 'CreateContext', 'CreateFont',
  'End', 'IsAnyItemFocused', 'IsItemFocused', 'IsKeyPressed', 'Key_Escape', 'Key_Space',
  'PopFont', 'PopID', 'PopStyleColor', 'PopTextWrapPos', 'ProgressBar', 'PushFont', 'PushID',
  'PushStyleColor', 'PushTextWrapPos', 'SameLine', 'Selectable', 'Spacing', 'TextWrapped',
  'ValidatePtr', 'WindowFlags_AlwaysAutoResize', 'WindowFlags_NoFocusOnAppearing' }

-- Whether a ReaImGui of 0.10 or later is installed: CreateFontFromFile came with it. Older ones
-- show every letter beyond Latin as a question mark, and take other arguments for fonts.
function M.usable()
  if not R.has 'ImGui_CreateFontFromFile' then return false end
  for _, name in ipairs(NEEDED) do
    if not R.has('ImGui_' .. name) then return false end
  end
  for name in pairs(COLORS) do
    if not R.has('ImGui_Col_' .. name) then return false end
  end
  return true
end

-- ReaImGui remembers the place itself, so this needs no settings.
function M.open(title, settings)
  if R.has 'SetCursorContext' then R.SetCursorContext(1) end
  return setmetatable({ title = title, settings = settings }, M)
end

-- As ReaImGui takes it: red, green, blue and alpha in one number.
local function number_of(color)
  local out = 0
  for n = 1, 3 do out = out << 8 | math.floor(color[n] * 255 + 0.5) end
  return out << 8 | 255
end

-- Puts the palette on; how many colours that are.
function M:put_on(context)
  local count = 0
  self.colors = palette.of(self.settings.colors)
  for name, color in pairs(COLORS) do
    R.ImGui_PushStyleColor(context, R['ImGui_Col_' .. name](), number_of(self.colors[color]))
    count = count + 1
  end
  return count
end

-- The context lives while each tick uses it; after a pause it may be gone, then a new one is made.
function M:ready()
  if self.context and R.ImGui_ValidatePtr(self.context, 'ImGui_Context*') then
    return self.context
  end
  local flags = R.ImGui_ConfigFlags_NavEnableKeyboard() | R.ImGui_ConfigFlags_DockingEnable()
  self.context = R.ImGui_CreateContext(self.title, flags)
  self.font = R.ImGui_CreateFont(FONT)
  R.ImGui_Attach(self.context, self.font)
  return self.context
end

-- What is written after two of them would be an id, not a text.
local function label(text)
  return (text:gsub('##+', function(run) return ('#'):rep(#run, ' ') end))
end

local function clamp(fraction) return math.max(0.0, math.min(1.0, fraction)) end

local function draw_lines(context, view, colors)
  if view.failed then
    R.ImGui_PushStyleColor(context, R.ImGui_Col_Text(), number_of(colors.failed))
  end
  R.ImGui_PushTextWrapPos(context, PAD + W)
  for _, text in ipairs(view.lines) do R.ImGui_TextWrapped(context, text) end
  R.ImGui_PopTextWrapPos(context)
  if view.failed then R.ImGui_PopStyleColor(context) end
end

-- Rows that can be chosen; a running one has its bar below the text. A row that is chosen, and one
-- that says so, is whole; others are one line.
local function draw_rows(context, rows)
  local pressed
  local function measure(text) return (R.ImGui_CalcTextSize(context, text)) end
  for n, row in ipairs(rows) do
    R.ImGui_PushID(context, 'row' .. n)
    local text = label(row.text)
    text = (row.whole or row.chosen)
      and table.concat(wrapping.lines(text, W - measure(FURTHER), measure), '\n' .. FURTHER)
      or wrapping.cut(text, W, measure)
    if R.ImGui_Selectable(context, text, row.chosen == true, 0, W, 0) then
      pressed = { row = n }
    end
    if row.fraction then
      R.ImGui_ProgressBar(context, clamp(row.fraction), W, ROW_BAR, ' ')
    end
    R.ImGui_PopID(context)
  end
  return pressed
end

-- The buttons in rows; the one that is pressed, and the one that the keyboard is at.
local function draw_buttons(context, buttons)
  local pressed, focused, at = nil, nil, 0
  local function measure(text) return (R.ImGui_CalcTextSize(context, text)) end
  for n, button in ipairs(buttons) do
    local text = wrapping.cut(label(button.label), W - 2 * PAD, measure)
    local width = measure(text) + 2 * PAD
    if n > 1 and at + GAP + width <= W then
      R.ImGui_SameLine(context, 0, GAP)
      at = at + GAP + width
    else
      at = width
    end
    R.ImGui_PushID(context, button.id)
    if R.ImGui_Button(context, text, width) then pressed = button.id end
    if R.ImGui_IsItemFocused(context) then focused = button end
    R.ImGui_PopID(context)
  end
  return pressed, focused
end

local function draw(context, view, colors)
  draw_lines(context, view, colors)
  local row = draw_rows(context, view.rows or {})
  if view.fraction then
    R.ImGui_Spacing(context)
    R.ImGui_ProgressBar(context, clamp(view.fraction), W, 0)
  end
  R.ImGui_Spacing(context)
  local pressed, focused = draw_buttons(context, view.buttons)
  return pressed or row, focused
end

-- Once a tick: draws, and gives 'closed', the id of a pressed button, {row = n}, or nil.
---@param view View
function M:step(view)
  if self.closed then return 'closed' end
  local context = self:ready()
  local flags = R.ImGui_WindowFlags_AlwaysAutoResize() | R.ImGui_WindowFlags_NoFocusOnAppearing()
  R.ImGui_PushFont(context, self.font, SIZE)
  local colors = self:put_on(context)
  local visible, open = R.ImGui_Begin(context, self.title, true, flags)
  local pressed, focused
  if visible then -- a window that is folded up has been ended by ReaImGui itself
    pressed, focused = draw(context, view, self.colors)
    self:speak(focused)
    R.ImGui_End(context)
  end
  if pressed and R.has 'SetCursorContext' then R.SetCursorContext(1) end -- the arrange view's keys
  R.ImGui_PopStyleColor(context, colors)
  R.ImGui_PopFont(context)
  if not open or R.ImGui_IsKeyPressed(context, R.ImGui_Key_Escape(), false) then
    self:close()
    return 'closed'
  end
  if not pressed and R.ImGui_IsKeyPressed(context, R.ImGui_Key_Space(), false)
    and not R.ImGui_IsAnyItemFocused(context) then
    R.Main_OnCommand(PLAY_STOP, 0)
  end
  return pressed
end

-- Says a button's label once, when the keyboard comes to it.
function M:speak(button)
  local id = button and button.id
  if id and id ~= self.spoken then speech.say(button.label) end
  self.spoken = id
end

-- A context that is used no more goes away by itself.
function M:close() self.closed, self.context, self.font = true, nil, nil end

return M
