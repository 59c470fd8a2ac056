-- Time: thirty ticks a second of its own (`step` changes that), and what each call costs. Real time
-- only where a real worker is at the other end.

local M = {}
M.__index = M

local COST = { PCM_Source_CreateFromFile = 3e-3, AddMediaItemToTrack = 30e-6,
  AddTakeToMediaItem = 30e-6, InsertTrackAtIndex = 1e-3, InsertTrackInProject = 1e-3,
  PCM_Source_BuildPeaks = 1e-3, UpdateArrange = 2e-3, Undo_EndBlock2 = 10e-3,
  GetItemStateChunk = 1e-4, SetItemStateChunk = 1e-4, GetTrackStateChunk = 1e-4,
  SetTrackStateChunk = 1e-4, EnumerateFiles = 20e-6 }
local PLAIN, TEXT = 5e-6, 10e-6

function M.new() return setmetatable({ now = 1000.0, cost = 0, step = 1 / 30 }, M) end

function M:begin() self.now = self.now + self.step end

function M:add(seconds) self.now = self.now + seconds end

-- What a call of this name costs: seconds, and whether it costs more the longer its text is.
function M.price(name)
  return COST[name] or (name:find 'String' or name:find 'Guid') and TEXT or PLAIN,
    name:find 'StateChunk' ~= nil
end

function M:spend(cost, text)
  if text then cost = cost + #text * 1e-8 end
  self.cost = self.cost + cost
end

local socket
function M.sleep(seconds)
  if seconds <= 0 then return end
  if socket == nil then
    local fine, found = pcall(require, 'socket')
    socket = fine and found or false
  end
  if socket then socket.sleep(seconds) else os.execute('sleep ' .. seconds) end
end

return M
