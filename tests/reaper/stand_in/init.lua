-- A stand-in for REAPER: stateful, strict, with a clock of its own. It shares no code with the
-- scripts it runs. Fake.new{resource=, os=, version=, real_time=, switches=}, then install().
--   open(path) tab() select(n) close(n) save(project or 0, path)      projects and tabs
--   run(script) action(id or name) tick(n) until_(f, limit_s) stop_all()   scripts and time
--   undo() redo() edit.*(pointer, …) modal(seconds)                   the user's hands
--   dialogs, answers, screen, click_text(text), key(code), spoken     what is said and answered
--   ticks, violations, failures, spawned, undo_list                   what came of it
-- Switches are behaviours nobody has proved in a real REAPER; LEDGER.md has a row for each.

local Clock = dofile(HERE .. 'stand_in/clock.lua')
local Edits = dofile(HERE .. 'stand_in/edits.lua')
local Handles = dofile(HERE .. 'stand_in/handles.lua')
local Model = dofile(HERE .. 'stand_in/rpp_model.lua')
local Objects = dofile(HERE .. 'stand_in/objects.lua')
local Rpp = dofile(HERE .. 'stand_in/rpp.lua')
local Screen = dofile(HERE .. 'stand_in/screen.lua')
local Scripts = dofile(HERE .. 'stand_in/scripts.lua')
local Strict = dofile(HERE .. 'stand_in/strict.lua')
local Undo = dofile(HERE .. 'stand_in/undo.lua')

local M = {}

-- The undo list is that of the project in front.
function M.__index(self, key)
  if key == 'undo_list' then return rawget(self, 'project').undo end
  return M[key]
end

local switches = {
  accessor_hears_edits = true,
  delete_track_ends_folder = false,
  envelope_chunk_is_item_time = false,
  split_copies_ext = true,
  split_overlaps = false,
  split_turns_loops = false,
  set_source_duplicates = true,
  offline_type = '_OFFLINE_WAVE',
  offline_rate_zero = true,
  exec_detached_returns = false,
  insert_track_selects = false,
  menu_hash_exists = true,
  state_count_on_playback = false,
  reaimgui = false, -- or its version: '0.10', '0.9.3'
  stretcher_listens = false,
  take_marker_in_take_source = true,
  windows = false,
}

-- What the user's preferences give a new item.
local FRESH_ITEM = { D_FADEINLEN = 0.01, D_FADEOUTLEN = 0.01, C_FADEINSHAPE = 1,
  C_FADEOUTSHAPE = 1, C_AUTOSTRETCH = 1, I_FADELPF = 2, B_ALLTAKESPLAY = 0 }

local PARTS = { 'api_state', 'api_sources', 'api_project', 'api_system', 'api_chunks', 'api_array',
  'api_imgui', 'api_markers', 'api_of_others', 'api_sends' }

-- Names REAPER itself does not have: extensions, there only when the test says so.
local EXTENSIONS = { CF = 'sws', osara = 'osara' }

-- Whether version `a` is as new as `b`; what has no version is older than all.
local function as_new(a, b)
  local x, y = a:gmatch '%d+', (b or ''):match('^[%d.]*'):gmatch '%d+'
  for wanted in y do
    local own = tonumber(x() or 0)
    if own ~= tonumber(wanted) then return own > tonumber(wanted) end
  end
  return true
end

function M.new(options)
  local self = setmetatable({
    resource = options.resource, os = options.os or 'Other', real_time = options.real_time,
    version = options.version or '7.30/linux-x86_64', rate = options.rate, tabs = {}, ext = {},
    listings = {}, spawned = {}, dialogs = {}, answers = {}, actions = {}, commands = {},
    instances = {}, violations = {}, failures = {}, spoken = {}, no_refresh = 0, play_state = 0,
    next_command = 50000, serial = 0, menu_hash = '0123456789abcdef', ticks = {},
    extensions = options.extensions or {}, disk_full = options.disk_full,
    missing = options.missing or {}, retina = options.retina, theme = options.theme, renames = 0,
    refused_scripts = options.refused_scripts, fresh_item = options.fresh_item or FRESH_ITEM,
    device_rate = options.device_rate,
  }, M)
  self.switches = {}
  for name, value in pairs(switches) do self.switches[name] = value end
  for part in (os.getenv 'VOXMEND_TEST_SWITCHES' or ''):gmatch '[^,]+' do
    local name, value = part:match '^(%w[%w_]*)=(.*)$'
    if value == 'true' or value == 'false' then value = value == 'true' end
    self.switches[name] = value
  end
  for name, value in pairs(options.switches or {}) do
    assert(switches[name] ~= nil, 'no such switch: ' .. name)
    self.switches[name] = value
  end
  self.handles = Handles.new()
  self.clock = Clock.new()
  self.edit = Edits.new(self)
  self.new_screen = function() return Screen.new(self) end
  self.reaper = self:build()
  self.idle_screen, self.gfx = Screen.new(self)
  self.screen = self.idle_screen.shapes
  return self
