-- Damage in words: what a marker is called, which markers are ours, and what the window says of a
-- diagnosis. The words are those of `voxmend diagnose`, and claim no more: without the mixture
-- nobody can tell a guessed phase from a room or a dull voice from one whose highs were cut off.
-- Pure; damage_markers writes, the view shows.

local texts = require 'texts'

local M = {}

M.names = { 'phase', 'bandwidth', 'musical', 'bleed' }
local SIZES = { 'some', 'strong' }

-- Red, green, blue of a marker; whoever sees no colours reads the size in its name.
M.colors = { some = { 230, 159, 0 }, strong = { 213, 94, 0 } }

local function word_of(kind) return texts.say('damage_' .. kind) end

local function name_in(say, kind, size)
  return say('damage_marker', { damage = say('damage_' .. kind), size = say('size_' .. size) })
end

function M.marker_name(kind, size) return name_in(texts.say, kind, size) end

-- The names that ours have: in the language of now, and in English, which it may have been before.
local function own_names()
  local out = {}
  for _, kind in ipairs(M.names) do
    for _, size in ipairs(SIZES) do
      out[name_in(texts.say, kind, size)] = size
      out[name_in(texts.say_english, kind, size)] = size
    end
  end
  return out
end

-- The size that a marker of ours tells; nil for any other. Ours have our name and our colour: one
-- that the user renamed or coloured is the user's. color(size): the native colour.
function M.size_of(name, given, color)
  local size = own_names()[name]
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
        reasons[#reasons + 1] = texts.say(texts.has('why_' .. tostring(why)) and 'why_' .. why
          or 'why_unknown')
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
    if one[size] > 0 then
      out[#out + 1] = texts.say('damage_places', { size = texts.say('size_' .. size),
        places = texts.count(one[size], 'place') })
    end
  end
  return table.concat(out, ', ')
end

-- Sentences, the first the shortest. items: in how many items markers stand.
---@param tally DamageTally
function M.lines(tally, items)
  local first
  if tally.markers > 0 then
    first = texts.say('damage_markers', { markers = texts.count(tally.markers, 'marker'),
      items = texts.count(items, 'item') })
  else
    first = texts.say(tally.told > 0 and 'damage_nothing' or 'damage_untold')
  end
  local lines, reasons, by_reason = { first }, {}, {}
  for _, kind in ipairs(M.names) do
    local one, word = tally[kind], word_of(kind)
    if one.some + one.strong > 0 then
      local line = texts.say('damage_line', { damage = word, text = places(one) })
      if kind == 'bleed' and tally.alone then
        line = texts.say('with_remark', { text = line, remark = texts.say 'alone_bleed' })
      end
      lines[#lines + 1] = line
    elseif one.told > 0 then
      lines[#lines + 1] = texts.say('damage_none', { damage = word })
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
    lines[#lines + 1] = texts.say('damage_line', { text = reason,
      damage = table.concat(by_reason[reason], ', ') })
  end
  return lines
end

return M
