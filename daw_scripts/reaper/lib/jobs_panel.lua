-- The Jobs panel: a window over jobs.lua. Polls the worker's newest jobs, shows them as rows, and
-- carries out what is pressed. Closing it changes nothing.

local R = require 'reaper_api'
local app = require 'app'
local jobs = require 'jobs'
local job_tickets = require 'job_tickets'
local json = require 'json'
local menu = require 'menu'
local relaunch = require 'relaunch'
local report_file = require 'report'
local session_file = require 'session'
local settings_file = require 'settings'
local strengths = require 'strengths'
local texts = require 'texts'
local ticket_file = require 'ticket'
local unused = require 'unused'
local uuid = require 'uuid'
local verdict = require 'verdict'
local view_of = require 'view'
local window_of = require 'window'

local M = {}
M.__index = M

local POLL_S, SHOWN = 1.0, 30
local NOTICE_S = 6.0 -- how long a sentence about what was done stays

---@param context Context
function M.new(context)
  return setmetatable({ context = context, records = {}, rows = {}, next_poll = 0, sessions = {},
    known = job_tickets.new(context.data) }, M)
end

function M:tell(text) self.notice, self.notice_until = text, self.context.now() + NOTICE_S end

function M:ask(message, done)
  self.context.link:ask(message, function(reply)
    if reply.type == 'error' then self:tell(reply.message) elseif done then done(reply) end
    self.next_poll = 0
  end)
end

function M:poll(now)
  if self.polling or now < self.next_poll then return end
  self.polling, self.next_poll = true, now + POLL_S
  self.context.link:ask({ type = 'jobs', limit = SHOWN }, function(reply)
    self.polling, self.answered = false, true
    self.error = reply.type == 'error' and reply.message or nil
    if self.error then return end
    self.records = reply.items
    self.rows = jobs.rows(self.records, self.known:of(self.records))
  end)
end

function M:chosen()
  for _, row in ipairs(self.rows) do
    if row.job == self.job then return row end
  end
end

-- The session that cannot go on without the user, if there is one.
function M:stuck()
  for n, session in ipairs(self.sessions) do
    if session.state == 'failed' or session.state == 'models' then return session, n end
  end
end

