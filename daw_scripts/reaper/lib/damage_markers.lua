-- Writes what a diagnosis found into the takes as markers: one tick, one undo step, or none where
-- nothing changes. As import.lua, whose place it takes for tickets whose result is markers: the
-- caller has claimed the ticket and knows that the project is in front and lies still.
-- Markers of an earlier diagnosis are replaced; those of the user are left alone.

local R = require 'reaper_api'
local damage = require 'damage'
local files = require 'files'
local find = require 'find'
local places = require 'damage_places'
local selection = require 'selection'
local targets = require 'targets'
local texts = require 'texts'
local tickets = require 'ticket'
local undo_step = require 'undo_step'

local M = {}

function M.color(size)
  local rgb = damage.colors[size]
  return R.ColorToNative(rgb[1], rgb[2], rgb[3]) | 0x1000000
end

-- Markers of ours in a take: {number, name, at}.
local function own_markers(take)
  local out = {}
  for n = 0, R.GetNumTakeMarkers(take) - 1 do
    local at, name, color = R.GetTakeMarker(take, n)
    if damage.size_of(name, color, M.color) then
      out[#out + 1] = { number = n, name = name, at = at }
    end
  end
  return out
end

-- What is to stand in a take: {at, name, kind, size} in the order of time.
---@param clip Clip
---@param recorded Mapping
---@param target Target
local function wanted(found, clip, recorded, target)
  local marks = target.now.markers > 0 and selection.marks_of(target.take) or {}
  local out = {}
  for _, kind in ipairs(damage.names) do
    local spans = {}
    for _, region in ipairs(found[kind].regions) do
      for _, span in ipairs(places.of(clip, region, recorded, target.now, marks)) do
        span.size = region.size
        spans[#spans + 1] = span
      end
    end
    for _, span in ipairs(places.merged(spans)) do
      out[#out + 1] = { at = span.from, name = damage.marker_name(kind, span.size), kind = kind,
        size = span.size }
    end
  end
  table.sort(out, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.name < b.name
  end)
  return out
end

---@param old OwnMarker[]
---@param new WantedMarker[]
local function same(old, new)
  if #old ~= #new then return false end
  table.sort(old, function(a, b)
    if math.abs(a.at - b.at) > 1e-6 then return a.at < b.at end
    return a.name < b.name
  end)
  for n, one in ipairs(old) do
    if one.name ~= new[n].name or math.abs(one.at - new[n].at) > 1e-6 then return false end
  end
  return true
end

-- The findings of a clip, or nil and a sentence.
---@param record Record
local function findings(record)
  local path = record.folder .. '/job.json'
  local found = damage.found(files.read_json(path))
  if found then return found end
  return nil, texts.say('findings_gone', { path = path })
end

-- Reads all: wishes {take, wanted, own}, and what each clip found.
---@param ticket Ticket
---@param report Report
---@param tally DamageTally
local function plan(project, ticket, records, report, tally)
  local index = find.index(project)
  if not targets.is_home(index, ticket) then return nil end
  local known, wishes, read = {}, {}, {}
  for _, entry in ipairs(ticket.items) do known[entry.item] = true end
  local function notes(code, name, key)
    report.notes[#report.notes + 1] = { code = code, name = name,
      message = texts.say(key, { name = name }) }
  end
  for _, entry in ipairs(ticket.items) do
    local clip = ticket.clips[entry.clip]
    local record = records[clip.job]
    if clip.state ~= 'inserted' and not entry.inserted and record
      and record.state == 'succeeded' and not report.broken[clip.job] then
      if not read[clip.job] then
        local found, wrong = findings(record)
        read[clip.job] = found
        if found then
          damage.count_clip(tally, found)
        else
          report.broken[clip.job] = true
          report.failed[#report.failed + 1] = { job = clip.job, name = entry.name,
            code = 'input_missing', message = wrong }
        end
      end
      if read[clip.job] then
        local there, code = targets.find(project, index, entry, known, notes)
        if code then
          notes(code, entry.name, 'note_other_file_diagnose')
        elseif #there == 0 then
          notes('item_gone', entry.name, 'note_deleted')
        end
        for _, target in ipairs(there or {}) do
          if places.same_marks(entry.mapping, target.now) then
            wishes[#wishes + 1] = { take = target.take, own = own_markers(target.take),
              wanted = wanted(read[clip.job], clip, entry.mapping, target) }
          else
            notes('outside', entry.name, 'note_markers')
          end
        end
        entry.inserted = true
        report.inserted = report.inserted + 1
      end
    end
  end
  return wishes
end

---@param wishes MarkerWish[]
local function write(wishes)
  for _, wish in ipairs(wishes) do
    for n = #wish.own, 1, -1 do R.DeleteTakeMarker(wish.take, wish.own[n].number) end
    for _, one in ipairs(wish.wanted) do
      R.SetTakeMarker(wish.take, -1, one.name, one.at, M.color(one.size))
    end
  end
end

function M.undo_text(count)
  return texts.many('undo_diagnose', count)
end

-- As import.insert; the report has `lines` beside: what was found, in sentences.
---@param ticket Ticket
function M.insert(project, ticket, records)
  local report = { inserted = 0, notes = {}, failed = {}, broken = {} }
  local tally = damage.tally()
  local wishes = plan(project, ticket, records, report, tally)
  if not wishes then return nil, 'closed' end
  local changes, marked = {}, 0
  for _, wish in ipairs(wishes) do
    for _, one in ipairs(wish.wanted) do damage.count_marker(tally, one.kind, one.size) end
    if #wish.wanted > 0 then marked = marked + 1 end
    local before = { table.unpack(wish.own) }
    if not same(before, wish.wanted) then changes[#changes + 1] = wish end
  end
  report.lines = damage.lines(tally, marked)
  if #changes > 0 then
    local text = M.undo_text(report.inserted)
    local fine, why = undo_step.make(project, text, write, changes)
    R.UpdateArrange()
    if not fine then
      return nil, { code = 'internal', retryable = false, detail = why,
        message = texts.say 'markers_failed' }
    end
  end
  tickets.close_clips(ticket)
  return report
end

return M
