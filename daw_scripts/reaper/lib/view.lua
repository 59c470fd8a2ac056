-- What a session looks like, as plain values: a title, lines, a bar, buttons. Windows draw it, and
-- give back the id of the button that was pressed. Knows no window and no REAPER.

local link = require 'link'
local texts = require 'texts'
local ticket_file = require 'ticket'
local verdict = require 'verdict'

local M = {}

-- What a session puts into the project.
---@param session Session
function M.what(session)
  if session.ticket.options.result == ticket_file.trial then return 'takes' end
  return ticket_file.marks(session.ticket) and 'markers' or 'stems'
end

local function button(id) return { id = id, label = texts.button(id) } end

local function buttons(...)
  local out = {}
  for n, id in ipairs { ... } do out[n] = button(id) end
  return out
end

-- Buttons, less the one for a preset that is in use already.
local function ways_for(session, ...)
  local out = {}
  for _, id in ipairs { ... } do
    if id ~= 'quick' or session.ticket.preset ~= 'quick' then out[#out + 1] = id end
  end
  return buttons(table.unpack(out))
end

-- What stands first while voxmend stands still; nil while it works.
local function paused_line(session)
  if session.context.recording and session.context.recording:holds() then
    return texts.say 'paused_recording'
  end
  for _, record in pairs(session.records) do
    if record.paused then return texts.say 'paused' end
  end
end

local function running_line(session)
  for _, clip in ipairs(session.ticket.clips) do
    local record = session.records[clip.job]
    if clip.state == 'open' and record and record.state == 'running' then
      local line = texts.say('line_clip', { name = clip.name, text = texts.stage(record.stage) })
      if record.device then
        line = texts.say('line_device', { text = line, device = record.device })
      end
      if record.eta_s then
        line = texts.say('line_to_go', { text = line, time = texts.duration(record.eta_s) })
      end
      return line
    end
  end
  for _, clip in ipairs(session.ticket.clips) do
    local record = session.records[clip.job]
    if clip.state == 'open' and record and record.state == 'queued' then
      return record.position and record.position > 0
        and texts.count(record.position, 'job_ahead') or texts.say 'waiting_its_turn'
    end
  end
  for _, clip in ipairs(session.ticket.clips) do
    local record = session.records[clip.job]
    if clip.state == 'open' and record and not link.known(record) then
      return texts.say('line_clip', { name = clip.name, text = texts.state(record.state) })
    end
  end
  return nil
end

local function warnings(session, lines)
  local seen = {}
  for _, clip in ipairs(session.ticket.clips) do
    for _, warned in ipairs((session.records[clip.job] or {}).warnings or {}) do
      if not seen[warned.code] then
        seen[warned.code] = true
        lines[#lines + 1] = warned.message
      end
    end
  end
end

-- What came of each clip: of one all of it, of several a line each. Whether all of it is quiet.
local function verdicts(session, lines)
  local clips, quiet = session.ticket.clips, true
  for _, clip in ipairs(clips) do
    local record = session.records[clip.job]
    quiet = quiet and verdict.quiet(record)
    if #clips == 1 then
      for _, text in ipairs(verdict.lines(record)) do lines[#lines + 1] = text end
    elseif verdict.headline(record) then
      lines[#lines + 1] = texts.say('line_clip', { name = clip.name,
        text = verdict.headline(record) })
    end
  end
  return quiet
end

local function notes(session, lines)
  for _, refused in ipairs(session.refused or {}) do lines[#lines + 1] = refused.message end
  for _, note in ipairs(session.notes) do lines[#lines + 1] = note.message end
  local stretched = 0
  if M.what(session) ~= 'stems' then return end
  for _, entry in ipairs(session.ticket.items) do
    if not entry.exact then stretched = stretched + 1 end
  end
  if stretched > 0 then
    lines[#lines + 1] = texts.many('note_stretched', stretched)
  end
end

local SHOW = {}

function SHOW.rendering(session)
  local status = session.context.link:status()
  local line = session.task and 'reading_items'
    or (status == 'starting' and 'starting' or 'getting_ready')
  return { lines = { texts.say(line) }, fraction = session.task and session.task:fraction(),
    buttons = buttons('cancel', 'hide') }
end

function SHOW.submitting(session)
  local starting = session.context.link:status() == 'starting'
  return { lines = { texts.say(starting and 'starting' or 'handing_over') },
    buttons = buttons('cancel', 'hide') }
end

function SHOW.following(session)
  local tally = session:tally()
  local lines = { paused_line(session) or running_line(session) or texts.say 'working' }
  if tally.all > 1 then
    local line = texts.many('clips_done', tally.all, { done = tally.finished + tally.inserted })
    lines[#lines + 1] = tally.failed > 0
      and texts.many('clips_failed', tally.failed, { text = line }) or line
  end
  warnings(session, lines)
  return { lines = lines, fraction = session:fraction(), buttons = buttons('cancel', 'hide') }
end

function SHOW.waiting(session)
  local what = M.what(session)
  local reason = texts.waits(session.reason, what)
  return { lines = { texts.say('ready_' .. what), reason }, fraction = 1,
    buttons = buttons('hide') }
end

function SHOW.models(session)
  local wanted, bytes, got, total = session:wanted_models(), 0, 0, 0
  for _, model in ipairs(wanted) do
    bytes = bytes + (model.bytes or 0)
    got, total = got + (model.got or 0), total + (model.total or model.bytes or 0)
  end
  if session.pulling then
    return { lines = { texts.say('fetching', { got = texts.megabytes(got),
      total = texts.megabytes(total) }) }, fraction = total > 0 and got / total or nil,
      buttons = ways_for(session, 'stop', 'quick', 'hide') }
  end
  local known = session.models ~= nil -- nobody accepts a licence unseen
  local lines = { texts.say(bytes > 0 and 'models_needed' or 'models_needed_unknown',
    { preset = session.ticket.preset, size = texts.megabytes(bytes) }) }
  for _, model in ipairs(wanted) do
    lines[#lines + 1] = texts.say('model_licence', { model = model.title,
      licence = model.licence })
  end
  if session.ticket.preset ~= 'quick' then
    lines[#lines + 1] = texts.say 'models_quick'
  end
  local ways = known and { 'download', 'quick', 'cancel' } or { 'quick', 'cancel' }
  return { lines = lines, asks = known, buttons = ways_for(session, table.unpack(ways)) }
end

-- Buttons that would change what was only to be diagnosed.
local CHANGES = { quick = true, preset = true, download = true }

function SHOW.failed(session)
  local error = session.error
  local lines = { error.message }
  if session.inserted > 0 then
    table.insert(lines, 1, session.lines and session.lines[1]
      or texts.many('restored', session.inserted))
  end
  for _, clip in ipairs(session.ticket.clips) do
    local other = session.errors[clip.job]
    if clip.state == 'failed' and other and other ~= error and #lines < 6 then
      lines[#lines + 1] = texts.say('line_clip', { name = clip.name, text = other.message })
    end
  end
  notes(session, lines)
  local offers = {}
  for _, id in ipairs(texts.offers(error.code)) do
    if M.what(session) == 'stems' or not CHANGES[id] then offers[#offers + 1] = id end
  end
  return { lines = lines, failed = true, asks = true,
    buttons = ways_for(session, table.unpack(offers)) }
end

function SHOW.done(session)
  local lines = session.lines and { table.unpack(session.lines) }
    or { texts.many('done', session.inserted) }
  if session.elsewhere then
    lines = { texts.say('elsewhere_' .. M.what(session)) }
  end
  if session.unsaved and M.what(session) == 'stems' then
    lines[#lines + 1] = texts.say('unsaved', { folder = session.unsaved })
  end
  local told = {}
  local quiet = M.what(session) == 'markers' or session.elsewhere or verdicts(session, told)
  local only = #lines == 1
  for _, text in ipairs(told) do lines[#lines + 1] = text end
  local before = #lines
  warnings(session, lines)
  notes(session, lines)
  local ids = M.ways_on(session.refused)
  ids[#ids + 1] = 'close'
  return { lines = lines, fraction = 1, buttons = buttons(table.unpack(ids)),
    finished = only and #lines == before and quiet, asks = true }
end

function SHOW.cancelled() return { lines = { texts.say 'cancelled' }, buttons = buttons('close'),
  finished = true } end

-- title, lines, fraction (0..1 or nil), buttons {id, label}; failed and finished as booleans.
---@param session Session
function M.of(session)
  local view = SHOW[session.state](session)
  local count = #session.ticket.items
  view.title = M.what(session) == 'takes'
    and texts.say('title_trying', { preset = session.ticket.preset })
    or texts.many('title_session', count, { preset = session.ticket.preset })
  return view
end

-- Buttons that lead on from refusals: ids, each once.
---@param refused Refusal[]?
function M.ways_on(refused)
  local out, seen = {}, {}
  for _, one in ipairs(refused or {}) do
    if one.button and not seen[one.button] then
      seen[one.button] = true
      out[#out + 1] = one.button
    end
  end
  return out
end

-- A view that is only a message.
function M.message(title, lines, ids)
  return { title = title, lines = lines, buttons = buttons(table.unpack(ids)), asks = true }
end

return M
