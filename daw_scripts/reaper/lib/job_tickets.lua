-- The tickets of the jobs that a panel shows, read as seldom as can be: a job's record names its
-- group, and so its ticket's file. What is done never changes and is read once; what is open is
-- read again when its file has another size, or when it does not know the job.

local R = require 'reaper_api'
local files = require 'files'
local ticket_file = require 'ticket'

local M = {}
M.__index = M

local KEPT_S = 90 * 24 * 3600 -- how long a ticket that is done is of use: its job is long forgotten

function M.new(data) return setmetatable({ data = data, done = {}, open = {} }, M) end

---@param ticket Ticket
local function knows(ticket, jobs)
  local own = {}
  for _, clip in ipairs(ticket.clips) do own[clip.job] = true end
  for _, job in ipairs(jobs) do
    if not own[job] then return false end
  end
  return true
end

function M:open_one(group, file, jobs)
  local known, size = self.open[group], files.size(file.path)
  local same = known and known.size == size and known.path == file.path
  if not same or not knows(known.ticket, jobs) then
    local ticket = ticket_file.read(file.path, file.box)
    known = ticket and { ticket = ticket, size = size, path = file.path }
    self.open[group] = known
  end
  return known and known.ticket
end

-- Tickets of these records.
---@param records Record[]
function M:of(records)
  local groups, order, out = {}, {}, {}
  for _, record in ipairs(records) do
    local group = record.group
    if type(group) == 'string' and not group:find '[/\\.]' then
      if not groups[group] then
        groups[group] = {}
        order[#order + 1] = group
      end
      table.insert(groups[group], record.job)
    end
  end
  local open = #order > 0 and ticket_file.open_files(self.data, R.EnumerateFiles) or {}
  for _, group in ipairs(order) do
    if open[group] then
      out[#out + 1] = self:open_one(group, open[group], groups[group])
    else
      self.done[group] = self.done[group] or ticket_file.done(self.data, group)
      out[#out + 1] = self.done[group]
    end
  end
  return out
end

-- Once a tick: looks at one ticket that is done, and drops it where nobody needs it any more.
function M:sweep(now)
  self.names = self.names or ticket_file.done_files(self.data, R.EnumerateFiles)
  local name = table.remove(self.names)
  if name then ticket_file.drop_done(self.data, name, now - KEPT_S) end
end

return M
