-- Folders listed and made: by LuaFileSystem, which comes with luacheck, or else by a shell, which
-- takes a hundred times as long. Both say the same: specs/fake_files_spec.lua.

local M = {}

local function quote(path) return "'" .. path:gsub("'", "'\\''") .. "'" end

M.by_shell = {}

-- Names in a folder, sorted, those of folders with a slash at the end; none where there is no such
-- folder.
function M.by_shell.list(path)
  local pipe = assert(io.popen('LC_ALL=C ls -Ap ' .. quote(path) .. ' 2>/dev/null'))
  local names = {}
  for name in pipe:lines() do names[#names + 1] = name end
  pipe:close()
  return names
end

-- Makes a folder and those above it; whether it is there then.
function M.by_shell.make(path)
  return os.execute('mkdir -p ' .. quote(path) .. ' 2>/dev/null') and true or false
end

local there, lfs = pcall(require, 'lfs')
M.by_lfs = there and {} or nil

if there then
  function M.by_lfs.list(path)
    local names = {}
    if lfs.attributes(path, 'mode') ~= 'directory' then return names end
    local fine, each, state = pcall(lfs.dir, path)
    if not fine then return names end
    for name in each, state do
      if name ~= '.' and name ~= '..' then
        local folder = lfs.symlinkattributes(path .. '/' .. name, 'mode') == 'directory'
        names[#names + 1] = folder and name .. '/' or name
      end
    end
    table.sort(names, function(a, b) return a:gsub('/$', '') < b:gsub('/$', '') end)
    return names
  end

  function M.by_lfs.make(path)
    if lfs.attributes(path, 'mode') == 'directory' then return true end
    local above = path:match '^(.+)/+[^/]+/*$'
    if above and not M.by_lfs.make(above) then return false end
    lfs.mkdir(path)
    return lfs.attributes(path, 'mode') == 'directory'
  end
end

local way = M.by_lfs or M.by_shell
M.list, M.make = way.list, way.make

return M
