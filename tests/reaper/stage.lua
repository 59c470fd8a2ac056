-- A REAPER with tracks and items, a user who clicks, and the player behind the mailbox: what
-- scenarios are played on. Everything the user does goes through REAPER's own functions.

local Disk = dofile(HERE .. 'stand_in/disk.lua')
local Fake = dofile(HERE .. 'stand_in/init.lua')
local Player = dofile(HERE .. 'player.lua')
local Wav = dofile(HERE .. 'stand_in/wav.lua')
local json = require 'json'

local M = {}
M.__index = M

local serial = 0

local function write(path, text)
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
end

-- options: player, fake (fields of Fake.new), settings, install = false (no install.json);
-- real: time passes, processes are started, and the resource folder is one that
-- `voxmend reaper install` has filled.
function M.new(options)
  options = options or {}
  serial = serial + 1
  local folder = TMP .. (options.name or ('stage' .. serial))
  local self = setmetatable({ folder = folder, real = options.real }, M)
  self.resource = options.real or folder .. '/REAPER'
  self.data = self.resource .. '/Data/voxmend'
  for _, path in ipairs { self.data, folder .. '/media' } do
    Disk.make(path)
  end
  local made = { resource = self.resource, switches = options.switches,
    real_time = options.real ~= nil }
  for key, value in pairs(options.fake or {}) do made[key] = value end
  self.fake = Fake.new(made)
  self.fake:install()
  self.player = Player.new(options.player)
  self.player.open_wav = function(path) return self:read_wav(path) end
  self.player.renames = function() return self.fake.renames end
  if options.install ~= false and not options.real then
    write(self.data .. '/install.json', json.encode {
      schema = 1, version = '0.1.0', command = { '/usr/bin/true', '-m', 'voxmend' },
      data = self.data, home = folder .. '/home',
    })
  end
  self:settings(options.settings or { preset = 'quick' })
  if not options.real then
    self.fake.exec_hook = function(command) return self:exec(command) end
  end
  self.fake:tab()
  return self
end

function M:settings(values) write(self.data .. '/settings.json', json.encode(values)) end

function M.read_wav(_, path)
  local sound = Wav.read(path)
  return sound
end

