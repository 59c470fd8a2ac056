-- REAPER and gfx, seen through one door. Every other file asks here, so that the logic runs under
-- a plain Lua, and so that one list names all that is used. The list is also what LEDGER.md is
-- checked against: a function without a row there fails a test.
-- Reading a name that is not in the list is an error: it would be a function nobody vouches for.

local M = {}

-- Function -> the lowest REAPER that has it; true: older than all we support (6.37).
M.functions = {
  APIExists = true,
  CountSelectedMediaItems = true,
  GetResourcePath = true,
}

function M.has(name)
  return M.functions[name] ~= nil and reaper[name] ~= nil
end

M.gfx = gfx

return setmetatable(M, {
  __index = function(_, name)
    if not M.functions[name] then
      error('reaper_api: ' .. tostring(name) .. ' is not in the list', 2)
    end
    return reaper[name]
  end,
})
