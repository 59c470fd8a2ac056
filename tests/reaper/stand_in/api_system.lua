-- Files, processes, dialogs, time, actions: what REAPER does beyond the project.

local Disk = dofile(HERE .. 'stand_in/disk.lua')
local Exec = dofile(HERE .. 'stand_in/exec.lua')
local Sha1 = dofile(HERE .. 'stand_in/sha1.lua')
local Undo = dofile(HERE .. 'stand_in/undo.lua')

local F = {}

local function listing(path, kind)
  local names = {}
  for _, name in ipairs(Disk.list(path)) do
    local folder = name:match '^(.*)/$'
    if kind == 'folder' and folder then names[#names + 1] = folder end
    if kind == 'file' and not folder then names[#names + 1] = name end
  end
  return names
end

-- REAPER keeps the last listing of a folder until it is asked for index -1.
local function enumerate(kind)
  return function(fake, path, n)
    local key = kind .. path
    if n == -1 then
      fake.listings[key] = nil
      return nil
    end
    if n == 0 or not fake.listings[key] then
      fake.listings[key] = fake.listings[key] or listing(path, kind)
    end
    return fake.listings[key][n + 1]
  end
end

F.EnumerateFiles = enumerate 'file'
F.EnumerateSubdirectories = enumerate 'folder'
function F.RecursiveCreateDirectory(_, path)
  if Exec.exists(path) then return 1 end
  return Disk.make(path) and 1 or 0
end
function F.file_exists(_, path) return Exec.exists(path) end
function F.GetResourcePath(fake) return fake.resource end
function F.GetExePath(fake) return fake.resource end
function F.get_ini_file(fake) return fake.resource .. '/reaper.ini' end
function F.GetAppVersion(fake) return fake.version end
function F.GetOS(fake) return fake.os end

-- The ground of the main window, red, green and blue from 0 to 255: `fake.theme`; none is -1.
function F.GetThemeColor(fake, name)
  if name ~= 'col_main_bg2' or not fake.theme then return -1 end
  return fake.theme[1] | fake.theme[2] << 8 | fake.theme[3] << 16
end
function F.ColorFromNative(_, color) return color & 255, color >> 8 & 255, color >> 16 & 255 end
function F.time_precise(fake) return fake.clock.now + fake.clock.cost end
function F.genGuid(fake) return fake:guid() end

function F.ExecProcess(fake, command, timeout)
  fake.spawned[#fake.spawned + 1] = command
  if timeout >= 0 then fake:violation 'ExecProcess blocks REAPER' end
  local fine
  if fake.exec_hook then
    fine = fake.exec_hook(command)
  else
    fine = Exec.start(Exec.split(command))
  end
  if not fine then return nil end
  return fake.switches.exec_detached_returns or nil
end

local function dialog(fake, name, record)
  record.name = name
  fake.dialogs[#fake.dialogs + 1] = record
  local answers = fake.answers[name] or {}
  local answer = table.remove(answers, 1)
  return answer
end

function F.ShowMessageBox(fake, text, title, kind)
  return dialog(fake, 'ShowMessageBox', { text = text, title = title, type = kind }) or 1
end
F.MB = F.ShowMessageBox
function F.ShowConsoleMsg(fake, text) dialog(fake, 'ShowConsoleMsg', { text = text }) end
-- An answer is given with commas between the values; they come back with the separator that the
-- captions ask for. One that is a list is joined by it, so that a value may hold a comma.
function F.GetUserInputs(fake, title, _, captions, values)
  local answer = dialog(fake, 'GetUserInputs', { title = title, text = captions })
  local separator = captions:match 'separator=(.)' or ','
  if type(answer) == 'table' then answer = table.concat(answer, separator) end
  if not answer then return false, values end
  return true, answer
end
function F.GetUserFileNameForRead(fake, _, title)
  local answer = dialog(fake, 'GetUserFileNameForRead', { title = title })
  return answer ~= nil, answer or ''
end
function F.CF_ShellExecute(fake, what)
  dialog(fake, 'CF_ShellExecute', { text = what })
  return true
end
function F.CF_SetClipboard(fake, text) fake.clipboard = text end
function F.osara_outputMessage(fake, text) fake.spoken[#fake.spoken + 1] = text end
function F.GetMainHwnd() return 0 end
function F.SectionFromUniqueID() return 0 end
function F.DoActionShortcutDialog(fake) dialog(fake, 'DoActionShortcutDialog', {}) return true end

-- Actions: REAPER names a script by the SHA-1 of its path in capitals.
local function command_name(fake, path)
  local root = fake.resource .. '/Scripts/'
  local relative = path:sub(1, #root) == root and path:sub(#root + 1) or path
  return '_RS' .. Sha1.hex(relative:gsub('\\', '/'):upper())
end

-- The list is kept when a call commits it and is not refused.
function F.AddRemoveReaScript(fake, add, _, path, commit)
  if not Exec.exists(path) then return 0 end
  if fake.refused_scripts and path:find(fake.refused_scripts) then return 0 end
  fake.key_map_written = fake.key_map_written or commit
  local name = command_name(fake, path)
  if not add then
    fake.actions[name] = nil
    return 1
  end
  if not fake.actions[name] then
    fake.next_command = fake.next_command + 1
    fake.actions[name] = { id = fake.next_command, path = path }
  end
  return fake.actions[name].id
end
function F.NamedCommandLookup(fake, name) return (fake.actions[name] or {}).id or 0 end
function F.ReverseNamedCommandLookup(fake, id)
  for name, action in pairs(fake.actions) do
    if action.id == id then return name:sub(2) end
  end
  return nil
end
local OF_OTHERS = dofile(HERE .. 'stand_in/api_of_others.lua').__native
local MARKERS = dofile(HERE .. 'stand_in/api_markers.lua').__native

-- Native actions that our scripts use, by number.
local NATIVE = {
  [40859] = function(fake) fake:tab() end,
  [40860] = function(fake) -- a tab with changes that were not saved is asked about
    if fake.project.dirty then dialog(fake, 'Save changes?', { text = 'Save changes?' }) end
    fake:close(fake.handles:of(fake.project))
  end,
  [40047] = function(fake) -- Peaks: Build any missing peaks
    if fake.play_state & 4 == 4 then fake:violation 'peaks are built while REAPER records' end
    for _, track in ipairs(fake.project.tracks) do
      for _, item in ipairs(track.items) do
        for _, take in ipairs(item.takes) do
          if take and take.source then take.source.peaks = 0 end
        end
      end
    end
  end,
  [40026] = function(fake) fake.saved = (fake.saved or 0) + 1 end, -- File: Save project
  [40029] = function(fake) fake:undo() end,
  [40030] = function(fake) fake:redo() end,
  [40129] = function(fake) -- Take: Delete active take from items
    for _, track in ipairs(fake.project.tracks) do
      for _, item in ipairs(track.items) do
        local at = item.I_CURTAKE + 1
        if item.B_UISEL == 1 and item.takes[at] then
          Undo.bury { takes = { table.remove(item.takes, at) } }
          item.I_CURTAKE = math.max(0, math.min(item.I_CURTAKE, #item.takes - 1))
        end
      end
    end
    fake:changed 'take'
  end,
  [40131] = function(fake) -- Take: Crop to active take in items
    for _, track in ipairs(fake.project.tracks) do
      for _, item in ipairs(track.items) do
        local active = item.takes[item.I_CURTAKE + 1]
        if item.B_UISEL == 1 and active then
          for _, take in ipairs(item.takes) do
            if take and take ~= active then Undo.bury { takes = { take } } end
          end
          item.takes, item.I_CURTAKE = { active }, 0
        end
      end
    end
    fake:changed 'take'
  end,
  [40905] = function(fake) dialog(fake, 'Customize menus', { text = 'Customize menus' }) end,
  [40439] = function(fake) fake:set_offline(false) end,
  [40440] = function(fake) fake:set_offline(true) end,
  [40044] = function(fake) fake.play_state = fake.play_state == 0 and 1 or 0 end,
}

function F.Main_OnCommand(fake, id)
  fake.commands[#fake.commands + 1] = id
  local native = NATIVE[id] or OF_OTHERS[id] or MARKERS[id]
  if not native and id < 50000 then return fake:violation('no action ' .. id .. ' is known') end
  if native then return native(fake) end
  for _, action in pairs(fake.actions) do
    if action.id == id then fake:run(action.path) end
  end
end
function F.Main_OnCommandEx(fake, id) F.Main_OnCommand(fake, id) end
function F.Menu_GetHash(fake, _, flag)
  return flag == 0 and fake.menu_hash or '0123456789abcdef'
end
function F.SetCursorContext(fake, context) fake.focus = context end
-- The rate of the audio device; no device is open where there is none.
function F.GetAudioDeviceInfo(fake, what)
  if what ~= 'SRATE' or not fake.device_rate then return false, '' end
  return true, tostring(fake.device_rate)
end
-- With a path the project is written there, and no question asked.
function F.Main_SaveProjectEx(fake, project, path)
  fake:save(fake.handles:of(project), path)
end
function F.APIExists(fake, name) return fake:has(name) end
function F.set_action_options(fake, flags) if fake.current then fake.current.options = flags end end
function F.get_action_context(fake)
  return false, fake.current and fake.current.path or '', 0, 0, 0, 0, 0, ''
end
function F.defer(fake, job)
  assert(fake.current, 'defer outside a script')
  table.insert(fake.current.deferred, job)
  return true
end
function F.atexit(fake, job)
  table.insert(fake.current.at_exit, job)
  return true
end

return F
