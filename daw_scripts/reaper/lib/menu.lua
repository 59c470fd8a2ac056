-- Native menus: gfx.showmenu at the mouse. It needs a window of gfx; where none is open, one is for
-- this moment.

local R = require 'reaper_api'
local texts = require 'texts'
local window_gfx = require 'window_gfx'

local M = {}

-- Marks of the menu's own little language are taken out of names.
local function plain(text) return (text:gsub('[|!#<>&]', ' ')) end

-- Number of the chosen entry, or nil. entries: texts; ticked: the number of one, or nil.
function M.choose(entries, ticked)
  local words = {}
  for n, text in ipairs(entries) do
    words[n] = (n == ticked and '!' or '') .. plain(text)
  end
  local gfx = R.gfx
  local alone = not window_gfx.is_open()
  if alone then gfx.init(texts.say 'title', 1, 1, 0, 0, 0) end
  gfx.x, gfx.y = gfx.mouse_x, gfx.mouse_y
  local chosen = gfx.showmenu(table.concat(words, '|'))
  if alone then gfx.quit() end
  return chosen > 0 and chosen or nil
end

-- Presets that change something; the others have actions of their own.
---@param presets Preset[]
function M.restoring(presets)
  local out = {}
  for _, preset in ipairs(presets) do
    if not preset.blocks or #preset.blocks > 0 then out[#out + 1] = preset end
  end
  return out
end

-- presets: as the worker lists them. The name of the chosen one.
---@param presets Preset[]
function M.choose_preset(presets, present)
  local entries, ticked = {}, nil
  presets = M.restoring(presets)
  for n, preset in ipairs(presets) do
    entries[n] = texts.say('preset_entry', { title = preset.title,
      description = preset.description })
    if preset.missing and #preset.missing > 0 then
      entries[n] = texts.say('preset_missing', { entry = entries[n] })
    end
    if preset.name == present then ticked = n end
  end
  local chosen = M.choose(entries, ticked)
  return chosen and presets[chosen].name
end

return M
