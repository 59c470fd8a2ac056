-- Tickets: what one click asked for, on disk, so that the stems can come in whatever happens to the
-- script, the window or REAPER. A ticket is open, claimed by one REAPER, or done.
-- Claiming is a rename, so of two who try, one gets it; a claim that was left behind by a crash is
-- shown in the Jobs panel and never taken by itself.

local files = require 'files'
local json = require 'json'

local M = {}

M.schema = 1
M.diagnosis = 'diagnose' -- the preset that changes nothing
M.trial = 'trial' -- the result of a ticket that tries presets
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
    mute_original = settings.mute_original, print_stretch = settings.print_stretch,
    raw_take = settings.raw_take, folder = settings.folder, only = settings.only }
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

-- failed(reason): told later, where it could not be brought to its place.
---@param ticket Ticket
function M.save(data, ticket, failed)
  return files.replace(open_path(data, ticket.group), M.text(ticket), failed)
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

-- Files of tickets that are not done: by group, {path, box}; box where it is claimed.
function M.open_files(data, enumerate)
  local out = {}
  for _, name in ipairs(files.list(folder(data), enumerate)) do
    local group, box = name:match '^(.-)%.claimed%-(.+)$'
    group = group or name:match '^(.*)%.json$'
    if group then out[group] = { path = folder(data) .. '/' .. name, box = box } end
  end
  return out
end

function M.read(path, box)
  local found = read(path)
  if found then found.claimed = box end
  return found
end

-- All tickets that are not done, the newest first: each with `claimed` (a box) where it is taken.
function M.list(data, enumerate)
  local out = {}
  for _, file in pairs(M.open_files(data, enumerate)) do
    out[#out + 1] = M.read(file.path, file.box)
  end
  table.sort(out, function(a, b)
    if a.created ~= b.created then return a.created > b.created end
    return a.group < b.group
  end)
  return out
end

-- A ticket whose stems are all in.
function M.done(data, group)
  local found = read(done_path(data, group))
  for _, clip in ipairs(found and found.clips or {}) do clip.state = 'inserted' end
  return found
end

-- Names of the files of tickets that are done.
function M.done_files(data, enumerate) return files.list(folder(data) .. '/done', enumerate) end

-- Removes one of them where it is older than `before`, seconds since 1970.
function M.drop_done(data, name, before)
  local path = folder(data) .. '/done/' .. name
  local created = name:match '%.json$' and (files.read(path) or ''):match '"created":%s*(%d+)'
  if created and tonumber(created) < before then files.remove(path) end
end

-- The ticket, now ours alone; nil where another has it or it is done. The second value is true
-- where another program holds the file just now.
function M.claim(data, group, box)
  local mine = claimed_path(data, group, box)
  local fine, _, code = os.rename(open_path(data, group), mine)
  if not fine then return nil, code == 13 end
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
  if fine then files.remove(mine) else files.rename(mine, to) end
  return fine, reason
end

-- Gives a claim back unchanged.
function M.release(data, group, box)
  return files.rename(claimed_path(data, group, box), open_path(data, group))
end

-- The user wants none of it any more.
function M.forget(data, group) return files.remove(open_path(data, group)) end

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
