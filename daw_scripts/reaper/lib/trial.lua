-- Puts a trial into the project: on a track under the source, the part of the song around the
-- cursor, and as takes beside it the voice as each preset makes it. What it is heard instead of is
-- muted for as long as it stands. One tick, one undo step; as import.lua, whose place it takes for
-- tickets whose result is a trial.

local R = require 'reaper_api'
local brought = require 'brought'
local cutting = require 'cutting'
local find = require 'find'
local import = require 'import'
local item_command = require 'item_command'
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

local CROP = 40131 -- Take: Crop to active take in items
local TRACK = 'trial'

local function value(item, key) return R.GetMediaItemInfo_Value(item, key) end
local function set(item, key, number) R.SetMediaItemInfo_Value(item, key, number) end
local function mark(item, values) placing.write_ext(R.GetSetMediaItemInfo_String, item, values) end

-- The largest part of an entry that is in the project now; nil, a code and a sentence where there
-- is none.
---@param index Index
---@param entry Entry
local function target_of(project, index, entry)
  local seek = entry.part and part_targets.find or targets.find
  local found, code = seek(project, index, entry, {}, function() end)
  if not found then return nil, code, texts.say('try_other_file', { name = entry.name }) end
  local best
  for _, one in ipairs(found) do
    if one.item and (not best or one.now.length > best.now.length) then best = one end
  end
  if best then return best end
  return nil, 'source_replaced', texts.say('try_gone', { name = entry.name })
end

-- What is to be made: a list of {entry, clip, record, stem, target}.
---@param ticket Ticket
---@param report Report
local function plan(project, index, ticket, records, report)
  local out = {}
  for _, entry in ipairs(ticket.items) do
    local clip = ticket.clips[entry.clip]
    local record = records[clip.job]
    if clip.state ~= 'inserted' and not entry.inserted and record
      and record.state == 'succeeded' then
      local wrong, stem = import.missing_stem(record), nil
      for _, one in ipairs(record.stems or {}) do
        if one.name == 'vocals' then stem = one end
      end
      local target, code, message
      if wrong then code, message = 'input_missing', wrong
      elseif not stem then code, message = 'input_missing', texts.say 'no_vocals'
      else target, code, message = target_of(project, index, entry) end
      local place = target and stem_take.place(target.now, entry.mapping, stem)
      if target and not place then
        code, message = 'source_replaced', texts.say('try_changed', { name = entry.name })
      end
      if place then
        out[#out + 1] = { entry = entry, clip = clip, record = record, stem = stem,
          target = target, place = place }
      else
        report.failed[#report.failed + 1] = { job = clip.job, name = entry.name, code = code,
          message = message }
      end
    end
  end
  return out
end

-- The trial of this part that stands already: another preset's take goes beside.
---@param target Target
local function standing(index, target)
  for _, item in ipairs(index.list) do
    if brought.of_item(item).trial == target.guid
      and math.abs(value(item, 'D_POSITION') - target.now.position) < 1e-6
      and math.abs(value(item, 'D_LENGTH') - target.now.length) < 1e-6 then
      return item
    end
  end
end

-- A track for trials of this source with room, or a new one.
---@param index Index
---@param target Target
---@param report Report
local function track_for(project, index, target, report)
  local source = R.GetMediaItem_Track(target.item)
  local guid = selection.track_guid(source)
  local from, to = target.now.position, target.now.position + target.now.length
  for _, candidate in ipairs(placing.stem_tracks(index)[guid .. ' ' .. TRACK] or {}) do
    local free = true
    for n = 0, R.CountTrackMediaItems(candidate.track) - 1 do
      local other = R.GetTrackMediaItem(candidate.track, n)
      local begins = value(other, 'D_POSITION')
      free = free and (begins >= to - 1e-9 or begins + value(other, 'D_LENGTH') <= from + 1e-9)
    end
    if free then return candidate.track end
  end
  return placing.new_tracks(project, source, guid, { TRACK }, report)[TRACK]
end

-- The text of an item as another's: no two may have one GUID.
local function twin_text(text)
  return (text:gsub('(\n%s*%u*ID )({%x+%-%x+%-%x+%-%x+%-%x+})', function(head)
    return head .. R.genGuid ''
  end))
end

local function crop(project, item)
  item_command.on(project, item, function() R.Main_OnCommand(CROP, 0) end)
  if R.CountTakes(item) > 1 then error { said = 'commands_refused' } end
end

