-- Checks the shapes of tables at the seams between the scripts' files. lib/shapes*.lua say what
-- each shape holds, in annotations; a function says what it is handed, in `---@param`. A file that
-- is loaded here has a check put in front of each such function, on the same line, so that line
-- numbers stay; in the user's REAPER there is none.
-- A table with a field its shape has not, without one it must have, or with one of another type is
-- an error that names function, shape and field. It is kept in `broken` too, which the prelude
-- minds: a script may swallow the error, and the spec is red all the same.
-- A check looks at the table itself; what lies in its fields is checked where that is handed on.

local M = { broken = {} }

local function fail(...) error('shapes: ' .. string.format(...), 0) end

-- Types ------------------------------------------------------------------------------------------

-- The type a text begins with: up to a blank that is in no brackets and behind no colon.
local function first_type(text)
  local depth = 0
  for at = 1, #text do
    local char = text:sub(at, at)
    if char:find '[<(]' then depth = depth + 1 end
    if char:find '[>)]' then depth = depth - 1 end
    if char == ' ' and depth == 0 and text:sub(at - 1, at - 1) ~= ':' then
      return text:sub(1, at - 1)
    end
  end
  return text
end

local function alternatives(text)
  local out, depth, part = {}, 0, ''
  for char in (text .. '|'):gmatch '.' do
    if char:find '[<(]' then depth = depth + 1 end
    if char:find '[>)]' then depth = depth - 1 end
    if char == '|' and depth == 0 then
      out[#out + 1], part = part, ''
    else
      part = part .. char
    end
  end
  return out
end

local function is(kind) return function(value) return type(value) == kind end end
local function anything(value) return value ~= nil end

local PLAIN = { string = is 'string', number = is 'number', boolean = is 'boolean',
  table = is 'table', any = anything, ['nil'] = is 'nil',
  integer = function(value) return type(value) == 'number' and math.tointeger(value) ~= nil end }

-- {fits(value), text, class, list}: the last two where it is a shape, or a list of one.
local function one_type(text, classes)
  local literal, of_list = text:match "^'(.*)'$", text:match '^(.*)%[%]$'
  if literal then return { fits = function(value) return value == literal end } end
  if PLAIN[text] then return { fits = PLAIN[text] } end
  if of_list then
    return { fits = is 'table', list = true, class = one_type(of_list, classes).class }
  end
  if text:find '^table<' then return { fits = is 'table' } end
  if text:find '^fun%(' then return { fits = is 'function' } end
  local class = classes[text] or fail('there is no shape %s', text)
  return { fits = class.opaque and anything or is 'table', class = not class.opaque and class }
end

local function any_type(text, classes)
  local optional = text:find '%?$' ~= nil and not text:find '^fun%('
  local kinds = {}
  for n, part in ipairs(alternatives(optional and text:sub(1, -2) or text)) do
    kinds[n] = one_type(part, classes)
  end
  local fits = kinds[1].fits
  if kinds[2] then
    function fits(value)
      for _, kind in ipairs(kinds) do if kind.fits(value) then return true end end
      return false
    end
  end
  return { text = text, kinds = kinds, fits = fits, optional = optional }
end

-- Shapes -----------------------------------------------------------------------------------------

-- The annotations of a text as classes, by name: {name, parent, own = list of fields, open}.
local function declared(text)
  local classes, order, current = {}, {}, nil
  for line in text:gmatch '[^\n]+' do
    local name, parent = line:match '^%-%-%-@class ([%w_]+)%s*:?%s*([%w_]*)$'
    local field, said = line:match '^%-%-%-@field (%S+) (.+)$'
    if name then
      if classes[name] then fail('%s is declared twice', name) end
      current = { name = name, parent = parent ~= '' and parent or nil, own = {}, opaque = true }
      classes[name], order[#order + 1] = current, current
    elseif field == '[string]' then
      current.open, current.opaque = true, false
    elseif field then
      current.own[#current.own + 1] = { name = field:gsub('%?$', ''),
        optional = field:find '%?$' ~= nil, said = first_type(said) }
      current.opaque = false
    elseif line:find '^%-%-%-@' and line ~= '---@meta' then
      fail('what is “%s”?', line)
    end
  end
  return classes, order
end

-- All fields of the class and its ancestors are minded; those of its heirs are allowed, since a
-- function that takes any Played takes a Pick.
local function settle(classes, order)
  for _, class in ipairs(order) do class.fields, class.required = {}, {} end
  for _, class in ipairs(order) do
    local line, at = {}, class
    while at do
      line[#line + 1] = at
      if at.parent and not classes[at.parent] then fail('there is no shape %s', at.parent) end
      at = classes[at.parent]
    end
    for _, one in ipairs(line) do
      for _, field in ipairs(one.own) do
        if not class.fields[field.name] then
          class.fields[field.name] = any_type(field.said, classes)
          if not field.optional then table.insert(class.required, field.name) end
        end
      end
    end
    for n = 2, #line do line[n].heirs = line[n].heirs or {} table.insert(line[n].heirs, class) end
  end
  for _, class in ipairs(order) do
    for _, heir in ipairs(class.heirs or {}) do
      for name, kind in pairs(heir.fields) do class.fields[name] = class.fields[name] or kind end
    end
  end
end

-- Shapes by name, from the text of shapes.lua.
function M.read(text)
  local classes, order = declared(text)
  settle(classes, order)
  return classes
end

-- What is wrong with a table, or nil.
function M.wrong(class, value)
  if type(value) ~= 'table' then return class.name .. ' expected, not a ' .. type(value) end
  local fields = class.fields
  for name, inner in next, value do
    local kind = fields[name]
    if not kind then
      if not class.open then
        return string.format("%s has no field '%s'", class.name, tostring(name))
      end
    elseif not kind.fits(inner) then
      return string.format("%s: '%s' is %s, not %s", class.name, name, tostring(inner), kind.text)
    end
  end
  for _, name in ipairs(class.required) do
    if rawget(value, name) == nil then
      return string.format("%s is without its field '%s'", class.name, name)
    end
  end
  return nil
end

local function wrong_list(class, list)
  if type(list) ~= 'table' then return class.name .. '[] expected, not a ' .. type(list) end
  for n, value in ipairs(list) do
    local why = M.wrong(class, value)
    if why then return '[' .. n .. '] ' .. why end
  end
  return nil
end

local function wrong_any(kind, value)
  local first
  for _, one in ipairs(kind.kinds) do
    local why
    if one.class then
      why = (one.list and wrong_list or M.wrong)(one.class, value)
    elseif not one.fits(value) then
      why = kind.text .. ' expected, not ' .. tostring(value)
    end
    if not why then return nil end
    first = first or why
  end
  return first
end

-- Seams ------------------------------------------------------------------------------------------

local seams, texts, shapes_of = {}, {}, {}

-- Called by the scripts with the number of the seam and what was handed over.
local function check(n, value)
  local seam = seams[n]
  if value == nil and seam.kind.optional then return end
  local why = wrong_any(seam.kind, value)
  if not why then return end
  why = string.format('shapes: %s, %s of %s: %s', seam.file, seam.name, seam.job, why)
  M.broken[#M.broken + 1] = why
  error(why, 2)
end

local function whole(path)
  local file = io.open(path, 'rb')
  if not file then return nil end
  local text = file:read 'a'
  file:close()
  return text
end

-- The text of a file with its checks in it. shapes: by name.
function M.checked(text, name, shapes)
  local lines, params = {}, {}
  for line in (text .. '\n'):gmatch '(.-)\n' do
    local param, said = line:match '^%-%-%-@param (%S+) (.+)$'
    if param then
      params[#params + 1] = { name = param:gsub('%?$', ''), said = first_type(said)
        .. (param:find '%?$' and '?' or '') }
    elseif #params > 0 and not line:find '^%-%-' then
      local head, given = line:match '^(.-function[%s%w_.:]*)(%b())'
      if not head then fail('%s: @param %s stands before no function', name, params[1].name) end
      local calls = {}
      for n, one in ipairs(params) do
        if not given:find('[(, ]' .. one.name .. '[,)]') then
          fail('%s: no parameter is called %s: %s', name, one.name, line)
        end
        seams[#seams + 1] = { file = name, name = one.name, kind = any_type(one.said, shapes),
          job = head:match '[%w_.:]+$' or 'a function' }
        calls[n] = string.format(' __shape(%d, %s)', #seams, one.name)
      end
      line = head .. given .. table.concat(calls) .. line:sub(#head + #given + 1)
      params = {}
    end
    lines[#lines + 1] = line
  end
  return 'local __shape = select(3, ...) ' .. table.concat(lines, '\n')
end

-- A file of the scripts as a function, as loadfile gives it. Where shapes.lua lies beside it, it
-- has checks; others are as they are.
function M.loadfile(path, env)
  if not texts[path] then
    local text = assert(whole(path))
    local folder, name = path:match '^(.*/)([^/]*)$'
    if folder and shapes_of[folder] == nil then
      local found = whole(folder .. 'shapes.lua')
      local more = whole(folder .. 'shapes_session.lua') or ''
      shapes_of[folder] = found and M.read(found .. more) or false
    end
    local shapes = shapes_of[folder]
    local chunk = assert(load(shapes and M.checked(text, name, shapes) or text, '@' .. path))
    texts[path] = string.dump(chunk)
  end
  local chunk = assert(load(texts[path], '@' .. path, 'b', env or _G))
  return function(...) return chunk((...), path, check) end
end

-- Raises the first check that failed since it was last asked.
function M.mind()
  local why = M.broken[1]
  for n = #M.broken, 1, -1 do M.broken[n] = nil end
  if why then error(why, 0) end
end

-- A searcher for plain `require`, in specs that call a file of the scripts by itself.
function M.searcher(folder)
  return function(name)
    local path = folder .. name .. '.lua'
    local file = io.open(path, 'rb')
    if not file then return '\n\tno file ' .. path end
    file:close()
    return M.loadfile(path), path
  end
end

return M
