-- Pointers. A script sees opaque values; the objects behind them are plain tables that undo
-- replaces as a whole, so an old pointer then points at nothing.
-- An object of a tab that is not in front is refused unless its project was named in the call.

local M = {}
M.__index = M

function M.new() return setmetatable({ by_object = {}, by_handle = {}, serial = 0 }, M) end

local function text(handle) return handle.name end

-- The pointer of an object; always the same one while the object lives.
function M:of(object)
  local handle = self.by_object[object]
  if not handle then
    self.serial = self.serial + 1
    handle = setmetatable({}, {
      __index = { name = string.format('userdata: 0x%012x', 0x5600a000 + self.serial * 64) },
      __tostring = text,
      __newindex = function() error('a pointer has no fields', 2) end,
    })
    self.by_object[object] = handle
    self.by_handle[handle] = object
  end
  return handle
end

-- Objects among the values become pointers.
function M:out(...)
  local count = select('#', ...)
  if count <= 1 then
    local value = ...
    if type(value) == 'table' and rawget(value, 'kind') then value = self:of(value) end
    if count == 0 then return end
    return value
  end
  local values = { ... }
  for n = 1, count do
    local value = values[n]
    if type(value) == 'table' and rawget(value, 'kind') then values[n] = self:of(value) end
  end
  return table.unpack(values, 1, count)
end

-- Whether the object still belongs to something that is there.
function M.alive(object)
  local kind = object.kind
  if kind == 'ReaProject' then return not object.closed end
  if kind == 'PCM_source' then return not object.destroyed end
  if kind == 'AudioAccessor' then return not object.destroyed end
  if kind == 'ImGui_Context' then return not object.destroyed end
  if object.gone then return false end
  return true
end

function M.project_of(object)
  while object and object.kind ~= 'ReaProject' do object = object.owner end
  return object
end

-- The object behind a pointer; nil and the reason when it is none of this kind, gone, or of a tab
-- that is neither in front nor named.
function M:object(kind, handle, project)
  local object = self.by_handle[handle]
  local fits = object and (object.kind == kind or kind == 'ImGui_Resource' and object.resource)
  if not fits or not M.alive(object) then
    return nil, kind .. ' expected'
  end
  local owner = M.project_of(object)
  local elsewhere = kind ~= 'ReaProject' and owner ~= nil and owner ~= project
  if elsewhere then return nil, kind .. ' expected' end
  return object
end

return M
