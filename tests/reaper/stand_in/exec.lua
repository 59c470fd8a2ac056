-- ExecProcess: a command line split as REAPER splits it, a process really started.

local M = {}

-- Parts of a command line: blanks separate, double quotes hold together and vanish.
function M.split(line)
  local parts, part, quoted, any = {}, '', false, false
  for char in line:gmatch '.' do
    if char == '"' then
      quoted, any = not quoted, true
    elseif char:match '%s' and not quoted then
      if any or part ~= '' then parts[#parts + 1] = part end
      part, any = '', false
    else
      part = part .. char
    end
  end
  if any or part ~= '' then parts[#parts + 1] = part end
  return parts
end

local function quote(part) return "'" .. part:gsub("'", "'\\''") .. "'" end

local function line(parts)
  local out = {}
  for n, part in ipairs(parts) do out[n] = quote(part) end
  return table.concat(out, ' ')
end

function M.exists(path)
  local file = io.open(path, 'rb')
  if file then file:close() end
  return file ~= nil
end

-- Starts a process that stays. Only absolute paths are found: REAPER looks at no PATH.
function M.start(parts)
  if not M.exists(parts[1]) then return false end
  os.execute('setsid ' .. line(parts) .. ' </dev/null >/dev/null 2>&1 &')
  return true
end

-- Runs to the end: exit code and output.
function M.run(parts)
  if not M.exists(parts[1]) then return nil end
  local pipe = assert(io.popen(line(parts) .. ' 2>&1 </dev/null; echo "\n$?"', 'r'))
  local text = pipe:read 'a'
  pipe:close()
  local output, code = text:match '^(.*)\n(%d+)\n$'
  return tonumber(code), output
end

return M
