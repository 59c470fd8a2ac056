-- What can be set in REAPER, as one list: a label, the value in words, and the choices. Windows
-- draw it as rows, a screen reader hears it as a native menu; both ask the same list.

local json = require 'json'
local menu = require 'menu'
local texts = require 'texts'

local M = {}

M.default = json.null -- the value of a setting that is left to voxmend

local YES_NO = { { true, 'yes' }, { false, 'no' } }

-- Choices: a value, and the key of its words.
local ROWS = {
  { key = 'device', choices = { { M.default, 'setting_device_default' },
    { 'cpu', 'setting_device_cpu' }, { 'cuda', 'setting_device_cuda' },
    { 'mps', 'setting_device_mps' } } },
  { key = 'result', choices = { { 'tracks', 'setting_result_tracks' },
    { 'take', 'setting_result_take' } } },
  { key = 'folder', choices = { { false, 'setting_folder_no' }, { true, 'setting_folder_yes' } } },
  { key = 'mute_original', choices = YES_NO },
  { key = 'raw_take', choices = YES_NO },
  { key = 'print_stretch', choices = { { false, 'setting_print_stretch_no' },
    { true, 'setting_print_stretch_yes' } } },
  { key = 'pause_while_recording', choices = YES_NO },
  { key = 'window', choices = { { 'normal', 'setting_window_normal' },
    { 'small', 'setting_window_small' }, { 'none', 'setting_window_none' },
    { 'gfx', 'setting_window_gfx' } } },
  { key = 'dock', choices = { { 0, 'setting_dock_alone' }, { 1, 'setting_dock_docker' } },
    -- a docker has a number too
    read = function(value) return math.floor(value) & 1 end },
  { key = 'colors', choices = { { 'auto', 'setting_colors_auto' },
    { 'dark', 'setting_colors_dark' }, { 'light', 'setting_colors_light' } } },
  { key = 'transport', choices = { { 'bridge', 'setting_transport_bridge' },
    { 'socket', 'setting_transport_socket' } } },
}

local function value_of(settings, row)
  local value = settings[row.key]
  if value == nil then return M.default end
  return row.read and row.read(value) or value
end

-- key, and choices {value, words}.
---@param settings Settings
local function made(settings, key, choices, value)
  local words, chosen = {}, nil
  for n, choice in ipairs(choices) do
    words[n] = choice[2]
    if choice[1] == value then chosen = n end
  end
  local label = texts.say('setting_' .. key)
  return { key = key, label = label, choices = words, chosen = chosen, values = choices,
    text = texts.say('settings_row', { label = label,
      value = chosen and words[chosen] or tostring(settings[key]) }) }
end

local function spoken(row)
  local out = {}
  for n, choice in ipairs(row.choices) do out[n] = { choice[1], texts.say(choice[2]) } end
  return out
end

-- A list of {key, label, text, choices, chosen}: text is the row in words, choices their words,
-- chosen the number of the present one. presets: as the worker lists them; nil while unknown.
-- languages: {code, name} of those that are there.
---@param settings Settings
---@param presets Preset[]?
function M.of(settings, presets, languages)
  local titles = {}
  for n, preset in ipairs(menu.restoring(presets or {})) do
    titles[n] = { preset.name, preset.title }
  end
  local out = { made(settings, 'preset', titles, settings.preset) }
  for _, row in ipairs(ROWS) do
    out[#out + 1] = made(settings, row.key, spoken(row), value_of(settings, row))
  end
  out[#out + 1] = made(settings, 'language', languages or { { 'en',
    texts.english.setting_language_en } }, settings.language)
  return out
end

-- The value that stands behind a choice of a row.
function M.value(row, choice) return row.values[choice][1] end

return M
