-- A project through an action, by a plan in JSON: {project, out, action, settings, select: GUIDs of
-- items, razor: text by track's GUID, time: two times, timebases: true, lanes: true, tempo: what
-- the user changes it to afterwards}. Saves the project, and says what became of lanes.

local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'

local file = assert(io.open(arg[1], 'rb'))
local plan = assert(json.decode(file:read 'a'))
file:close()

local stage = Stage.new { settings = plan.settings or { preset = 'quick' },
  player = { job_s = 0.2 } }
stage.fake:open(plan.project)

local function guid_of(getter, object)
  local _, guid = getter(object, 'GUID', '', false)
  return guid
end

local function each(work)
  for t = 0, reaper.CountTracks(0) - 1 do
    local track = reaper.GetTrack(0, t)
    for n = 0, reaper.CountTrackMediaItems(track) - 1 do
      work(reaper.GetTrackMediaItem(track, n), n, track, t)
    end
  end
end

-- Fixed lanes on every second track: the items go to two of them in turn, of which one plays.
local function lay_on_lanes()
  each(function(item, n, track, t)
    if t % 2 == 0 then
      reaper.SetMediaTrackInfo_Value(track, 'I_FREEMODE', 2)
      reaper.SetMediaTrackInfo_Value(track, 'C_LANEPLAYS:0', 1)
      reaper.SetMediaItemInfo_Value(item, 'I_FIXEDLANE', n % 2)
      reaper.SetMediaItemInfo_Value(item, 'F_FREEMODE_Y', n % 2 / 2)
      reaper.SetMediaItemInfo_Value(item, 'F_FREEMODE_H', 0.5)
    end
  end)
end

local function lanes()
  local out = {}
  each(function(item, _, track)
    local text = {}
    for _, key in ipairs { 'I_FIXEDLANE', 'F_FREEMODE_Y', 'F_FREEMODE_H', 'C_LANEPLAYS' } do
      text[#text + 1] = string.format('%g', reaper.GetMediaItemInfo_Value(item, key))
    end
    text[#text + 1] = string.format('%g', reaper.GetMediaTrackInfo_Value(track, 'I_FREEMODE'))
    out[guid_of(reaper.GetSetMediaItemInfo_String, item)] = table.concat(text, ' ')
  end)
  return out
end

-- Timebases of all kinds but the one that stretches: of the item's own, of its track's.
local function give_timebases()
  each(function(item, n, track, t)
    reaper.SetMediaTrackInfo_Value(track, 'C_BEATATTACHMODE', t % 3 == 0 and 2 or t % 3 - 2)
    reaper.SetMediaItemInfo_Value(item, 'C_BEATATTACHMODE', ({ -1, 0, 2 })[n % 3 + 1])
  end)
end

reaper.Undo_BeginBlock2(0)
if plan.lanes then lay_on_lanes() end
if plan.timebases then give_timebases() end
local wanted = {}
for _, guid in ipairs(plan.select or {}) do wanted[guid] = true end
each(function(item)
  local guid = guid_of(reaper.GetSetMediaItemInfo_String, item)
  reaper.SetMediaItemSelected(item, not plan.select or wanted[guid] == true)
end)
for t = 0, reaper.CountTracks(0) - 1 do
  local track = reaper.GetTrack(0, t)
  local text = (plan.razor or {})[guid_of(reaper.GetSetMediaTrackInfo_String, track)]
  if text then reaper.GetSetMediaTrackInfo_String(track, 'P_RAZOREDITS_EXT', text, true) end
end
if plan.time then
  reaper.GetSet_LoopTimeRange2(0, true, false, plan.time[1], plan.time[2], false)
end
reaper.Undo_EndBlock2(0, 'user', -1)
local before = lanes()
stage:run(plan.action)
local fine = stage:until_(Stage.imported, 600)
local lanes_after = lanes()
if plan.tempo then stage.fake.edit.tempo(reaper.GetMediaItem(0, 0), plan.tempo) end
stage.fake:save(0, plan.out)
io.write('RESULT ', json.encode { fine = fine, said = stage:screen_text(), before = before,
  lanes = lanes_after, violations = #stage.fake.violations }, '\n')
