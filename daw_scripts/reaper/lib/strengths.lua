-- Strengths as the user types them, one for each stage of a preset: 0.5 or 0,5, from 0 to 1.

local M = {}

M.separator = '|' -- between the values; what GetUserInputs is asked to put there

-- Strengths by "stage.strength"; what is left empty stays as the preset has it. Beyond the ends the
-- end holds. nil and the word where one is no number.
function M.read(names, text)
  local set, n = {}, 0
  for word in (text .. M.separator):gmatch('(.-)%' .. M.separator) do
    n = n + 1
    word = word:match '^%s*(.-)%s*$'
    local value = tonumber((word:gsub(',', '.')))
    if word ~= '' and (not value or value ~= value) then return nil, word end
    if names[n] and value then
      set[names[n] .. '.strength'] = math.max(0.0, math.min(1.0, value))
    end
  end
  return set
end

return M
