-- Tracks, items, takes: counting, finding, reading and writing attributes, adding and removing.

local Edits = dofile(HERE .. 'stand_in/edits.lua')
local Objects = dofile(HERE .. 'stand_in/objects.lua')
local Undo = dofile(HERE .. 'stand_in/undo.lua')

local F = {}

local function all_items(project)
  if not project.all then
    project.all = {}
    for _, track in ipairs(project.tracks) do
      for _, item in ipairs(track.items) do project.all[#project.all + 1] = item end
    end
  end
  return project.all
end

local function selected(project)
  local out = {}
  for _, item in ipairs(all_items(project)) do
    if item.B_UISEL == 1 then out[#out + 1] = item end
  end
  return out
end

function F.CountTracks(fake, project) return #(project or fake.project).tracks end
function F.GetTrack(_, project, n) return project.tracks[n + 1] end
function F.CountMediaItems(_, project) return #all_items(project) end
function F.GetMediaItem(_, project, n) return all_items(project)[n + 1] end
function F.CountTrackMediaItems(_, track) return #track.items end
function F.GetTrackNumMediaItems(_, track) return #track.items end
function F.GetTrackMediaItem(_, track, n) return track.items[n + 1] end
function F.CountSelectedMediaItems(_, project) return #selected(project) end
function F.GetSelectedMediaItem(_, project, n) return selected(project)[n + 1] end
function F.CountTakes(_, item) return #item.takes end
function F.GetMediaItemNumTakes(_, item) return #item.takes end
function F.GetTake(_, item, n) return item.takes[n + 1] or nil end
function F.GetMediaItemTake(_, item, n)
  return item.takes[(n < 0 and item.I_CURTAKE or n) + 1] or nil
end
function F.GetActiveTake(_, item) return item.takes[item.I_CURTAKE + 1] or nil end
function F.GetMediaItem_Track(_, item) return item.owner end
function F.GetMediaItemTrack(_, item) return item.owner end
function F.GetMediaItemTake_Item(_, take) return take.owner end
function F.GetMediaItemTake_Track(_, take) return take.owner.owner end
function F.GetMediaItemTake_Source(_, take) return take.source end
function F.IsMediaItemSelected(_, item) return item.B_UISEL == 1 end
function F.GetTakeName(_, take) return take.P_NAME end
function F.TakeIsMIDI(_, take)
  return take.source ~= nil and take.source.type:sub(1, 4) == 'MIDI'
end
function F.GetSelectedTrack(_, project, n)
  for _, track in ipairs(project.tracks) do
    if track.I_SELECTED ~= 0 then
      if n == 0 then return track end
      n = n - 1
    end
  end
end
function F.CountSelectedTracks(_, project)
  local count = 0
  for _, track in ipairs(project.tracks) do count = count + (track.I_SELECTED ~= 0 and 1 or 0) end
  return count
end
function F.GetTrackGUID(_, track) return track.GUID end
function F.GetMediaItemTakeByGUID(_, project, guid)
  for _, item in ipairs(all_items(project)) do
    for _, take in ipairs(item.takes) do
      if take and take.GUID == guid then return take end
    end
  end
end

for kind, name in pairs { Item = 'MediaItem', Take = 'MediaItemTake', Track = 'MediaTrack' } do
  F['Get' .. name .. 'Info_Value'] = function(_, object, key) return Objects.get(object, key) end
  F['Set' .. name .. 'Info_Value'] = function(fake, object, key, value)
    if key:sub(1, 2) == 'B_' then value = value ~= 0 and 1 or 0 end
    object[key] = value
    if key ~= 'B_UISEL' and key ~= 'I_SELECTED' then fake:changed(key) end
    return true
  end
  F['GetSet' .. name .. 'Info_String'] = function(fake, object, key, text, set)
    local ext = key:match '^P_EXT:(.*)'
    if set then
      if ext then object.ext[ext] = text ~= '' and text or nil else object[key] = text end
      fake:changed(key)
      return true, text
    end
    local value = ext and object.ext[ext] or not ext and object[key]
    return value ~= nil and value ~= false and (not ext or value ~= ''), value or ''
  end
  F['__' .. kind] = nil
end

function F.SetMediaItemSelected(_, item, on) item.B_UISEL = on and 1 or 0 end
function F.SelectAllMediaItems(_, project, on)
  for _, item in ipairs(all_items(project)) do item.B_UISEL = on and 1 or 0 end
end

local function add_track(fake, project, at, defaults)
  local track = Objects.track(fake:guid())
  track.owner = project
  if defaults then track.D_VOL = fake.switches.track_defaults_volume or 1 end
  table.insert(project.tracks, math.min(at, #project.tracks) + 1, track)
  if fake.switches.insert_track_selects then
    for _, other in ipairs(project.tracks) do other.I_SELECTED = 0 end
    track.I_SELECTED = 1
  end
  fake:changed 'track'
end

function F.InsertTrackAtIndex(fake, at, defaults) add_track(fake, fake.project, at, defaults) end
function F.InsertTrackInProject(fake, project, at, flags)
  add_track(fake, project, at, flags % 2 == 1)
end

function F.AddMediaItemToTrack(fake, track)
  local item = Objects.item(fake:guid())
  for key, value in pairs(fake.fresh_item) do item[key] = value end
  item.owner = track
  track.items[#track.items + 1] = item
  Undo.adopt_item(item, track)
  fake:changed 'item'
  return item
end

function F.AddTakeToMediaItem(fake, item)
  local take = Objects.take(fake:guid())
  take.owner = item
  item.takes[#item.takes + 1] = take
  fake:changed 'take'
  return take
end

function F.SplitMediaItem(fake, item, at)
  local other = Edits.split(fake, item, at)
  if other then fake:changed 'item' end
  return other
end

function F.SetActiveTake(fake, take)
  take.owner.I_CURTAKE = Objects.get(take, 'IP_TAKENUMBER')
  fake:changed 'take'
end

local function remove(list, object)
  for n, other in ipairs(list) do
    if other == object then
      table.remove(list, n)
      Undo.bury(object)
      return true
    end
  end
  return false
end

function F.DeleteTrackMediaItem(fake, track, item)
  fake:changed 'item'
  return remove(track.items, item)
end

-- What it received goes with it, and what it sent. Of the folder that ended with it nobody is sure:
-- the next tracks may fall into it.
function F.DeleteTrack(fake, track)
  local project, at = track.owner, Objects.get(track, 'IP_TRACKNUMBER')
  local depth, above = track.I_FOLDERDEPTH or 0, project.tracks[at - 1]
  if fake.switches.delete_track_ends_folder and depth < 0 and above then
    above.I_FOLDERDEPTH = (above.I_FOLDERDEPTH or 0) + depth
  end
  remove(project.tracks, track)
  for _, other in ipairs(project.tracks) do
    for n = #(other.receives or {}), 1, -1 do
      if other.receives[n].from == track.GUID then table.remove(other.receives, n) end
    end
  end
  fake:changed 'track'
end

function F.MoveMediaItemToTrack(fake, item, track)
  for n, other in ipairs(item.owner.items) do
    if other == item then table.remove(item.owner.items, n) end
  end
  item.owner = track
  track.items[#track.items + 1] = item
  fake:changed 'item'
  return true
end

-- Stretch markers, kept in the order of their positions.
function F.GetTakeNumStretchMarkers(_, take) return #take.markers end
function F.GetTakeStretchMarker(_, take, n)
  local marker = take.markers[n + 1]
  if not marker then return -1, 0, 0 end
  return n, marker.pos, marker.srcpos
end
function F.SetTakeStretchMarker(fake, take, n, pos, srcpos)
  local marker = n >= 0 and take.markers[n + 1] or { slope = 0 }
  marker.pos, marker.srcpos = pos, srcpos or pos * take.D_PLAYRATE + take.D_STARTOFFS
  if n < 0 then take.markers[#take.markers + 1] = marker end
  table.sort(take.markers, function(a, b) return a.pos < b.pos end)
  fake:changed 'marker'
  for at, other in ipairs(take.markers) do if other == marker then return at - 1 end end
end
function F.GetTakeStretchMarkerSlope(_, take, n) return (take.markers[n + 1] or {}).slope or 0 end
function F.SetTakeStretchMarkerSlope(fake, take, n, slope)
  if not take.markers[n + 1] then return false end
  take.markers[n + 1].slope = slope
  fake:changed 'marker'
  return true
end

function F.CountTakeEnvelopes(_, take) return #take.envelopes end
function F.GetTakeEnvelope(_, take, n) return take.envelopes[n + 1] end
function F.TakeFX_GetCount(_, take) return #take.fx end
function F.TakeFX_AddByName(fake, take, name)
  take.fx[#take.fx + 1] = name
  fake:changed 'take'
  return #take.fx - 1
end
function F.GetParentTrack(_, track) return Objects.get(track, 'P_PARTRACK') end
function F.TrackFX_GetCount(_, track) return #track.fx end
function F.TrackFX_GetRecCount(_, track) return track.input_fx or 0 end
function F.CountTrackEnvelopes(_, track)
  local count = 0
  for _, line in ipairs(track.raw) do
    if type(line) == 'table' and line.words and line.words[1]:find 'ENV%d?$' then
      count = count + 1
    end
  end
  return count
end

return F
