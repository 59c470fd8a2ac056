-- Makes a take play a stem exactly where the original take played its source. The original is read
-- as it is now; what was recorded when the clip was made only says which part of the file the stem
-- is. Called by import, inside its undo block.

local R = require 'reaper_api'
local mapping = require 'mapping'

local M = {}

local KEEP = { 'D_VOL', 'D_PAN', 'D_PANLAW' }
local PLAYED = { 'D_PLAYRATE', 'B_PPITCH', 'D_PITCH', 'I_PITCHMODE', 'I_STRETCHFLAGS',
  'F_STRETCHFADESIZE', 'I_CHANMODE' }

-- The part of the source a stem covers, in seconds of the file: from, to.
---@param stem Stem
local function covered(stem)
  local from = stem.start_frame / stem.rate
  return from, from + stem.frames / stem.rate
end

-- How a stem must be set for a take that reads `now` (selection.read_take) or was recorded so.
-- recorded: the ticket's mapping. Returns {offset=, rendered=}, or nil where the stem does not
-- cover what the take plays.
---@param now Take|Mapping
---@param recorded Mapping
---@param stem Stem
function M.place(now, recorded, stem)
  local from, to = covered(stem)
  if recorded.render_rate == nil then
    local first, last = mapping.audible(now)
    if not first then return nil end
    -- Half a sample: the worker rounds a clip's ends to frames.
    local slack = 0.6 / stem.rate + mapping.same_s
    if first < from - slack or last > to + slack then return nil end
    return { offset = mapping.stem_offset(now, from) }
  end
  -- A render holds item time grid_s at frame render_at. A left trim since then moves both.
  local moved = (now.offset - recorded.offset) / recorded.rate
  local offset = recorded.render_at / recorded.render_rate - recorded.grid_s + moved - from
  if now.rate ~= recorded.rate or now.pitch ~= recorded.pitch then return nil end
  local lead, tail = recorded.lead or 0, recorded.tail or 0
  if moved < -lead - mapping.same_s
    or moved + now.length > recorded.length + tail + mapping.same_s then
    return nil
  end
  return { offset = offset, rendered = true }
end

-- Sources by path: each stem file is opened once, REAPER copies what it is given again.
function M.opener()
  local open = {}
  return function(take, path)
    if open[path] and pcall(R.SetMediaItemTake_Source, take, open[path]) then return end
    local source = R.PCM_Source_CreateFromFile(path)
    if not source then error { missing = path } end
    R.SetMediaItemTake_Source(take, source)
    open[path] = source
  end
end

-- skip: marker time at which the stem begins.
local function copy_markers(from, to, shift, skip)
  for n = 0, R.GetTakeNumStretchMarkers(from) - 1 do
    local _, pos, source = R.GetTakeStretchMarker(from, n)
    local at = R.SetTakeStretchMarker(to, -1, pos - skip, source + shift)
    local slope = R.GetTakeStretchMarkerSlope(from, n)
    if slope ~= 0 and at >= 0 then R.SetTakeStretchMarkerSlope(to, at, slope) end
  end
end

-- How a take sounds beyond its source and offset: values by key, read once for all its stems.
function M.sound(take)
  local out = {}
  for _, key in ipairs(KEEP) do out[key] = R.GetMediaItemTakeInfo_Value(take, key) end
  for _, key in ipairs(PLAYED) do out[key] = R.GetMediaItemTakeInfo_Value(take, key) end
  return out
end

-- What a fresh take has; only what differs is set, since an import may set thousands.
local FRESH = { D_VOL = 1, D_PAN = 0, D_PANLAW = -1, D_PLAYRATE = 1, D_PITCH = 0,
  I_STRETCHFLAGS = 0, F_STRETCHFADESIZE = 0, I_CHANMODE = 0 }

local function set(take, keys, sound)
  for _, key in ipairs(keys) do
    if sound[key] ~= FRESH[key] then R.SetMediaItemTakeInfo_Value(take, key, sound[key]) end
  end
end

-- Sets a fresh take: source, place, and all that shapes its sound. original: the take that it
-- stands for, or nil where that is gone; wish: {place, sound, target.now} of import.
---@param wish Wish
function M.dress(take, original, wish, name)
  local place, now = wish.place, wish.target.now
  R.GetSetMediaItemTakeInfo_String(take, 'P_NAME', name, true)
  R.SetMediaItemTakeInfo_Value(take, 'D_STARTOFFS', place.offset)
  if original then
    set(take, KEEP, wish.sound)
    if not place.rendered then
      set(take, PLAYED, wish.sound)
      if now.markers > 0 then
        copy_markers(original, take, place.offset - now.offset, (wish.target.skip or 0) * now.rate)
      end
    end
  elseif not place.rendered then
    R.SetMediaItemTakeInfo_Value(take, 'D_PLAYRATE', now.rate)
    R.SetMediaItemTakeInfo_Value(take, 'B_PPITCH', now.preserve_pitch and 1 or 0)
    R.SetMediaItemTakeInfo_Value(take, 'D_PITCH', now.pitch)
  end
end

return M
