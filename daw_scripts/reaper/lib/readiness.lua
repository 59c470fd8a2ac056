-- Whether the stems may go in now. Nothing is written while REAPER records or renders, while the
-- user is at work in the project (it has to lie still for a second), or into a tab that is not in
-- front; then the import waits, for as long as it takes.

local R = require 'reaper_api'
local find = require 'find'

local M = {}
M.__index = M

M.still_s = 1.0

function M.new() return setmetatable({}, M) end

-- What home() says of a project, asked again only when the project has changed.
function M:is_home(project, home)
  local key = tostring(project) .. ' ' .. R.GetProjectStateChangeCount(project)
  if key ~= self.home_key then self.home_key, self.home = key, home(project) end
  return self.home
end

-- project, nil; or nil and the reason: closed, other_tab, recording, rendering, busy.
-- home(project): whether it holds what is to be written to.
---@param recorded ProjectId
function M:ask(recorded, box, now, home)
  local project, in_front = find.project(recorded, box, home and function(other)
    return self:is_home(other, home)
  end)
  if not project then return nil, 'closed' end
  if not in_front then return nil, 'other_tab' end
  local playing = R.GetPlayStateEx(project)
  if playing & 4 == 4 then return nil, 'recording' end
  -- While it renders, REAPER offers no projects that stand still; it runs no deferred code either.
  local count = R.GetProjectStateChangeCount(project)
  if count ~= self.count or self.project ~= tostring(project) then
    self.count, self.since, self.project = count, now, tostring(project)
  end
  -- A playing project's count may rise by itself: then the user at work cannot be told from it.
  if playing == 0 and now - self.since < M.still_s then return nil, 'busy' end
  if playing ~= 0 and now - (self.first or now) < M.still_s then
    self.first = self.first or now
    return nil, 'busy'
  end
  return project
end

return M
