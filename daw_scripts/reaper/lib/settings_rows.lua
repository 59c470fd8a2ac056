-- What can be set in REAPER, as one list: a label, the value in words, and the choices. Windows
-- draw it as rows, a screen reader hears it as a native menu; both ask the same list.

local json = require 'json'
local menu = require 'menu'

local M = {}

M.default = json.null -- the value of a setting that is left to voxmend

local YES_NO = { { true, 'yes' }, { false, 'no' } }

local ROWS = {
  { key = 'device', label = 'Runs on', choices = { { M.default, 'what voxmend is set to' },
    { 'cpu', 'the processor' }, { 'cuda', 'a graphics card of NVIDIA' },
    { 'mps', 'the graphics of an Apple computer' } } },
  { key = 'result', label = 'Stems come as', choices = {
    { 'tracks', 'tracks of their own, under the item’s' },
    { 'take', 'a take of the item' } } },
  { key = 'mute_original', label = 'The original item is muted', choices = YES_NO },
  { key = 'raw_take', label = 'The voice before it was mended is a second take', choices = YES_NO },
  { key = 'print_stretch', label = 'Stretched items', choices = {
    { false, 'stay stretched; voice and band add up nearly' },
    { true, 'are printed; voice and band add up exactly' } } },
  { key = 'pause_while_recording', label = 'voxmend pauses while REAPER records',
    choices = YES_NO },
  { key = 'window', label = 'The window', choices = { { 'normal', 'whole' },
    { 'small', 'one line and a bar' }, { 'none', 'none; errors as a box' },
    { 'gfx', 'whole, and drawn by REAPER alone' } } },
  { key = 'transport', label = 'Way to voxmend', choices = { { 'bridge', 'files and a helper' },
    { 'socket', 'LuaSocket, where it is installed' } } },
}

local function value_of(settings, key)
  local value = settings[key]
  if value == nil then return M.default end
  return value
end

local function words_of(row, settings)
  local value = value_of(settings, row.key)
  for n, choice in ipairs(row.choices) do
    if choice[1] == value then return choice[2], n end
  end
  return tostring(value), nil
end

---@param presets Preset[]?
local function preset_row(presets)
  local row = { key = 'preset', label = 'Preset', choices = {} }
  for n, preset in ipairs(menu.restoring(presets or {})) do
    row.choices[n] = { preset.name, preset.title }
  end
  return row
end

-- A list of {key, label, text, choices, chosen}: text is the row in words, choices their words,
-- chosen the number of the present one. presets: as the worker lists them; nil while unknown.
---@param settings Settings
---@param presets Preset[]?
function M.of(settings, presets)
  local out = {}
  for n, row in ipairs { preset_row(presets), table.unpack(ROWS) } do
    local value, chosen = words_of(row, settings)
    local words = {}
    for k, choice in ipairs(row.choices) do words[k] = choice[2] end
    out[n] = { key = row.key, label = row.label, text = row.label .. ': ' .. value, choices = words,
      chosen = chosen, values = row.choices }
  end
  return out
end

-- The value that stands behind a choice of a row.
function M.value(row, choice) return row.values[choice][1] end

return M
