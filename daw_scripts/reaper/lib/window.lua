-- Chooses what shows the windows: with OSARA native menus, else ReaImGui where it is installed,
-- unless the setting `window` is "gfx"; gfx elsewhere. Should ReaImGui refuse a call, the window
-- goes on in gfx. With the setting
-- "small" a window shows one line, the bar and the buttons; what failed is always shown whole.

local window_gfx = require 'window_gfx'
local window_imgui = require 'window_imgui'
local window_spoken = require 'window_spoken'

local M = {}
M.__index = M

-- settings: window, dock, x, y and how it is kept: save(values). log(text): what went wrong.
function M.open(title, settings, save, log)
  local self = setmetatable({ small = settings.window == 'small', log = log }, M)
  function self.instead() return window_gfx.open(title, settings, save) end
  if window_spoken.wanted(settings) then
    self.shown, self.instead, self.small = window_spoken.open(title), nil, false
  elseif settings.window == 'gfx' or not window_imgui.usable() then
    self.shown, self.instead = self.instead(), nil
  else
    self.shown = window_imgui.open(title, settings)
  end
  return self
end

---@param view View
local function reduced(view)
  if view.failed or not view.fraction then return view end
  local out = {}
  for key, value in pairs(view) do out[key] = value end
  out.lines = { view.lines[1] }
  return out
end

-- Once a tick: draws, and gives 'closed', the id of a pressed button, {row = n}, or nil.
---@param view View
function M:step(view)
  if self.small then view = reduced(view) end
  if not self.instead then return self.shown:step(view) end
  local fine, event = xpcall(self.shown.step, debug.traceback, self.shown, view)
  if fine then return event end
  self.log('ReaImGui: ' .. tostring(event))
  self.shown, self.instead = self.instead(), nil
  return nil
end

-- Into a docker, or out of it: only what gfx draws is docked by us.
function M:stand(dock)
  if self.shown.stand then self.shown:stand(dock) end
end

function M:close() self.shown:close() end

return M
