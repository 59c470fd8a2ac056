-- reaper.array: a list of doubles of fixed size.

local F = {}

local Array = {}
Array.__index = Array

function Array.clear(self, value)
  for n = 1, self.size do self[n] = value or 0 end
end
function Array.get_alloc(self) return self.size end
function Array.resize(self, size) self.size = size end

function Array.table(self, offset, count)
  offset = offset or 1
  local out = {}
  for n = 0, (count or self.size) - 1 do out[n + 1] = self[offset + n] end
  return out
end

function F.new_array(_, source, size)
  local array = {}
  if type(source) == 'table' then
    for n, value in ipairs(source) do array[n] = value end
    array.size = size or #source
  else
    array.size = math.tointeger(size or source or 0)
    for n = 1, array.size do array[n] = 0 end
  end
  return setmetatable(array, Array)
end

return F
