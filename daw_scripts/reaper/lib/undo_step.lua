-- One undo step, whole or not at all: if the change ends in an error, what it had done is undone.

local R = require 'reaper_api'

local M = {}

-- An error that is a table says what was wrong; any other is a defect, and wants its place.
local function placed(reason)
  if type(reason) == 'table' then return reason end
  return debug.traceback(tostring(reason))
end

-- Calls write(...) inside the step. Returns true, or false and the error.
function M.make(project, text, write, ...)
  R.PreventUIRefresh(1)
  R.Undo_BeginBlock2(project)
  local fine, why = xpcall(write, placed, ...)
  R.Undo_EndBlock2(project, text, -1)
  if not fine and R.Undo_CanUndo2(project) == text then R.Undo_DoUndo2(project) end
  R.PreventUIRefresh(-1)
  return fine, why
end

return M
