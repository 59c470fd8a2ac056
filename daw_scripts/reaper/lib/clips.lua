-- Groups picks into clips, one job each. Direct picks of one file whose stretches touch, overlap or
-- lie closer than their context would reach are one clip: the networks then hear them once and as
-- one, and a split in the middle of a phrase leaves no step. Rendered picks that play on at rate 1
-- are joined in the same way, by placing their renders side by side.

local files = require 'files'
local mapping = require 'mapping'
local uuid = require 'uuid'

local M = {}

-- A name the protocol takes for a folder.
function M.plain_name(text)
  local name = text:gsub('[/\\:*?"<>|%c]', ' '):gsub('%s+', ' '):gsub('^[ .]+', '')
  while #name > 120 do name = name:sub(1, utf8.offset(name, -1) - 1) end
  name = name:gsub('[ .]+$', '')
  return name ~= '' and name or 'clip'
end

---@param pick Pick
local function joinable(pick)
  return pick.why == 'decoder' and pick.rate == 1 and pick.exact and not pick.printed
    and not pick.reverse and not mapping.wraps(pick) and not mapping.stretched(pick)
end

-- Runs of picks whose spans follow one another closer than `gap`; spans in seconds of the file.
local function runs(spans, gap)
  table.sort(spans, function(a, b)
    if a.from ~= b.from then return a.from < b.from end
    return a.pick.index < b.pick.index
  end)
  local out = {}
  for _, span in ipairs(spans) do
    local last = out[#out]
    if last and span.from <= last.to + gap then
      last.to = math.max(last.to, span.to)
      last.picks[#last.picks + 1] = span.pick
    else
      out[#out + 1] = { from = span.from, to = span.to, picks = { span.pick } }
    end
  end
  return out
end

local function grouped(picks, key)
  local groups, order = {}, {}
  for _, pick in ipairs(picks) do
    local name = key(pick)
    if not groups[name] then
      groups[name] = {}
      order[#order + 1] = name
    end
    table.insert(groups[name], pick)
  end
  local at = 0
  return function()
    at = at + 1
    return order[at] and groups[order[at]]
  end
end

---@param picks Pick[]
local function direct_clips(picks, out)
  for group in grouped(picks, function(pick) return pick.path end) do
    local spans = {}
    for n, pick in ipairs(group) do
      local from, to = mapping.audible(pick)
      spans[n] = { from = from, to = to, pick = pick }
    end
    for _, run in ipairs(runs(spans, 2 * mapping.handle_s)) do
      local first = run.picks[1]
      out[#out + 1] = { kind = 'direct', path = first.path, picks = run.picks,
        start_s = math.max(0, run.from - mapping.handle_s),
        end_s = math.min(first.file_length, run.to + mapping.handle_s) }
    end
  end
end

---@param picks Pick[]
local function rendered_clips(picks, out)
  local alone = {}
  for group in grouped(picks, function(pick)
    return joinable(pick) and pick.path or 'alone ' .. pick.index
  end) do
    local spans = {}
    for n, pick in ipairs(group) do
      local from, to = mapping.span(pick)
      spans[n] = { from = from - (pick.lead or 0), to = to + (pick.tail or 0), pick = pick }
    end
    if joinable(group[1]) then
      for _, run in ipairs(runs(spans, mapping.same_s)) do
        out[#out + 1] = { kind = 'rendered', picks = run.picks, source = run.picks[1].path,
          joined = #run.picks > 1 }
      end
    else
      alone[#alone + 1] = group[1]
    end
  end
  for _, pick in ipairs(alone) do
    out[#out + 1] = { kind = 'rendered', picks = { pick }, source = pick.path }
  end
end

local RECORDED = { 'position', 'length', 'offset', 'rate', 'pitch', 'preserve_pitch', 'zero',
  'source_length', 'markers', 'sample_rate', 'channels', 'loop', 'type', 'path', 'why', 'printed',
  'reverse', 'low', 'high', 'lead', 'tail' }

---@param pick Pick
local function recorded(pick)
  local out = {}
  for _, key in ipairs(RECORDED) do out[key] = pick[key] end
  return out
end

-- clips and items in the form of the ticket. options: folder (of the stems), new_guid, renders
-- (folder of the renders), size (bytes of a file).
-- A rendered clip keeps `picks` until it is rendered; ticket.save leaves them out.
---@param picked Pick[]
function M.plan(picked, options)
  local direct, rendered, clips = {}, {}, {}
  for n, pick in ipairs(picked) do
    pick.index = n
    table.insert(pick.kind == 'direct' and direct or rendered, pick)
  end
  direct_clips(direct, clips)
  rendered_clips(rendered, clips)
  table.sort(clips, function(a, b) return a.picks[1].index < b.picks[1].index end)
  local items = {}
  for n, clip in ipairs(clips) do
    clip.job, clip.state = uuid.from_guid(options.new_guid()), 'open'
    clip.name = M.plain_name(files.stem(clip.picks[1].name))
    clip.folder = options.folder
    clip.source = clip.source or clip.path
    clip.size = options.size(clip.source)
    if clip.kind == 'rendered' then clip.path = options.renders .. '/' .. n .. '.wav' end
    for _, pick in ipairs(clip.picks) do
      items[#items + 1] = { clip = n, index = pick.index, item = pick.item_guid,
        take = pick.take_guid, track = pick.track_guid, name = pick.name, exact = pick.exact,
        mapping = recorded(pick), part = pick.part, whole = pick.whole }
      pick.ticket_item = items[#items]
    end
  end
  table.sort(items, function(a, b) return a.index < b.index end)
  return clips, items
end

return M
