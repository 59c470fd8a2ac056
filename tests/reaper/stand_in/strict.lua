-- REAPER's door, strict: every call is checked against the published signatures before it reaches
-- the stand-in. A name that does not exist, a missing, surplus or wrong argument, a pointer of
-- another kind, one that is gone, or one of a tab that is not in front: an error in REAPER's words.
-- Attribute keys are checked against the list of keys of each Get/Set function.

local Clock = dofile(HERE .. 'stand_in/clock.lua')

local M = {}

local OBJECTS = { MediaItem = true, MediaTrack = true, MediaItem_Take = true, PCM_source = true,
  AudioAccessor = true, TrackEnvelope = true, ReaProject = true, ImGui_Context = true,
  ImGui_Font = true, ImGui_Resource = true }

-- Functions whose second argument names an attribute; of sends it is the fourth.
local KEYED = '^Get.*Info_Value$|^Set.*Info_Value$|^GetSet.*Info_String$|^GetSetProjectInfo'

local function keyed(name)
  for pattern in KEYED:gmatch '[^|]+' do
    if name:find(pattern) then return true end
  end
  return false
end

local function bad(n, name, reason)
  error(string.format("bad argument #%d to '%s' (%s)", n, name, reason), 3)
end

local function check_key(known, name, key)
  local family = key:match '^([%w_]+:)'
  for candidate in pairs(known) do
    if candidate == key or (family and candidate:sub(1, #family) == family) then return end
  end
  error(string.format("%s has no attribute '%s'", name, tostring(key)), 3)
end

local CHECKS = {
  integer = function(value) return math.type(value) ~= nil and math.tointeger(value) end,
  number = function(value) return tonumber(value) end,
  boolean = function(value) if type(value) == 'boolean' then return value end end,
  string = function(value)
    if type(value) == 'string' then return value end
    if type(value) == 'number' then return tostring(value) end
  end,
  ['function'] = function(value) if type(value) == 'function' then return value end end,
}

local function convert(fake, name, kind, value, n, project)
  if OBJECTS[kind] then
    if kind == 'ReaProject' and (value == 0 or value == nil) then return fake.project end
    local object, reason = fake.handles:object(kind, value, project)
    if not object then bad(n, name, reason or kind .. ' expected') end
    return object
  end
  local check = CHECKS[kind]
  if not check then return value end
  local found = check(value)
  if found == nil or found == false and kind ~= 'boolean' then bad(n, name, kind .. ' expected') end
  return found
end

-- A function of the fake behind its published signature. `made(fake, ...)` gets objects for
-- pointers; what it returns is given back as it is, objects as pointers.
function M.wrap(fake, name, made, signature, attributes)
  local kinds, least = signature.args, signature.min_args
  local keys = keyed(name) and attributes and (attributes[name]
    or attributes[name:gsub('^Set', 'Get')])
  local key_at = name:find 'SendInfo' and 4 or 2
  local cost, by_length = Clock.price(name)
  local clock, accepted = fake.clock, {}
  return function(...)
    local count = select('#', ...)
    local given = { ... }
    -- REAPER takes the extra "" where older versions had a buffer argument.
    if count == #kinds + 1 and given[count] == '' then count = #kinds end
    if count > #kinds then
      error(string.format('%s takes %d arguments, not %d', name, #kinds, count), 2)
    end
    -- A project that is left out is the one in front.
    while count < least and kinds[count + 1] == 'ReaProject' do count = count + 1 end
    if count < least then bad(count + 1, name, kinds[count + 1] .. ' expected') end
    clock:spend(cost, by_length and type(given[2]) == 'string' and given[2])
    local project = fake.project
    for n = 1, count do
      if given[n] ~= nil or n <= least then
        given[n] = convert(fake, name, kinds[n], given[n], n, project)
        if kinds[n] == 'ReaProject' then project = given[n] end
      end
    end
    if keys and not accepted[given[key_at]] then
      check_key(keys, name, given[key_at])
      accepted[given[key_at]] = true
    end
    return fake.handles:out(made(fake, table.unpack(given, 1, count)))
  end
end

return M
