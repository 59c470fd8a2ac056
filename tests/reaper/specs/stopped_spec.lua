-- A worker that somebody has stopped: a question starts nothing, a new job and the user do.

local Stage = dofile(HERE .. 'stage.lua')

local STOPPED = { code = 'worker_unreachable', retryable = true, message = 'The worker was '
  .. 'stopped. A new job starts it, or: voxmend worker start' }

local function exists(path)
  local file = io.open(path, 'rb')
  if file then file:close() end
  return file ~= nil
end

-- A link over a socket to a worker that is not there; stopped: the sign lies in its home.
local serial = 0
local function over_socket(stopped)
  package.loaded['socket.core'] = { tcp = function() error 'nobody is to be called' end }
  serial = serial + 1
  local home = TMP .. 'stopped' .. serial
  os.execute("mkdir -p '" .. home .. "/run'")
  if stopped then
    local file = assert(io.open(home .. '/run/stopped.json', 'wb'))
    file:write '{}'
    file:close()
  end
  local started, ids = {}, 0
  local link = require('socket_link').open { home = home, command = { '/opt/voxmend' },
    version = '0.1.0', log = function() end,
    exec = function(line) started[#started + 1] = line end,
    serial = function() ids = ids + 1 return ('%032x'):format(ids) end }
  package.loaded['socket.core'] = nil
  local now = 0
  return link, started, function()
    for _ = 1, 30 do
      now = now + 1 / 30
      link:step(now)
    end
  end
end

return {
  ['over the bridge the panel says so, and “Start again” is the user’s wish'] = function()
    local stage = Stage.new { player = { failure = STOPPED } }
    stage:run 'Jobs panel'
    assert(stage:until_(function() return stage:says 'was stopped' end, 30), stage:screen_text())
    local sign = stage.data .. '/box/' .. stage.player.box:match '[^/]+$' .. '/start'
    assert(not exists(sign), 'nobody has pressed anything')
    stage.player:stop() -- a bridge that has said so has ended
    stage.player.failure = nil
    assert(stage:press 'Start again', stage:screen_text())
    assert(exists(sign))
    assert(stage:until_(function() return stage:says 'No jobs yet' end, 30), stage:screen_text())
  end,

  ['over a socket a question starts nothing and is answered'] = function()
    local link, started, ticks = over_socket(true)
    local reply
    link:ask({ type = 'jobs' }, function(found) reply = found end)
    ticks()
    assert(#started == 0)
    assert(reply.code == 'worker_unreachable' and reply.message:find 'was stopped', reply.message)
    link:again()
    ticks()
    assert(#started == 1, 'the user wants it')
  end,

  ['over a socket a new job starts it, and a question where nobody stopped it'] = function()
    for _, case in ipairs { { true, 'submit' }, { true, 'retry' }, { false, 'jobs' } } do
      local link, started, ticks = over_socket(case[1])
      link:ask({ type = case[2] }, function() end)
      ticks()
      assert(#started == 1, case[2])
    end
  end,
}
