-- Puts finished stems into the project: one tick, one undo step. The caller has claimed the ticket
-- and knows that the project is in front and lies still.
-- insert(project, ticket, records) reads all, then writes all; on an error the step is taken back
-- and the ticket stays as it was. What cannot be placed is said by name and stays in the ticket.

local R = require 'reaper_api'
local cutting = require 'cutting'
local envelopes = require 'envelopes'
local find = require 'find'
local muting = require 'muting'
local part_targets = require 'part_targets'
local placing = require 'placing'
local seal = require 'seal'
local selection = require 'selection'
local stem_take = require 'stem_take'
local targets = require 'targets'
local texts = require 'texts'
local tickets = require 'ticket'
local undo_step = require 'undo_step'

local M = {}

-- What these scripts know. A later worker's other stems come in too, under their own names.
local STEMS = { 'vocals', 'instrumental' }
local TAKES = { 'vocals', 'vocals_raw', 'instrumental' }
local KNOWN = { vocals = true, vocals_raw = true, instrumental = true }

local BUILD_PEAKS = 40047 -- Peaks: Build any missing peaks

-- Whether the stems' files are there and sound: nil, or what is wrong.
---@param record Record
local function missing_stem(record)
  if not record.stems or #record.stems == 0 then
    return texts.say 'no_stems'
  end
  for _, stem in ipairs(record.stems or {}) do
    local path = record.folder .. '/' .. stem.file
    if not R.file_exists(path) then
      return texts.say('stem_gone', { path = path })
    end
  end
end

