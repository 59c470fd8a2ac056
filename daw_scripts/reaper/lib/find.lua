-- Finds projects, tracks, items and takes again, by GUID. Pointers are never kept from one tick to
-- the next: undo replaces every object, and REAPER refuses those of a tab that is not in front.

local R = require 'reaper_api'

local M = {}

-- One look over a project: GUID -> item, GUID -> track. Made anew in each tick that needs it.
function M.index(project)
  local items, tracks, list = {}, {}, {}
  for n = 0, R.CountTracks(project) - 1 do
    local track = R.GetTrack(project, n)
    local _, guid = R.GetSetMediaTrackInfo_String(track, 'GUID', '', false)
    tracks[guid] = track
  end
  for n = 0, R.CountMediaItems(project) - 1 do
    local item = R.GetMediaItem(project, n)
    local _, guid = R.GetSetMediaItemInfo_String(item, 'GUID', '', false)
    items[guid] = item
    list[#list + 1] = item
  end
  return { items = items, tracks = tracks, list = list }
end

-- A take by its GUID, in the project in front.
function M.take(project, guid)
  return R.GetMediaItemTakeByGUID(project, guid)
end

-- The project that a ticket was made in, and whether it is in front; nil where it is not open.
-- In the REAPER that made the ticket the pointer tells even two tabs of one file apart, and finds a
-- project that was saved under another name meanwhile. Else the file name does. Where that is open
-- nowhere, the project in front is the one if it holds the ticket's items: home(project). It was
-- saved under another name since, or for the first time.
---@param recorded ProjectId
function M.project(recorded, box, home)
  local front = R.EnumProjects(-1)
  local same_file
  local n = 0
  while true do
    local project, file = R.EnumProjects(n)
    if not project then break end
    if recorded.box == box and tostring(project) == recorded.pointer then
      return project, project == front
    end
    if recorded.file ~= '' and file == recorded.file and (not same_file or project == front) then
      same_file = project
    end
    n = n + 1
  end
  if not same_file and front and home and home(front) then return front, true end
  return same_file, same_file ~= nil and same_file == front
end

return M
