-- Sends in project files: AUXRECV at the track that receives, HWOUT at the one that sends. A line
-- keeps its place among the others, and words that mean nothing here stay as they came.

local Rpp = dofile(HERE .. 'stand_in/rpp.lua')

local M = {}

local KEYS = {
  AUXRECV = { '', 'I_SENDMODE', 'D_VOL', 'D_PAN', 'B_MUTE', 'B_MONO', 'B_PHASE', 'I_SRCCHAN',
    'I_DSTCHAN', 'D_PANLAW', 'I_MIDIFLAGS', 'I_AUTOMODE' },
  HWOUT = { 'I_DSTCHAN', 'I_SENDMODE', 'D_VOL', 'D_PAN', 'B_MUTE', 'B_PHASE', 'I_SRCCHAN',
    'D_PANLAW', 'I_AUTOMODE' },
}
local LIST = { AUXRECV = 'receives', HWOUT = 'outputs' }

local function number(word) return tonumber((word or ''):match '^[-+%d.eE]+') or 0 end

-- Takes a line of a track; false if it is none of these.
function M.load_line(track, line)
  local words = Rpp.words(line)
  local keys = KEYS[words[1]]
  if not keys then return false end
  local values = { words = words }
  for n, key in ipairs(keys) do
    if key ~= '' then values[key] = number(words[n + 1]) end
  end
  local list = LIST[words[1]]
  track[list] = track[list] or {}
  table.insert(track[list], values)
  track.raw[#track.raw + 1] = { send = words[1], at = #track[list] }
  return true
end

-- Once all tracks are there: whom each receive comes from.
function M.settle(project)
  for _, track in ipairs(project.tracks) do
    for _, values in ipairs(track.receives or {}) do
      local source = project.tracks[math.floor(number(values.words[2])) + 1]
      values.from = source and source.GUID or ''
    end
  end
end

local function line_of(name, values, project)
  local words, out = values.words or {}, { name }
  for n, key in ipairs(KEYS[name]) do
    local value
    if key == '' then
      for at, track in ipairs(project and project.tracks or {}) do
        if track.GUID == values.from then value = at - 1 end
      end
      if not value then return nil end
    else
      value = values[key] or 0
    end
    local was = words[n + 1]
    out[n + 1] = was and number(was) == value and was or Rpp.number(value)
  end
  for n = #KEYS[name] + 2, #words do out[n] = Rpp.quote(words[n]) end
  return table.concat(out, ' ')
end

-- The line that a place in `raw` stands for, or nil where its sender is gone.
function M.line(track, place, project)
  return line_of(place.send, track[LIST[place.send]][place.at], project)
end

-- Lines of what came since the track was read.
function M.new_lines(track, project)
  local out = {}
  for name, list in pairs(LIST) do
    for _, values in ipairs(track[list] or {}) do
      if not values.words then out[#out + 1] = line_of(name, values, project) end
    end
  end
  return out
end

return M
