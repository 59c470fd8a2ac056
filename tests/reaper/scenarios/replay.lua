-- Holds the stand-in against a trace of the self-test, which a REAPER somewhere has written: every
-- call again, with the same arguments, in a tab like the self-test's; each result that differs is
-- said. Arguments: the trace, and a switch with its value, "name=value", or nothing.
-- Says the differences as one JSON list of {step, call, gave, here}.

local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'
local steps = require 'self_test_steps'

local name, value = (arg[2] or ''):match '^(.-)=(.*)$'
local switches = {}
if name then
  if value == 'true' or value == 'false' then value = value == 'true' end
  switches[name] = value
end
local stage = Stage.new { switches = switches }
local folder = stage.data .. '/self-test'
os.execute("mkdir -p '" .. folder .. "'")
local wav = assert(io.open(folder .. '/ramp.wav', 'wb'))
wav:write(steps.ramp())
wav:close()
reaper.Undo_BeginBlock2(0)
reaper.InsertTrackAtIndex(0, false)
reaper.Undo_EndBlock2(0, 'voxmend: self-test begins', -1)

local file = assert(io.open(arg[1], 'rb'))
local trace = assert(json.decode(file:read 'a'))
file:close()

-- What the trace calls by an address, and what stands for it here.
local known = {}
local function is_pointer(text)
  return type(text) == 'string' and text:match '^%a[%w_%.*]*: ?0?x?%x+$' ~= nil
end

local KINDS = { MediaTrack = function() return reaper.GetTrack(0, 0) end,
  ReaProject = function() return (reaper.EnumProjects(-1)) end }

local function here(text, kind)
  if text == json.null then return nil end
  if is_pointer(text) then
    if known[text] == nil and KINDS[kind] then known[text] = KINDS[kind]() end
    return known[text]
  end
  if type(text) == 'string' then -- the folder of the self-test is another one here
    local rest = text:match '[/\\]self%-test[/\\](.*)$'
    if rest and not text:find '"' then return folder .. '/' .. rest end
    if text:find '\n' then -- an item's state, with the file in it
      return (text:gsub('FILE "?[^\n"]-[/\\]self%-test[/\\]([^\n"]*)"?', function(last)
        return 'FILE "' .. folder .. '/' .. last .. '"'
      end))
    end
  end
  return text
end

local TIMED = { time_precise = true, genGuid = true, ExecProcess = true, GetOS = true,
  GetAppVersion = true, file_exists = true }

local function same(was, is)
  if was == json.null then return is == nil end
  if is_pointer(was) then
    if known[was] == nil then known[was] = is end
    return known[was] == is
  end
  if type(was) == 'number' and type(is) == 'number' then return math.abs(was - is) < 1e-9 end
  if type(was) == 'string' and was:match '^{%x+%-' then
    known[was] = known[was] or is
    return known[was] == is
  end
  -- An item's state holds paths and GUIDs; what it does shows in the calls that follow.
  if type(was) == 'string' and was:find '\n' then return type(is) == 'string' end
  return was == is
end

local function call(entry)
  local job = reaper[entry.call]
  if not job then return false, 'no such function' end
  local kinds = API_DATA.reascript_api[entry.call].args
  local given, count = {}, #entry.given
  for n = 1, count do given[n] = here(entry.given[n], kinds[n]) end
  local result
  local function run() result = table.pack(pcall(job, table.unpack(given, 1, count))) end
  if entry.aside then coroutine.wrap(run)() else run() end
  return table.unpack(result, 1, result.n)
end

local differences = json.list {}
for _, step in ipairs(trace.steps) do
  for _, entry in ipairs(step.calls) do
    local got = table.pack(call(entry))
    local fits = got[1] == entry.fine
    for n = 1, fits and entry.fine and #entry.gave or 0 do
      fits = fits and (TIMED[entry.call] or same(entry.gave[n], got[n + 1]))
    end
    if not fits then
      differences[#differences + 1] = { step = step.step, call = entry.call, gave = entry.gave,
        here = tostring(got[2]) }
    end
    if entry.call == 'time_precise' then stage.fake:tick(1) end
  end
end
io.write('RESULT ', json.encode { differences = differences, calls = #trace.steps }, '\n')
