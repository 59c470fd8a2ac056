-- The action “Import finished stems”: all open tickets of the project in front are taken up.

local app = require 'app'
local relaunch = require 'relaunch'
local texts = require 'texts'

local M = {}

function M.run()
  relaunch.restarts()
  local context, error = app.context()
  if not context then return app.show(texts.say 'title', { error.message }) end
  context.action = 'import'
  local sessions = app.open_sessions(context)
  if #sessions == 0 then
    return app.instead(context, { texts.say 'nothing_to_import' })
  end
  app.follow(context, sessions)
end

return M
