-- Damage in words: what a marker is called, which markers are ours, and what the window says of a
-- diagnosis. The words are those of `voxmend diagnose`, and claim no more: without the mixture
-- nobody can tell a guessed phase from a room or a dull voice from one whose highs were cut off.
-- Pure; damage_markers writes, the view shows.

local texts = require 'texts'

local M = {}

M.names = { 'phase', 'bandwidth', 'musical', 'bleed' }
M.words = { phase = 'metallic', bandwidth = 'muffled', musical = 'chirping', bleed = 'bleed' }
M.why = {
  no_mixture = 'cannot be told without the mixture',
  no_voice = 'cannot be told: nobody sings',
  no_pause = 'cannot be told: no pause is long enough',
  hidden = 'cannot be told: the voice lies under the band',
}
M.alone_bleed = 'band, room or other voices: only the mixture could tell them apart'

local SIZES = { 'some', 'strong' }

-- Red, green, blue of a marker; whoever sees no colours reads the size in its name.
M.colors = { some = { 230, 159, 0 }, strong = { 213, 94, 0 } }

function M.marker_name(kind, size) return M.words[kind] .. ', ' .. size end

local OWN = {}
for _, kind in ipairs(M.names) do
  for _, size in ipairs(SIZES) do OWN[M.marker_name(kind, size)] = size end
end

-- The size that a marker of ours tells; nil for any other. Ours have our name and our colour: one
-- that the user renamed or coloured is the user's. color(size): the native colour.
function M.size_of(name, given, color)
  local size = OWN[name]
  return size and given == color(size) and size or nil
end

-- The findings in a job's job.json, kind -> {size, regions, why}; nil where there are none.
function M.found(manifest)
  local before = type(manifest) == 'table' and type(manifest.damage) == 'table'
    and manifest.damage.before
  local found = type(before) == 'table' and before.found
  if type(found) ~= 'table' then return nil end
  for _, kind in ipairs(M.names) do
    if type(found[kind]) ~= 'table' or type(found[kind].regions) ~= 'table' then return nil end
  end
  return found
end

-- What is summed up over the clips of a ticket: markers by kind and size, clips in which a kind
-- could be told, and why it could not in others.
function M.tally()
  local out = { markers = 0, told = 0, alone = false }
  for _, kind in ipairs(M.names) do out[kind] = { some = 0, strong = 0, told = 0, why = {} } end
  return out
end

---@param tally DamageTally
function M.count_clip(tally, found)
  for _, kind in ipairs(M.names) do
    local why = found[kind].why
    if found[kind].size == 'unknown' then
      local reasons = tally[kind].why
      if not reasons[why or ''] then
        reasons[why or ''] = true
        reasons[#reasons + 1] = M.why[why] or 'cannot be told'
      end
      tally.alone = tally.alone or why == 'no_mixture'
    else
      tally[kind].told, tally.told = tally[kind].told + 1, tally.told + 1
    end
  end
end

---@param tally DamageTally
function M.count_marker(tally, kind, size)
  tally[kind][size], tally.markers = tally[kind][size] + 1, tally.markers + 1
end

local function places(one)
  local out = {}
  for n = #SIZES, 1, -1 do
    local size = SIZES[n]
    if one[size] > 0 then out[#out + 1] = size .. ' in ' .. texts.count(one[size], 'place') end
  end
  return table.concat(out, ', ')
end

-- Sentences, the first the shortest. items: in how many items markers stand.
---@param tally DamageTally
function M.lines(tally, items)
  local first
  if tally.markers > 0 then
    first = texts.count(tally.markers, 'marker') .. ' in ' .. texts.count(items, 'item')
      .. '. One undo takes them back.'
  else
    first = tally.told > 0 and 'No damage found.' or 'Nothing could be told.'
  end
  local lines, reasons, by_reason = { first }, {}, {}
  for _, kind in ipairs(M.names) do
    local one, word = tally[kind], M.words[kind]
    if one.some + one.strong > 0 then
      local line = word .. ': ' .. places(one)
      if kind == 'bleed' and tally.alone then line = line .. ' (' .. M.alone_bleed .. ')' end
      lines[#lines + 1] = line
    elseif one.told > 0 then
      lines[#lines + 1] = word .. ': none'
    end
    for _, reason in ipairs(one.why) do
      if not by_reason[reason] then
        by_reason[reason] = {}
        reasons[#reasons + 1] = reason
      end
      table.insert(by_reason[reason], word)
    end
  end
  for _, reason in ipairs(reasons) do
    lines[#lines + 1] = table.concat(by_reason[reason], ', ') .. ': ' .. reason
  end
  return lines
end

return M