end

function M:has(name)
  if self.missing[name] then return false end
  local extension = API_DATA.reascript_api_extensions[name]
  if extension and name:match '^ImGui' then
    local installed = self.switches.reaimgui
    return installed ~= false and as_new(installed, extension.since or nil)
  end
  if extension then return self.extensions[EXTENSIONS[name:match '^%a+']] == true end
  if name == 'Menu_GetHash' and not self.switches.menu_hash_exists then return false end
  return API_DATA.reascript_api[name] ~= nil
end

local IMGUI = dofile(HERE .. 'stand_in/api_imgui.lua')

function M:build()
  local made = {}
  for _, part in ipairs(PARTS) do
    for name, job in pairs(dofile(HERE .. 'stand_in/' .. part .. '.lua')) do
      if name:sub(1, 2) ~= '__' then made[name] = job end
    end
  end
  local out = {}
  return setmetatable(out, { __index = function(_, name)
    if not self:has(name) then return nil end
    local job = made[name]
    if not job then
      error('the stand-in has no ' .. name .. ' yet', 2)
    end
    local signature = API_DATA.reascript_api_extensions[name] or API_DATA.reascript_api[name]
    out[name] = Strict.wrap(self, name, job, signature, API_DATA.reascript_attributes)
    return out[name]
  end })
end

function M:install()
  reaper, gfx = self.reaper, self.gfx
end

-- Numbered in virtual time, so that a run can be repeated; unlike those of any other run where a
-- real worker remembers them.
function M:guid()
  self.serial = self.serial + 1
  self.salt = self.salt or self.real_time
    and tonumber(tostring({}):match '0x(%x+)', 16) ~ os.time() << 16 or 0x5B2D6A1C0E77
  return string.format('{%08X-4F5E-4B0A-9F0A-%012X}', self.serial, self.salt & 0xffffffffffff)
end

-- Another program holds the file for a moment: renames onto paths that match are refused.
function M:refuse_renames(seconds, pattern)
  self.refused = { before = self.clock.now + seconds, pattern = pattern or '' }
end

function M:renames_refused(path)
  local refused = self.refused
  return refused ~= nil and self.clock.now < refused.before and path:find(refused.pattern) ~= nil
end

