-- The action “Settings”: a window over settings_rows.lua. A row that is chosen asks for its value
-- in a native menu; what is chosen is kept at once. The presets are the worker's; without it the
-- other rows can be set all the same.

local app = require 'app'
local language = require 'language'
local menu = require 'menu'
local relaunch = require 'relaunch'
local rows_of = require 'settings_rows'
local settings_file = require 'settings'
local texts = require 'texts'
local window_of = require 'window'

local M = {}
M.__index = M

-- context: of app, or what there is of it without voxmend; then why.
function M.new(context, why)
  local self = setmetatable({ data = context.data, link = context.link, why = why,
    log = context.log, asked = false, settings = settings_file.load(context.data) }, M)
  if not self.link then self.asked = true end
  return self
end

function M:ask_presets()
  self.asked = true
  self.waits = true
  self.link:ask({ type = 'presets' }, function(reply)
    self.waits = false
    if reply.type == 'error' then self.why = reply.message else self.presets = reply.items end
  end)
end

function M:no_presets() return texts.say('presets_unknown', { reason = self.why or '' }) end

function M:rows()
  self.languages = self.languages or language.list(self.data)
  return rows_of.of(self.settings, self.presets, self.languages)
end

function M:view()
  local lines, rows = { self.said or texts.say 'settings_choose' }, {}
  if self.why then lines[#lines + 1] = self:no_presets() end
  lines[#lines + 1] = self.wrong
  for n, row in ipairs(self:rows()) do
    rows[n] = { text = row.text, chosen = false, whole = true }
  end
  return { title = texts.say 'title_settings', lines = lines, rows = rows, asks = not self.waits,
    buttons = { { id = 'close', label = texts.button 'close' } } }
end

-- Asks for the value of a row, and keeps it.
function M:change(n)
  local row = self:rows()[n]
  if not row then return end
  self.wrong = nil
  if #row.choices == 0 then
    self.said = self.waits and texts.say 'settings_asked' or self:no_presets()
    return
  end
  local choice = menu.choose(row.choices, row.chosen)
  if not choice then return end
  local fine, reason = settings_file.change(self.data, { [row.key] = rows_of.value(row, choice) })
  self.settings = settings_file.load(self.data)
  if row.key == 'language' and fine then
    self.wrong = language.speak(self.data, self.settings.language, self.log)
  end
  self.said = fine
    and texts.say('settings_kept', { label = row.label, value = row.choices[choice] })
    or texts.say('folder_unwritable', { reason = tostring(reason) })
end

function M:step(now)
  if not self.link then return end
  self.link:step(now)
  if not self.asked then self:ask_presets() end
end

function M.run()
  relaunch.closes()
  local context, error, half = app.context()
  local panel = M.new(context or half, error and error.message)
  local window = window_of.open(texts.say 'title_settings', panel.settings, function(values)
    settings_file.change(panel.data, values)
  end, (context or half).log)
  app.loop((context or half).log, function(now)
    panel:step(now)
    local event = window:step(panel:view())
    if event == 'closed' then return true end
    if event == 'close' then
      window:close()
      return true
    end
    if type(event) == 'table' then
      panel:change(event.row)
      window:stand(panel.settings.dock)
    end
    return false
  end)
end

return M
