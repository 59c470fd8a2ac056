-- What came of a job, as the worker says it: whole sentences, shown as they are. Pure.

local M = {}

local ORDER = { 'found', 'done', 'left', 'next' }
local QUIET = { clean = true, mended = true }

-- The sentences of a record's verdict, in order; none where the worker gave none.
---@param record Record?
function M.lines(record)
  local verdict, out = record and record.verdict, {}
  if not verdict then return out end
  for _, name in ipairs(ORDER) do out[#out + 1] = verdict[name] end
  return out
end

-- The shortest of them; nil where there is none.
---@param record Record?
function M.headline(record) return record and record.verdict and record.verdict.headline end

-- Whether nothing is left that the user should read before the window goes.
---@param record Record?
function M.quiet(record)
  return not (record and record.verdict) or QUIET[record.verdict.code] == true
end

return M
