-- Stems that no open project uses, in the folder of the project in front. Only folders that hold a
-- job.json of ours count, only files directly in them are ever removed, and only after a question.

local R = require 'reaper_api'
local files = require 'files'
local json = require 'json'

local M = {}

local function plain(path) return (path:gsub('\\', '/')) end

-- Folders of media in use: folder -> true, over all open projects; and how many of their tracks are
-- frozen: what these played before, nobody can see.
function M.in_use()
  local used, n, frozen = {}, 0, 0
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
    for t = 0, R.CountTracks(project) - 1 do
      local track = R.GetTrack(project, t)
      if R.GetMediaTrackInfo_Value(track, 'I_FREEZECOUNT') > 0 then frozen = frozen + 1 end
    end
    if project ~= front then R.SelectProjectInstance(front) end
    n = n + 1
  end
  return used, frozen
end

-- {folder, files = {...}, bytes} of each unused set below `root`; and how many tracks are frozen.
-- What a diagnosis has left is none: it holds no sound.
function M.find(root)
  local used, frozen = M.in_use()
  local out = {}
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
  return out, frozen
end

-- Removes what find() gave, job.json last: a set that is half removed is still known as ours. The
-- bytes that went, and the folders that are empty now and stay: C removes no folders on Windows.
---@param sets StemSet[]
function M.remove(sets)
  local bytes, left = 0, json.list {}
  for _, one in ipairs(sets) do
    for _, file in ipairs(one.files) do
      if file ~= 'job.json' then os.remove(one.folder .. '/' .. file) end
    end
    os.remove(one.folder .. '/job.json')
    if not os.remove(one.folder) then left[#left + 1] = one.folder end
    bytes = bytes + one.bytes
  end
  return bytes, left
end

-- Has voxmend remove the folders, as far as they are empty.
---@param context Context
function M.leave_to_voxmend(context, folders)
  if #folders == 0 then return end
  local path = context.data .. '/box/' .. context.box .. '/empty.json'
  local fine, reason = files.replace(path, json.encode { folders = folders })
  if not fine then return context.log('empty folders stay: ' .. tostring(reason)) end
  context.start('bridge', context.box_argument, '--empty')
end

return M
