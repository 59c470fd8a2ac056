-- While REAPER records, in any tab, voxmend stands still. A lease of 10 seconds, asked for again
-- every 3 by whichever script is at work, so that it ends by itself if REAPER dies. A worker that
-- does not run is not started for it, and one that is too old to be paused is left alone.
--
-- new{link, serial, wanted, log}: `serial` gives a new text each time; wanted(): whether the
-- setting is on.

local R = require 'reaper_api'
local texts = require 'texts'

local M = {}
M.__index = M

M.lease_s, M.again_s = 10, 3
local LOOK_S = 0.1
local RECORDING = 4 -- the bit of GetPlayStateEx

-- Whether any open project records.
function M.now()
  local n = 0
  while true do
    local project = R.EnumProjects(n)
    if not project then return false end
    if R.GetPlayStateEx(project) & RECORDING ~= 0 then return true end
    n = n + 1
  end
end

---@param options RecordingOptions
function M.new(options)
  return setmetatable({ options = options, link = options.link, next_look = 0, next_ask = 0 }, M)
end

-- Whether this script holds the worker still.
function M:holds() return self.held == true end

function M:ask(now)
  self.asking, self.next_ask = true, now + M.again_s
  local hold = self.hold
  self.link:ask({ type = 'pause', hold = hold, lease_s = M.lease_s,
    why = texts.say_english 'why_recording' },
    function(reply)
      self.asking = false
      if reply.type == 'error' then
        self.held = false
        if reply.code == 'unknown_type' then
          self.too_old = true
          self.options.log 'pause_unknown the worker is of an earlier version'
        end
      elseif self.hold == hold then
        self.held = (reply.count or 1) > 0 -- 0: the user has resumed meanwhile
      else -- the recording ended before the answer came
        self:give_back(hold)
      end
    end)
end

function M:give_back(hold) self.link:ask({ type = 'resume', hold = hold }, function() end) end

-- Once a tick, after the link's step. True while REAPER records and the worker is to stand still.
function M:step(now)
  if now >= self.next_look then
    self.next_look = now + LOOK_S
    self.on = not self.too_old and self.options.wanted() and M.now()
  end
  if self.on then
    self.hold = self.hold or 'reaper-' .. self.options.serial()
    if not self.asking and now >= self.next_ask and self.link:status() == 'ready' then
      self:ask(now)
    end
  elseif self.hold then
    if not self.asking then self:give_back(self.hold) end
    self.hold, self.held, self.next_ask = nil, false, 0
  end
  return self.on == true
end

return M