-- An item that plays the part of the song as the original does, of the one take alone.
---@param target Target
local function song(project, track, target)
  local fine, text = R.GetItemStateChunk(target.item, '', false)
  local item = R.AddMediaItemToTrack(track)
  if not fine or not R.SetItemStateChunk(item, twin_text(text), false) then
    error 'REAPER did not copy the item'
  end
  R.SetMediaItemSelected(item, false)
  R.GetSetMediaItemInfo_String(item, placing.mark, '', true)
  for n = 0, R.CountTakes(target.item) - 1 do
    local take = R.GetTake(item, n)
    if take then R.GetSetMediaItemTakeInfo_String(take, placing.mark, '', true) end
    if R.GetTake(target.item, n) == target.take then R.SetActiveTake(take) end
  end
  crop(project, item)
  for _, key in ipairs { 'C_LOCK', 'B_MUTE', 'B_ALLTAKESPLAY', 'I_GROUPID' } do
    set(item, key, 0)
  end
  local cut = target.cut or {}
  if cut.from then
    local right = cutting.split(item, cut.from)
    R.DeleteTrackMediaItem(track, item)
    item = right
  end
  if cut.to then R.DeleteTrackMediaItem(track, cutting.split(item, cut.to)) end
  mark(item, { trial = target.guid })
  return item
end

-- Mutes what the trial is heard instead of: the original, and its stems where they sound.
---@param index Index
---@param target Target
---@param report Report
local function hush(index, target, report)
  local sets = brought.sets(index)
  local list = { target.item }
  for _, item in ipairs(sets[target.guid] and sets[target.guid].stems or {}) do
    list[#list + 1] = item
  end
  local told = false
  for _, item in ipairs(list) do
    if placing.locked(item) then
      if not told then
        told = true
        report.notes[#report.notes + 1] = { code = 'locked', message = texts.say 'try_locked' }
      end
    elseif value(item, 'B_MUTE') == 0 then
      set(item, 'B_MUTE', 1)
      mark(item, { tried = true, of = target.guid })
    end
  end
end

-- Gives the take of a job its preset, in its name too.
local function name_take(item, one, preset)
  for n = 0, R.CountTakes(item) - 1 do
    local take = R.GetTake(item, n)
    if take and brought.of_take(take).job == one.clip.job then
      R.GetSetMediaItemTakeInfo_String(take, 'P_NAME', texts.say('take_tried',
        { name = one.entry.name, stem = texts.track 'vocals', preset = preset }), true)
      placing.write_ext(R.GetSetMediaItemTakeInfo_String, take, { preset = preset })
    end
  end
end

-- One preset's take in the trial.
local function add(item, one, open, active)
  local take = R.GetTake(item, 0)
  local now = selection.read_take(item, take) or one.target.now
  local place = not one.place.rendered and stem_take.place(now, one.entry.mapping, one.stem)
    or one.place
  import.fill(item, { entry = one.entry, clip = one.clip, record = one.record,
    target = { now = now, guid = one.target.guid, item = item, take = take }, place = place,
    stems = { vocals = one.stem }, others = {}, whole = false, guid = one.target.guid, at = now,
    from = now.position, to = now.position + now.length }, { 'vocals' }, open, active)
  name_take(item, one, one.record.preset)
  seal.set(item)
end

---@param report Report
local function write(project, wanted, report)
  local open = stem_take.opener()
  for _, one in ipairs(wanted) do
    local index = find.index(project)
    local item, fresh = standing(index, one.target), false
    if not item then
      local before = placing.selected_tracks(project)
      item = song(project, track_for(project, index, one.target, report), one.target)
      placing.select_again(project, before)
      hush(index, one.target, report)
      fresh = true
    end
    add(item, one, open, fresh)
  end
end

-- As import.insert.
---@param ticket Ticket
function M.insert(project, ticket, records)
  local report = { inserted = 0, notes = {}, failed = {}, broken = {} }
  local index = find.index(project)
  if not targets.is_home(index, ticket) then return nil, 'closed' end
  local wanted = plan(project, index, ticket, records, report)
  if #wanted == 0 then return report end
  local fine, why = undo_step.make(project, texts.many('undo_try', #wanted), write, project, wanted,
    report)
  R.TrackList_AdjustWindows(false)
  R.UpdateArrange()
  if not fine then
    return nil, import.problem(why, 'try_failed')
  end
  import.build_peaks()
  for _, one in ipairs(wanted) do one.entry.inserted = true end
  report.inserted = #wanted
  report.lines = { texts.many('tried', #wanted) }
  tickets.close_clips(ticket)
  return report
end

return M
