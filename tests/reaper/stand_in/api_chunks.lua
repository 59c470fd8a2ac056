-- State chunks of items, tracks and envelopes, through the same text as project files.

local Model = dofile(HERE .. 'stand_in/rpp_model.lua')
local Rpp = dofile(HERE .. 'stand_in/rpp.lua')
local Undo = dofile(HERE .. 'stand_in/undo.lua')

local F = {}

function F.GetItemStateChunk(_, item) return true, Rpp.dump(Model.save_item(item)) end
function F.SetItemStateChunk(fake, item, text)
  local tree = Rpp.parse(text)
  if not tree or tree.words[1] ~= 'ITEM' then return false end
  local made = Model.load_item(tree)
  for _, take in ipairs(item.takes) do if take then Undo.bury(take) end end
  for key in pairs(item) do
    if key ~= 'owner' and key ~= 'kind' then item[key] = nil end
  end
  for key, value in pairs(made) do item[key] = value end
  Undo.adopt_item(item, item.owner)
  fake:changed 'item'
  return true
end
function F.GetTrackStateChunk(_, track) return true, Rpp.dump(Model.save_track(track)) end
function F.SetTrackStateChunk(fake, track, text)
  local made = Model.load_track(Rpp.parse(text))
  for _, item in ipairs(track.items) do Undo.bury(item) end
  for key, value in pairs(made) do track[key] = value end
  Undo.adopt_track(track, track.owner)
  fake:changed 'track'
  return true
end
function F.GetEnvelopeStateChunk(_, envelope) return true, Rpp.dump(envelope.node) end
function F.SetEnvelopeStateChunk(fake, envelope, text)
  envelope.node = Rpp.parse(text)
  fake:changed 'envelope'
  return true
end
local NAMES = { VOLENV = 'Volume', PANENV = 'Pan', MUTEENV = 'Mute', PITCHENV = 'Pitch' }
function F.GetEnvelopeName(_, envelope) return true, NAMES[envelope.node.words[1]] or '' end
function F.GetTakeEnvelopeByName(_, take, name)
  for _, envelope in ipairs(take.envelopes) do
    if NAMES[envelope.node.words[1]] == name then return envelope end
  end
end

-- Points count as the take plays; with the switch turned, the text counts them in item time.
local function points(fake, envelope)
  local out, by = {}, fake.switches.envelope_chunk_is_item_time and envelope.owner.D_PLAYRATE or 1
  for _, line in ipairs(envelope.node.lines) do
    local words = type(line) == 'string' and Rpp.words(line) or {}
    if words[1] == 'PT' then
      out[#out + 1] = { tonumber(words[2]) * by, tonumber(words[3]), tonumber(words[4]) or 0 }
    end
  end
  return out
end
function F.CountEnvelopePoints(fake, envelope) return #points(fake, envelope) end
function F.GetEnvelopePoint(fake, envelope, n)
  local point = points(fake, envelope)[n + 1]
  if not point then return false, 0, 0, 0, 0, false end
  return true, point[1], point[2], point[3], 0, false
end

return F
