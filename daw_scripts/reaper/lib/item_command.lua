-- REAPER's commands work on what is selected. Here one item alone is, while `act` runs, and then
-- what the user had selected is again.

local R = require 'reaper_api'

local M = {}

---@param act fun()
function M.on(project, item, act)
  local selected = {}
  for n = 0, R.CountSelectedMediaItems(project) - 1 do
    selected[n + 1] = R.GetSelectedMediaItem(project, n)
  end
  R.SelectAllMediaItems(project, false)
  R.SetMediaItemSelected(item, true)
  act()
  R.SetMediaItemSelected(item, false)
  for _, other in ipairs(selected) do R.SetMediaItemSelected(other, true) end
end

return M
