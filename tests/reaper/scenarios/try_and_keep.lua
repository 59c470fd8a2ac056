-- The whole way against a real worker: a razor area is restored; then presets are tried on what is
-- right of it, one is kept, and all is removed again. Arguments: resource folder (filled by
-- `voxmend reaper install`), transport, source file, where to save the projects, then the titles of
-- the presets that are tried beside quick. Says what came of it as one JSON object, by step.

local resource, transport, source, out = table.unpack(arg)
local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'

local stage = Stage.new { real = resource, settings = { preset = 'quick', transport = transport } }
local lead = stage.track 'Lead'
stage.item(lead, source, { position = 1, length = 3, take = { D_STARTOFFS = 0.5 } })
local said, steps = {}, {}

local function by_user(work)
  reaper.Undo_BeginBlock2(0)
  work()
  reaper.Undo_EndBlock2(0, 'user', -1)
end

local function save(name) stage.fake:save(0, out .. '/' .. name .. '.rpp') end

local function count() return stage.fake.project.undo_at end

-- Waits for so many undo steps more, and keeps what is there then.
local function step(name, from, more)
  local fine = stage:until_(function() return count() >= from + more end, 120)
  stage:tick(3)
  steps[name] = { fine = fine, picture = Stage.picture(), undo = Stage.undo_text(),
    added = count() - from }
  if not fine then said[#said + 1] = name .. ': ' .. stage:screen_text() end
  save(name)
  stage.fake:stop_all()
  return fine
end

local function choose_only(item) by_user(function()
  reaper.SelectAllMediaItems(0, false)
  if item then reaper.SetMediaItemSelected(item, true) end
  -- A selection alone makes no undo step; with a change beside it, undo comes back to it.
  reaper.GetSetMediaTrackInfo_String(reaper.GetTrack(0, 0), 'P_NAME', 'Lead', true)
end) end

local function run()
  by_user(function()
    reaper.GetSetMediaTrackInfo_String(lead, 'P_RAZOREDITS_EXT', '2 3 ""', true)
  end)
  save 'before'
  local from = count()
  stage:run 'Restore vocals in razor edits or time selection'
  if not step('area', from, 1) then return end
  by_user(function()
    reaper.GetSetMediaTrackInfo_String(reaper.GetTrack(0, 0), 'P_RAZOREDITS_EXT', '', true)
  end)
  local last
  for n = 0, reaper.CountTrackMediaItems(reaper.GetTrack(0, 0)) - 1 do
    local one = reaper.GetTrackMediaItem(reaper.GetTrack(0, 0), n)
    if reaper.GetMediaItemInfo_Value(one, 'D_POSITION') == 3 then last = one end
  end
  choose_only(last)
  reaper.SetEditCurPos(3.5, false, false)
  save 'untried'
  from = count()
  stage:run 'Try presets here'
  if not stage:until_(function() return stage:offers 'Try 1 preset' end, 60) then
    said[#said + 1] = 'no presets: ' .. stage:screen_text()
    return
  end
  for n = 5, #arg do stage:press('– ' .. arg[n]) end
  stage:press 'Try '
  if not step('tried', from, 1) then return end
  local trial = reaper.GetTrackMediaItem(reaper.GetTrack(0, 1), 0)
  by_user(function() reaper.SetActiveTake(reaper.GetTake(trial, 2)) end)
  from = count()
  stage:run 'Keep this preset'
  if not step('kept', from, 2) then return end
  choose_only(nil)
  save 'full'
  from = count()
  stage.fake:answer('ShowMessageBox', 6)
  stage:run 'Remove what voxmend brought'
  if not step('removed', from, 1) then return end
  stage.fake:undo()
  save 'undone'
  stage.fake:redo()
  save 'redone'
end

run()
io.write('RESULT ', json.encode { steps = steps, said = table.concat(said, '\n'),
  violations = #stage.fake.violations, first = stage.fake.violations[1]
    and tostring(stage.fake.violations[1]) or nil, lua = _VERSION }, '\n')
