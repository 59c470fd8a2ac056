-- Lines that fit a width: broken at blanks, beside letters of scripts that need none (Chinese,
-- Japanese, Korean), and inside a word only where it alone is wider than a line. measure(text)
-- gives a width. A name may hold bytes that are no UTF-8: they are kept.

local M = {}

local LETTER = '[%z\1-\127\192-\255][\128-\191]*' -- one letter of UTF-8

-- Ranges of letters after which a line may end: Unicode's wide and full-width ones.
local WIDE = { { 0x1100, 0x115F }, { 0x2E80, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
  { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1FAFF },
  { 0x20000, 0x3FFFD } }

function M.is_wide(letter)
  if #letter < 3 or not utf8.len(letter) then return false end
  local code = utf8.codepoint(letter)
  for _, range in ipairs(WIDE) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

-- Parts of a word that stay together, none wider than a line.
local function units(word, width, measure)
  local out, part = {}, ''
  local function close()
    if part ~= '' then out[#out + 1], part = part, '' end
  end
  for letter in word:gmatch(LETTER) do
    if M.is_wide(letter) then
      close()
      out[#out + 1] = letter
    else
      if part ~= '' and measure(part .. letter) > width then close() end
      part = part .. letter
    end
  end
  close()
  return out
end

function M.lines(text, width, measure)
  local out, line = {}, ''
  for word in text:gmatch '%S+' do
    local gap = line == '' and '' or ' '
    local whole = line .. gap .. word
    if measure(whole) <= width then
      line = whole
    else
      for n, unit in ipairs(units(word, width, measure)) do
        local longer = line .. (n == 1 and gap or '') .. unit
        if line ~= '' and measure(longer) > width then
          out[#out + 1], line = line, unit
        else
          line = longer
        end
      end
    end
  end
  out[#out + 1] = line
  return out
end

-- How many letters of Latin a text is as wide as.
function M.letters(text)
  local count = 0
  for letter in text:gmatch(LETTER) do count = count + (M.is_wide(letter) and 2 or 1) end
  return count
end

-- One line: what does not fit is left out, and an ellipsis says so.
function M.cut(text, width, measure)
  if measure(text) <= width then return text end
  local kept = ''
  for letter in text:gmatch(LETTER) do
    if measure(kept .. letter .. '…') > width then break end
    kept = kept .. letter
  end
  return kept .. '…'
end

return M
