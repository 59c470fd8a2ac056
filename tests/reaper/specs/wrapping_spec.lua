-- Lines that fit.

local wrapping = require 'wrapping'
local Letters = dofile(HERE .. 'stand_in/letters.lua')

local function lines(text, width) return wrapping.lines(text, width, Letters.count) end

return {
  ['words go whole to the next line'] = function()
    assert(table.concat(lines('one two three', 7), '|') == 'one two|three')
    assert(table.concat(lines('one', 7), '|') == 'one')
    assert(table.concat(lines('', 7), '|') == '')
  end,

  ['letters that need no blanks are broken between any two'] = function()
    assert(table.concat(lines('新しい歌の名前', 6), '|') == '新しい|歌の名|前')
    assert(table.concat(lines('ab 新しい歌', 6), '|') == 'ab 新|しい歌')
  end,

  ['a word that is wider than a line is broken, and only that'] = function()
    assert(table.concat(lines('ab abcdefghij k', 4), '|') == 'ab|abcd|efgh|ij k')
  end,

  ['nothing is lost or added, and no line is wider'] = function()
    local seed = 7
    local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed % n end
    local parts = { 'a', 'bc', 'declares', '声', '音試', ' ', ' ', 'é', '“x”', 'C:\\folder_name' }
    for _ = 1, 300 do
      local text = {}
      for n = 1, random(30) do text[n] = parts[random(#parts) + 1] end
      text = table.concat(text)
      local width = 4 + random(20)
      local found = lines(text, width)
      for _, line in ipairs(found) do assert(Letters.count(line) <= width, line) end
      assert(table.concat(found):gsub(' ', '') == text:gsub(' ', ''), text)
    end
  end,

  ['bytes that are no UTF-8 are kept'] = function()
    local broken = 'caf\xe9 \xff\xfe song'
    assert(table.concat(lines(broken, 6)):gsub(' ', '') == broken:gsub(' ', ''))
    assert(wrapping.cut(broken, 5, Letters.count):find('^caf') ~= nil)
  end,

  ['what is cut says so, and is as long as fits'] = function()
    assert(wrapping.cut('abcdef', 6, Letters.count) == 'abcdef')
    assert(wrapping.cut('abcdefg', 6, Letters.count) == 'abcde…')
    assert(wrapping.cut('声音修復', 6, Letters.count) == '声音…')
  end,
}
