-- What all actions share: the data folder, the mailbox, the link, one deferred loop in which a
-- defect ends in a log line and one sentence, and the window around a session.

local R = require 'reaper_api'
local bridge_link = require 'bridge_link'
local files = require 'files'
local find = require 'find'
local install = require 'install'
local language = require 'language'
local link_file = require 'link'
local menu = require 'menu'
local recording = require 'recording'
local relaunch = require 'relaunch'
local settings_file = require 'settings'
local session_file = require 'session'
local speech = require 'speech'
local targets = require 'targets'
local texts = require 'texts'
local ticket_file = require 'ticket'
local uuid = require 'uuid'
local version = require 'version'
local view_of = require 'view'
local window_of = require 'window'

local M = {}

local LOG_MOST = 1000000

local function logger(data)
  local path = data .. '/log.txt'
  if (files.size(path) or 0) > LOG_MOST then
    os.remove(path .. '.old')
    os.rename(path, path .. '.old')
  end
  return function(text)
    local file = io.open(path, 'ab')
    if not file then return end
    file:write(os.date '!%Y-%m-%dT%H:%M:%SZ ', (tostring(text):gsub('\n', '\n  ')), '\n')
    file:close()
  end
end

-- One mailbox for each REAPER process: the id lives as long as REAPER does.
local function box_of_this_reaper()
  local id = R.GetExtState('voxmend', 'box')
  if id == '' then
    id = uuid.plain(R.genGuid(''))
    R.SetExtState('voxmend', 'box', id, false)
  end
  return id
end

local function exec(log)
  return function(line)
    log('start ' .. line)
    local said = R.ExecProcess(line, -2)
    log('started ' .. tostring(said))
  end
end

