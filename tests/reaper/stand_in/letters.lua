-- How wide a text is, in letters of Latin: those of Chinese, Japanese and Korean count twice.

local M = {}

local function double(code)
  return code >= 0x1100 and (code <= 0x115F or code >= 0x2E80 and code <= 0xD7A3
    or code >= 0xF900 and code <= 0xFAFF or code >= 0xFE30 and code <= 0xFF60
    or code >= 0x20000)
end

function M.count(text)
  if not utf8.len(text) then return #text end
  local count = 0
  for _, code in utf8.codes(text) do count = count + (double(code) and 2 or 1) end
  return count
end

return M
