-- Whole small files: read, write beside and rename into place, list. Whoever reads sees the old
-- file or the new one. On Windows a rename onto something that exists is refused, so what is
-- written again and again goes through replace(), the rest only ever to new names.
-- Nothing here raises: the second value is the reason.

local json = require 'json'

local M = {}

function M.read(path)
  local file, reason = io.open(path, 'rb')
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

-- Writes a file that was not there before.
function M.write_new(path, text)
  local beside = path .. '.tmp'
  local fine, reason = M.write_plain(beside, text)
  if not fine then return nil, reason end
  fine, reason = os.rename(beside, path)
  if not fine then os.remove(beside) end
  return fine, reason
end

-- Writes a file anew. Where rename does not replace, the old one goes first.
function M.replace(path, text)
  local beside = path .. '.tmp'
  local fine, reason = M.write_plain(beside, text)
  if not fine then return nil, reason end
  if os.rename(beside, path) then return true end
  os.remove(path)
  fine, reason = os.rename(beside, path)
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