-- Starts voxmend with these words; nil, or why no command line can be made.
local function starter(self, found)
  local run = exec(self.log)
  return function(...)
    local parts = { table.unpack(found.command) }
    for _, part in ipairs { ... } do parts[#parts + 1] = part end
    local line, reason = install.command_line(parts)
    if not line then return link_file.no_command(reason) end
    run(line)
  end
end

local function open_link(self, found)
  local options = {
    data = self.data, box = self.data .. '/box/' .. self.box, now = R.time_precise,
    box_argument = self.box_argument, command = found.command, exec = exec(self.log),
    version = version, client = 'reaper-lua', log = self.log,
    serial = function() return uuid.plain(R.genGuid('')) end, home = found.home,
  }
  if self.settings.transport == 'socket' then
    local fine, socket_link = pcall(require, 'socket_link')
    if fine then
      local link = socket_link.open(options)
      if link then return link end
    end
    local text = texts.say 'no_socket'
    self.log(text)
    self.said[#self.said + 1] = text
  end
  return bridge_link.open(options)
end

-- Everything a session needs, or nil and an error {code, message}.
function M.context()
  local data = R.GetResourcePath() .. '/Data/voxmend'
  local self = { data = data, project = (R.EnumProjects(-1)), now = R.time_precise,
    speech = speech.say, said = {} }
  for _, folder in ipairs { '/tickets/done', '/renders', '/box' } do
    R.RecursiveCreateDirectory(data .. folder, 0)
  end
  self.log = logger(data)
  local settings, broken = settings_file.load(data)
  self.settings = settings
  self.said[1] = broken
  self.said[#self.said + 1] = language.speak(data, settings.language, self.log)
  self.box = box_of_this_reaper()
  for _, folder in ipairs { 'ask', 'answer', 'record' } do
    R.RecursiveCreateDirectory(data .. '/box/' .. self.box .. '/' .. folder, 0)
  end
  local found, error = install.load(data, R.GetOS())
  if not found then return nil, error, self end
  self.box_argument = (found.data or data) .. '/box/' .. self.box
  self.start = starter(self, found)
  self.link = open_link(self, found)
  self.recording = recording.new { link = self.link, log = self.log,
    serial = function() return uuid.plain(R.genGuid('')) end,
    wanted = function() return self.settings.pause_while_recording end }
  return self
end

-- One sentence where no window is open.
function M.tell(text) R.ShowMessageBox(text, texts.say 'title', 0) end

-- A change of the project broke off and is undone: a sentence, and what broke for the log. An error
-- that is a table names its sentence.
function M.failed(why)
  local key = type(why) == 'table' and why.said
  logger(R.GetResourcePath() .. '/Data/voxmend')(key or why)
  M.tell(texts.say(key or 'change_failed'))
end

-- Runs step(now) at each tick until it gives true. A defect is logged, told once, and ends it.
-- context: where the script has one, voxmend stands still while REAPER records; a script that is
-- done before that is over stays for it, without a window.
---@param context Context?
function M.loop(log, step, context)
  local done = false
  local function both(now)
    if not done then done = step(now) else context.link:step(now) end
    local on = context and context.recording:step(now)
    return done and not (on and context.recording:holds())
  end
  local function tick()
    files.step()
    local fine, over = xpcall(both, debug.traceback, R.time_precise())
    if not fine then
      log(over)
      M.tell(texts.say 'defect')
      return
    end
    if not over then R.defer(tick) end
  end
  R.atexit(files.step) -- a last try
  tick()
end

function M.project_of(project, box)
  local _, file = R.EnumProjects(-1)
  return { file = file or '', pointer = tostring(project), box = box }
end

-- Where the stems of a project go; the second value is true for a project without a file.
function M.stem_folder(project)
  local _, file = R.EnumProjects(-1)
  return R.GetProjectPathEx(project) .. '/voxmend', (file or '') == ''
end

---@param context Context
function M.open_log(context)
  local path = context.data .. '/log.txt'
  if R.has 'CF_ShellExecute' then R.CF_ShellExecute(path) else R.ShowConsoleMsg(path .. '\n') end
end

local PRESS = {}

function PRESS.cancel(session) session:cancel() end
function PRESS.drop(session) session:cancel() end
function PRESS.retry(session) session:retry() end
function PRESS.quick(session) session:use_preset 'quick' end
function PRESS.download(session) session:download() end
function PRESS.stop(session) session:stop_download() end
function PRESS.again(session)
  if session.context.link.again then session.context.link:again() end
  session:start_over()
end
function PRESS.online() R.Main_OnCommand(40439, 0) end
function PRESS.copy(session)
  local text = session.error and session.error.code .. ': ' .. session.error.message or ''
  if R.has 'CF_SetClipboard' then R.CF_SetClipboard(text) else R.ShowConsoleMsg(text .. '\n') end
end
function PRESS.log(session) M.open_log(session.context) end
function PRESS.preset(session)
  session.context.link:ask({ type = 'presets' }, function(reply)
    if reply.type == 'error' then return session:fail(reply) end
    local preset = menu.choose_preset(reply.items, session.ticket.preset)
    if preset then session:use_preset(preset) end
  end)
end

-- Carries out a button of a session's view; false where it means nothing to the session itself.
---@param session Session?
function M.press(session, id)
  if not PRESS[id] then return false end
  PRESS[id](session)
  return true
end

-- Follows sessions to their ends in one window. A closed window leaves them at work.
---@param context Context
---@param sessions Session[]
function M.follow(context, sessions)
  for _, session in ipairs(relaunch.left(context, sessions)) do
    sessions[#sessions + 1] = session
  end
  relaunch.follows(context.action, sessions)
  local window
  local hidden = context.settings.window == 'none'
  local shown_at
  local current = 1
  local function over()
    for _, session in ipairs(sessions) do
      if not session:over() then return false end
    end
    return true
  end
  local function step(now)
    context.link:step(now)
    for _, record in ipairs(context.link:records()) do
      for _, session in ipairs(sessions) do session:take_record(record) end
    end
    for _, session in ipairs(sessions) do session:step(now) end
    while sessions[current]:over() and current < #sessions do current = current + 1 end
    local session = sessions[current]
    local view = view_of.of(session)
    if hidden then
      if session.state == 'failed' and not session.told then
        session.told = true
        M.tell(view.lines[1])
      end
      -- Without a window nobody can press Retry: the ticket stays, the Jobs panel has it.
      return over() or session.state == 'failed'
    end
    window = window or window_of.open(texts.say 'title', context.settings, function(values)
      settings_file.change(context.data, values)
    end, context.log)
    local event = window:step(view)
    if event and not M.press(session, event) then -- closed, or a button that closes
      if event ~= 'closed' then window:close() end
      hidden = true
      return over() or session.state == 'failed'
    end
    if over() and view.finished then
      shown_at = shown_at or now
      if now - shown_at > 3 then
        window:close()
        return true
      end
    end
    return false
  end
  M.loop(context.log, step, context)
end

-- A window with a message, until it is closed. ids: buttons beside Close that need no session.
function M.show(title, lines, ids)
  local data = R.GetResourcePath() .. '/Data/voxmend'
  ids = ids or {}
  ids[#ids + 1] = 'close'
  speech.say(table.concat(lines, ' '))
  local view, log = view_of.message(title, lines, ids), logger(data)
  local window = window_of.open(texts.say 'title', settings_file.load(data), function() end, log)
  M.loop(log, function()
    local event = window:step(view)
    if event and event ~= 'closed' then
      window:close()
      M.press(nil, event)
    end
    return event ~= nil
  end)
end

-- Nothing new was begun: only what an earlier instance of this action was at goes on.
---@param context Context
function M.left(context)
  if #relaunch.left(context, {}) > 0 then M.follow(context, {}) end
end

-- Says why nothing new was begun. What an earlier instance of this action was at goes on.
---@param context Context
function M.instead(context, lines, ids)
  if #relaunch.left(context, {}) == 0 then return M.show(texts.say 'title', lines, ids) end
  M.tell(table.concat(lines, '\n\n'))
  M.follow(context, {})
end

-- Sessions of all open tickets of the project in front, those of other projects left out.
---@param context Context
function M.open_sessions(context)
  local out, index = {}, nil
  for _, ticket in ipairs(ticket_file.list(context.data, R.EnumerateFiles)) do
    if not ticket.claimed then
      local project, in_front = find.project(ticket.project, context.box, function(other)
        index = index or find.index(other)
        return targets.holds(index, ticket)
      end)
      if project and in_front then out[#out + 1] = session_file.resume(context, ticket) end
    end
  end
  return out
end

return M
