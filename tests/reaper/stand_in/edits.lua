-- What the user does by hand in the arrange view: each is one undo step of the user's own.

local Objects = dofile(HERE .. 'stand_in/objects.lua')
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
      for _, take in ipairs(item.takes) do
        if take then take.D_STARTOFFS = take.D_STARTOFFS + by * take.D_PLAYRATE end
      end
    end),
    delete = edit('Delete items', function(item)
      for n, other in ipairs(item.owner.items) do
        if other == item then table.remove(item.owner.items, n) end
      end
      Undo.bury(item)
    end),
    split = edit('Split items', function(item, at)
      local left = at - item.D_POSITION
      local other = M.twin(fake, item, fake.switches.split_copies_ext)
      other.D_POSITION, other.D_LENGTH = at, item.D_LENGTH - left
      item.D_LENGTH = left
      for _, take in ipairs(other.takes) do
        if take then take.D_STARTOFFS = take.D_STARTOFFS + left * take.D_PLAYRATE end
      end
      return other
    end),
    copy_drag = edit('Copy items', function(item, to)
      local other = M.twin(fake, item, true)
      other.D_POSITION = to
      return other
    end),
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
