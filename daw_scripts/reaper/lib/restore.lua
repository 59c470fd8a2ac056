-- The action “Restore vocals of selected items”: picks, clips, a ticket, a session. Clicked twice
-- for the same items it takes up the ticket that is open.

local R = require 'reaper_api'
local app = require 'app'
local areas = require 'areas'
local clips = require 'clips'
local files = require 'files'
local mapping = require 'mapping'
local menu = require 'menu'
local relaunch = require 'relaunch'
local selection = require 'selection'
local session = require 'session'
local settings_file = require 'settings'
local texts = require 'texts'
local ticket = require 'ticket'
local uuid = require 'uuid'
local view_of = require 'view'
local window_of = require 'window'

local M = {}

---@param refused Refusal[]
local function sentences(refused)
  local out = {}
  for n, one in ipairs(refused) do out[n] = one.message end
  return out
end

local function key_of(guid, part)
  return part and string.format('%s %.9f %.9f', guid, part.from, part.to) or guid
end

local SAME = { 'offset', 'length', 'rate', 'pitch', 'path' }

-- The open ticket that asks for just these items with this preset, if there is one.
---@param context Context
---@param picked Pick[]
---@param voice? Voice
local function asked_before(context, picked, preset, voice)
  for _, found in ipairs(ticket.list(context.data, R.EnumerateFiles)) do
    local by_guid = {}
    for _, entry in ipairs(found.items) do by_guid[key_of(entry.item, entry.part)] = entry end
    local theirs = found.clips[1] and found.clips[1].voice
    local same = found.preset == preset and #found.items == #picked
      and found.options.only == context.settings.only
      and (theirs and theirs.path) == (voice and voice.path)
    for _, pick in ipairs(picked) do
      local entry = by_guid[key_of(pick.item_guid, pick.part)]
      same = same and entry ~= nil
      for _, key in ipairs(SAME) do same = same and entry.mapping[key] == pick[key] end
    end
    if same then return found end
  end
end

---@param context Context
---@param picked Pick[]
---@param voice? Voice
local function make_ticket(context, picked, preset, folder, voice)
  local settings = context.settings
  local group = uuid.from_guid(R.genGuid(''))
  local renders = context.data .. '/renders/' .. group
  local planned, items = clips.plan(picked, { folder = folder, renders = renders,
    new_guid = function() return R.genGuid('') end, size = files.size })
  planned[1].voice = voice
  for _, clip in ipairs(planned) do
    if clip.kind == 'rendered' then R.RecursiveCreateDirectory(renders, 0) break end
  end
  return ticket.new { group = group, now = os.time(), preset = preset, clips = planned,
    items = items, device = settings.device, project = app.project_of(context.project, context.box),
    options = ticket.options(settings, preset) }
end

M.asked_before = asked_before

local MOMENT_S = 1.0
local AT_ONCE = 40 -- items read in one tick: about 10 ms

