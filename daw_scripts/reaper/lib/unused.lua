-- Stems that no open project uses, in the folder of the project in front. Only folders that hold a
-- job.json of ours count, only files directly in them are ever removed, and only after a question.

local R = require 'reaper_api'
local files = require 'files'

local M = {}

local function plain(path) return (path:gsub('\\', '/')) end

-- Folders of media in use: folder -> true, over all open projects.
function M.in_use()
  local used, n = {}, 0
  local front = R.EnumProjects(-1)
  while true do
    local project = R.EnumProjects(n)
    if not project then break end
    -- Items of a tab that is not in front are refused, so each is put in front for this moment.
    if project ~= front then R.SelectProjectInstance(project) end
    for i = 0, R.CountMediaItems(project) - 1 do
      local item = R.GetMediaItem(project, i)
      for k = 0, R.CountTakes(item) - 1 do
        local take = R.GetTake(item, k)
        local source = take and R.GetMediaItemTake_Source(take)
        while source do
          local path = R.GetMediaSourceFileName(source)
          if path ~= '' then used[plain(files.folder(path))] = true end
          source = R.GetMediaSourceParent(source)
        end
      end
    end
    if project ~= front then R.SelectProjectInstance(front) end
    n = n + 1
  end
  return used
end

-- {folder, files = {...}, bytes} of each unused set below `root`.
-- What a diagnosis has left is none: it holds no sound.
function M.find(root)
  local used, out = M.in_use(), {}
  for _, name in ipairs(files.list(root, R.EnumerateSubdirectories)) do
    local folder = root .. '/' .. name
    if files.exists(folder .. '/job.json') and not used[plain(folder)] then
      local one = { folder = folder, name = name, files = {}, bytes = 0 }
      local sounds = 0
      for _, file in ipairs(files.list(folder, R.EnumerateFiles)) do
        one.files[#one.files + 1] = file
        one.bytes = one.bytes + (files.size(folder .. '/' .. file) or 0)
        if file ~= 'job.json' then sounds = sounds + 1 end
      end
      if sounds > 0 then out[#out + 1] = one end
    end
  end
  return out
end

-- Removes what find() gave, job.json last: a set that is half removed is still known as ours.
---@param sets StemSet[]
function M.remove(sets)
  local bytes = 0
  for _, one in ipairs(sets) do
    for _, file in ipairs(one.files) do
      if file ~= 'job.json' then os.remove(one.folder .. '/' .. file) end
    end
    os.remove(one.folder .. '/job.json')
    os.remove(one.folder)
    bytes = bytes + one.bytes
  end
  return bytes
end

return M
