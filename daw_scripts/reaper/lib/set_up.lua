-- The action “Set up right-click menu”. No function of REAPER adds an entry, so this makes the
-- actions known, opens the dialog, says the clicks, and looks whether it worked.

local R = require 'reaper_api'
local app = require 'app'
local files = require 'files'
local menu_file = require 'menu_file'
local relaunch = require 'relaunch'
local settings_file = require 'settings'
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
    return 'The Python action is in the action list.'
  end
  return 'REAPER did not take the Python action. Switch Python on in Preferences > Plug-ins > '
    .. 'ReaScript, then press the button again.'
end

local function in_menu(command)
  local name = R.ReverseNamedCommandLookup(command)
  local text = name and files.read(R.GetResourcePath() .. '/reaper-menu.ini')
  return text ~= nil and menu_file.holds(text, '_' .. name)
end

local CLICKS = {
  'voxmend is in the action list now. To have it in the right-click menu of items:',
  '1. Press “Customize menus”, and choose “Media item context” in the list on top.',
  '2. Press “Add…”, then “Action…”.',
  '3. Type voxmend, choose “restore vocals of selected items”, and press “Select/close”.',
  '4. Press “Save”, then “Close”.',
}

local function view(state)
  if state.done then
    return { title = 'voxmend: set up', lines = { 'It is in the right-click menu of items.' },
      asks = true, buttons = { { id = 'close', label = 'Close' } } }
  end
  if state.command == 0 then
    return { title = 'voxmend: set up', failed = true, asks = true,
      lines = { 'REAPER did not take the actions. '
      .. 'Type: voxmend reaper install, then start REAPER anew.' },
      buttons = { { id = 'close', label = 'Close' } } }
  end
  local lines = { table.unpack(CLICKS) }
  if state.looked then lines[#lines + 1] = 'It is not there yet.' end
  lines[#lines + 1] = state.python
  local buttons = { { id = 'customize', label = 'Customize menus' } }
  if R.has 'DoActionShortcutDialog' then
    buttons[2] = { id = 'shortcut', label = 'Keyboard shortcut…' }
  end
  if R.file_exists(state.folder .. PYTHON) then
    buttons[#buttons + 1] = { id = 'python', label = 'Add the Python action' }
  end
  buttons[#buttons + 1] = { id = 'close', label = 'Close' }
  return { title = 'voxmend: set up', lines = lines, buttons = buttons, asks = not state.asked }
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
  local window = window_of.open('voxmend', settings_file.load(data), function() end, log)
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
