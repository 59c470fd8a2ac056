-- The self-test on Windows: what it tries there is really tried.

local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'

-- Runs it with a Windows whose programs are played: copy(parts) is what Robocopy does.
local function tried(copy)
  local stage = Stage.new { fake = { os = 'Win64' } }
  local seen = {}
  stage.fake.exec_hook = function(line)
    seen[#seen + 1] = line
    local parts = dofile(HERE .. 'stand_in/exec.lua').split(line)
    if parts[1]:find 'Robocopy' then copy(parts) end
    return true
  end
  stage.fake:run(stage:script 'Self-test')
  for _ = 1, 600 do
    stage.fake:tick(1)
    if #stage.fake.instances == 0 then break end
  end
  local file = assert(io.open(stage.data .. '/self-test.json', 'rb'))
  local found = json.decode(file:read 'a')
  file:close()
  for _, step in ipairs(found.steps) do
    if step.step == 'exec_keeps_quoted_parts_together' then return step, seen, stage end
  end
end

local function slashes(path) return (path:gsub('\\', '/')) end

return {
  ['quoting on Windows is proved by a program that copies into a folder with blanks'] = function()
    local step = tried(function(parts)
      assert(#parts == 4, #parts)
      local from = slashes(parts[2]) .. '/' .. parts[4]
      os.execute("cp '" .. from .. "' '" .. slashes(parts[3]) .. "'")
    end)
    assert(step.ok, tostring(step.found))
  end,

  ['what this REAPER has nothing for is told as not tried'] = function()
    local stage = Stage.new { switches = { menu_hash_exists = false } }
    stage.fake:run(stage:script 'Self-test')
    for _ = 1, 600 do
      stage.fake:tick(1)
      if #stage.fake.instances == 0 then break end
    end
    assert(stage:screen_text():find('Not tried in this REAPER:\n\nmenu_has_a_hash', 1, true),
      stage:screen_text())
  end,

  ['a Windows that splits at blanks is seen'] = function()
    local step, seen = tried(function() end)
    assert(not step.ok and step.found == 'nothing was copied', tostring(step.found))
    local line = seen[#seen]
    assert(line:find('System32\\Robocopy.exe', 1, true) and not line:find('/', 1, true), line)
  end,
}
