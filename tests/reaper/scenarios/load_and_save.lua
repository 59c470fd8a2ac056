-- Loads projects and saves them again: pairs of arguments, where from and where to.

local Model = dofile(HERE .. 'stand_in/rpp_model.lua')
local Objects = dofile(HERE .. 'stand_in/objects.lua')
local Rpp = dofile(HERE .. 'stand_in/rpp.lua')

for n = 1, #arg, 2 do
  local file = assert(io.open(arg[n], 'rb'))
  local text = file:read 'a'
  file:close()
  local project = Model.load(Rpp.parse(text), Objects.project {})
  local out = assert(io.open(arg[n + 1], 'wb'))
  out:write(Rpp.dump(Model.save(project)))
  out:close()
end
