-- The list of recorded states, as REAPER keeps it: each step is a whole copy of the project.
-- Undo and redo put a copy in the project's place, so every object is replaced; what was changed
-- since the last recorded step and not recorded is lost with it.

local M = {}

local SKIP = { owner = true, kind = true, gone = true }

-- A copy that shares nothing; owners are set anew by adopt().
local function copy(value)
  if type(value) ~= 'table' then return value end
  local out = {}
  for key, inner in pairs(value) do
    if not SKIP[key] then out[key] = copy(inner) end
  end
  return out
end

local PARTS = { 'tracks', 'ext', 'attributes' }

function M.snapshot(project)
  local out = {}
  for _, part in ipairs(PARTS) do out[part] = copy(project[part]) end
  return out
end

local function adopt(object, kind, owner) object.kind, object.owner = kind, owner end

local function adopt_source(source, owner)
  while source do
    adopt(source, 'PCM_source', owner)
    source.in_project = true
    source = source.parent
  end
end

-- Sets kinds and owners of all that a project holds.
function M.adopt_all(project)
  for _, track in ipairs(project.tracks) do M.adopt_track(track, project) end
end

function M.adopt_track(track, project)
  adopt(track, 'MediaTrack', project)
  for _, item in ipairs(track.items) do M.adopt_item(item, track) end
end

function M.adopt_item(item, track)
  adopt(item, 'MediaItem', track)
  for _, take in ipairs(item.takes) do
    if take then
      adopt(take, 'MediaItem_Take', item)
      adopt_source(take.source, take)
      for _, envelope in ipairs(take.envelopes) do adopt(envelope, 'TrackEnvelope', take) end
    end
  end
end

-- Marks an object and all inside it as gone.
function M.bury(object)
  object.gone = true
  for _, track in ipairs(object.tracks or {}) do M.bury(track) end
  for _, item in ipairs(object.items or {}) do M.bury(item) end
  for _, take in ipairs(object.takes or {}) do
    if take then
      M.bury(take)
      if take.source then take.source.destroyed = true end
      for _, envelope in ipairs(take.envelopes) do envelope.gone = true end
    end
  end
end

function M.restore(project, state)
  for _, track in ipairs(project.tracks) do M.bury(track) end
  for _, part in ipairs(PARTS) do
    project[part] = copy(state[part])
  end
  M.adopt_all(project)
end

-- Begins the list anew, with the project as it stands.
function M.begin(project)
  project.undo = { { text = '', state = M.snapshot(project) } }
  project.undo_at = 1
end

-- Records the project as it stands; what could be redone is forgotten.
function M.record(project, text)
  for n = #project.undo, project.undo_at + 1, -1 do project.undo[n] = nil end
  project.undo[#project.undo + 1] = { text = text, state = M.snapshot(project) }
  project.undo_at = #project.undo
  project.touched = false
end

-- Goes `by` steps; false at the end of the list.
function M.go(project, by)
  local step = project.undo[project.undo_at + by]
  if not step then return false end
  project.undo_at = project.undo_at + by
  M.restore(project, step.state)
  project.touched = false
  return true
end

return M
