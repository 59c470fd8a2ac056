-- The scene of most accidents: a track with one item, the action started and its job at work.

local Stage = dofile(HERE .. 'stage.lua')

local M = { Stage = Stage }

function M.ready(options)
  local stage = Stage.new(options)
  local wav = stage:wav('song.wav', { seconds = 6 })
  local track = stage.track 'Lead'
  local item = stage.item(track, wav, { position = 1.5, length = 2, take = { D_STARTOFFS = 0.75 } })
  return stage, item, track
end

function M.begin(stage)
  stage.player.hold = true
  stage:run 'Restore vocals of selected items'
  assert(stage:until_(function() return stage:running_job() end, 30), 'no job runs')
  return stage
end

function M.started(options) return M.begin((M.ready(options))) end

function M.finish(stage, limit)
  stage.player.hold = false
  return stage:until_(Stage.imported, limit or 30)
end

-- The item of the click, or what stands first on its track.
function M.lead_item() return reaper.GetTrackMediaItem(reaper.GetTrack(0, 0), 0) end

function M.stems(stage) return stage.count_takes 'Instrumental' end

-- Whatever is tried now, the stems stand there so many times.
function M.stay(stage, count)
  stage.fake:stop_all()
  stage:run 'Import finished stems'
  stage:tick(120)
  stage.fake:stop_all()
  local found = M.stems(stage)
  assert(found == count, found .. ' instead of ' .. count .. '\n' .. Stage.picture())
  assert(#stage.fake.violations == 0, stage.fake.violations[1])
end

return M
