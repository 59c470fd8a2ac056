-- Take envelopes go along by state chunk: no function makes one. The blocks of the original take
-- are put into the new item's chunk, behind the source of each take that is named.
-- The times of their points count as the take plays: item time times rate. A stem that was rendered
-- plays at rate 1, so there they are divided by the rate the original had.

local R = require 'reaper_api'
local selection = require 'selection'

local M = {}

local KINDS = { VOLENV = true, PANENV = true, MUTEENV = true, PITCHENV = true }

local function lines(text)
  local out = {}
  for line in (text .. '\n'):gmatch '(.-)\r?\n' do out[#out + 1] = line end
  if out[#out] == '' then out[#out] = nil end
  return out
end

-- A line of an envelope, its point earlier by `skip` and its time divided.
local function timed(line, skip, rate)
  return (line:gsub('^(%s*PT )(%S+)', function(head, at)
    return head .. string.format('%.14g', ((tonumber(at) or 0) - skip) / rate)
  end))
end

-- Blocks of envelopes in an item's chunk, by the GUID of the take they belong to.
-- rendered: the rate that is in the stem already; nil where it plays as the original does.
-- skip: the time of the envelope at which the stem begins.
local function blocks_of(chunk, rendered, skip)
  local out, guid, depth, block = {}, nil, 0, nil
  for _, line in ipairs(lines(chunk)) do
    local word = line:match '^%s*<?(%S+)'
    local opens, closes = line:match '^%s*<', line:match '^%s*>%s*$'
    if depth == 1 and word == 'GUID' then
      guid = line:match '{[^}]+}'
      out[guid] = out[guid] or {}
    end
    if opens and depth == 1 and KINDS[word] and guid and not (rendered and word == 'PITCHENV') then
      block = {}
    end
    if block then
      local plain = not rendered and skip == 0
      block[#block + 1] = plain and line or timed(line, skip, rendered or 1)
    end
    if opens then depth = depth + 1 end
    if closes then depth = depth - 1 end
    if block and depth == 1 then
      -- Each envelope has a GUID of its own; REAPER makes a new one where none stands.
      for n = #block, 1, -1 do
        if block[n]:match '^%s*EGUID' then table.remove(block, n) end
      end
      table.insert(out[guid], table.concat(block, '\n'))
      block = nil
    end
  end
  return out
end

-- The chunk with the text put behind the source block of each of these takes.
local function put(chunk, guids, text)
  local out, depth, wanted = {}, 0, false
  for _, line in ipairs(lines(chunk)) do
    local word = line:match '^%s*<?(%S+)'
    local opens, closes = line:match '^%s*<', line:match '^%s*>%s*$'
    if depth == 1 and word == 'GUID' then wanted = guids[line:match '{[^}]+}'] == true end
    if opens then depth = depth + 1 end
    out[#out + 1] = line
    if closes then
      depth = depth - 1
      if depth == 1 and wanted then
        out[#out + 1] = text
        wanted = false
      end
    end
  end
  return table.concat(out, '\n')
end

-- What there is to copy from a take: text, or nil. rendered: where the stem has rate and pitch in
-- it already, the rate. skip: take time at which the stem begins.
function M.read(item, take, rendered, skip)
  if R.CountTakeEnvelopes(take) == 0 then return nil end
  local fine, chunk = R.GetItemStateChunk(item, '', false)
  local found = fine and blocks_of(chunk, rendered, skip or 0)[selection.take_guid(take)]
  return found and #found > 0 and table.concat(found, '\n') or nil
end

-- Puts them into these takes (set of GUIDs) of an item. All pointers to its takes are stale then.
function M.write(item, guids, text)
  local fine, chunk = R.GetItemStateChunk(item, '', false)
  return fine and R.SetItemStateChunk(item, put(chunk, guids, text), false)
end

return M
