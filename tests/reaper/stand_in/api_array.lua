-- reaper.array: a list of doubles of fixed size. Its functions belong to the one array and are
-- called with a dot, without it, as REAPER's text and published scripts have it.

local F = {}

local Methods = {}

local function whole(name, value, default)
  if value == nil then return default end
  return math.tointeger(value) or error("array." .. name .. ": a whole number expected", 3)
end

function Methods.clear(self, value, offset, size)
  if value ~= nil and not tonumber(value) then error('array.clear: a number expected', 2) end
  local from = whole('clear', offset, 1)
  for n = from, from + whole('clear', size, self.size - from + 1) - 1 do
    self[n] = tonumber(value) or 0.0
  end
  return true
end

function Methods.get_alloc(self) return self.size end

function Methods.resize(self, size)
  self.size = whole('resize', size)
  return true
end

function Methods.table(self, offset, size)
  local out, from = {}, whole('table', offset, 1)
  for n = 1, whole('table', size, self.size - from + 1) do out[n] = self[from + n - 1] end
  return out
end

local Array = {}

function Array.__index(self, name)
  local method = Methods[name]
  return method and function(...) return method(self, ...) end
end

function F.new_array(_, source, size)
  local array = {}
  if type(source) == 'table' then
    for n, value in ipairs(source) do array[n] = value end
    array.size = size or #source
  else
    array.size = math.tointeger(size or source or 0)
    for n = 1, array.size do array[n] = 0.0 end
  end
  return setmetatable(array, Array)
end

return F
