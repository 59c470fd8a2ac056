-- The self-test: runs the steps in a tab of its own and writes what it saw into
-- Data/voxmend/self-test.json, every call with arguments and results, so that the stand-in can be
-- held against a real REAPER. The user's projects are not touched.

local R = require 'reaper_api'
local app = require 'app'
local files = require 'files'
local json = require 'json'
local language = require 'language'
local settings_file = require 'settings'
local steps = require 'self_test_steps'
local texts = require 'texts'

local M = {}

local NEW_TAB = 40859 -- New project tab
local CLOSE_TAB = 40860 -- Close current project tab

local function plain(value)
  local kind = type(value)
  if kind == 'number' then
    return value == value and math.abs(value) < math.huge and value or tostring(value)
  end
  if kind == 'nil' then return json.null end
  if kind == 'string' then
    return utf8.len(value) and #value < 2000 and value or '(' .. #value .. ' bytes)'
  end
  if kind == 'boolean' then return value end
  return tostring(value)
end

local function list(...)
  local out = {}
  for n = 1, select('#', ...) do out[n] = plain((select(n, ...))) end
  return json.list(out)
end

-- REAPER's functions, each call written into `calls`.
local function recorder(calls)
  return setmetatable({ has = R.has }, { __index = function(_, name)
    local job = R[name]
    return function(...)
      local results = table.pack(pcall(job, ...))
      local _, main = coroutine.running()
      calls[#calls + 1] = { call = name, given = list(...), fine = results[1],
        aside = not main or nil, gave = list(table.unpack(results, 2, results.n)) }
      if not results[1] then error(results[2], 0) end
      return table.unpack(results, 2, results.n)
    end
  end })
end

local function one(step, scene, calls)
  local fine, found = pcall(step.work, recorder(calls), scene)
  if not fine then found = 'error: ' .. tostring(found) end
  return found
end

local function finding(found)
  if type(found) == 'table' and found.untried then return found.untried end
  if type(found) == 'table' then return list(table.unpack(found)) end
  return plain(found)
end

function M.write(scene, results)
  local path = scene.data .. '/self-test.json'
  files.replace(path, json.encode { schema = 1, reaper = R.GetAppVersion(), os = R.GetOS(),
    lua = _VERSION, steps = json.list(results) })
  return path
end

local function finish(scene, results)
  -- Undo points of the tab go with it. REAPER asks about a tab that was never saved, so it is.
  local project = scene.folder .. '/self-test.rpp'
  if R.has 'Main_SaveProjectEx' then R.Main_SaveProjectEx(scene.project, project, 0) end
  R.Main_OnCommand(CLOSE_TAB, 0)
  files.remove(project)
  local surprises, untried = {}, {}
  for _, result in ipairs(results) do
    if result.untried then untried[#untried + 1] = result.step
    elseif not result.ok then surprises[#surprises + 1] = result.step end
  end
  local path = M.write(scene, results)
  local first = texts.many('self_test_steps', #results, { others = #surprises })
  R.ShowMessageBox(first .. (#surprises > 0 and ':\n\n' .. table.concat(surprises, '\n') or '.')
    .. (#untried > 0 and '\n\n' .. texts.say 'self_test_untried' .. '\n\n'
      .. table.concat(untried, '\n') or '')
    .. '\n\n' .. texts.say('self_test_trace', { path = path }), texts.say 'title_self_test', 0)
end

function M.run()
  local data = R.GetResourcePath() .. '/Data/voxmend'
  local folder = data .. '/self-test'
  R.RecursiveCreateDirectory(folder, 0)
  language.speak(data, settings_file.load(data).language, function() end)
  local wav = folder .. '/ramp.wav'
  local fine = files.write_plain(wav, steps.ramp())
  if not fine then
    return app.tell(texts.say('folder_unwritable_self_test', { folder = folder }))
  end
  R.Main_OnCommand(NEW_TAB, 0)
  local project = R.EnumProjects(-1)
  local scene = { project = project, wav = wav, folder = folder, data = data }
  R.Undo_BeginBlock2(project)
  R.InsertTrackAtIndex(0, false)
  R.Undo_EndBlock2(project, steps.undo, -1)
  scene.track = R.GetTrack(project, 0)
  local results, at, calls = {}, 1, json.list {}
  app.loop(function(text) files.write_plain(folder .. '/error.txt', text) end, function()
    local step = steps.list[at]
    if not step then
      finish(scene, results)
      return true
    end
    local found = one(step, scene, calls)
    if found == 'again' then return false end
    results[#results + 1] = { step = step.name, ok = found == true, found = finding(found),
      untried = type(found) == 'table' and found.untried ~= nil or nil, calls = calls }
    at, calls = at + 1, json.list {}
    return false
  end)
end

return M
