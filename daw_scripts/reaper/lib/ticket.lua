-- Tickets: what one click asked for, on disk, so that the stems can come in whatever happens to the
-- script, the window or REAPER. A ticket is open, claimed by one REAPER, or done.
-- Claiming is a rename, so of two who try, one gets it; a claim that was left behind by a crash is
-- shown in the Jobs panel and never taken by itself.

local files = require 'files'
local json = require 'json'

local M = {}

M.schema = 1
M.diagnosis = 'diagnose' -- the preset that changes nothing
M.mending = 'mend' -- the preset for a voice that is there already

-- options: group, preset, set, options, project {file, pointer, box}, clips, items, now, from.
function M.new(options)
  return { schema = M.schema, group = options.group, created = options.now,
    preset = options.preset, set = options.set or {}, device = options.device,
    options = options.options, project = options.project, from = options.from or 'lua',
    clips = json.list(options.clips), items = json.list(options.items) }
end

-- What is to come back, by the settings; a diagnosis brings markers whatever they say.
---@param settings Settings
function M.options(settings, preset)
  return { result = preset == M.diagnosis and 'markers' or settings.result,
    mute_original = settings.mute_original, print_stretch = settings.print_stretch }
end

---@param ticket Ticket
function M.marks(ticket) return ticket.options.result == 'markers' end

local function folder(data) return data .. '/tickets' end
local function open_path(data, group) return folder(data) .. '/' .. group .. '.json' end
local function claimed_path(data, group, box)
  return folder(data) .. '/' .. group .. '.claimed-' .. box
end
local function done_path(data, group) return folder(data) .. '/done/' .. group .. '.json' end

---@param clip Clip
local function without_picks(clip)
  local out = {}
  for key, value in pairs(clip) do
    if key ~= 'picks' then out[key] = value end
  end
  return out
end

-- What lives on disk: no picks.
---@param ticket Ticket
local function plain(ticket)
  local out = {}
  for key, value in pairs(ticket) do out[key] = value end
  out.clips = json.list {}
  for n, clip in ipairs(ticket.clips) do out.clips[n] = without_picks(clip) end
  return out
end

---@param ticket Ticket
function M.text(ticket) return json.encode(plain(ticket)) end

---@param ticket Ticket
function M.save(data, ticket)
  return files.replace(open_path(data, ticket.group), M.text(ticket))
end

local function read(path)
  local found = files.read_json(path)
  if not found or found.schema ~= M.schema or type(found.clips) ~= 'table'
    or type(found.items) ~= 'table' or type(found.group) ~= 'string' then
    return nil
  end
  return found
end

function M.load(data, group) return read(open_path(data, group)) end

-- All tickets that are not done, the newest first: each with `claimed` (a box) where it is taken.
function M.list(data, enumerate)
  local out = {}
  for _, name in ipairs(files.list(folder(data), enumerate)) do
    local group, box = name:match '^(.-)%.claimed%-(.+)$'
    if name:match '%.json$' or group then
      local found = read(folder(data) .. '/' .. name)
      if found then
        found.claimed = box
        out[#out + 1] = found
      end
    end
  end
  table.sort(out, function(a, b)
    if a.created ~= b.created then return a.created > b.created end
    return a.group < b.group
  end)
  return out
end

-- Tickets whose stems are all in, the newest first.
function M.done(data, enumerate)
  local out = {}
  for _, name in ipairs(files.list(folder(data) .. '/done', enumerate)) do
    local found = name:match '%.json$' and read(folder(data) .. '/done/' .. name)
    if found then
      for _, clip in ipairs(found.clips) do clip.state = 'inserted' end
      out[#out + 1] = found
    end
  end
  table.sort(out, function(a, b) return a.created > b.created end)
  return out
end

-- The ticket, now ours alone; nil where another has it or it is done.
function M.claim(data, group, box)
  local mine = claimed_path(data, group, box)
  if not os.rename(open_path(data, group), mine) then return nil end
  return read(mine)
end

-- Takes over a claim that a crash left behind; the user asked for it.
function M.take_over(data, group, old_box)
  return os.rename(claimed_path(data, group, old_box), open_path(data, group)) ~= nil
end

-- A clip whose items are all in is done with; one of which a part is missing stays open.
---@param ticket Ticket
function M.close_clips(ticket)
  for n, clip in ipairs(ticket.clips) do
    local all = true
    for _, entry in ipairs(ticket.items) do
      if entry.clip == n and not entry.inserted then all = false end
    end
    if all then clip.state = 'inserted' end
  end
end

-- After the import. Clips that are still open or failed keep the ticket open. Where the disk is
-- full the claim is only renamed, which needs no room: what is in already is known by its job.
---@param ticket Ticket
function M.settle(data, ticket, box)
  local left = false
  for _, clip in ipairs(ticket.clips) do left = left or clip.state ~= 'inserted' end
  local mine = claimed_path(data, ticket.group, box)
  local to = left and open_path(data, ticket.group) or done_path(data, ticket.group)
  ticket.claimed = nil
  local fine, reason = files.replace(to, M.text(ticket))
  if fine then os.remove(mine) else os.rename(mine, to) end
  return fine, reason
end

-- Gives a claim back unchanged.
function M.release(data, group, box)
  return os.rename(claimed_path(data, group, box), open_path(data, group))
end

-- The user wants none of it any more.
function M.forget(data, group) return os.remove(open_path(data, group)) end

-- Jobs of the ticket's clips that are not inserted yet.
---@param ticket Ticket
function M.jobs(ticket)
  local out = {}
  for _, clip in ipairs(ticket.clips) do
    if clip.state ~= 'inserted' then out[#out + 1] = clip.job end
  end
  return out
end

return M