-- Picks of which stems can be made. An item that plays all its takes would lose the others.
---@param reader table picked, refused
local function restorable(reader)
  local picked, refused = {}, { table.unpack(reader.refused) }
  for _, pick in ipairs(reader.picked) do
    if pick.all_takes then refused[#refused + 1] = selection.refusal('all_takes', pick.name)
    else picked[#picked + 1] = pick end
  end
  return picked, refused
end

---@param context Context
---@param voice? Voice
local function begin(context, reader, preset, voice)
  local picked, refused = reader.picked, reader.refused
  if preset ~= ticket.diagnosis then picked, refused = restorable(reader) end
  if #picked == 0 then
    local lines = sentences(refused)
    if #lines == 0 then lines = { reader.nothing or texts.say 'no_items' } end
    return app.instead(context, lines, view_of.ways_on(refused))
  end
  local made
  local before = asked_before(context, picked, preset, voice)
  if before and not before.claimed then
    made = session.resume(context, before)
  else
    local folder, unsaved = app.stem_folder(context.project)
    R.RecursiveCreateDirectory(folder, 0)
    made = session.begin(context, make_ticket(context, picked, preset, folder, voice))
    made.unsaved = unsaved and folder or nil
    if not made:save() then
      return app.instead(context, { texts.say('folder_unwritable_path',
        { folder = context.data }) })
    end
  end
  made.refused = refused
  for _, text in ipairs(context.said) do made.notes[#made.notes + 1] = { message = text } end
  context.speech(texts.many(preset == ticket.diagnosis and 'spoken_diagnosing'
    or 'spoken_restoring', #picked))
  app.follow(context, { made })
end

M.begin = begin

-- The voice of a pick, or why there is none. The worker finds it wherever it lies, so its file is
-- handed over as it is; but it must run forwards, and once.
---@param pick Pick
---@return Voice?, string?
local function voice_of(pick)
  if pick.why == 'reverse' or pick.why == 'loop' then
    return nil, texts.say('vocal_turned', { name = pick.name })
  end
  if pick.why == 'edits' then return nil, texts.say('vocal_edited', { name = pick.name }) end
  local from, to = mapping.audible(pick)
  if not from then
    return nil, texts.say('vocal_silent', { name = pick.name })
  end
  return { path = pick.path, start_s = from, end_s = to }
end

---@param context Context
local function begin_with_song(context, reader)
  local picked = reader.picked
  if #picked ~= 2 then
    local lines = sentences(reader.refused)
    lines[#lines + 1] = texts.say 'two_items'
    return app.instead(context, lines, view_of.ways_on(reader.refused))
  end
  local chosen = menu.choose { texts.say('vocal_is', { name = picked[1].name }),
    texts.say('vocal_is', { name = picked[2].name }) }
  if not chosen then return app.left(context) end
  local voice, why = voice_of(picked[chosen])
  if not voice then return app.instead(context, { why }) end
  begin(context, { picked = { picked[3 - chosen] }, refused = reader.refused }, ticket.mending,
    voice)
end

---@param context Context
local function read_and_begin(context, preset, start, read)
  -- What is only listened to needs no print.
  if preset == ticket.diagnosis then context.settings.print_stretch = false end
  local reader = (read or selection.reader)(context.project, context.settings.print_stretch)
  app.loop(context.log, function()
    if not reader:step(AT_ONCE) then return false end
    if start then start(context, reader) else begin(context, reader, preset) end
    return true
  end)
end

-- action: this script, as relaunch.lua tells one from another.
local function opened(action)
  relaunch.restarts()
  local context, error, half = app.context()
  if context then
    context.action = action
    return context
  end
  half.log(error.code .. ' ' .. error.message)
  app.show(texts.say 'title', { error.message })
end

M.opened = opened

-- With the preset of the settings.
function M.run()
  local context = opened 'restore'
  if context then read_and_begin(context, context.settings.preset) end
end

-- What lies in razor areas, or in the time selection.
function M.areas()
  local context = opened 'areas'
  if context then read_and_begin(context, context.settings.preset, nil, areas.reader) end
end

-- The band without the voice.
function M.instrumental()
  local context = opened 'instrumental'
  if not context then return end
  context.settings.only = 'instrumental'
  read_and_begin(context, context.settings.preset)
end

-- Two items, a song and its vocal.
function M.with_song()
  local context = opened 'song'
  if context then read_and_begin(context, ticket.mending, begin_with_song) end
end

-- Says where they are damaged: markers instead of stems.
function M.diagnose()
  if not R.has 'SetTakeMarker' then
    return app.show(texts.say 'title', { texts.say 'no_take_markers' })
  end
  local context = opened 'diagnose'
  if context then read_and_begin(context, ticket.diagnosis) end
end

-- Says that voxmend takes its time; the window of that, or nil where the user wants none.
---@param context Context
local function starting(context)
  context.speech(texts.say 'starting')
  if context.settings.window == 'none' then return nil end
  return window_of.open(texts.say 'title', context.settings, function(values)
    settings_file.change(context.data, values)
  end, context.log)
end

-- Asks the worker which presets there are, and goes on with them. Where that takes longer than a
-- moment, a window says so; closing it leaves all as it is.
---@param go_on fun(presets: table[])
function M.with_presets(context, go_on)
  local presets, since, told, window
  local view = { title = texts.say 'title', lines = { texts.say 'starting' },
    buttons = { { id = 'close', label = texts.button 'close' } } }
  context.link:ask({ type = 'presets' }, function(reply) presets = reply end)
  app.loop(context.log, function(now)
    context.link:step(now)
    since = since or now
    if not presets then
      if not told and now - since >= MOMENT_S then told, window = true, starting(context) end
      local event = window and window:step(view)
      if not event then return false end
      if event ~= 'closed' then window:close() end
      app.left(context)
      return true
    end
    if window then window:close() end
    if presets.type == 'error' then
      app.instead(context, { presets.message })
    else
      go_on(presets.items)
    end
    return true
  end)
end

-- Asks the user which preset it shall be; the choice is kept for the next time.
function M.choose()
  local context = opened 'choose'
  if not context then return end
  M.with_presets(context, function(presets)
    local preset = menu.choose_preset(presets, context.settings.preset)
    if preset then
      context.settings.preset = preset
      settings_file.change(context.data, { preset = preset })
      read_and_begin(context, preset)
    else
      app.left(context)
    end
  end)
end

return M
