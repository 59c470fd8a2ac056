-- What the user chose in REAPER, one JSON file in the data folder. Keys of a later version are
-- kept. A file that cannot be understood is put aside, and the defaults hold.

local files = require 'files'
local json = require 'json'
local texts = require 'texts'

local M = {}

M.defaults = {
  result = 'tracks', -- or 'take': a new active take on the original
  folder = false, -- stem tracks inside the item's own track, which becomes a folder
  mute_original = true,
  preset = 'quick',
  print_stretch = false,
  pause_while_recording = true, -- voxmend stands still while REAPER records
  raw_take = true, -- the voice before it was mended, as a second take of Vocals
  transport = 'bridge', -- or 'socket': LuaSocket, for those who have it
  window = 'normal', -- or 'small', 'none'; 'gfx': never ReaImGui
  dock = 0, -- of the window that gfx draws: odd in a docker
  colors = 'auto', -- or 'dark', 'light'
  language = 'en', -- or that of a file in languages/
}

local CHOICES = {
  result = { tracks = true, take = true },
  transport = { bridge = true, socket = true },
  colors = { auto = true, dark = true, light = true },
  window = { normal = true, small = true, none = true, gfx = true },
}

-- Without a default: left to voxmend.
local OPTIONAL = { device = { cpu = true, cuda = true, mps = true } }

-- Of the window: where it stood. Without a default: REAPER's corner.
local PLACES = { x = true, y = true, dock = true }
local FAR = 100000 -- pixels; no screen reaches beyond

local function sane(key, value)
  local default = M.defaults[key]
  if PLACES[key] then return type(value) == 'number' and value >= -FAR and value <= FAR end
  if OPTIONAL[key] then return OPTIONAL[key][value] == true end
  if default == nil then return true end
  if CHOICES[key] then return CHOICES[key][value] == true end
  return type(value) == type(default)
end

-- All settings, and a sentence if the file was not valid.
function M.load(data)
  local path, out = data .. '/settings.json', {}
  for key, value in pairs(M.defaults) do out[key] = value end
  local text = files.read(path)
  if not text then return out end
  local found, reason = json.decode(text)
  if type(found) ~= 'table' or json.is_list(found) then
    os.remove(path .. '.broken')
    os.rename(path, path .. '.broken')
    return out, texts.say('settings_broken', { reason = tostring(reason),
      path = path .. '.broken' })
  end
  for key, value in pairs(found) do
    if sane(key, value) then out[key] = value end
  end
  return out
end

-- Changes some settings and keeps the others; json.null leaves one to voxmend again.
function M.change(data, values)
  local all = M.load(data)
  for key, value in pairs(values) do
    if value == json.null then all[key] = nil else all[key] = value end
  end
  return files.replace(data .. '/settings.json', json.encode(all))
end

return M