-- Plays the process that the scripts start. report: what becomes of one, {page} or {error}; nil:
-- nothing comes.
function M:exec(command)
  self.commands = self.commands or {}
  self.commands[#self.commands + 1] = command
  local asked = command:match 'bridge"? "([^"]+)" "%-%-report"$'
  if asked then
    if self.report then self.player.make_report(asked, self.report) end
    return true
  end
  local box = command:match 'bridge"? "([^"]+)"%s*$'
  if box and not self.absent then self.player:start(box, reaper.time_precise()) end
  return true
end

-- Noise as the bytes of float samples: so many frames of so many channels.
local function noise(frames, channels, seed)
  local state, out, low = seed, {}, {}
  for n = 1, frames * channels do
    state = (state * 1103515245 + 12345) & 0x7fffffff
    local c = n % channels
    low[c] = 0.6 * (low[c] or 0) + 0.4 * (state / 0x40000000 - 1) * 0.4
    out[n] = string.pack('<f', low[c])
  end
  return table.concat(out)
end

local noises = {} -- made once for all scenarios

-- A WAV of known noise: float, so that nothing is rounded; a low rate, so that scenarios are quick.
function M:wav(name, options)
  options = options or {}
  local rate, channels = options.rate or 8000, options.channels or 2
  local frames = math.floor((options.seconds or 4) * rate)
  local key = frames .. ' ' .. channels .. ' ' .. (options.seed or 1)
  noises[key] = noises[key] or noise(frames, channels, options.seed or 1)
  local data = noises[key]
  local path = self.folder .. '/media/' .. name
  write(path, table.concat {
    'RIFF', string.pack('<I4', 36 + #data), 'WAVEfmt ',
    string.pack('<I4I2I2I4I4I2I2', 16, 3, channels, rate, rate * channels * 4, channels * 4, 32),
    'data', string.pack('<I4', #data), data })
  return path
end

function M.track(name)
  local index = reaper.CountTracks(0)
  reaper.Undo_BeginBlock2(0)
  reaper.InsertTrackAtIndex(index, false)
  local track = reaper.GetTrack(0, index)
  reaper.GetSetMediaTrackInfo_String(track, 'P_NAME', name, true)
  reaper.Undo_EndBlock2(0, 'user: track', -1)
  return track
end

-- options: position, length, and any attribute by REAPER's key, in `item` and in `take`.
function M.item(track, path, options)
  options = options or {}
  reaper.Undo_BeginBlock2(0)
  local item = reaper.AddMediaItemToTrack(track)
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(path))
  reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', path:match '[^/]+$', true)
  reaper.SetMediaItemInfo_Value(item, 'D_POSITION', options.position or 0)
  reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', options.length or 2)
  for key, value in pairs(options.item or {}) do
    reaper.SetMediaItemInfo_Value(item, key, value)
  end
  for key, value in pairs(options.take or {}) do
    reaper.SetMediaItemTakeInfo_Value(take, key, value)
  end
  reaper.SetMediaItemSelected(item, options.selected ~= false)
  reaper.Undo_EndBlock2(0, 'user: item', -1)
  return item, take
end

function M:script(name)
  local folder = self.real and self.real .. '/Scripts/voxmend/Vocals/' or SCRIPTS
  return folder .. 'voxmend_' .. name .. '.lua'
end

function M:run(name)
  self.instance = self.fake:run(self:script(name))
  if #self.fake.failures > 0 then error(self.fake.failures[1], 0) end
  return self.instance
end

-- A script that ended in a defect has told the user and written the log: here it is an error.
function M:mind_defects()
  if #self.fake.failures > 0 then error(self.fake.failures[1], 0) end
  local last = self.fake.dialogs[#self.fake.dialogs]
  if last and tostring(last.text):find('a defect in voxmend', 1, true) then
    local file = io.open(self.data .. '/log.txt', 'rb')
    error(file and file:read 'a' or last.text, 0)
  end
end

function M:tick(count)
  for _ = 1, count or 1 do
    self.fake:tick(1)
    self:mind_defects()
    if not self.real then self.player:step(reaper.time_precise()) end
  end
end

-- Ticks until the predicate holds; false when so many seconds of virtual time were not enough.
-- step_s: of one tick meanwhile; a REAPER that is busy makes fewer, and minutes go by sooner.
function M:until_(predicate, limit_s, step_s)
  local from, clock = reaper.time_precise(), self.fake.clock
  local before = clock.step
  clock.step = step_s or before
  local held = predicate()
  while not held and reaper.time_precise() - from <= (limit_s or 60) do
    self:tick()
    held = predicate()
  end
  clock.step = before
  return held
end

function M.undo_text() return reaper.Undo_CanUndo2(0) end

function M.imported()
  return (reaper.Undo_CanUndo2(0) or ''):match '^voxmend' ~= nil
end

function M:restore(limit_s)
  self:run 'Restore vocals of selected items'
  return self:until_(function() return M.imported() end, limit_s)
end

-- Whether a job runs at the player, and whether a message of this type was asked.
function M:running_job()
  for _, job in pairs(self.player.jobs) do
    if job.state == 'running' then return true end
  end
  return false
end

function M:asked(kind)
  for _, ask in ipairs(self.player.asked) do
    if ask.type == kind then return true end
  end
  return false
end

-- What the user can read: the window and the boxes.
function M:screen_text()
  local out = {}
  for _, shape in ipairs(self.fake.screen) do
    if shape.text then out[#out + 1] = shape.text end
  end
  for _, dialog in ipairs(self.fake.dialogs) do
    for _, value in pairs(dialog) do out[#out + 1] = tostring(value) end
  end
  return table.concat(out, '\n')
end

-- Whether these words can be read, also where a line ends between them.
function M:says(words)
  local text = self:screen_text():lower()
  -- The second line of a row stands in; a long path is broken anywhere.
  local spaced, joined = text:gsub('\n *', ' '), text:gsub('\n *', '')
  return (spaced:find(words:lower(), 1, true) or joined:find(words:lower(), 1, true)) ~= nil
end

-- Whether a button with just this text is there.
function M:offers(label)
  for _, shape in ipairs(self.fake.screen) do
    if shape.text == label then return true end
  end
  return false
end

-- Clicks the button whose text holds these words; false while there is none.
function M:press(words)
  for n = #self.fake.screen, 1, -1 do -- buttons stand below the sentences
    local shape = self.fake.screen[n]
    if shape.text and shape.text:lower():find(words:lower(), 1, true) then
      self.fake:click_text(shape.text)
      self:tick(2)
      return true
    end
  end
  return false
end

-- Takes whose name ends so, in all items of the project in front.
function M.count_takes(ending)
  local count = 0
  for i = 0, reaper.CountMediaItems(0) - 1 do
    local item = reaper.GetMediaItem(0, i)
    for k = 0, reaper.CountTakes(item) - 1 do
      local take, _, name = reaper.GetTake(item, k), nil, ''
      if take then _, name = reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', '', false) end
      if name:sub(-#ending) == ending then count = count + 1 end
    end
  end
  return count
end

-- The project as lines: track name, then its items with their takes.
function M.picture()
  local out = {}
  for t = 0, reaper.CountTracks(0) - 1 do
    local track = reaper.GetTrack(0, t)
    local _, name = reaper.GetSetMediaTrackInfo_String(track, 'P_NAME', '', false)
    out[#out + 1] = '= ' .. name
    for i = 0, reaper.CountTrackMediaItems(track) - 1 do
      local item = reaper.GetTrackMediaItem(track, i)
      local names, active = {}, reaper.GetMediaItemInfo_Value(item, 'I_CURTAKE')
      for k = 0, reaper.CountTakes(item) - 1 do
        local take, _, label = reaper.GetTake(item, k), nil, '(empty)'
        if take then _, label = reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', '', false) end
        names[#names + 1] = (k == active and '*' or '') .. label
      end
      out[#out + 1] = string.format('  %.3f+%.3f%s %s',
        reaper.GetMediaItemInfo_Value(item, 'D_POSITION'),
        reaper.GetMediaItemInfo_Value(item, 'D_LENGTH'),
        reaper.GetMediaItemInfo_Value(item, 'B_MUTE') ~= 0 and ' muted' or '',
        table.concat(names, ' | '))
    end
  end
  return table.concat(out, '\n')
end

return M
