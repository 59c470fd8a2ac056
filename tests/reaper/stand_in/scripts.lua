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
    local there = fake.switches.windows and io.open(to, 'rb')
    if there then
      there:close()
      return nil, to .. ': File exists', 17
    end
    fake.renames = fake.renames + 1
    return os.rename(from, to)
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

-- Starts a script. One that runs already is asked about by REAPER: with set_action_options(1) the
-- old instance ends, else the user is taken to choose "new instance".
function M.run(fake, path)
  for _, other in ipairs { table.unpack(fake.instances) } do
    if other.path == path and (other.options or 0) & 1 == 1 then
      finish(fake, other)
      if (other.options & 2) == 0 then return nil end
    end
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
