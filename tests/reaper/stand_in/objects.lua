-- What a fresh project, track, item, take and source hold. Fields are REAPER's attribute keys, so
-- that getting and setting is one look-up; whatever is not listed here reads 0.

local Sound = dofile(HERE .. 'stand_in/sound.lua')

local M = {}

function M.project(fake)
  return { kind = 'ReaProject', tracks = {}, ext = {}, undo = {}, undo_at = 0, changes = 0,
    attributes = { PROJECT_SRATE = fake.rate or 44100, PROJECT_SRATE_USE = fake.rate and 1 or 0 },
    file = '', cursor = 0, time_from = 0, time_to = 0, raw = {}, last_change = 0 }
end

function M.track(guid)
  return { kind = 'MediaTrack', GUID = guid, P_NAME = '', D_VOL = 1, D_PAN = 0, D_WIDTH = 1,
    D_PANLAW = -1, I_PANMODE = -1, I_NCHAN = 2, B_MAINSEND = 1, I_SELECTED = 0, B_SHOWINTCP = 1,
    B_SHOWINMIXER = 1, C_BEATATTACHMODE = -1, P_RAZOREDITS_EXT = '',
    ext = {}, items = {}, raw = {}, fx = {} }
end

function M.item(guid)
  return { kind = 'MediaItem', GUID = guid, D_VOL = 1, D_POSITION = 0, D_LENGTH = 0, B_LOOPSRC = 1,
    D_FADEINLEN = 0, D_FADEOUTLEN = 0, D_FADEINLEN_AUTO = -1, D_FADEOUTLEN_AUTO = -1,
    C_BEATATTACHMODE = -1, I_CURTAKE = 0, B_UISEL = 0, ext = {}, takes = {}, raw = {},
    P_NOTES = '' }
end

function M.take(guid)
  return { kind = 'MediaItem_Take', GUID = guid, P_NAME = '', D_STARTOFFS = 0, D_VOL = 1,
    D_PAN = 0, D_PANLAW = -1, D_PLAYRATE = 1, D_PITCH = 0, B_PPITCH = 1, I_CHANMODE = 0,
    I_PITCHMODE = -1, markers = {}, marks = {}, envelopes = {}, fx = {}, ext = {}, raw = {} }
end

function M.source(type, file)
  return { kind = 'PCM_source', type = type, file = file or '', raw = {} }
end

-- Read-only keys that follow from where an object stands.
local DERIVED = {
  IP_TRACKNUMBER = function(track)
    for n, other in ipairs(track.owner.tracks) do if other == track then return n end end
    return 0
  end,
  IP_ITEMNUMBER = function(item)
    for n, other in ipairs(item.owner.items) do if other == item then return n - 1 end end
  end,
  ['IP_SPECEDIT:CNT'] = function(take) return #Sound.erased(take) end,
  IP_TAKENUMBER = function(take)
    for n, other in ipairs(take.owner.takes) do if other == take then return n - 1 end end
  end,
  P_TRACK = function(object)
    while object.kind ~= 'MediaTrack' do object = object.owner end
    return object
  end,
  P_PROJECT = function(object) return object.owner end,
  P_ITEM = function(take) return take.owner end,
  P_SOURCE = function(take) return take.source end,
  -- 1 and 2: on a lane that plays; 0: on one that does not, or on a track without lanes.
  C_LANEPLAYS = function(item)
    local track = item.owner
    if track.kind ~= 'MediaTrack' or track.I_FREEMODE ~= 2 then return item.C_LANEPLAYS or 0 end
    return track['C_LANEPLAYS:' .. math.floor(item.I_FIXEDLANE or 0)] or 0
  end,
  B_MUTE_ACTUAL = function(item) return item.B_MUTE or 0 end,
  P_PARTRACK = function(track)
    local open = {} -- folders around, the innermost last
    for _, other in ipairs(track.owner.tracks) do
      if other == track then break end
      local depth = other.I_FOLDERDEPTH or 0
      if depth > 0 then open[#open + 1] = other end
      for _ = depth, -1 do open[#open] = nil end
    end
    return open[#open]
  end,
}

function M.get(object, key)
  if DERIVED[key] then return DERIVED[key](object) end
  return object[key] or 0
end

return M
