-- How wide a text is, in letters of Latin: those of Chinese, Japanese and Korean count twice.

local M = {}

local function double(code)
  return code >= 0x1100 and (code <= 0x115F or code >= 0x2E80 and code <= 0xD7A3
    or code >= 0xF900 and code <= 0xFAFF or code >= 0xFE30 and code <= 0xFF60
    or code >= 0x20000)
end

local counted = {} -- a window asks for the same words at every tick

local function count(text)
  if not utf8.len(text) then return #text end
  local letters = 0
  for _, code in utf8.codes(text) do letters = letters + (double(code) and 2 or 1) end
  return letters
end

function M.count(text)
  local letters = counted[text]
  if not letters then
    letters = count(text)
    counted[text] = letters
  end
  return letters
end

return M
