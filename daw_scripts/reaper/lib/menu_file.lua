-- Reads reaper-menu.ini: which actions the user's own right-click menu of items holds. Never writes
-- it: REAPER does so itself when it closes.

local M = {}

M.section = 'Media item context'

-- Ids (numbers or names with an underscore) of the section's entries, in order; nil where the user
-- has not customised that menu.
function M.entries(text, section)
  local out, inside
  for line in (text .. '\n'):gmatch '(.-)\r?\n' do
    local head = line:match '^%[(.*)%]$'
    if head then
      inside = head == (section or M.section)
      if inside then out = out or {} end
    elseif inside then
      local id = line:match '^item_%d+=(%S+)'
      if id then out[#out + 1] = id end
    end
  end
  return out
end

function M.holds(text, name)
  for _, id in ipairs(M.entries(text) or {}) do
    if id == name then return true end
  end
  return false
end

return M
