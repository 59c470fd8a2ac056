-- The user changes the tempo: what has a timebase of beats moves with it. A project's tempo is a
-- list of {time, bpm}: from that second on, so many quarter notes a minute. Items, tracks and
-- projects say their timebase by C_BEATATTACHMODE: 0 time, 1 beats for place, length and rate,
-- 2 beats for the place alone; -1 asks the track, and there the project, whose own is time.

local M = {}

local PLAIN = { { 0, 120 } }

-- Quarter notes at a time, and the time of a quarter note.
local function beats_at(tempo, time)
  local sum = 0
  for n, one in ipairs(tempo) do
    local after = tempo[n + 1] and tempo[n + 1][1] or math.huge
    sum = sum + math.max(0, math.min(time, after) - one[1]) * one[2] / 60
  end
  return sum
end

local function time_at(tempo, beats)
  local sum = 0
  for n, one in ipairs(tempo) do
    local after = tempo[n + 1] and (tempo[n + 1][1] - one[1]) * one[2] / 60 or math.huge
    if beats <= sum + after then return one[1] + (beats - sum) * 60 / one[2] end
    sum = sum + after
  end
end

local function base_of(item)
  local own = item.C_BEATATTACHMODE or -1
  if own < 0 then own = item.owner.C_BEATATTACHMODE or -1 end
  return own < 0 and 0 or own
end

function M.change(project, tempo)
  local before = project.tempo or PLAIN
  for _, track in ipairs(project.tracks) do
    for _, item in ipairs(track.items) do
      local base, to = base_of(item), item.D_POSITION + item.D_LENGTH
      if base > 0 then
        item.D_POSITION = time_at(tempo, beats_at(before, item.D_POSITION))
      end
      if base == 1 then
        local length = time_at(tempo, beats_at(before, to)) - item.D_POSITION
        for _, take in ipairs(item.takes) do
          if take then take.D_PLAYRATE = take.D_PLAYRATE * item.D_LENGTH / length end
        end
        item.D_LENGTH = length
      end
    end
  end
  project.tempo = tempo
end

return M
