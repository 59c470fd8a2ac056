-- What a session looks like, as plain values: a title, lines, a bar, buttons. Windows draw it, and
-- give back the id of the button that was pressed. Knows no window and no REAPER.

local link = require 'link'
local texts = require 'texts'
local ticket_file = require 'ticket'

local M = {}

-- What a session puts into the project.
---@param session Session
function M.what(session) return ticket_file.marks(session.ticket) and 'markers' or 'stems' end

local function button(id) return { id = id, label = texts.buttons[id] } end

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
    return texts.paused_for_recording
  end
  for _, record in pairs(session.records) do
    if record.paused then return texts.paused end
  end
end

local function running_line(session)
  for _, clip in ipairs(session.ticket.clips) do
    local record = session.records[clip.job]
    if clip.state == 'open' and record and record.state == 'running' then
      local line = '“' .. clip.name .. '”: ' .. texts.stage(record.stage)
      if record.device then line = line .. ' on ' .. record.device end
      if record.eta_s then line = line .. ', ' .. texts.duration(record.eta_s) .. ' to go' end
      return line
    end
  end
  for _, clip in ipairs(session.ticket.clips) do
    local record = session.records[clip.job]
    if clip.state == 'open' and record and record.state == 'queued' then
      return record.position and record.position > 0
        and texts.count(record.position, 'job') .. ' ahead' or 'waiting for its turn'
    end
  end
  for _, clip in ipairs(session.ticket.clips) do
    local record = session.records[clip.job]
    if clip.state == 'open' and record and not link.known(record) then
      return '“' .. clip.name .. '”: ' .. record.state
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

local function notes(session, lines)
  for _, refused in ipairs(session.refused or {}) do lines[#lines + 1] = refused.message end
  for _, note in ipairs(session.notes) do lines[#lines + 1] = note.message end
  local stretched = 0
  if M.what(session) == 'markers' then return end
  for _, entry in ipairs(session.ticket.items) do
    if not entry.exact then stretched = stretched + 1 end
  end
  if stretched > 0 then
    lines[#lines + 1] = texts.count(stretched, 'stretched item') .. ': voice and band add up only '
      .. 'nearly. “Print stretch” in the settings makes it exact.'
  end
end

local SHOW = {}

function SHOW.rendering(session)
  local status = session.context.link:status()
  local line = session.task and 'Reading the items through REAPER'
    or (status == 'starting' and 'Starting voxmend' or 'Getting ready')
  return { lines = { line }, fraction = session.task and session.task:fraction(),
    buttons = buttons('cancel', 'hide') }
end

function SHOW.submitting(session)
  local starting = session.context.link:status() == 'starting'
  return { lines = { starting and 'Starting voxmend' or 'Handing over' },
    buttons = buttons('cancel', 'hide') }
end

function SHOW.following(session)
  local tally = session:tally()
  local lines = { paused_line(session) or running_line(session) or 'Working' }
  if tally.all > 1 then
    lines[#lines + 1] = string.format('%d of %d clips done', tally.finished + tally.inserted,
      tally.all) .. (tally.failed > 0 and ', ' .. tally.failed .. ' failed' or '')
  end
  warnings(session, lines)
  return { lines = lines, fraction = session:fraction(), buttons = buttons('cancel', 'hide') }
end

function SHOW.waiting(session)
  local what = M.what(session)
  local reason = texts.waits(session.reason, what)
  return { lines = { 'The ' .. what .. ' are ready.', reason }, fraction = 1,
    buttons = buttons('hide') }
end

function SHOW.models(session)
  local wanted, bytes, got, total = session:wanted_models(), 0, 0, 0
  for _, model in ipairs(wanted) do
    bytes = bytes + (model.bytes or 0)
    got, total = got + (model.got or 0), total + (model.total or model.bytes or 0)
  end
  if session.pulling then
    return { lines = { 'Fetching models: ' .. texts.megabytes(got) .. ' of '
      .. texts.megabytes(total) }, fraction = total > 0 and got / total or nil,
      buttons = ways_for(session, 'stop', 'quick', 'hide') }
  end
  local lines = { 'The preset “' .. session.ticket.preset .. '” needs models that are not here'
    .. (bytes > 0 and ' (' .. texts.megabytes(bytes) .. ').' or '.') }
  for _, model in ipairs(wanted) do
    lines[#lines + 1] = model.title .. ': ' .. model.licence
  end
  if session.ticket.preset ~= 'quick' then
    lines[#lines + 1] = 'Quick works at once: nothing is to be fetched.'
  end
  return { lines = lines, asks = true,
    buttons = ways_for(session, 'download', 'quick', 'cancel') }
end

-- Buttons that would change what was only to be diagnosed.
local CHANGES = { quick = true, preset = true, download = true }

function SHOW.failed(session)
  local error = session.error
  local lines = { error.message }
  if session.inserted > 0 then
    table.insert(lines, 1, session.lines and session.lines[1]
      or texts.count(session.inserted, 'item') .. ' restored.')
  end
  for _, clip in ipairs(session.ticket.clips) do
    local other = session.errors[clip.job]
    if clip.state == 'failed' and other and other ~= error and #lines < 6 then
      lines[#lines + 1] = '“' .. clip.name .. '”: ' .. other.message
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
    or { texts.count(session.inserted, 'item') .. ' restored. One undo takes it back.' }
  if session.elsewhere then
    lines = { 'The ' .. M.what(session) .. ' were put in by another window.' }
  end
  if session.unsaved and M.what(session) == 'stems' then
    lines[#lines + 1] = 'The project is not saved; the stems lie in ' .. session.unsaved
  end
  warnings(session, lines)
  notes(session, lines)
  local ids = M.ways_on(session.refused)
  ids[#ids + 1] = 'close'
  return { lines = lines, fraction = 1, buttons = buttons(table.unpack(ids)),
    finished = #lines == 1, asks = true }
end

function SHOW.cancelled() return { lines = { 'Cancelled.' }, buttons = buttons('close'),
  finished = true } end

-- title, lines, fraction (0..1 or nil), buttons {id, label}; failed and finished as booleans.
---@param session Session
function M.of(session)
  local view = SHOW[session.state](session)
  local count = #session.ticket.items
  view.title = 'voxmend: ' .. texts.count(count, 'item') .. ', ' .. session.ticket.preset
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
