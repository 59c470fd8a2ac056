-- Scripts as REAPER runs them: each in a Lua of its own (own globals, own loaded modules), its
-- deferred functions called once a tick, its atexit functions when it ends. Its files are loaded
-- with the checks of their shapes.

local Shapes = require 'stand_in.shapes'

local M = {}

local function module_path(path, name)
  for pattern in path:gmatch '[^;]+' do
    local file = pattern:gsub('%?', (name:gsub('%.', '/')))
    local handle = io.open(file, 'rb')
    if handle then
      handle:close()
      return file
    end
  end
end

-- Windows refuses to rename onto what exists; renames are counted, since what is written whole
-- comes to its place by one; the rest of io and os is the machine's own.
local function systems(fake)
  local system = setmetatable({}, { __index = os })
  function system.rename(from, to)
    if fake:renames_refused(to) then return nil, to .. ': Permission denied', 13 end
    local there = fake.switches.windows and io.open(to, 'rb')
    if there then
      there:close()
      return nil, to .. ': File exists', 17
    end
    fake.renames = fake.renames + 1
    return os.rename(from, to)
  end
  -- On Windows C's remove() takes files only.
  function system.remove(path)
    local folder = fake.switches.windows and io.open(path, 'rb')
    local reads = folder and folder:read(0) ~= nil or folder and folder:seek 'end' == 0
    if folder then folder:close() end
    if folder and not reads then return nil, path .. ': Permission denied', 13 end
    return os.remove(path)
  end
  local files = setmetatable({}, { __index = io })
  if fake.disk_full ~= nil then
    function files.open(path, mode)
      if fake.disk_full and mode and mode:find '[wa]' then
        return nil, path .. ': No space left on device', 28
      end
      return io.open(path, mode)
    end
  end
  return system, files
end

local function environment(fake)
  local env = setmetatable({}, { __index = _G })
  local loaded = {}
  env._G, env.reaper, env.gfx = env, fake.reaper, fake.gfx
  env.os, env.io = systems(fake)
  env.package = { path = package.path, cpath = package.cpath, loaded = loaded,
    config = package.config }
  function env.loadfile(path) return loadfile(path, 't', env) end
  function env.dofile(path)
    return assert(loadfile(path, 't', env))()
  end
  function env.require(name)
    if loaded[name] ~= nil then return loaded[name] end
    local file = module_path(env.package.path, name)
    if not file then
      local before = package.cpath
      package.cpath = env.package.cpath
      local fine, found = pcall(require, name)
      package.cpath = before
      if not fine then error(found, 2) end
      loaded[name] = found
      return found
    end
    local value = Shapes.loadfile(file, env)(name)
    loaded[name] = value == nil and true or value
    return loaded[name]
  end
  return env
end

local function finish(fake, instance)
  if instance.ended then return end
  instance.ended = true
  for _, job in ipairs(instance.at_exit) do
    fake.current = instance
    local fine, why = pcall(job)
    if not fine then fake.failures[#fake.failures + 1] = tostring(why) end
  end
  fake.current = nil
  for n, other in ipairs(fake.instances) do
    if other == instance then table.remove(fake.instances, n) end
  end
end

M.finish = finish

local function guarded(fake, instance, job)
  local before = fake.current
  fake.current = instance
  fake:use(instance)
  local fine, why = xpcall(job, debug.traceback)
  fake.current = before
  if not fine then
    fake.failures[#fake.failures + 1] = tostring(why)
    instance.failed = tostring(why)
    finish(fake, instance)
  end
  return fine
end

-- What becomes of an instance that runs when its script is started again: true where the new one
-- may start. Its own options come first, then the flags of the action, else REAPER asks, and the
-- user says what `fake.answers['ReaScript task control']` holds: 'terminate', which starts nothing,
-- 'new', or nothing, which leaves all as it is.
local function make_way(fake, other)
  local flags = 0
  for _, action in pairs(fake.actions) do
    if action.path == other.path then flags = action.flags or 0 end
  end
  local options = other.options or 0
  if options & 1 == 1 then
    finish(fake, other)
    return options & 2 == 2
  end
  if flags & 512 == 512 then return true end
  if flags & 256 == 256 then
    finish(fake, other)
    return false
  end
  fake.dialogs[#fake.dialogs + 1] = { name = 'ReaScript task control',
    text = other.path:match '[^/]*$' .. ' runs already: terminate instances, or a new one?' }
  local answer = table.remove(fake.answers['ReaScript task control'] or {}, 1)
  if answer == 'terminate' then finish(fake, other) end
  return answer == 'new'
end

-- Starts a script; nil where one of its name runs and nothing new was started.
function M.run(fake, path)
  for _, other in ipairs { table.unpack(fake.instances) } do
    if other.path == path and not make_way(fake, other) then return nil end
  end
  local screen, gfx = fake.new_screen()
  local instance = { path = path, deferred = {}, at_exit = {}, screen = screen, gfx = gfx,
    cost = 0 }
  fake.instances[#fake.instances + 1] = instance
  fake:use(instance)
  local env = environment(fake)
  local chunk, reason = loadfile(path, 't', env)
  if not chunk then error(reason, 2) end
  if guarded(fake, instance, chunk) and #instance.deferred == 0 then finish(fake, instance) end
  return instance
end

-- One tick of one script.
function M.tick(fake, instance)
  if instance.ended then return end
  local jobs = instance.deferred
  instance.deferred = {}
  for _, job in ipairs(jobs) do
    if not guarded(fake, instance, job) then return end
  end
  if #instance.deferred == 0 then finish(fake, instance) end
end

return M
