-- What the Jobs panel knows: the worker's newest jobs beside the tickets on disk, as rows, and what
-- can be done with each. Decides; draws nothing and asks nobody.

local link = require 'link'
local texts = require 'texts'
local wrapping = require 'wrapping'

local M = {}

---@param record Record
local function name_of(record) return record.clip.path:match '([^/\\]+)$' or record.clip.path end

---@param record Record
local function state_text(record)
  if record.state == 'running' then
    local text = texts.stage(record.stage)
    if record.fraction then
      text = texts.say('job_state_percent', { state = text,
        percent = math.floor(record.fraction * 100) })
    end
    if record.paused then text = texts.say('state_paused', { state = text }) end
    return record.device and texts.say('line_device', { text = text, device = record.device })
      or text
  end
  if record.state == 'queued' and (record.position or 0) > 0 then
    local ahead = texts.count(record.position, 'job_ahead')
    return texts.say('job_queued_behind', { jobs = ahead })
  end
  if record.state == 'failed' and record.error then
    return texts.say('state_failed_why', { message = record.error.message })
  end
  local text = texts.state(record.state)
  return record.paused and texts.say('state_paused', { state = text }) or text
end

-- Whether voxmend stands still, by what its jobs say.
---@param records Record[]
function M.paused(records)
  for _, record in ipairs(records) do
    if record.paused then return true end
  end
  return false
end

-- pause, resume or nil: what can be done with all jobs at once.
---@param records Record[]
local function standstill(records)
  if M.paused(records) then return 'resume' end
  for _, record in ipairs(records) do
    if not link.ended(record) then return 'pause' end
  end
end

-- Job -> {ticket, clip number} for all tickets.
---@param tickets Ticket[]
function M.by_job(tickets)
  local out = {}
  for _, ticket in ipairs(tickets) do
    for n, clip in ipairs(ticket.clips) do out[clip.job] = { ticket = ticket, clip = n } end
  end
  return out
end

local NAME = 28 -- letters of a name in a row, so that what has become of the job stands beside it

-- Rows in the order of the worker's page: {job, text, brief, fraction, ticket, clip, state}; brief:
-- with a long name cut.
---@param records Record[]
---@param tickets Ticket[]
function M.rows(records, tickets)
  local known, rows = M.by_job(tickets), {}
  for n, record in ipairs(records) do
    local own = known[record.job]
    local clip = own and own.ticket.clips[own.clip]
    local name = clip and clip.name or name_of(record)
    local text = record.preset .. '  ·  ' .. state_text(record)
    if own and record.state == 'succeeded' then
      text = texts.say(clip.state == 'inserted' and 'job_in_project'
        or own.ticket.claimed and 'job_interrupted' or 'job_to_import', { text = text })
    end
    rows[n] = { job = record.job, text = name .. '  ·  ' .. text,
      brief = wrapping.cut(name, NAME, wrapping.letters) .. '  ·  ' .. text,
      fraction = record.state == 'running' and record.fraction or nil, ticket = own and own.ticket,
      clip = clip, state = record.state, record = record }
  end
  return rows
end

-- Ids of the buttons that make sense for a row; nil: no row is chosen. records: all there are.
---@param row JobRow?
---@param records Record[]?
function M.offers(row, records)
  local out = {}
  if row then
    local ended = link.ended(row.record)
    if row.state == 'queued' and (row.record.position or 0) > 0 then out[#out + 1] = 'next_job' end
    if not ended then out[#out + 1] = 'cancel_job' end
    if row.state == 'failed' or row.state == 'cancelled' then out[#out + 1] = 'retry_job' end
    if ended and row.ticket then out[#out + 1] = 'again_job' end
    if row.ticket and row.clip.state ~= 'inserted' then out[#out + 1] = 'import' end
    if row.record.folder and row.state == 'succeeded' then out[#out + 1] = 'report' end
    if row.record.folder then out[#out + 1] = 'folder' end
  end
  out[#out + 1] = standstill(records or {})
  out[#out + 1] = 'unused'
  out[#out + 1] = 'free'
  out[#out + 1] = 'close'
  return out
end

return M
