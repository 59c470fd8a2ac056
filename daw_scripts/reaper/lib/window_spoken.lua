-- A view for those who hear the screen, under the same interface as the windows that are drawn:
-- those have nothing that a screen reader could find. While something is at work nothing is shown;
-- sessions say how far they are. Where the user is asked, the sentences are spoken and stand in a
-- native menu, before the rows and the buttons: a sentence that is chosen is said again. What is
-- only told is a native box. Leaving the menu closes it, and nothing else.

local R = require 'reaper_api'
local menu = require 'menu'
local speech = require 'speech'
local texts = require 'texts'

local M = {}
M.__index = M

-- Where OSARA is installed; the setting “gfx” asks for the drawn window.
function M.wanted(settings) return settings.window ~= 'gfx' and R.has 'osara_outputMessage' end

function M.open(title) return setmetatable({ title = title }, M) end

---@param view View
local function is_message(view)
  return not (view.rows and view.rows[1]) and #view.buttons == 1 and view.buttons[1].id == 'close'
end

---@param view View
local function ask(view)
  local entries, rows = { table.unpack(view.lines) }, view.rows or {}
  for _, row in ipairs(rows) do
    local text = row.text:gsub('^✓ ', ''):gsub('^– ', '') -- marks are for the eye
    entries[#entries + 1] = row.chosen and texts.say('spoken_chosen', { text = text }) or text
  end
  for _, button in ipairs(view.buttons) do entries[#entries + 1] = button.label end
  local chosen = menu.choose(entries)
  if not chosen then return 'closed' end
  if chosen <= #view.lines then
    speech.say(view.lines[chosen])
    return nil
  end
  chosen = chosen - #view.lines
  if chosen <= #rows then return { row = chosen } end
  return view.buttons[chosen - #rows].id
end

-- Once a tick: 'closed', the id of what was chosen, {row = n}, or nil.
---@param view View
function M:step(view)
  if self.closed then return 'closed' end
  if view.finished then return 'close' end
  if not view.asks then return nil end
  if is_message(view) then
    R.ShowMessageBox(table.concat(view.lines, '\n\n'), view.title, 0)
    return 'close'
  end
  local text = table.concat(view.lines, ' ')
  -- A session has said already why it failed.
  if text ~= self.spoken and text ~= speech.last then speech.say(text) end
  self.spoken = text
  local event = ask(view)
  if event == 'closed' then self.closed = true end
  return event
end

function M:close() self.closed = true end

return M
