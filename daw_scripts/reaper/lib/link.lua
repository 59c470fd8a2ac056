-- What both ways to the worker share: errors in the worker's own form, which record is newer, which
-- has ended, and what cannot be read. A worker may be newer than these scripts: words that they do
-- not know are no fault, and neither are fields; only what is missing or of the wrong type is.

local json = require 'json'
local texts = require 'texts'

local M = {}

function M.problem(code, message, retryable)
  return { type = 'error', code = code, message = message, retryable = retryable }
end

function M.unreachable()
  return M.problem('worker_unreachable', texts.say 'unreachable', true)
end

function M.stopped()
  return M.problem('worker_unreachable', texts.say 'stopped', true)
end

function M.other_version()
  return M.problem('unsupported_version', texts.say 'other_version', false)
end

function M.older_worker()
  return M.problem('unsupported_version', texts.say 'older_worker', true)
end

-- reason: why no command line can be made.
function M.no_command(reason)
  return M.problem('environment', texts.say('no_command', { reason = reason }), false)
end

-- reason: what is wrong with an answer.
function M.unreadable(reason)
  return M.problem('internal', texts.say('unreadable', { reason = reason }), false)
end

local KNOWN = { queued = true, running = true, succeeded = true, failed = true, cancelled = true }
local ENDED = { succeeded = true, failed = true, cancelled = true }

-- Whether these scripts have words for the state.
---@param record Record
function M.known(record) return KNOWN[record.state] == true end

-- Whether a record is its job's last. A state that is not known has ended if the record says when.
---@param record Record
function M.ended(record)
  return ENDED[record.state] or not KNOWN[record.state] and record.finished ~= nil
end

local RECORD = { job = 'string', state = 'string', epoch = 'number', rev = 'number',
  preset = 'string' }
local STEM = { name = 'string', file = 'string', start_frame = 'number', frames = 'number',
  rate = 'number' }
local WARNED = { code = 'string', message = 'string' }
local VERDICT = { code = 'string', headline = 'string', found = 'string', done = 'string',
  left = 'string', next = 'string' }

local function fields(value, types, where)
  if type(value) ~= 'table' then return where .. ' is no object' end
  for name, kind in pairs(types) do
    if type(value[name]) ~= kind then return where .. '.' .. name .. ' is no ' .. kind end
  end
end

local function each(list, types, where)
  if list ~= nil and type(list) ~= 'table' then return where .. ' is no list' end
  for n, value in ipairs(list or {}) do
    local wrong = fields(value, types, where .. '[' .. n .. ']')
    if wrong then return wrong end
  end
end

-- Why a record cannot be read; nil where it can.
function M.wrong(record)
  return fields(record, RECORD, 'record') or fields(record.clip, { path = 'string' }, 'record.clip')
    or each(record.stems, STEM, 'record.stems') or each(record.warnings, WARNED, 'record.warnings')
    or record.verdict ~= nil and fields(record.verdict, VERDICT, 'record.verdict') or nil
end

-- A method of both links: says why a message cannot be read, each reason once.
function M:complain(wrong)
  if self.told[wrong] then return end
  self.told[wrong] = true
  self.options.log('message_unreadable ' .. wrong)
end

-- A method of both links: the records of a page that can be read.
function M:readable(items)
  local out = json.list {}
  for _, record in ipairs(type(items) == 'table' and items or {}) do
    local wrong = M.wrong(record)
    if wrong then self:complain(wrong) else out[#out + 1] = record end
  end
  return out
end

-- Records are ordered by epoch, then rev; nil is older than all.
---@param a Record
---@param b Record?
function M.newer(a, b)
  if not b then return true end
  if a.epoch ~= b.epoch then return a.epoch > b.epoch end
  return a.rev > b.rev
end

return M
