-- The actions “Try presets here” and “Keep this preset”. The first asks which presets, and has the
-- worker restore the seconds around the edit cursor with each of them; trial.lua puts the result
-- in. The second takes the trial away and restores the whole item with the preset that is heard.

local R = require 'reaper_api'
local app = require 'app'
local brought = require 'brought'
local clips = require 'clips'
local files = require 'files'
local find = require 'find'
local json = require 'json'
local parts = require 'parts'
local restore = require 'restore'
local selection = require 'selection'
local session = require 'session'
local settings_file = require 'settings'
local taking_away = require 'taking_away'
local texts = require 'texts'
local ticket = require 'ticket'
local trial_panel = require 'trial_panel'
local undo_step = require 'undo_step'
local uuid = require 'uuid'
local window_of = require 'window'

local M = {}

local AROUND_S = 7.5 -- on each side of the edit cursor

-- The selected item under the edit cursor, or nil and a sentence.
local function item_here(project)
  local cursor, found, count = R.GetCursorPosition(), nil, 0
  for n = 0, R.CountSelectedMediaItems(project) - 1 do
    local item = R.GetSelectedMediaItem(project, n)
    local from = R.GetMediaItemInfo_Value(item, 'D_POSITION')
    if cursor >= from and cursor < from + R.GetMediaItemInfo_Value(item, 'D_LENGTH') then
      found, count = item, count + 1
    end
  end
  if count == 1 then return found, cursor - R.GetMediaItemInfo_Value(found, 'D_POSITION') end
  if count > 1 then
    return nil, texts.many('try_many_items', count)
  end
  return nil, texts.say 'try_no_item'
end

-- A clip and an entry for each preset, all of the same part.
---@param pick Pick
local function plan(context, pick, names, group, folder)
  local planned, items = {}, {}
  local renders = context.data .. '/renders/' .. group
  for n, name in ipairs(names) do
    local copy = {}
    for key, one in pairs(pick) do copy[key] = one end
    local made, entries = clips.plan({ copy }, { folder = folder, renders = renders,
      new_guid = function() return R.genGuid('') end, size = files.size })
    local clip, entry = made[1], entries[1]
    clip.preset, entry.clip, entry.index = name, n, n
    if clip.kind == 'rendered' then
      clip.path = renders .. '/' .. n .. '.wav'
      R.RecursiveCreateDirectory(renders, 0)
    end
    planned[n], items[n] = clip, entry
  end
  return planned, items
end

---@param context Context
local function begin(context, pick, names)
  local said = table.concat(names, ', ')
  local same = {}
  for n in ipairs(names) do same[n] = pick end
  context.settings.only = 'vocals'
  local before = restore.asked_before(context, same, said)
  if before and not before.claimed then
    return app.follow(context, { session.resume(context, before) })
  end
  local folder, unsaved = app.stem_folder(context.project)
  R.RecursiveCreateDirectory(folder, 0)
  local group = uuid.from_guid(R.genGuid(''))
  local planned, items = plan(context, pick, names, group, folder)
  local options = ticket.options(context.settings, said)
  options.result = ticket.trial
  local made = session.begin(context, ticket.new { group = group, now = os.time(), preset = said,
    clips = planned, items = items, device = context.settings.device,
    project = app.project_of(context.project, context.box), options = options })
  made.unsaved = unsaved and folder or nil
  if not made:save() then
    return app.instead(context, { texts.say('folder_unwritable_path',
      { folder = context.data }) })
  end
  context.speech(texts.many('spoken_trying', #names))
  app.follow(context, { made })
end

-- Reads the item as it is now, and begins with the part around the cursor.
---@param context Context
local function read_and_begin(context, guid, at, names)
  local item = find.index(context.project).items[guid]
  if not item then
    return app.instead(context, { texts.say 'try_item_gone' })
  end
  settings_file.change(context.data, { tried = json.list { table.unpack(names) } })
  local whole, refused = selection.read_item(item, false)
  local pick
  if whole then
    pick, refused = parts.of(whole, math.max(0, at - AROUND_S),
      math.min(whole.length, at + AROUND_S))
  end
  if not pick then return app.instead(context, { refused.message }) end
  begin(context, pick, names)
end

-- Shows the presets until some are chosen; done(names).
---@param context Context
local function choose(context, presets, done)
  local panel = trial_panel.new(presets, context.settings.tried)
  local window = window_of.open(texts.say 'title_try', context.settings, function(values)
    settings_file.change(context.data, values)
  end, context.log)
  app.loop(context.log, function()
    local event = window:step(panel:view())
    if type(event) == 'table' then
      panel:press(event.row)
    elseif event == 'try' then
      window:close()
      done(panel:chosen())
      return true
    elseif event then
      if event ~= 'closed' then window:close() end
      app.left(context)
      return true
    end
    return false
  end)
end

-- Tries presets around the edit cursor.
function M.run()
  local context = restore.opened 'try'
  if not context then return end
  local item, at = item_here(context.project)
  if not item then return app.instead(context, { at }) end
  local guid = selection.item_guid(item)
  restore.with_presets(context, function(presets)
    if #trial_panel.new(presets).here == 0 then
      return app.instead(context, { texts.say 'try_no_models' })
    end
    choose(context, presets, function(names) read_and_begin(context, guid, at, names) end)
  end)
end

-- The trial that is meant: a selected one, else the only one. nil and a sentence.
---@param index Index
local function trial_here(project, index)
  local all, selected = {}, {}
  for _, item in ipairs(index.list) do
    if brought.of_item(item).trial then all[#all + 1] = item end
  end
  for n = 0, R.CountSelectedMediaItems(project) - 1 do
    local item = R.GetSelectedMediaItem(project, n)
    if brought.of_item(item).trial then selected[#selected + 1] = item end
  end
  local list = #selected > 0 and selected or all
  if #list == 1 then return list[1] end
  if #list == 0 then
    return nil, texts.say 'keep_none'
  end
  return nil, texts.many('keep_many', #list)
end

-- The preset that is heard in a trial, and the item that it was tried on; nil and a sentence.
---@param index Index
local function heard(index, trial)
  local take = R.GetActiveTake(trial)
  local preset = take and brought.of_take(take).preset
  if not preset then
    return nil, texts.say 'keep_song'
  end
  local item = index.items[brought.of_item(trial).trial]
  if not item then
    return nil, texts.say 'keep_item_gone'
  end
  return preset, item
end

local function write(project, set)
  local touched = {}
  taking_away.trials(project, set, touched)
  taking_away.tracks(project, touched)
end

-- Keeps the preset that is heard in the trial.
function M.keep()
  local context = restore.opened 'keep'
  if not context then return end
  local project = context.project
  local index = find.index(project)
  local trial, why = trial_here(project, index)
  if not trial then return app.instead(context, { why }) end
  local preset, item = heard(index, trial)
  if not preset then return app.instead(context, { item }) end
  local set = brought.sets(index)[brought.of_item(trial).trial]
  if brought.locked(set) then
    return app.instead(context, { texts.say 'keep_locked' })
  end
  local fine, wrong = undo_step.make(project, texts.say 'undo_remove_trial', write, project, set)
  R.TrackList_AdjustWindows(false)
  R.UpdateArrange()
  if not fine then
    app.failed(wrong)
    return app.left(context)
  end
  local pick, refused = selection.read_item(item, context.settings.print_stretch)
  restore.begin(context, { picked = { pick }, refused = { refused } }, preset)
end

return M
