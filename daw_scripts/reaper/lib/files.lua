-- Whole small files: read, write beside and rename into place, list. Whoever reads sees the old
-- file or the new one. On Windows a rename onto something that exists is refused; there, too,
-- another program may hold a file for a moment, such as a virus scanner. A rename or a removal that
-- is refused is tried again at each tick (step) for some seconds; until then read() gives what is
-- to come. What never succeeds is told to `failed`, where the caller gave one.
-- Nothing here raises: the second value is the reason.

local json = require 'json'

local M = {}

local TRIES = 150 -- ticks: about five seconds
local HELD = { [13] = true, [17] = true } -- access denied, and there already

local coming, going = {}, {} -- {from, tries, failed} and {tries} by path

-- What stands there goes aside first, and comes back where the new one does not get there.
local function put(from, path)
  local fine, reason, code = os.rename(from, path)
  if fine or not HELD[code] then return fine, reason, code end
  local aside = path .. '.old'
  os.remove(aside)
  if not os.rename(path, aside) then return fine, reason, code end
  fine, reason, code = os.rename(from, path)
  if fine then os.remove(aside) else os.rename(aside, path) end
  return fine, reason, code
end

-- own: `from` is a copy of ours, and goes where it cannot be brought to its place.
local function put_or_wait(from, path, own, failed)
  coming[path] = nil
  local fine, reason, code = put(from, path)
  if fine then return true end
  if not HELD[code] then return nil, reason end
  coming[path] = { from = from, tries = 0, own = own, failed = failed }
  return true
end

-- Once a tick: what was refused is tried again.
function M.step()
  for path, one in pairs(coming) do
    one.tries = one.tries + 1
    local fine, reason = put(one.from, path)
    if fine or one.tries > TRIES then
      coming[path] = nil
      if not fine and one.own then os.remove(one.from) end
      if not fine and one.failed then one.failed(reason) end
    end
  end
  for path, one in pairs(going) do
    one.tries = one.tries + 1
    if os.remove(path) or one.tries > TRIES then going[path] = nil end
  end
end

function M.read(path)
  local file, reason = io.open(coming[path] and coming[path].from or path, 'rb')
  if not file then return nil, reason end
  local text = file:read 'a'
  file:close()
  if not text then return nil, 'not a file' end
  return text
end

function M.exists(path)
  local file = io.open(path, 'rb')
  if file then file:close() end
  return file ~= nil
end

-- Bytes of a file, or nil.
function M.size(path)
  local file = io.open(path, 'rb')
  if not file then return nil end
  local size = file:seek 'end'
  file:close()
  return size
end

-- A disk that is full shows at write, flush or close: all are asked.
function M.write_plain(path, text)
  local file, reason = io.open(path, 'wb')
  if not file then return nil, reason end
  local wrote, why = file:write(text)
  local flushed, other = file:flush()
  local closed, last = file:close()
  if wrote and flushed and closed then return true end
  os.remove(path)
  return nil, why or other or last
end

-- Writes a file anew. Where rename does not replace, the old one goes first. failed(reason): told
-- later, where it could not be brought to its place.
function M.replace(path, text, failed)
  local beside = path .. '.tmp'
  local fine, reason = M.write_plain(beside, text)
  if not fine then return nil, reason end
  fine, reason = put_or_wait(beside, path, true, failed)
  if not fine then os.remove(beside) end
  return fine, reason
end

-- Writes a file that was not there before.
M.write_new = M.replace

-- Gives a file another name; what stands there is replaced.
function M.rename(from, to) return put_or_wait(from, to, false) end

function M.remove(path)
  coming[path] = nil
  local fine, reason, code = os.remove(path)
  if not fine and code == 13 then going[path] = { tries = 0 } end
  return fine, reason
end

function M.read_json(path)
  local text, reason = M.read(path)
  if not text then return nil, reason end
  local value, why = json.decode(text)
  if type(value) ~= 'table' or value == json.null then return nil, why or 'not an object' end
  return value
end

-- Names in a folder, in order; `enumerate` is REAPER's EnumerateFiles or one that acts as it.
function M.list(folder, enumerate)
  local names = {}
  enumerate(folder, -1) -- REAPER keeps a listing; -1 makes it look again
  while true do
    local name = enumerate(folder, #names)
    if not name or name == '' then break end
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

function M.name(path) return path:match '[^/\\]*$' end

function M.folder(path) return path:match '^(.*)[/\\][^/\\]*$' or '' end

-- A path less its extension, folder left out.
function M.stem(path)
  local name = M.name(path)
  return name:match '^(.+)%.[^.]*$' or name
end

return M