function M:lines()
  local status = self.context.link:status()
  local lines = {}
  lines[1] = status == 'starting' and texts.say 'starting' or self.error
  if self.notice and self.context.now() < self.notice_until then
    lines[#lines + 1] = self.notice
  end
  if self.report then
    lines[#lines + 1] = self.report.state == 'making' and texts.say 'making_report'
      or self.report.text
  end
  local row = self:chosen()
  for _, text in ipairs(verdict.lines(row and row.record)) do lines[#lines + 1] = text end
  if #self.rows == 0 and #lines == 0 then lines[1] = texts.say 'no_jobs' end
  if self.context.recording:holds() then lines[#lines + 1] = texts.say 'paused_recording'
  elseif jobs.paused(self.records) then lines[#lines + 1] = texts.say 'paused' end
  for _, session in ipairs(self.sessions) do
    if session.state == 'waiting' then
      lines[#lines + 1] = texts.waits(session.reason, view_of.what(session))
    end
  end
  return lines
end

function M:view()
  local lines, rows, buttons = self:lines(), {}, {}
  local stuck = self:stuck()
  if stuck then
    local view = view_of.of(stuck)
    for _, text in ipairs(view.lines) do lines[#lines + 1] = text end
    return { title = texts.say 'title_jobs', lines = lines, buttons = view.buttons,
      failed = view.failed, asks = view.asks }
  end
  for n, row in ipairs(self.rows) do
    local chosen = row.job == self.job
    rows[n] = { text = chosen and row.text or row.brief, chosen = chosen, fraction = row.fraction }
  end
  if self.context.link:status() == 'failed' then
    buttons[1] = { id = 'again', label = texts.button 'again' }
  end
  if self.report and self.report.state == 'failed' then
    buttons[#buttons + 1] = { id = 'log', label = texts.button 'log' }
  end
  for _, id in ipairs(jobs.offers(self:chosen(), self.records)) do
    buttons[#buttons + 1] = { id = id, label = texts.button(id) }
  end
  -- A menu holds everything up: it comes when all is known, and nothing of ours is at work.
  local making = self.report and self.report.state == 'making'
  return { title = texts.say 'title_jobs', lines = lines, rows = rows, buttons = buttons,
    asks = (self.answered or self.error ~= nil) and not making and #self.sessions == 0 }
end

-- A ticket like the row's, for this clip alone, under a new preset or with other strengths. The
-- stages before the change come from the worker's cache.
---@param row JobRow
function M:again(row, preset, set)
  local old = row.ticket
  local clip, items, number = nil, json.list {}, nil
  for n, other in ipairs(old.clips) do
    if other.job == row.job then clip, number = other, n end
  end
  for _, entry in ipairs(old.items) do
    if entry.clip == number then
      local copy = {}
      for key, value in pairs(entry) do copy[key] = value end
      copy.clip, copy.inserted = 1, nil
      items[#items + 1] = copy
    end
  end
  local fresh = {}
  for key, value in pairs(clip) do fresh[key] = value end
  fresh.job, fresh.state, fresh.tries = uuid.from_guid(R.genGuid('')), 'open', nil
  if fresh.preset then fresh.preset = preset end -- of a trial: its take goes beside the others
  local made = ticket_file.new { group = uuid.from_guid(R.genGuid('')), now = os.time(),
    preset = preset, set = set, options = (fresh.preset or preset == old.preset) and old.options
      or ticket_file.options(self.context.settings, preset), project = old.project, items = items,
    clips = json.list { fresh }, device = old.device }
  local session = session_file.begin(self.context, made)
  session:save()
  self.sessions[#self.sessions + 1] = session
end

---@param row JobRow
function M:run_again(row)
  self:ask({ type = 'presets' }, function(reply)
    local entries, presets = { texts.say 'again_strengths' }, menu.restoring(reply.items)
    for n, preset in ipairs(presets) do
      entries[n + 1] = texts.say('again_preset', { preset = preset.title })
    end
    local chosen = menu.choose(entries)
    if not chosen then return end
    if chosen > 1 then return self:again(row, presets[chosen - 1].name, {}) end
    local names = {}
    for _, preset in ipairs(presets) do
      if preset.name == row.record.preset then
        for _, block in ipairs(preset.blocks or {}) do
          local stage = block:match '^[^.]+'
          if stage ~= 'separate' then names[#names + 1] = stage end
        end
      end
    end
    if #names == 0 then return end
    -- Not a comma between the values: half of the world writes 0,5.
    local fine, text = R.GetUserInputs(texts.say 'strengths', #names, table.concat(names, ',')
      .. ',separator=' .. strengths.separator, '')
    if not fine then return end
    local set, wrong = strengths.read(names, text)
    if not set then
      return self:tell(texts.say('no_strength', { word = wrong }))
    end
    if next(set) then self:again(row, row.record.preset, set) end
  end)
end

-- Before all others that wait.
---@param row JobRow
function M:run_next(row)
  self.context.link:ask({ type = 'next', job = row.job }, function(reply)
    self.next_poll = 0
    if reply.type ~= 'error' then return self:tell(texts.say 'job_is_next') end
    self:tell(reply.code == 'unknown_type' and texts.say 'job_order_unknown' or reply.message)
  end)
end

---@param row JobRow
function M:import(row)
  if row.ticket.claimed then
    local answer = R.ShowMessageBox(texts.say 'import_interrupted',
      texts.say 'title', 4)
    if answer ~= 6 or not ticket_file.take_over(self.context.data, row.ticket.group,
      row.ticket.claimed) then
      return
    end
  end
  local fresh = ticket_file.load(self.context.data, row.ticket.group)
  if fresh then
    self.sessions[#self.sessions + 1] = session_file.resume(self.context, fresh)
  end
end

function M:remove_unused()
  local root = app.stem_folder(self.context.project)
  local sets, frozen = unused.find(root)
  if #sets == 0 then
    return self:tell(texts.say('unused_none', { folder = root }))
  end
  local names, bytes = {}, 0
  for n, one in ipairs(sets) do
    if n <= 20 then
      names[n] = texts.say('unused_set', { name = one.name, size = texts.megabytes(one.bytes) })
    end
    bytes = bytes + one.bytes
  end
  if #sets > 20 then names[21] = texts.many('unused_more', #sets - 20) end
  local question = texts.say('unused_delete', { size = texts.megabytes(bytes),
    names = table.concat(names, '\n') })
  if frozen > 0 then question = question .. '\n\n' .. texts.many('unused_frozen', frozen) end
  local answer = R.ShowMessageBox(question, texts.say 'title_unused', 4)
  if answer == 6 then
    local gone, left = unused.remove(sets)
    unused.leave_to_voxmend(self.context, left)
    self:tell(texts.say('unused_deleted', { size = texts.megabytes(gone) }))
  end
end

function M:press(id)
  self.answered, self.next_poll = false, 0
  local stuck, n = self:stuck()
  if stuck then
    if not app.press(stuck, id) then table.remove(self.sessions, n) end
    return
  end
  local row = self:chosen()
  if id == 'again' then
    self.context.link:again()
    self.error, self.polling = nil, false
  elseif id == 'next_job' then self:run_next(row)
  elseif id == 'cancel_job' then self:ask { type = 'cancel', job = row.job }
  elseif id == 'retry_job' then
    if row.ticket then self:again(row, row.record.preset, row.ticket.set) else
      self:ask { type = 'retry', job = row.job, new_job = uuid.from_guid(R.genGuid('')) }
    end
  elseif id == 'again_job' then self:run_again(row)
  elseif id == 'import' then self:import(row)
  elseif id == 'report' then
    if not (self.report and self.report.state == 'making') then
      self.report = report_file.ask(self.context, row.record.folder, self.context.now())
    end
  elseif id == 'log' then app.open_log(self.context)
  elseif id == 'pause' or id == 'resume' then
    self:ask({ type = id }, function()
      self:tell(texts.say(id == 'pause' and 'pause_begun' or 'pause_over'))
    end)
  elseif id == 'unused' then self:remove_unused()
  elseif id == 'free' then
    self:ask({ type = 'release' }, function() self:tell(texts.say 'models_let_go') end)
  elseif id == 'folder' then
    if R.has 'CF_ShellExecute' then R.CF_ShellExecute(row.record.folder)
    else R.ShowConsoleMsg(row.record.folder .. '\n') end
  end
end

function M:step(now)
  self.context.link:step(now)
  for _, record in ipairs(self.context.link:records()) do
    for _, session in ipairs(self.sessions) do session:take_record(record) end
  end
  for n = #self.sessions, 1, -1 do
    self.sessions[n]:step(now)
    if self.sessions[n]:over() then
      table.remove(self.sessions, n)
      self.next_poll = 0
    end
  end
  if self.report then self.report:step(now) end
  self:poll(now)
  self.known:sweep(os.time())
end

function M.run()
  relaunch.closes()
  local context, error = app.context()
  if not context then return app.show(texts.say 'title', { error.message }) end
  local panel = M.new(context)
  local window = window_of.open(texts.say 'title_jobs', context.settings, function(values)
    settings_file.change(context.data, values)
  end, context.log)
  app.loop(context.log, function(now)
    panel:step(now)
    local event = window:step(panel:view())
    if event == 'closed' then return true end
    if event == 'close' and not panel:stuck() then
      window:close()
      return true
    end
    if type(event) == 'table' then
      panel.job = panel.rows[event.row] and panel.rows[event.row].job
    elseif event then
      panel:press(event)
    end
    return false
  end, context)
end

return M
