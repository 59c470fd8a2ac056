-- The ways a track's sound goes beside its parent: sends to other tracks, and hardware outputs. A
-- stem track goes the same ways, so that stems sound where their source does, also where that has
-- its master send off. Receives are the source's own, and stay there. A send into channels behind
-- the first pair drives a side-chain: the stems do not, and the user is told.

local R = require 'reaper_api'
local texts = require 'texts'

local M = {}

local SEND, OUTPUT = 0, 1
local KEYS = { 'B_MUTE', 'B_PHASE', 'B_MONO', 'D_VOL', 'D_PAN', 'D_PANLAW', 'I_SENDMODE',
  'I_AUTOMODE', 'I_SRCCHAN', 'I_DSTCHAN', 'I_MIDIFLAGS' }
local NO_AUDIO = -1
local FIRST_CHANNEL = 1023 -- the bits of I_DSTCHAN that say at which channel it begins

local function set_like(source, from, track, to, category)
  for _, key in ipairs(KEYS) do
    R.SetTrackSendInfo_Value(track, category, to, key,
      R.GetTrackSendInfo_Value(source, category, from, key))
  end
end

local function is_side_chain(source, n)
  return math.floor(R.GetTrackSendInfo_Value(source, SEND, n, 'I_DSTCHAN')) & FIRST_CHANNEL > 1
end

local function name_of(track)
  local _, name = R.GetSetMediaTrackInfo_String(track, 'P_NAME', '', false)
  return name ~= '' and name or texts.say 'track_nameless'
end

---@param report Report
local function tell(report, source, to)
  local text = texts.say('note_side_chain', { name = name_of(source), to = name_of(to) })
  for _, note in ipairs(report.notes) do if note.message == text then return end end
  report.notes[#report.notes + 1] = { code = 'side_chain', name = name_of(source), message = text }
end

-- Gives the track the source's sends and outputs.
---@param report Report
function M.copy(project, source, track, report)
  for n = 0, R.GetTrackNumSends(source, SEND) - 1 do
    local to = R.GetTrackSendInfo_Value(source, SEND, n, 'P_DESTTRACK')
    local audio = R.GetTrackSendInfo_Value(source, SEND, n, 'I_SRCCHAN') ~= NO_AUDIO
    if audio and R.ValidatePtr2(project, to, 'MediaTrack*') then
      if is_side_chain(source, n) then
        tell(report, source, to)
      else
        local made = R.CreateTrackSend(track, to)
        if made >= 0 then set_like(source, n, track, made, SEND) end
      end
    end
  end
  for n = 0, R.GetTrackNumSends(source, OUTPUT) - 1 do
    local made = R.CreateTrackSend(track, nil)
    if made >= 0 then set_like(source, n, track, made, OUTPUT) end
  end
end

-- The ways a track's sound goes, as one text: what it is told by whether the user changed them.
function M.text(track)
  local out = {}
  for category = SEND, OUTPUT do
    for n = 0, R.GetTrackNumSends(track, category) - 1 do
      local to = category == SEND and R.GetTrackSendInfo_Value(track, SEND, n, 'P_DESTTRACK')
      local _, guid = '', ''
      if to then _, guid = R.GetSetMediaTrackInfo_String(to, 'GUID', '', false) end
      out[#out + 1] = guid
      for _, key in ipairs(KEYS) do
        out[#out + 1] = string.format('%.6g', R.GetTrackSendInfo_Value(track, category, n, key))
      end
    end
  end
  return table.concat(out, ' ')
end

return M
