-- Texts in other languages: one file each that somebody contributed, languages/<code>.json in the
-- data folder: {"language": its own name, "texts": {key: text, or {one, few, …, other}}}. What a
-- file lacks, or gives in another form than English has it, is said in English and logged; a file
-- that is no such file is refused with a sentence.

local R = require 'reaper_api'
local files = require 'files'
local json = require 'json'
local plurals = require 'plurals'
local texts = require 'texts'

local M = {}

M.default = 'en'

local function folder(data) return data .. '/languages' end

local function places(text)
  local out = {}
  for name in text:gmatch '{(%w+)}' do out[name] = true end
  return out
end

-- Nothing may be left out, except a number where the form says it already, and nothing be new.
local function same_places(text, english, counts)
  local given, wanted = places(text), places(english)
  for name in pairs(given) do if not wanted[name] then return false end end
  for name in pairs(wanted) do
    if not given[name] and not (counts and name == 'count') then return false end
  end
  return true
end

local function usable(given, english)
  if type(english) == 'string' then
    return type(given) == 'string' and given ~= '' and same_places(given, english)
  end
  if type(given) ~= 'table' or type(given.other) ~= 'string' then return false end
  for form, text in pairs(given) do
    if not plurals.forms[form] or type(text) ~= 'string'
      or not same_places(text, english.other, true) then
      return false
    end
  end
  return true
end

-- The texts that can be used, and the keys that cannot.
function M.sift(given)
  local out, refused = {}, {}
  for key, text in pairs(given) do
    local english = texts.english[key]
    if english and usable(text, english) then out[key] = text else refused[#refused + 1] = key end
  end
  table.sort(refused)
  return out, refused
end

local function read(data, code)
  local path = folder(data) .. '/' .. code .. '.json'
  local text = files.read(path)
  if not text then return nil, path, 'ENOENT' end
  local found, reason = json.decode(text)
  if type(found) ~= 'table' then return nil, path, tostring(reason) end
  if type(found.language) ~= 'string' then return nil, path, '"language"' end
  if type(found.texts) ~= 'table' then return nil, path, '"texts"' end
  return found, path
end

-- Speaks the language from now on; a sentence where its file cannot be used: then it is English.
function M.speak(data, code, log)
  texts.speak(M.default)
  if code == nil or code == M.default then return nil end
  local found, path, reason = read(data, code)
  if not found then return texts.say('language_broken', { path = path, reason = reason }) end
  local good, refused = M.sift(found.texts)
  if #refused > 0 then log('language ' .. code .. ' left_out=' .. table.concat(refused, ',')) end
  texts.speak(code, good)
  return nil
end

-- {code, name} of each that is there, English first.
function M.list(data)
  local out = { { M.default, texts.english.setting_language_en } }
  for _, name in ipairs(files.list(folder(data), R.EnumerateFiles)) do
    local code = name:match '^([%w-]+)%.json$'
    local found = code and code ~= M.default and read(data, code)
    if code and code ~= M.default then
      out[#out + 1] = { code, found and found.language or code } -- chosen, it says what is wrong
    end
  end
  return out
end

return M
