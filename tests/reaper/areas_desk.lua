-- A lead with one item in the middle of a long file, and the user's hands for parts of it.

local Stage = dofile(HERE .. 'stage.lua')

local M = { Stage = Stage, ACTION = 'Restore vocals in razor edits or time selection' }

function M.by_user(work, ...)
  reaper.Undo_BeginBlock2(0)
  work(...)
  reaper.Undo_EndBlock2(0, 'user', -1)
end

-- An item from 10 s to 30 s, of a file of 40 s, from its second 5 on. options: of Stage.new;
-- item, take: attributes by REAPER's key.
function M.desk(options)
  options = options or {}
  local stage = Stage.new { settings = options.settings, switches = options.switches,
    player = options.player }
  local lead = stage.track 'Lead'
  local take = { D_STARTOFFS = 5 }
  for key, value in pairs(options.take or {}) do take[key] = value end
  local item, of_item = stage.item(lead, stage:wav('song.wav', { seconds = 40, rate = 1000 }),
    { position = 10, length = 20, selected = options.selected, take = take, item = options.item })
  return stage, lead, item, of_item
end

function M.razor(track, text)
  M.by_user(reaper.GetSetMediaTrackInfo_String, track, 'P_RAZOREDITS_EXT', text, true)
end

function M.time(from, to) reaper.GetSet_LoopTimeRange2(0, true, false, from, to, false) end

function M.submits(stage)
  local out = {}
  for _, ask in ipairs(stage.player.asked) do
    if ask.type == 'submit' then out[#out + 1] = ask end
  end
  return out
end

-- Runs the action to the end; false where nothing came in.
function M.restore(stage, limit_s)
  stage:run(M.ACTION)
  return stage:until_(Stage.imported, limit_s or 60)
end

-- Runs it until its job is at work, and stays there until it is let go.
function M.begin(stage)
  stage.player.hold = true
  stage:run(M.ACTION)
  assert(stage:until_(function() return stage:running_job() end, 60), stage:screen_text())
end

function M.finish(stage)
  stage.player.hold = false
  assert(stage:until_(Stage.imported, 60), stage:screen_text())
end

-- Items of a track as "from-to", those muted in brackets, in order.
function M.row(track)
  local out = {}
  for n = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, n)
    local from = reaper.GetMediaItemInfo_Value(item, 'D_POSITION')
    local to = from + reaper.GetMediaItemInfo_Value(item, 'D_LENGTH')
    local muted = reaper.GetMediaItemInfo_Value(item, 'B_MUTE') ~= 0
    out[#out + 1] = { from = from,
      text = string.format(muted and '(%.3g-%.3g)' or '%.3g-%.3g', from, to) }
  end
  table.sort(out, function(a, b) return a.from < b.from end)
  for n, one in ipairs(out) do out[n] = one.text end
  return table.concat(out, ' ')
end

function M.expect(track, wanted)
  local found = M.row(track)
  assert(found == wanted, found .. ' instead of ' .. wanted .. '\n' .. Stage.picture())
end

-- The track of stems that stands so many below the lead.
function M.stems(n) return reaper.GetTrack(0, n) end

return M
