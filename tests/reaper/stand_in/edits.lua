-- What the user does by hand in the arrange view: each is one undo step of the user's own.

local Sound = dofile(HERE .. 'stand_in/sound.lua')
local Objects = dofile(HERE .. 'stand_in/objects.lua')
local Tempo = dofile(HERE .. 'stand_in/tempo.lua')
local Undo = dofile(HERE .. 'stand_in/undo.lua')

local M = {}

local function copy(value)
  if type(value) ~= 'table' then return value end
  local out = {}
  for key, inner in pairs(value) do
    if key ~= 'owner' then out[key] = copy(inner) end
  end
  return out
end

-- A second item of the same contents with GUIDs of its own; P_EXT goes along, or not.
function M.twin(fake, item, keeps_ext)
  local other = copy(item)
  other.GUID = fake:guid()
  if not keeps_ext then other.ext = {} end
  for _, take in ipairs(other.takes) do
    if take then
      take.GUID = fake:guid()
      if not keeps_ext then take.ext = {} end
    end
  end
  local track = item.owner
  track.items[#track.items + 1] = other
  Undo.adopt_item(other, track)
  return other
end

-- Points of envelopes count from the item's start.
local function points_earlier(envelope, by)
  for n, line in ipairs(envelope.node.lines) do
    local head, at, rest = (type(line) == 'string' and line or ''):match '^(%s*PT )(%S+)(.*)$'
    if head then
      envelope.node.lines[n] = head .. string.format('%.14g', tonumber(at) - by) .. rest
    end
  end
end

-- Begins all takes of an item later by so many seconds.
function M.begin_later(fake, item, by)
  for _, take in ipairs(item.takes) do
    if take then
      local t = by * take.D_PLAYRATE
      take.D_STARTOFFS = take.D_STARTOFFS + t
      for _, marker in ipairs(take.markers) do marker.pos = marker.pos - t end
      for _, envelope in ipairs(take.envelopes) do
        points_earlier(envelope, fake.switches.envelope_chunk_is_item_time and by or t)
      end
    end
  end
end

-- Cuts an item in two; the right part is a new item. The new edges have the fades of the user's
-- preferences, and with the switch turned the left part reaches over the right one.
function M.split(fake, item, at)
  local left = at - item.D_POSITION
  if left <= 0 or left >= item.D_LENGTH then return nil end
  local other = M.twin(fake, item, fake.switches.split_copies_ext)
  other.D_POSITION, other.D_LENGTH, item.D_LENGTH = at, item.D_LENGTH - left, left
  M.begin_later(fake, other, left)
  other.D_SNAPOFFSET = 0
  item.D_FADEOUTLEN, item.D_FADEOUTLEN_AUTO = 0.005, 0.01
  other.D_FADEINLEN, other.D_FADEINLEN_AUTO = 0.005, 0.01
  if fake.switches.split_overlaps then
    local over = math.min(0.01, left / 2, other.D_LENGTH / 2)
    item.D_LENGTH = item.D_LENGTH + over / 2
    other.D_POSITION, other.D_LENGTH = at - over / 2, other.D_LENGTH + over / 2
    M.begin_later(fake, other, -over / 2)
  end
  if fake.switches.split_turns_loops then
    for _, take in ipairs(other.takes) do
      local length = take and take.source and Sound.length(take.source) or 0
      if other.B_LOOPSRC == 1 and length > 0 then take.D_STARTOFFS = take.D_STARTOFFS % length end
    end
  end
  return other
end

function M.new(fake)
  local function edit(text, work)
    return function(handle, ...)
      local item = assert(fake.handles.by_handle[handle], 'not a pointer')
      local result = work(item, ...)
      fake.project.touched = true
      fake:changed(text, true)
      Undo.record(fake.project, text)
      return result and fake.handles:of(result)
    end
  end
  return {
    move = edit('Move items', function(item, to) item.D_POSITION = to end),
    trim = edit('Trim item', function(item, by, length)
      item.D_POSITION = item.D_POSITION + by
      item.D_LENGTH = length or item.D_LENGTH - by
      M.begin_later(fake, item, by)
    end),
    delete = edit('Delete items', function(item)
      for n, other in ipairs(item.owner.items) do
        if other == item then table.remove(item.owner.items, n) end
      end
      Undo.bury(item)
    end),
    split = edit('Split items', function(item, at) return M.split(fake, item, at) end),
    copy_drag = edit('Copy items', function(item, to)
      local other = M.twin(fake, item, true)
      other.D_POSITION = to
      return other
    end),
    tempo = edit('Change tempo', function(_, tempo) Tempo.change(fake.project, tempo) end),
    mute = edit('Mute items', function(item) item.B_MUTE = 1 end),
    replace_source = edit('Replace source', function(item, path)
      local take = item.takes[item.I_CURTAKE + 1]
      take.source = Objects.source('WAVE', path)
      Undo.adopt_item(item, item.owner)
    end),
    offline = edit('Set media offline', function(item)
      item.takes[item.I_CURTAKE + 1].source.offline = true
    end),
    online = edit('Set media online', function(item)
      local source = item.takes[item.I_CURTAKE + 1].source
      source.offline, source.was_offline = nil, true
    end),
  }
end

return M
