-- Which presets are tried: a window over a list of rows, one for each preset whose models are here,
-- the user's own among them. A row that is chosen is taken or left; with OSARA the same list is a
-- native menu. What was taken is known the next time.

local menu = require 'menu'
local texts = require 'texts'

local M = {}
M.__index = M

local function is_here(preset) return not (preset.missing and #preset.missing > 0) end

-- presets: as the worker lists them; taken: names from the last time.
---@param presets Preset[]
function M.new(presets, taken)
  local self = setmetatable({ here = {}, away = {}, taken = {} }, M)
  for _, preset in ipairs(menu.restoring(presets)) do
    table.insert(is_here(preset) and self.here or self.away, preset)
  end
  for _, name in ipairs(type(taken) == 'table' and taken or {}) do self.taken[name] = true end
  if #self:chosen() == 0 and self.here[1] then self.taken[self.here[1].name] = true end
  return self
end

-- Names of those that are taken, in the order of the list.
function M:chosen()
  local out = {}
  for _, preset in ipairs(self.here) do
    if self.taken[preset.name] then out[#out + 1] = preset.name end
  end
  return out
end

function M:view()
  local titles, rows, buttons = {}, {}, {}
  for n, preset in ipairs(self.away) do titles[n] = preset.title end
  local count = #self:chosen()
  local lines = { texts.say 'try_choose' }
  if #titles > 0 then
    lines[2] = texts.say('try_not_listed', { presets = table.concat(titles, ', ') })
  end
  for n, preset in ipairs(self.here) do
    local taken = self.taken[preset.name] == true
    rows[n] = { text = (taken and '✓ ' or '– ') .. texts.say('preset_entry',
      { title = preset.title, description = preset.description }),
      chosen = taken }
  end
  if count > 0 then
    buttons[1] = { id = 'try', label = texts.many('button_try', count) }
  end
  buttons[#buttons + 1] = { id = 'close', label = texts.button 'close' }
  return { title = texts.say 'title_try', lines = lines, rows = rows, buttons = buttons,
    asks = true }
end

-- A row was chosen: taken, or left.
function M:press(n)
  local preset = self.here[n]
  if preset then self.taken[preset.name] = not self.taken[preset.name] end
end

return M
