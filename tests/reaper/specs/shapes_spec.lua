-- The checks of shapes themselves, and that lib/shapes.lua says nothing of what is not there.

local Shapes = require 'stand_in.shapes'

local TEXT = [[
---@class Thing
---@class Song
---@field name string
---@field seconds? number
---@field state 'open'|'done'
---@field thing Thing
---@field parts? Part[]
---@class Part : Song
---@field at integer
---@field [string] any
]]

local function song(values)
  local out = { name = 'a', state = 'open', thing = 1 }
  for key, value in pairs(values or {}) do out[key] = value end
  return out
end

local function says(why, words)
  assert(why and why:find(words, 1, true), why or 'it was let pass')
end

local function lib_files()
  local out = {}
  local pipe = assert(io.popen("ls '" .. SCRIPTS .. "lib'"))
  for name in pipe:lines() do
    local file = assert(io.open(SCRIPTS .. 'lib/' .. name, 'rb'))
    if not name:find '^shapes' then out[name] = file:read 'a' end
    file:close()
  end
  pipe:close()
  return out
end

local function shapes_text()
  local text = ''
  for _, name in ipairs { 'shapes.lua', 'shapes_session.lua' } do
    local file = assert(io.open(SCRIPTS .. 'lib/' .. name, 'rb'))
    text = text .. file:read 'a'
    file:close()
  end
  return text
end

return {
  ['what fits is let pass'] = function()
    local shapes = Shapes.read(TEXT)
    assert(Shapes.wrong(shapes.Song, song { seconds = 1.5, parts = {} }) == nil)
    assert(Shapes.wrong(shapes.Part, song { at = 3, more = true }) == nil)
    assert(Shapes.wrong(shapes.Song, song { at = 3 }) == nil, 'an heir is taken for its ancestor')
  end,

  ['an unknown field, a missing one and a wrong type are named'] = function()
    local shapes = Shapes.read(TEXT)
    says(Shapes.wrong(shapes.Song, song { nane = 'a' }), "Song has no field 'nane'")
    says(Shapes.wrong(shapes.Part, song()), "Part is without its field 'at'")
    says(Shapes.wrong(shapes.Song, song { seconds = 'two' }), "Song: 'seconds' is two, not number")
    says(Shapes.wrong(shapes.Song, song { state = 'opn' }), "'state' is opn, not 'open'|'done'")
    says(Shapes.wrong(shapes.Part, song { at = 1.5 }), "'at' is 1.5, not integer")
    says(Shapes.wrong(shapes.Song, 7), 'Song expected, not a number')
  end,

  ['a shape that is not declared, or twice, is an error'] = function()
    for words, text in pairs { ['no shape Thng'] = '---@class A\n---@field b Thng',
      ['no shape Songs'] = '---@class A\n---@field b Songs[]',
      ['A is declared twice'] = '---@class A\n---@class A',
      ['what is'] = '---@class A\n---@feld b string' } do
      local fine, why = pcall(Shapes.read, text)
      assert(not fine)
      says(why, words)
    end
  end,

  ['a function is checked on its own line, whatever its form'] = function()
    local text = [[
-- a file
local M = {}
---@param song Song
function M.one(song) return song.name end
---@param songs Song[]
---@param more? Song
local function two(
songs, more) return more, songs end
---@param song Song|Thing
function M:three(song)
  error('line 11')
end
M.two = two
return M
]]
    text = text:gsub('two%(\n', 'two(')
    local shapes = Shapes.read(TEXT)
    local checked = Shapes.checked(text, 'file.lua', shapes)
    assert(select(2, checked:gsub('\n', '')) == select(2, text:gsub('\n', '')) , checked)
    assert(select(2, checked:gsub('__shape%(', '')) == 4, checked)
    for words, wrong in pairs { ['no parameter is called sing'] = '---@param sing Song',
      ['stands before no function'] = '---@param song Song\nlocal x = 1' } do
      local fine, why = pcall(Shapes.checked, wrong .. '\nfunction M.f(song) end', 'f.lua', shapes)
      assert(not fine)
      says(why, words)
    end
  end,

  ['every annotation of the scripts names a shape that is there'] = function()
    local shapes, count = Shapes.read(shapes_text()), 0
    for name, text in pairs(lib_files()) do
      local checked = Shapes.checked(text, name, shapes)
      count = count + select(2, checked:gsub(' __shape%(', ''))
    end
    assert(count > 100, count)
  end,

  ['every field that is declared is spoken of in the scripts, and every shape handed on'] =
  function()
    local words, text = {}, {}
    for _, file in pairs(lib_files()) do
      for word in file:gmatch '[%w_]+' do words[word] = true end
      text[#text + 1] = file
    end
    local all = table.concat(text) .. shapes_text()
    for line in shapes_text():gmatch '[^\n]+' do
      local field, class = line:match '^%-%-%-@field ([%w_]+)', line:match '^%-%-%-@class ([%w_]+)'
      assert(not field or words[field], field)
      assert(not class or all:find('@%l+ [%w_]+%?? [^\n]*%f[%w_]' .. class .. '%f[^%w_]')
        or all:find('@class [%w_]+ : ' .. class), class)
    end
  end,
}
