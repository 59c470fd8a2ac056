-- Sends between tracks, and to hardware outputs. A track keeps what it receives, as project files
-- do: {from = GUID, values by key}; outputs stand at the sending track. A new send has what the
-- user's preferences say, and here they say neither full volume nor behind the fader.

local F = {}

local FRESH = { D_VOL = 0.7, D_PAN = 0, D_PANLAW = -1, I_SENDMODE = 3, I_AUTOMODE = -1,
  I_SRCCHAN = 0, I_DSTCHAN = 0, I_MIDIFLAGS = 0, B_MUTE = 0, B_MONO = 0, B_PHASE = 0 }

-- Sends of a track in the order of the tracks they go to: {values, to, from}.
local function sends(track)
  local out = {}
  for _, other in ipairs(track.owner.tracks) do
    for _, values in ipairs(other.receives or {}) do
      if values.from == track.GUID then
        out[#out + 1] = { values = values, to = other, from = track }
      end
    end
  end
  return out
end

local function receives(track)
  local out = {}
  for n, values in ipairs(track.receives or {}) do
    out[n] = { values = values, to = track }
    for _, other in ipairs(track.owner.tracks) do
      if other.GUID == values.from then out[n].from = other end
    end
  end
  return out
end

local function outputs(track)
  local out = {}
  for n, values in ipairs(track.outputs or {}) do out[n] = { values = values, from = track } end
  return out
end

local LISTS = { [-1] = receives, [0] = sends, [1] = outputs }

local function at(track, category, n) return (LISTS[category](track))[n + 1] end

local function fresh()
  local out = {}
  for key, value in pairs(FRESH) do out[key] = value end
  return out
end

function F.GetTrackNumSends(_, track, category) return #LISTS[category](track) end

-- Without a destination it is a hardware output.
function F.CreateTrackSend(fake, track, to)
  local values = fresh()
  local list = to and 'receives' or 'outputs'
  local owner = to or track
  values.from = track.GUID
  owner[list] = owner[list] or {}
  table.insert(owner[list], values)
  fake:changed 'send'
  for n, send in ipairs(LISTS[to and 0 or 1](track)) do
    if send.values == values then return n - 1 end
  end
  return -1
end

function F.GetTrackSendInfo_Value(_, track, category, n, key)
  local send = at(track, category, n)
  if not send then return 0 end
  if key == 'P_DESTTRACK' then return send.to or 0 end
  if key == 'P_SRCTRACK' then return send.from or 0 end
  return send.values[key] or 0
end

function F.SetTrackSendInfo_Value(fake, track, category, n, key, value)
  local send = at(track, category, n)
  if not send or key:find '^P_' then return false end
  send.values[key] = value
  fake:changed(key)
  return true
end

return F