function M:violation(text) self.violations[#self.violations + 1] = text end

-- Every change of the project comes through here.
function M:changed(what, by_hand)
  local project = self.project
  project.changes, project.touched, project.dirty = project.changes + 1, true, true
  if what == 'item' or what == 'track' or by_hand then project.all = nil end
  if (project.block or 0) == 0 and not by_hand then
    self:violation('a change outside an undo block: ' .. what)
  end
end

-- The window and gfx of the script that is about to run.
function M:use(instance)
  self.gfx, self.active = instance.gfx, instance
end

-- Projects and tabs ------------------------------------------------------------------------------

local function show(self, project)
  self.tabs[#self.tabs + 1] = project
  self.project = project
  Undo.begin(project)
  return self.handles:of(project)
end

function M:tab() return show(self, Objects.project(self)) end

function M:open(path)
  local file = assert(io.open(path, 'rb'))
  local text = file:read 'a'
  file:close()
  local project = Objects.project(self)
  project.file = path
  Model.load(Rpp.parse(text), project)
  local folder = path:match '^(.*)/[^/]*$'
  for _, track in ipairs(project.tracks) do
    for _, item in ipairs(track.items) do
      for _, take in ipairs(item.takes) do
        local source = take and take.source
        while source do -- a path in a project may be relative to it
          if source.file and source.file ~= '' and not source.file:match '^/' then
            source.file = folder .. '/' .. source.file
          end
          source = source.parent
        end
      end
    end
  end
  Undo.adopt_all(project)
  return show(self, project)
end

local function at(self, which)
  if type(which) == 'number' then return which == 0 and self.project or self.tabs[which] end
  return self.handles.by_handle[which]
end

function M:select(which) self.project = at(self, which) end

function M:close(which)
  local project = at(self, which)
  for n, other in ipairs(self.tabs) do
    if other == project then table.remove(self.tabs, n) end
  end
  project.closed = true
  for _, track in ipairs(project.tracks) do Undo.bury(track) end
  if self.project == project then self.project = self.tabs[1] end
end

function M:save(which, path)
  local project = at(self, which)
  local file = assert(io.open(path, 'wb'))
  file:write(Rpp.dump(Model.save(project)))
  file:close()
  project.file, project.dirty = path, false
end

-- Scripts and time -------------------------------------------------------------------------------

function M:run(path)
  self.clock.cost = 0
  local instance = Scripts.run(self, path)
  if instance then IMGUI.__end_tick(self, instance) end
  self.ticks[#self.ticks + 1] = { cost = self.clock.cost, instance = instance }
  self.clock:add(self.clock.cost)
  self.clock.cost = 0
  self:look()
  return instance
end

function M:action(which)
  local name = type(which) == 'string' and self.reaper.NamedCommandLookup(which) or which
  self.reaper.Main_OnCommand(name, 0)
end

-- What is on the screens now, all windows together.
function M:look()
  local shapes = {}
  for _, instance in ipairs(self.instances) do
    instance.screen.shapes = #instance.screen.drawing > 0 and instance.screen.drawing
      or instance.screen.shapes
    instance.screen.drawing = {}
    local open = instance.screen.open or instance.screen.imgui
    for _, shape in ipairs(open and instance.screen.shapes or {}) do
      shape.instance = instance
      shapes[#shapes + 1] = shape
    end
  end
  self.screen = shapes
end

function M:tick(count)
  for _ = 1, count or 1 do
    local began = os.clock()
    self.clock:begin()
    for _, instance in ipairs { table.unpack(self.instances) } do
      self.clock.cost = 0
      Scripts.tick(self, instance)
      IMGUI.__end_tick(self, instance)
      self.ticks[#self.ticks + 1] = { cost = self.clock.cost, instance = instance }
      if self.project and (self.project.block or 0) > 0 then
        self:violation 'an undo block stays open at the end of a tick'
        self.project.block = 0
      end
      if self.no_refresh ~= 0 then
        self:violation 'PreventUIRefresh is not balanced at the end of a tick'
        self.no_refresh = 0
      end
      self.clock:add(self.clock.cost)
      self.clock.cost = 0
    end
    if self.switches.state_count_on_playback and self.play_state & 1 == 1 then
      self.project.changes = self.project.changes + 1
    end
    self:look()
    if self.real_time then Clock.sleep(1 / 30 - (os.clock() - began)) end
  end
end

function M:until_(predicate, limit_s)
  local from = self.clock.now
  while not predicate() do
    if self.clock.now - from > limit_s then return false end
    self:tick(1)
  end
  return true
end

function M:stop_all()
  for _, instance in ipairs { table.unpack(self.instances) } do Scripts.finish(self, instance) end
end

-- A dialog of REAPER's own is open: nothing deferred runs.
function M:modal(seconds) self.clock:add(seconds) end

-- REAPER renders the project for so many seconds: nothing deferred runs, but other programs do.
function M:rendering(seconds, meanwhile)
  for _ = 1, math.ceil(seconds * 10) do
    self.clock:add(0.1)
    meanwhile()
  end
end

-- Media of the selected items offline or online again.
function M:set_offline(offline)
  for _, track in ipairs(self.project.tracks) do
    for _, item in ipairs(track.items) do
      for _, take in ipairs(item.B_UISEL == 1 and item.takes or {}) do
        if take and take.source then
          take.source.offline = offline or nil
          take.source.was_offline = true
        end
      end
    end
  end
end

-- The user's hands -------------------------------------------------------------------------------

function M:undo() return self.reaper.Undo_DoUndo2(0) end
function M:redo() return self.reaper.Undo_DoRedo2(0) end

function M:answer(name, value)
  self.answers[name] = self.answers[name] or {}
  table.insert(self.answers[name], value)
end

function M:key(code)
  local instance = self.instances[#self.instances]
  if instance then table.insert(instance.screen.keys, code) end
end

-- Presses the mouse on a text and lets it go again.
function M:click_text(text)
  for _, shape in ipairs(self.screen) do
    if shape.text == text and shape.imgui then
      shape.imgui.clicked = shape.id
      self:tick(1)
      return true
    elseif shape.text == text then
      local window = shape.instance.gfx
      window.mouse_x, window.mouse_y = shape.x + shape.w / 2, shape.y + shape.h / 2
      window.mouse_cap = 1
      self:tick(1)
      window.mouse_cap = 0
      self:tick(1)
      return true
    end
  end
  return false
end

return setmetatable(M, { __call = function(class, options) return class.new(options) end })
