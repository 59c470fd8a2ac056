-- Projects, tabs, undo, state that scripts keep.

local Undo = dofile(HERE .. 'stand_in/undo.lua')

local F = {}

function F.EnumProjects(fake, n)
  local project = n == -1 and fake.project or fake.tabs[n + 1]
  if not project then return nil end
  return project, project.file
end
function F.SelectProjectInstance(fake, project) fake.project = project end
function F.GetProjectName(_, project) return project.file:match '[^/\\]*$' end
function F.GetProjectPathEx(fake, project)
  local folder = project.file:match '^(.*)[/\\][^/\\]*$'
  return folder and folder .. '/Media' or fake.resource .. '/../unsaved media'
end
function F.GetProjectPath(fake) return F.GetProjectPathEx(fake, fake.project) end
function F.GetProjectStateChangeCount(_, project) return project.changes end
function F.IsProjectDirty(_, project) return project.dirty and 1 or 0 end
function F.MarkProjectDirty(_, project) project.dirty = true end
function F.GetSetProjectInfo(fake, project, key, value, set)
  if set then
    project.attributes[key] = value
    fake:changed(key)
  end
  return project.attributes[key] or 0
end
function F.GetSet_LoopTimeRange2(_, project, set, _, from, to)
  if set then project.time_from, project.time_to = from, to end
  return project.time_from, project.time_to
end
function F.GetCursorPositionEx(_, project) return project.cursor end
function F.SetEditCurPos2(_, project, at) project.cursor = at end
function F.GetPlayState(fake) return fake.play_state end
function F.GetPlayStateEx(fake) return fake.play_state end
function F.OnPlayButton(fake) fake.play_state = 1 end
function F.OnStopButton(fake) fake.play_state = 0 end

function F.ValidatePtr2(fake, project, handle, kind)
  kind = kind:gsub('%*$', '')
  return fake.handles:object(kind, handle, project or fake.project) ~= nil
end
function F.ValidatePtr(fake, handle, kind) return F.ValidatePtr2(fake, nil, handle, kind) end

function F.Undo_BeginBlock2(fake, project)
  project = project or fake.project
  project.block = (project.block or 0) + 1
end
function F.Undo_EndBlock2(fake, project, text)
  project = project or fake.project
  if (project.block or 0) == 0 then return fake:violation 'an undo block ended that never began' end
  project.block = project.block - 1
  if project.block == 0 and project.touched then Undo.record(project, text) end
end
function F.Undo_BeginBlock(fake) F.Undo_BeginBlock2(fake, fake.project) end
function F.Undo_EndBlock(fake, text, flags) F.Undo_EndBlock2(fake, fake.project, text, flags) end
function F.Undo_OnStateChange2(_, project, text) Undo.record(project, text) end
function F.Undo_CanUndo2(_, project)
  return project.undo_at > 1 and project.undo[project.undo_at].text or nil
end
function F.Undo_CanRedo2(_, project)
  local step = project.undo[project.undo_at + 1]
  return step and step.text or nil
end
local function go(project, by)
  if not Undo.go(project, by) then return 0 end
  project.all = nil
  project.changes = project.changes + 1
  return 1
end
function F.Undo_DoUndo2(_, project) return go(project, -1) end
function F.Undo_DoRedo2(_, project) return go(project, 1) end

function F.PreventUIRefresh(fake, by) fake.no_refresh = fake.no_refresh + by end
function F.UpdateArrange() end
function F.UpdateTimeline() end
function F.TrackList_AdjustWindows() end

local function slot(section, key) return (section .. '\0' .. key):lower() end

function F.SetExtState(fake, section, key, value, persist)
  assert(not value:find '[\r\n]', 'SetExtState: no line breaks')
  fake.ext[slot(section, key)] = { value = value, persist = persist }
end
function F.GetExtState(fake, section, key)
  return (fake.ext[slot(section, key)] or {}).value or ''
end
function F.HasExtState(fake, section, key) return fake.ext[slot(section, key)] ~= nil end
function F.DeleteExtState(fake, section, key) fake.ext[slot(section, key)] = nil end
function F.SetProjExtState(fake, project, section, key, value)
  project.ext[section] = project.ext[section] or {}
  project.ext[section][key] = value ~= '' and value or nil
  fake:changed 'ext'
  return 1
end
function F.GetProjExtState(_, project, section, key)
  local value = (project.ext[section] or {})[key]
  return value and 1 or 0, value or ''
end

function F.SelectTrack(_, track, on) track.I_SELECTED = on and 1 or 0 end
function F.SetTrackSelected(_, track, on) track.I_SELECTED = on and 1 or 0 end

return F