-- Stems by name, and the names that these scripts do not know, in the worker's order.
---@param record Record
local function by_name(record)
  local out, others = {}, {}
  for _, stem in ipairs(record.stems) do
    if not KNOWN[stem.name] and not out[stem.name] then others[#others + 1] = stem.name end
    out[stem.name] = stem
  end
  if out.vocals_raw and not out.vocals then others[#others + 1] = 'vocals_raw' end
  return out, others
end

-- The stems that the wishes of one source need tracks for: those known first.
---@param wishes Wish[]
local function needed(wishes)
  local out, there = {}, {}
  local function take(name)
    if not there[name] then out[#out + 1], there[name] = name, true end
  end
  for _, name in ipairs(STEMS) do
    for _, wish in ipairs(wishes) do if wish.stems[name] then take(name) end end
  end
  for _, wish in ipairs(wishes) do
    for _, name in ipairs(wish.others) do take(name) end
  end
  return out
end

---@param report Report
local function note(report, code, name, key)
  report.notes[#report.notes + 1] = { code = code, name = name,
    message = texts.say(key, { name = name }) }
end

-- The record of an entry whose stems are to come in now, or nil.
---@param ticket Ticket
---@param entry Entry
---@param report Report
local function due(ticket, entry, records, report)
  local clip = ticket.clips[entry.clip]
  local record = records[clip.job]
  if clip.state == 'inserted' or entry.inserted or report.broken[clip.job] then return nil end
  return record and record.state == 'succeeded' and record or nil
end

-- Targets of an entry: its item, the parts of it, or the recorded place where it was deleted.
-- nil, a code and a sentence where its stems cannot be put anywhere.
---@param index Index
---@param entry Entry
---@param record Record
local function stand(project, index, entry, record, known, notes)
  local wrong = missing_stem(record)
  if wrong then return nil, 'input_missing', wrong end
  local seek = entry.part and part_targets.find or targets.find
  local found, code = seek(project, index, entry, known, notes)
  if not found then
    return nil, code, texts.say('note_other_file_restore', { name = entry.name })
  end
  if #found > 0 then return found end
  notes('item_gone', entry.name, 'note_deleted_recorded')
  return { { now = entry.mapping, guid = entry.item, recorded = true } }
end

-- How a stem is set for a target; where it does not cover that, the target is the recorded place.
---@param target Target
---@param entry Entry
---@param stem Stem
local function place_for(target, entry, stem, notes)
  local place = stem_take.place(target.now, entry.mapping, stem)
  if place then return place end
  notes('outside', entry.name, 'note_drawn_out')
  target.now, target.at_recorded = entry.mapping, true
  return stem_take.place(entry.mapping, entry.mapping, stem)
end

-- nil where the stems cover not even the recorded place.
---@param target Target
---@param entry Entry
---@param clip Clip
---@param record Record
local function wish_for(target, entry, clip, record, notes)
  local stems, others = by_name(record)
  -- All stems of a job cover the same.
  local place = place_for(target, entry, stems.vocals or record.stems[1], notes)
  if not place then return nil end
  if target.now.fx and target.now.fx > 0 then
    notes('fx', entry.name, 'note_fx')
  end
  local at = (target.recorded or target.at_recorded) and entry.mapping or target.now
  return { entry = entry, clip = clip, record = record, stems = stems, others = others,
    whole = stems.vocals ~= nil and stems.instrumental ~= nil, target = target, place = place,
    guid = target.guid, from = at.position, to = at.position + at.length, at = at }
end

-- The wish less the stems that were not asked for; a worker may have made them all.
---@param wish Wish
---@param options TicketOptions
local function wanted_alone(wish, options)
  if options.raw_take == false and wish.stems.vocals then wish.stems.vocals_raw = nil end
  if options.only and wish.stems[options.only] then
    wish.stems, wish.others = { [options.only] = wish.stems[options.only] }, {}
  end
  return wish
end

-- What is to be made: a list of wishes in the order of the ticket; nil where nothing of it is here.
---@param ticket Ticket
---@param report Report
local function plan(project, ticket, records, report)
  local index = find.index(project)
  if not targets.is_home(index, ticket) then return nil end
  local known, wishes = {}, {}
  for _, entry in ipairs(ticket.items) do known[entry.item] = true end
  local function notes(...) note(report, ...) end
  local function give_up(entry, record, code, message)
    report.broken[record.job] = true
    report.failed[#report.failed + 1] = { job = record.job, name = entry.name, code = code,
      message = message }
  end
  for _, entry in ipairs(ticket.items) do
    local record = due(ticket, entry, records, report)
    local found, code, message
    if record then found, code, message = stand(project, index, entry, record, known, notes) end
    if code then give_up(entry, record, code, message) end
    if found and ticket.options.result == 'take' and cutting.hindered(found) then
      give_up(entry, record, 'output_unwritable', texts.say('note_locked_takes',
        { name = entry.name }))
      found = nil
    end
    for _, target in ipairs(found or {}) do
      local wish = wish_for(target, entry, ticket.clips[entry.clip], record, notes)
      wishes[#wishes + 1] = wish and wanted_alone(wish, ticket.options)
    end
  end
  return wishes, index
end

-- One stem item with its takes; `list` names the stems, the active one first.
---@param wish Wish
local function fill(item, wish, list, open, first_active)
  local target, made = wish.target, {}
  local original = target.take
  if original and not wish.sound then wish.sound = stem_take.sound(original) end
  for n, name in ipairs(list) do
    local stem = wish.stems[name]
    if stem then
      local take = R.AddTakeToMediaItem(item)
      open(take, wish.record.folder .. '/' .. stem.file)
      stem_take.dress(take, original, wish, wish.entry.name .. ' - ' .. texts.track(name))
      wish.take_guid = wish.take_guid or wish.target.take
        and selection.take_guid(wish.target.take) or nil
      placing.put_ext(R.GetSetMediaItemTakeInfo_String, take,
        { job = wish.clip.job, stem = name, item = wish.guid, take = wish.take_guid })
      made[#made + 1] = take
      if n == 1 and first_active then R.SetActiveTake(take) end
    end
  end
  local text = original and envelopes.read(target.item, original,
    wish.place.rendered and target.now.rate or nil, (target.skip or 0) * target.now.rate)
  if text then
    local guids = {}
    for _, take in ipairs(made) do guids[selection.take_guid(take)] = true end
    envelopes.write(item, guids, text)
  end
end

---@param there Occupant[]
---@param wish Wish
local function already(there, wish)
  local own = placing.own_item(there, wish)
  return own and own.ext.job == wish.clip.job, own
end

---@param wishes Wish[]
---@param index Index
---@param report Report
local function as_tracks(project, wishes, index, open, report, folder)
  local stem_tracks, group = placing.stem_tracks(index), placing.groups(index)
  local by_source, order = {}, {}
  for _, wish in ipairs(wishes) do
    local source = wish.entry.track
    if not by_source[source] then
      by_source[source] = {}
      order[#order + 1] = source
    end
    table.insert(by_source[source], wish)
    wish.group = group(wish.target.item)
  end
  for _, guid in ipairs(order) do
    local tracks, there, fresh = {}, {}, {}
    local stems = needed(by_source[guid])
    for _, stem in ipairs(stems) do
      for _, candidate in ipairs(stem_tracks[guid .. ' ' .. stem] or {}) do
        local fits, items = placing.fits(candidate.track, by_source[guid])
        if fits and not tracks[stem] then tracks[stem], there[stem] = candidate.track, items end
      end
    end
    local last
    for _, stem in ipairs(stems) do
      if tracks[stem] then last = tracks[stem]
      elseif KNOWN[stem] then tracks, there, fresh, last = {}, {}, stems, nil break -- all anew
      else fresh[#fresh + 1] = stem end
    end
    if #fresh > 0 then
      local made = placing.new_tracks(project, index.tracks[guid], guid, fresh, report, last,
        folder)
      for stem, track in pairs(made) do tracks[stem] = track end
    end
    for _, wish in ipairs(by_source[guid]) do
      for _, stem in ipairs(stems) do
        local done, own = already(there[stem] or {}, wish)
        if not done and wish.stems[stem] then
          local original = not wish.target.at_recorded and wish.target.item or nil
          if original and not wish.shape then
            wish.shape = cutting.shape(placing.shape(original), wish)
          end
          local item = own and own.item
            or placing.new_item(tracks[stem], original and wish.shape, wish.at, wish.group)
          if wish.unmute and (not own or KNOWN[stem]) then
            R.SetMediaItemInfo_Value(item, 'B_MUTE', 0)
          end
          -- Voice and band are the whole: a part of it beside them would sound twice.
          if not KNOWN[stem] and wish.whole and not own then
            R.SetMediaItemInfo_Value(item, 'B_MUTE', 1)
          end
          local write_ext = own and placing.write_ext or placing.put_ext
          write_ext(R.GetSetMediaItemInfo_String, item,
            { item = wish.guid, job = wish.clip.job, stem = stem })
          fill(item, wish, stem == 'vocals' and { 'vocals', 'vocals_raw' } or { stem }, open,
            own ~= nil)
          seal.set(item, wish.target.item)
        end
      end
    end
  end
end

---@param wishes Wish[]
local function as_takes(wishes, open)
  for _, wish in ipairs(wishes) do
    local item = wish.target.item
    local there = false
    for n = 0, item and R.CountTakes(item) - 1 or -1 do
      local take = R.GetTake(item, n)
      local ext = take and placing.read_ext(R.GetSetMediaItemTakeInfo_String, take)
      there = there or (ext ~= nil and ext.job == wish.clip.job)
    end
    if item and not there and not wish.target.at_recorded then
      local list = {}
      for _, name in ipairs(TAKES) do if wish.stems[name] then list[#list + 1] = name end end
      for _, name in ipairs(wish.others) do list[#list + 1] = name end
      fill(item, wish, list, open, true)
      if R.GetMediaItemInfo_Value(item, 'B_ALLTAKESPLAY') ~= 0 then -- stems beside their original
        R.SetMediaItemInfo_Value(item, 'B_ALLTAKESPLAY', 0)
        placing.write_ext(R.GetSetMediaItemInfo_String, item, { all_took = true })
      end
      seal.set(item)
    end
  end
end

---@param ticket Ticket
---@param wishes Wish[]
---@param index Index
---@param report Report
local function write(project, ticket, wishes, index, report)
  local open = stem_take.opener()
  muting.note(wishes)
  if ticket.options.result == 'take' or ticket.options.mute_original then
    cutting.cut(wishes, report)
  end
  if ticket.options.result == 'take' then
    as_takes(wishes, open)
  else
    local before = placing.selected_tracks(project)
    as_tracks(project, wishes, index, open, report, ticket.options.folder)
    placing.select_again(project, before)
    muting.tell(wishes, report)
    if ticket.options.mute_original then muting.mute(wishes, report) end
  end
end

-- For trial.lua, which makes takes of stems too.
M.fill, M.missing_stem = fill, missing_stem

-- word: what is counted, item or part.
function M.undo_text(count, preset, word)
  return texts.many(word == 'part' and 'undo_restore_part' or 'undo_restore', count,
    { preset = preset })
end

-- Marks what is in.
---@param ticket Ticket
---@param wishes Wish[]
---@param report Report
local function settle(ticket, wishes, report)
  local items = {}
  for _, wish in ipairs(wishes) do
    wish.entry.inserted = true
    items[wish.entry] = true
  end
  for _ in pairs(items) do report.inserted = report.inserted + 1 end
  tickets.close_clips(ticket)
end

-- Items that a script makes have no peaks until somebody asks for them.
function M.build_peaks() R.Main_OnCommand(BUILD_PEAKS, 0) end

-- Why an undo step broke off, as the session tells it. key: of the sentence for a defect.
function M.problem(why, key)
  local known = type(why) == 'table' and why or {}
  if known.missing then
    return { code = 'input_missing', retryable = true,
      message = texts.say('stem_unopened', { path = known.missing }) }
  elseif known.said then
    return { code = 'output_unwritable', retryable = true, message = texts.say(known.said) }
  end
  return { code = 'internal', retryable = false, detail = why, message = texts.say(key) }
end

-- records: by job. Returns {inserted = items, notes = {...}, failed = {...}}, or nil and a reason:
-- 'closed' where nothing of the ticket is in this project, else an error {code, message}.
---@param ticket Ticket
function M.insert(project, ticket, records)
  local report = { inserted = 0, notes = {}, failed = {}, broken = {} }
  local wishes, index = plan(project, ticket, records, report)
  if not wishes then return nil, 'closed' end
  if #wishes == 0 then return report end
  local count = 0
  local seen = {}
  for _, wish in ipairs(wishes) do
    if not seen[wish.entry] then seen[wish.entry], count = true, count + 1 end
  end
  local word = wishes[1].entry.part and 'part' or 'item'
  local fine, why = undo_step.make(project, M.undo_text(count, ticket.preset, word), write,
    project, ticket, wishes, index, report)
  R.TrackList_AdjustWindows(false)
  R.UpdateArrange()
  if not fine then return nil, M.problem(why, 'import_failed') end
  M.build_peaks()
  settle(ticket, wishes, report)
  return report
end

return M
