-- The report of a finished job: asks voxmend for the page, waits without holding REAPER, and has it
-- opened, by SWS where it is there, else by voxmend. Nobody types a command. What is asked and what
-- came of it are files in the mailbox, so that any path survives.

local R = require 'reaper_api'
local files = require 'files'
local json = require 'json'
local texts = require 'texts'

local M = {}
M.__index = M

local LIMIT_S = 120 -- a long job's page takes seconds; what has not come by then will not

-- context: of app. folder: the job's.
---@param context Context
function M.ask(context, folder, now)
  local self = setmetatable({ context = context, folder = folder, since = now, state = 'making',
    box = context.data .. '/box/' .. context.box, by_us = R.has 'CF_ShellExecute',
    id = R.genGuid '' }, M)
  os.remove(self.box .. '/report.json')
  local fine, reason = files.replace(self.box .. '/report_ask.json', json.encode { id = self.id,
    folder = folder, open = not self.by_us })
  if not fine then
    self:fail(texts.say('report_unwritable', { reason = tostring(reason) }))
    return self
  end
  local problem = context.start('bridge', context.box_argument, '--report')
  if problem then self:fail(problem.message) end
  return self
end

function M:fail(text)
  self.state, self.text = 'failed', text
  self.context.log('report failed ' .. text)
  self.context.speech(text)
end

function M:finish(answer)
  self.state, self.page = 'done', answer.page
  if self.by_us then R.CF_ShellExecute(answer.page) end
  if self.by_us or answer.opened then
    self.text = texts.say 'report_opened'
  else
    self.text = texts.say('report_unopened', { path = answer.page })
  end
  self.context.speech(self.text)
end

-- Once a tick, while state is making; then done or failed, with a text.
function M:step(now)
  if self.state ~= 'making' then return end
  local answer = files.read_json(self.box .. '/report.json')
  if answer and answer.id == self.id then
    if answer.error then return self:fail(answer.error.message) end
    return self:finish(answer)
  end
  if now - self.since > LIMIT_S then
    self:fail(texts.say 'report_late')
  end
end

return M
