-- The action “Set up right-click menu”. No function of REAPER adds an entry, so this makes the
-- actions known, opens the dialog, says the clicks, and looks whether it worked.

local R = require 'reaper_api'
local app = require 'app'
local files = require 'files'
local language = require 'language'
local menu_file = require 'menu_file'
local relaunch = require 'relaunch'
local settings_file = require 'settings'
local texts = require 'texts'
local window_of = require 'window'

local M = {}

local MAIN = 'voxmend_Restore vocals of selected items.lua'
local ACTIONS = { MAIN, 'voxmend_Restore vocals of selected items (choose preset).lua',
  'voxmend_Restore vocals in razor edits or time selection.lua',
  'voxmend_Mend a vocal with its song.lua', 'voxmend_Diagnose selected items.lua',
  'voxmend_Import finished stems.lua', 'voxmend_Jobs panel.lua',
  'voxmend_Settings.lua', 'voxmend_Instrumental only.lua',
  'voxmend_Toggle original and stems.lua', 'voxmend_Remove what voxmend brought.lua',
  'voxmend_Try presets here.lua', 'voxmend_Keep this preset.lua' }
-- Only when it is asked for: where REAPER's Python is off it would be a dead entry, and REAPER may
-- refuse it.
local PYTHON = 'voxmend_Restore vocals of selected items (Python).py'
local CUSTOMIZE = 40905 -- Toolbars: Customize…, the dialog of menus and toolbars
local LOOK_S = 1.0

-- Makes the actions known; the number of the main one, or 0.
function M.register(folder)
  local main = 0
  for n, name in ipairs(ACTIONS) do
    if R.file_exists(folder .. name) then
      local id = R.AddRemoveReaScript(true, 0, folder .. name, n == #ACTIONS)
      if name == MAIN then main = id end
    end
  end
  return main
end

-- Makes the Python action known; a sentence about what came of it.
function M.register_python(folder)
  if R.AddRemoveReaScript(true, 0, folder .. PYTHON, true) ~= 0 then
    return texts.say 'set_up_python'
  end
  return texts.say 'set_up_python_refused'
end

local function in_menu(command)
  local name = R.ReverseNamedCommandLookup(command)
  local text = name and files.read(R.GetResourcePath() .. '/reaper-menu.ini')
  return text ~= nil and menu_file.holds(text, '_' .. name)
end

local function close() return { id = 'close', label = texts.button 'close' } end

local function view(state)
  if state.done then
    return { title = texts.say 'title_set_up', lines = { texts.say 'set_up_there',
      texts.say 'set_up_toolbar' }, asks = true, buttons = { close() } }
  end
  if state.command == 0 then
    return { title = texts.say 'title_set_up', failed = true, asks = true,
      lines = { texts.say 'set_up_refused' }, buttons = { close() } }
  end
  local lines = { texts.say 'set_up_menu' }
  for n = 1, 4 do lines[#lines + 1] = texts.say('set_up_menu_' .. n) end
  lines[#lines + 1] = texts.say 'set_up_toolbar'
  if state.looked then lines[#lines + 1] = texts.say 'set_up_not_yet' end
  lines[#lines + 1] = state.python
  lines[#lines + 1] = state.language
  local buttons = { { id = 'customize', label = texts.button 'customize' } }
  if R.has 'DoActionShortcutDialog' and R.has 'SectionFromUniqueID' then
    buttons[2] = { id = 'shortcut', label = texts.button 'shortcut' }
  end
  if R.file_exists(state.folder .. PYTHON) then
    buttons[#buttons + 1] = { id = 'python', label = texts.button 'python' }
  end
  buttons[#buttons + 1] = close()
  return { title = texts.say 'title_set_up', lines = lines, buttons = buttons,
    asks = not state.asked }
end

function M.press(state, id)
  if id == 'customize' then
    state.asked = true
    R.Main_OnCommand(CUSTOMIZE, 0)
  elseif id == 'shortcut' then
    R.DoActionShortcutDialog(R.GetMainHwnd(), R.SectionFromUniqueID(0), state.command, -1)
  elseif id == 'python' then
    state.python = M.register_python(state.folder)
  end
end

function M.run(folder)
  local data = R.GetResourcePath() .. '/Data/voxmend'
  R.RecursiveCreateDirectory(data, 0)
  relaunch.restarts()
  local state = { command = M.register(folder), next_look = 0, folder = folder }
  local function log(text) files.write_plain(data .. '/set-up.txt', text) end
  local settings = settings_file.load(data)
  state.language = language.speak(data, settings.language, log)
  local window = window_of.open(texts.say 'title', settings, function() end, log)
  app.loop(log, function(now)
    if now >= state.next_look and not state.done and state.command ~= 0 then
      state.next_look = now + LOOK_S
      state.done, state.looked = in_menu(state.command), state.asked
    end
    local event = window:step(view(state))
    if event == 'closed' then return true end
    if event == 'close' then
      window:close()
      return true
    end
    if event then M.press(state, event) end
    return false
  end)
end

return M
