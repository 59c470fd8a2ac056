-- What becomes of a script that is started while it runs. REAPER asks the user, about a script that
-- they may think is over, unless the script says beforehand: from 7.03 on it can. An action is
-- ended and started anew, and takes up what it was at; a panel is ended, which closes it.
-- What an action follows is noted for as long as REAPER lives, for the instance after it.

local R = require 'reaper_api'
local session_file = require 'session'
local ticket_file = require 'ticket'

local M = {}

local END, START_AGAIN, TOGGLED_ON, TOGGLED_OFF = 1, 2, 4, 8

local function say(options)
  if R.has 'set_action_options' then R.set_action_options(options) end
end

function M.restarts() say(END | START_AGAIN) end

-- Shown as switched on in menus and toolbars while it is open.
function M.closes()
  say(END | TOGGLED_ON)
  R.atexit(function() say(TOGGLED_OFF) end)
end

local function slot(action) return 'following ' .. action end

-- sessions: what the action follows from now on. When it ends, by whom ever, renders are let go.
---@param sessions Session[]
function M.follows(action, sessions)
  local groups = {}
  for n, session in ipairs(sessions) do groups[n] = session.ticket.group end
  R.SetExtState('voxmend', slot(action), table.concat(groups, ' '), false)
  R.atexit(function()
    for _, session in ipairs(sessions) do session:let_go() end
  end)
end

-- Sessions that an earlier instance of this action has left, less those that are known already.
---@param context Context
---@param known Session[]
function M.left(context, known)
  local seen, out = {}, {}
  for _, session in ipairs(known) do seen[session.ticket.group] = true end
  for group in R.GetExtState('voxmend', slot(context.action)):gmatch '%S+' do
    local ticket = not seen[group] and ticket_file.load(context.data, group)
    if ticket then out[#out + 1] = session_file.resume(context, ticket) end
  end
  return out
end

return M
