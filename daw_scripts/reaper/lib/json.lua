-- JSON as PROTOCOL.md chapter 3 has it: strict in what it takes, plain in what it gives. Used by
-- whatever reads or writes a file or a message.
-- Integers stay integers and lie within 2^53; null becomes M.null; an empty table is an object
-- unless it was made by M.list. decode gives the value, or nil and a reason; it never raises.

local M = {}

M.null = setmetatable({}, { __tostring = function() return 'null' end })
M.deepest = 64

local LIST = { __name = 'json list' }
local LARGEST = 1 << 53

-- Marks a table as a list, so that an empty one is written as [].
function M.list(values) return setmetatable(values or {}, LIST) end

function M.is_list(value)
  return type(value) == 'table' and (getmetatable(value) == LIST or #value > 0)
end

local ESCAPES = { ['"'] = '\\"', ['\\'] = '\\\\', ['\b'] = '\\b', ['\f'] = '\\f', ['\n'] = '\\n',
  ['\r'] = '\\r', ['\t'] = '\\t' }

local function quoted(text)
  return '"' .. text:gsub('[%c"\\\127]', function(char)
    return ESCAPES[char] or string.format('\\u%04x', char:byte())
  end) .. '"'
end

local function number(value)
  if math.type(value) == 'integer' then return string.format('%d', value) end
  if value ~= value or value == math.huge or value == -math.huge then
    error('json: not a finite number', 0)
  end
  local text = string.format('%.17g', value)
  return text:find '[%.eE]' and text or text .. '.0'
end

local write

local function write_table(value, out, depth)
  if depth > M.deepest then error('json: nested too deep', 0) end
  if M.is_list(value) then
    out[#out + 1] = '['
    for n = 1, #value do
      if n > 1 then out[#out + 1] = ',' end
      write(value[n], out, depth)
    end
    out[#out + 1] = ']'
    return
  end
  local keys = {}
  for key in pairs(value) do
    if type(key) ~= 'string' then error('json: a name must be a string', 0) end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  out[#out + 1] = '{'
  for n, key in ipairs(keys) do
    if n > 1 then out[#out + 1] = ',' end
    out[#out + 1] = quoted(key)
    out[#out + 1] = ':'
    write(value[key], out, depth)
  end
  out[#out + 1] = '}'
end

function write(value, out, depth)
  local kind = type(value)
  if value == M.null then out[#out + 1] = 'null'
  elseif kind == 'table' then write_table(value, out, depth + 1)
  elseif kind == 'string' then out[#out + 1] = quoted(value)
  elseif kind == 'number' then out[#out + 1] = number(value)
  elseif kind == 'boolean' then out[#out + 1] = tostring(value)
  else error('json: cannot write a ' .. kind, 0) end
end

-- The text of a value; names in alphabetical order. Raises on what JSON has no word for.
function M.encode(value)
  local out = {}
  write(value, out, 0)
  return table.concat(out)
end

local function fail(reason, at) error({ json = reason .. ' at byte ' .. at }, 0) end

local function skip(text, at) return text:find('[^ \t\r\n]', at) or #text + 1 end

local PLAIN = { b = '\b', f = '\f', n = '\n', r = '\r', t = '\t', ['"'] = '"', ['\\'] = '\\',
  ['/'] = '/' }

local function unit(text, at)
  local hex = text:match('^%x%x%x%x', at)
  if not hex then fail('a broken \\u', at) end
  return tonumber(hex, 16)
end

-- One escape that begins after the backslash at `at`: its text and where it ends.
local function escape(text, at)
  local char = text:sub(at + 1, at + 1)
  if PLAIN[char] then return PLAIN[char], at + 2 end
  if char ~= 'u' then fail('an unknown escape', at) end
  local high = unit(text, at + 2)
  if high >= 0xDC00 and high <= 0xDFFF then fail('half a surrogate pair', at) end
  if high < 0xD800 or high > 0xDBFF then return utf8.char(high), at + 6 end
  if text:sub(at + 6, at + 7) ~= '\\u' then fail('half a surrogate pair', at) end
  local low = unit(text, at + 8)
  if low < 0xDC00 or low > 0xDFFF then fail('half a surrogate pair', at) end
  return utf8.char(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), at + 12
end

local function read_string(text, at)
  local out, from = {}, at + 1
  while true do
    local stop = text:find('["\\%c]', from)
    if not stop then fail('a string without an end', at) end
    out[#out + 1] = text:sub(from, stop - 1)
    local char = text:sub(stop, stop)
    if char == '"' then return table.concat(out), stop + 1 end
    if char == '\127' then
      out[#out + 1], from = char, stop + 1
    elseif char ~= '\\' then
      fail('a control character in a string', stop)
    else
      out[#out + 1], from = escape(text, stop)
    end
  end
end

local function read_number(text, at)
  local whole, stop = text:match('^(-?%d+)()', at)
  if not whole or whole:match '^%-?0%d' then fail('not a number', at) end
  local rest, last = text:match('^(%.%d+)()', stop)
  rest, last = rest or '', last or stop
  local power, final = text:match('^([eE][+-]?%d+)()', last)
  if power then rest, last = rest .. power, final end
  if rest == '' then
    local value = math.tointeger(tonumber(whole))
    if value and value >= -LARGEST and value <= LARGEST then return value, last end
  end
  local value = tonumber(whole .. rest) + 0.0
  if value == math.huge or value == -math.huge then fail('a number beyond a double', at) end
  return value, last
end

local WORDS = { { 'true', true }, { 'false', false }, { 'null', M.null } }

local read

local function read_list(text, at, depth)
  local out = M.list {}
  at = skip(text, at + 1)
  if text:sub(at, at) == ']' then return out, at + 1 end
  while true do
    out[#out + 1], at = read(text, at, depth)
    at = skip(text, at)
    local char = text:sub(at, at)
    if char == ']' then return out, at + 1 end
    if char ~= ',' then fail('a comma is missing', at) end
    at = skip(text, at + 1)
  end
end

local function read_object(text, at, depth)
  local out = {}
  at = skip(text, at + 1)
  if text:sub(at, at) == '}' then return out, at + 1 end
  while true do
    if text:sub(at, at) ~= '"' then fail('a name is missing', at) end
    local key
    key, at = read_string(text, at)
    at = skip(text, at)
    if text:sub(at, at) ~= ':' then fail('a colon is missing', at) end
    out[key], at = read(text, skip(text, at + 1), depth)
    at = skip(text, at)
    local char = text:sub(at, at)
    if char == '}' then return out, at + 1 end
    if char ~= ',' then fail('a comma is missing', at) end
    at = skip(text, at + 1)
  end
end

function read(text, at, depth)
  local char = text:sub(at, at)
  if depth >= M.deepest and (char == '{' or char == '[') then fail('nested too deep', at) end
  if char == '{' then return read_object(text, at, depth + 1) end
  if char == '[' then return read_list(text, at, depth + 1) end
  if char == '"' then return read_string(text, at) end
  for _, word in ipairs(WORDS) do
    if text:sub(at, at + #word[1] - 1) == word[1] then return word[2], at + #word[1] end
  end
  return read_number(text, at)
end

-- Reads a whole text. Returns the value, or nil and the reason.
function M.decode(text)
  local good, broken = utf8.len(text)
  -- Lua 5.3 takes surrogates written as UTF-8 (ED A0 80 to ED BF BF) for letters.
  broken = not good and broken or text:find '\xED[\xA0-\xBF]'
  if broken then return nil, 'not UTF-8 at byte ' .. broken end
  local fine, value = pcall(function()
    local found, at = read(text, skip(text, 1), 0)
    at = skip(text, at)
    if at <= #text then fail('something after the end', at) end
    return found
  end)
  if fine then return value end
  if type(value) == 'table' and value.json then return nil, value.json end
  error(value, 0)
end

return M
