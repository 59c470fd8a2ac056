-- The action “Remove what voxmend brought”: stems and trials of the selected items, else of all,
-- by their marks; the tracks that they leave empty; our mute of the original. Asks where the user
-- has worked on stems. Files stay. One undo step.

local R = require 'reaper_api'
local app = require 'app'
local brought = require 'brought'
local find = require 'find'
local relaunch = require 'relaunch'
local speech = require 'speech'
local taking_away = require 'taking_away'
local texts = require 'texts'
local undo_step = require 'undo_step'

local M = {}

local YES_NO, YES_NO_CANCEL = 4, 3
local YES, NO = 6, 7
local MOST_NAMED = 8

local function ask(text, kind) return R.ShowMessageBox(text, texts.say 'title', kind) end

-- {sets, stems, trials, locked, edited}: what is to go of the chosen sets, less what is locked;
-- edited: names, by the GUID of the set.
---@param chosen table<string, BroughtSet>
local function sum(chosen, order)
  local out = { sets = {}, stems = 0, trials = 0, mutes = 0, locked = 0, edited = {}, names = {} }
  for _, guid in ipairs(order) do
    local set = chosen[guid]
    if set and brought.locked(set) then
      out.locked = out.locked + 1
    elseif set then
      out.sets[#out.sets + 1] = set
      local stems, trials = brought.count(set)
      out.stems, out.trials = out.stems + stems, out.trials + trials
      out.mutes = out.mutes + #set.muted
      local names = brought.edited(set)
      if #names > 0 then out.edited[guid] = true end
      for _, name in ipairs(names) do out.names[#out.names + 1] = name end
    end
  end
  return out
end

-- What was counted, in words: “3 stems and 1 trial”. Mutes and tracks are worth a word where
-- nothing else is left.
local function words(found)
  local out = {}
  for _, kind in ipairs { 'stem', 'trial' } do
    local count = found[kind .. 's']
    if count > 0 then out[#out + 1] = texts.count(count, kind) end
  end
  if #out == 0 and found.mutes > 0 then out[1] = texts.count(found.mutes, 'mute') end
  if #out == 2 then return texts.say('both', { one = out[1], other = out[2] }) end
  return out[1] or texts.say 'empty_tracks'
end

-- Whether sets with edited stems go too; nil: the user wants none of it.
local function with_edited(names)
  local list = {}
  for n = 1, math.min(#names, MOST_NAMED) do list[n] = texts.say('quoted', { name = names[n] }) end
  if #names > MOST_NAMED then
    list[#list + 1] = texts.many('unused_more', #names - MOST_NAMED)
  end
  local answer = ask(texts.many('remove_edited', #names,
    { names = table.concat(list, '\n') }), YES_NO_CANCEL)
  if answer ~= YES and answer ~= NO then return nil end
  return answer == YES
end

-- report: {tracks, left}.
local function write(project, sets, all, report)
  local touched = {}
  for _, set in ipairs(sets) do taking_away.all(project, set, touched) end
  report.tracks, report.left = taking_away.tracks(project, not all and touched or nil)
end

-- The sets that the user wants to go, after the questions; nil and a sentence where there are none,
-- nil alone where the user wants nothing.
local function wanted(project)
  local sets, order = brought.sets(find.index(project))
  local chosen = brought.selected(project, sets)
  local all = next(chosen) == nil
  local found = sum(all and sets or brought.with_heirs(sets, chosen), order)
  if #found.sets == 0 and found.locked > 0 then
    return nil, texts.many('toggle_locked', found.locked)
  elseif #found.sets == 0 and not all then
    return nil, texts.say 'remove_not_of_these'
  end
  if all and #found.sets == 0 and not taking_away.any_spare(project) then
    return nil, texts.say 'remove_none'
  end
  if all and ask(texts.say('remove_all', { what = words(found) }), YES_NO) ~= YES then
    return nil
  end
  if #found.names > 0 then
    local too = with_edited(found.names)
    if too == nil then return nil end
    for n = #found.sets, 1, -1 do
      if not too and found.edited[found.sets[n].guid] then
        local stems, trials = brought.count(table.remove(found.sets, n))
        found.stems, found.trials = found.stems - stems, found.trials - trials
      end
    end
    if #found.sets == 0 then return nil end
  end
  return found, nil, all
end

local function notes(report, locked)
  local out = {}
  if locked > 0 then
    out[1] = texts.many('remove_locked', locked)
  end
  for _, one in ipairs(report.left) do
    out[#out + 1] = texts.say('track_stays_' .. one.why, { name = one.name })
  end
  return out
end

function M.run()
  relaunch.restarts()
  local project = R.EnumProjects(-1)
  local found, why, all = wanted(project)
  if not found then
    if why then app.show(texts.say 'title', { why }) end
    return
  end
  local text = words(found)
  local report = { tracks = 0, left = {} }
  local fine, wrong = undo_step.make(project, texts.say('undo_remove', { what = text }), write,
    project, found.sets, all, report)
  R.TrackList_AdjustWindows(false)
  R.UpdateArrange()
  if not fine then return app.failed(wrong) end
  local said = notes(report, found.locked)
  if #said == 0 then return speech.say(texts.say('spoken_removed', { what = text })) end
  app.show(texts.say 'title', { texts.say('removed', { what = text }), table.unpack(said) })
end

return M
