-- The Jobs panel: the queue with its bars, and each thing that can be done with a job.

local Stage = dofile(HERE .. 'stage.lua')

local function new(options)
  local stage = Stage.new(options)
  stage.item(stage.track 'Lead', stage:wav('song.wav', { seconds = 6 }))
  return stage
end

local function panel(stage)
  stage:run 'Jobs panel'
  stage:tick(45)
  return stage
end

local function restored(options)
  local stage = new(options)
  assert(stage:restore(), stage:screen_text())
  stage.fake:stop_all()
  return panel(stage)
end

-- A job at work whose window is closed, and the panel over it.
local function working()
  local stage = new()
  stage.player.hold = true
  stage:run 'Restore vocals of selected items'
  assert(stage:until_(function() return stage:running_job() end, 30))
  stage.fake:stop_all()
  return panel(stage)
end

local function asks(stage, kind)
  local out = {}
  for _, ask in ipairs(stage.player.asked) do
    if ask.type == kind then out[#out + 1] = ask end
  end
  return out
end

local function choose(stage, row) assert(stage:press(row or 'song'), stage:screen_text()) end

local function exists(path)
  local file = io.open(path, 'rb')
  if file then file:close() end
  return file ~= nil
end

local function stems(stage) return stage.count_takes 'Instrumental' end

local spec = {
  ['with no jobs it says so'] = function()
    local stage = panel(new())
    assert(stage:says 'No jobs yet', stage:screen_text())
  end,

  ['a running job shows stage, percent and device, with a bar'] = function()
    local stage = working()
    assert(stage:says 'song  ·  quick  ·  separating', stage:screen_text())
    assert(stage:says ' % on cpu', stage:screen_text())
    local bars, of_row = 0, require('palette').dark.row_bar[3]
    for _, shape in ipairs(stage.fake.screen) do
      if shape.kind == 'rect' and (shape.color or {})[3] == of_row then bars = bars + 1 end
    end
    assert(bars == 1, bars)
  end,

  ['a job is cancelled, and nothing comes in'] = function()
    local stage = working()
    choose(stage)
    assert(stage:press 'Cancel job')
    assert(#asks(stage, 'cancel') == 1)
    stage:tick(60)
    assert(stage:says 'cancelled', stage:screen_text())
    assert(not Stage.imported())
  end,

  ['a cancelled job is tried again, and its stems come in'] = function()
    local stage = working()
    choose(stage)
    assert(stage:press 'Cancel job')
    stage.player.hold = false
    stage:tick(60)
    choose(stage)
    assert(stage:press 'Retry job', stage:screen_text())
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
    assert(stems(stage) == 1, Stage.picture())
    stage:tick(60)
    assert(stems(stage) == 1)
  end,

  ['a failed job says why, and is tried again'] = function()
    local stage = new()
    stage.player.fail = function() return { code = 'out_of_memory', message = 'Close programs.',
      retryable = true } end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'Close programs' end, 30))
    stage.fake:stop_all()
    stage.player.fail = nil
    panel(stage)
    assert(stage:says 'failed: Close programs', stage:screen_text())
    choose(stage)
    assert(stage:press 'Retry job')
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
    assert(stems(stage) == 1)
  end,

  ['a job of another program is tried again too'] = function()
    local stage = new()
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    local job = stage.player.order[1]
    stage:press 'Cancel' -- the ticket is gone with it, as one of the command line has none
    stage.fake:stop_all()
    panel(stage)
    choose(stage)
    assert(stage:press 'Retry job', stage:screen_text())
    assert(asks(stage, 'retry')[1].job == job)
  end,

  ['run again with another preset: one more take from the same file, from the cache'] = function()
    local stage = restored()
    local first = asks(stage, 'submit')[1]
    choose(stage)
    stage.fake:answer('gfx.showmenu', 3) -- 1 is strengths, 2 quick, 3 restore
    assert(stage:press 'Run again')
    assert(stage:until_(function() return #asks(stage, 'submit') == 2 end, 30))
    local second = asks(stage, 'submit')[2]
    assert(second.preset == 'restore' and second.job ~= first.job)
    for _, key in ipairs { 'path', 'start_s', 'end_s' } do
      assert(second.clip[key] == first.clip[key], key) -- the same span is what the cache knows
    end
    assert(stage:until_(function() return stems(stage) == 2 end, 30), Stage.picture())
    assert(reaper.CountTracks(0) == 3, Stage.picture())
    assert(Stage.undo_text() == 'voxmend: restore 1 item (restore)', Stage.undo_text())
  end,

  ['run again with other strengths asks for them and sends them'] = function()
    local stage = restored { player = { presets = { { name = 'quick', title = 'Quick',
      description = 'Nothing to fetch.', blocks = { 'separate.builtin', 'denoise.gate' } } } } }
    choose(stage)
    stage.fake:answer('gfx.showmenu', 1)
    stage.fake:answer('GetUserInputs', '0.25')
    assert(stage:press 'Run again')
    assert(stage:until_(function() return #asks(stage, 'submit') == 2 end, 30))
    assert(asks(stage, 'submit')[2].set['denoise.strength'] == 0.25)
    assert(asks(stage, 'submit')[2].preset == 'quick')
  end,

  ['strengths may have a comma, stay between 0 and 1, and a word is no number'] = function()
    local two = { player = { presets = { { name = 'quick', title = 'Quick',
      description = '', blocks = { 'separate.builtin', 'denoise.gate', 'phase.x' } } } } }
    local cases = { { { '0,5', '' }, { ['denoise.strength'] = 0.5 } },
      { { ' 0.25 ', '7' }, { ['denoise.strength'] = 0.25, ['phase.strength'] = 1 } },
      { { '-1', '0,75' }, { ['denoise.strength'] = 0, ['phase.strength'] = 0.75 } } }
    for _, case in ipairs(cases) do
      local stage = restored(two)
      choose(stage)
      stage.fake:answer('gfx.showmenu', 1)
      stage.fake:answer('GetUserInputs', case[1])
      assert(stage:press 'Run again')
      assert(stage:until_(function() return #asks(stage, 'submit') == 2 end, 30))
      local set = asks(stage, 'submit')[2].set
      for _, name in ipairs { 'denoise.strength', 'phase.strength' } do
        assert(set[name] == case[2][name], name .. ' ' .. tostring(set[name]))
      end
    end
    local stage = restored(two)
    choose(stage)
    stage.fake:answer('gfx.showmenu', 1)
    stage.fake:answer('GetUserInputs', { 'much', '' })
    assert(stage:press 'Run again')
    stage:tick(10)
    assert(#asks(stage, 'submit') == 1 and stage:says '“much” is no strength', stage:screen_text())
  end,

  ['three hundred done tickets cost a poll nothing'] = function()
    local stage = restored()
    local files, json = require 'files', require 'json'
    local done = stage.data .. '/tickets/done/'
    local name = files.list(done, reaper.EnumerateFiles)[1]
    local ticket = files.read_json(done .. name)
    for n = 1, 9 do ticket.items[n + 1] = ticket.items[1] end
    for n = 1, 300 do
      ticket.group = ('%08d-0000-4000-8000-000000000000'):format(n)
      assert(files.replace(done .. ticket.group .. '.json', json.encode(ticket)))
    end
    stage:tick(60)
    local opened, before = 0, io.open
    rawset(io, 'open', function(path, ...)
      if path:find('/tickets/done/', 1, true) then opened = opened + 1 end
      return before(path, ...)
    end)
    stage:tick(400) -- what is old is looked for meanwhile, one file at a tick
    opened = 0
    local ticks, longest = #stage.fake.ticks, 0
    for _ = 1, 150 do
      local from = os.clock()
      stage:tick()
      longest = math.max(longest, os.clock() - from)
    end
    rawset(io, 'open', before)
    assert(opened == 0, opened .. ' tickets were opened in five polls')
    for n = ticks + 1, #stage.fake.ticks do
      assert(stage.fake.ticks[n].cost < 0.002, stage.fake.ticks[n].cost)
    end
    assert(stage:says 'in the project', stage:screen_text())
    local worst = 0
    for n = ticks + 1, #stage.fake.ticks do worst = math.max(worst, stage.fake.ticks[n].cost) end
    io.write(('# 300 done tickets: the longest tick of five polls costs %.2f ms in REAPER, %.1f ms '
      .. 'of this processor with the stand-in and its worker\n'):format(1e3 * worst, 1e3 * longest))
  end,

  ['tickets that were done three months ago go, younger ones stay'] = function()
    local stage = restored()
    local files = require 'files'
    local done = stage.data .. '/tickets/done/'
    local text = files.read(done .. files.list(done, reaper.EnumerateFiles)[1])
    stage.fake:stop_all()
    for name, days in pairs { old = 91, young = 80 } do
      assert(files.replace(done .. name .. '.json', (text:gsub('"created":%d+', '"created":'
        .. os.time() - days * 86400))))
    end
    panel(stage)
    assert(not exists(done .. 'old.json') and exists(done .. 'young.json'))
    assert(stage:says 'in the project', stage:screen_text())
  end,

  ['on Windows the folders that Lua cannot remove are left to voxmend'] = function()
    local stage = restored { switches = { windows = true } }
    local used = stage.player.jobs[stage.player.order[1]].folder
    local old = used:match '^(.*)/[^/]*$' .. '/old_preview'
    os.execute("mkdir -p '" .. old .. "'")
    stage.player:put_job(old, 'old')
    local file = assert(io.open(old .. '/vocals.wav', 'wb'))
    file:write 'sound'
    file:close()
    stage.fake:answer('ShowMessageBox', 6)
    assert(stage:press 'Unused stems')
    local line = stage.commands[#stage.commands]
    assert(line:match '"bridge" "[^"]+" "%-%-empty"$', line)
    local box = line:match '"bridge" "([^"]+)"'
    assert(require('files').read_json(box .. '/empty.json').folders[1] == old)
    assert(not exists(old .. '/job.json') and not exists(old .. '/vocals.wav'))
  end,

  ['a job of the page that cannot be read is left out, and the others are shown'] = function()
    local stage = restored()
    local page = stage.player.on_jobs
    function stage.player:on_jobs()
      local reply = page(self)
      table.insert(reply.items, 1, { job = 'x', state = 'running' })
      return reply
    end
    stage:tick(60)
    assert(stage:says 'song  ·  quick', stage:screen_text())
    local file = io.open(stage.data .. '/log.txt', 'rb')
    assert(file:read('a'):find('message_unreadable record', 1, true))
    file:close()
  end,

  ['a dialog that is left asks for nothing'] = function()
    local stage = restored()
    choose(stage)
    assert(stage:press 'Run again')
    stage:tick(30)
    assert(#asks(stage, 'submit') == 1)
  end,

  ['import later: stems of a project that was closed meanwhile'] = function()
    local stage = new()
    local path = stage.folder .. '/song.rpp'
    stage.fake:save(0, path)
    stage:run 'Restore vocals of selected items'
    stage:tick(10)
    stage.fake:tab()
    stage.fake:close(1)
    stage:tick(150)
    stage.fake:stop_all()
    stage.fake:open(path)
    panel(stage)
    assert(stage:says 'to be imported', stage:screen_text())
    choose(stage)
    assert(stage:press 'Import now')
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
    assert(stems(stage) == 1)
    stage:tick(60)
    assert(stage:says 'in the project', stage:screen_text())
  end,

  ['an import that a crash left half is offered, and never taken by itself'] = function()
    local stage = working()
    local name = require('files').list(stage.data .. '/tickets', reaper.EnumerateFiles)[1]
    local group = name:match '^(.*)%.json$'
    assert(os.rename(stage.data .. '/tickets/' .. name, stage.data .. '/tickets/' .. group
      .. '.claimed-anotherbox'))
    stage.player.hold = false
    stage:tick(90)
    assert(stage:says 'import was interrupted', stage:screen_text())
    choose(stage)
    stage.fake:answer('ShowMessageBox', 7) -- No
    assert(stage:press 'Import now')
    stage:tick(90)
    assert(not Stage.imported())
    stage.fake:answer('ShowMessageBox', 6) -- Yes
    assert(stage:press 'Import now')
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
    assert(stems(stage) == 1)
  end,

  ['stems that no open project uses are found in all tabs, and deleted after a question'] =
  function()
    local stage = restored()
    local used = stage.player.jobs[stage.player.order[1]].folder
    local root = used:match '^(.*)/[^/]*$'
    for _, name in ipairs { 'old_preview', 'old_diagnose', 'song_of_another' } do
      os.execute("mkdir -p '" .. root .. '/' .. name .. "'")
    end
    stage.player:put_job(root .. '/old_preview', 'old')
    stage.player:put_job(root .. '/old_diagnose', 'said') -- no sound
    local other = root .. '/song_of_another/notes.txt' -- no job.json: not ours
    for path, what in pairs { [other] = 'mine', [root .. '/old_preview/vocals.wav'] = 'sound' } do
      local file = assert(io.open(path, 'wb'))
      file:write(what)
      file:close()
    end
    stage.fake:tab() -- the stems are used in a tab that is not in front
    stage.fake:answer('ShowMessageBox', 7)
    assert(stage:press 'Unused stems')
    local project = reaper.EnumProjects(-1)
    assert(reaper.EnumProjects(1) == project, 'another tab is in front now')
    assert(exists(root .. '/old_preview/job.json'), 'deleted without a yes')
    stage.fake:answer('ShowMessageBox', 6)
    assert(stage:press 'Unused stems')
    assert(not exists(root .. '/old_preview/job.json'))
    assert(not exists(root .. '/old_preview/vocals.wav'))
    assert(exists(root .. '/old_diagnose/job.json'), 'a diagnosis is no stem')
    assert(exists(used .. '/vocals.wav') and exists(used .. '/job.json') and exists(other))
  end,

  ['GPU memory is freed at the worker'] = function()
    local stage = panel(new())
    assert(stage:press 'Free GPU memory')
    assert(#asks(stage, 'release') == 1)
    stage:tick(3)
    assert(stage:says 'let go', stage:screen_text())
  end,

  ['the folder of the stems is opened, or its path is said'] = function()
    local stage = restored()
    choose(stage)
    assert(stage:press 'Open folder')
    assert(stage:says(stage.player.jobs[stage.player.order[1]].folder))
  end,

  ['the report is made and opened by voxmend'] = function()
    local stage = restored()
    stage.report = { page = 'report.html' }
    choose(stage)
    assert(stage:press 'Report')
    stage:tick(10)
    assert(stage:says 'The report is in the browser.', stage:screen_text())
    local line = stage.commands[#stage.commands]
    assert(line:match '^"/usr/bin/true" "%-m" "voxmend" "bridge" ".*" "%-%-report"$', line)
  end,

  ['the report is opened by SWS where that is installed'] = function()
    local stage = restored { fake = { extensions = { sws = true } } }
    stage.report = { page = 'report.html' }
    choose(stage)
    assert(stage:press 'Report')
    stage:tick(10)
    local last = stage.fake.dialogs[#stage.fake.dialogs]
    assert(last.name == 'CF_ShellExecute', last.name)
    assert(last.text == stage.player.jobs[stage.player.order[1]].folder .. '/report.html')
  end,

  ['a report that no browser takes is said by its path'] = function()
    local stage = restored()
    stage.report = { page = 'report.html', opened = false }
    choose(stage)
    assert(stage:press 'Report')
    stage:tick(10)
    assert(stage:says 'No browser could be opened. The report is /', stage:screen_text())
  end,

  ['a report that cannot be made says why, and one that never comes can be had again'] = function()
    local stage = restored()
    choose(stage)
    assert(stage:press 'Report')
    assert(stage:says 'Making the report', stage:screen_text())
    assert(stage:until_(function() return stage:says 'did not come' end, 200, 0.25))
    assert(stage:offers 'Open log' and stage:offers 'Report')
    assert(stage:press 'Open log')
    assert(stage.fake.dialogs[#stage.fake.dialogs].text:find 'log%.txt')
    stage.report = { error = { code = 'input_missing', message = 'There is no job.json.' } }
    assert(stage:press 'Report')
    stage:tick(10)
    assert(stage:says 'There is no job.json.', stage:screen_text())
    stage.report = { page = 'report.html' }
    for n = #stage.fake.screen, 1, -1 do
      if stage.fake.screen[n].text == 'Report' then stage.fake:click_text 'Report' break end
    end
    stage:tick(10)
    assert(stage:says 'in the browser', stage:screen_text())
    assert(not stage:offers 'Open log')
  end,

  ['a job that has not succeeded has no report'] = function()
    local stage = working()
    choose(stage)
    assert(not stage:offers 'Report')
  end,

  ['a run from the panel that cannot go on has its own buttons there'] = function()
    local stage = restored()
    stage.player.refuse.submit = function(ask)
      if ask.preset ~= 'restore' then return nil end
      return { code = 'model_missing', message = 'restore needs 151 MB.' }
    end
    choose(stage)
    stage.fake:answer('gfx.showmenu', 3)
    assert(stage:press 'Run again')
    assert(stage:until_(function() return stage:offers 'Download…' end, 30), stage:screen_text())
    assert(stage:says 'needs models' and stage:says 'Cancel', stage:screen_text())
    assert(stage:press 'Use quick now')
    assert(stage:until_(function() return stems(stage) == 2 end, 30), stage:screen_text())
    stage:tick(60)
    assert(stage:says 'in the project', stage:screen_text())
  end,

  ['closing it cancels nothing'] = function()
    local stage = working()
    assert(stage:press 'Close')
    stage:tick(10)
    assert(#stage.fake.instances == 0 and #asks(stage, 'cancel') == 0)
  end,

  ['a worker that is not there is told, and the panel stays'] = function()
    local stage = new()
    stage.absent = true
    panel(stage)
    assert(stage:says 'Starting voxmend', stage:screen_text())
    stage:tick(900)
    assert(stage:says 'did not start', stage:screen_text())
    stage.absent = false
    assert(stage:press 'Start again', stage:screen_text())
    stage:tick(60)
    assert(stage:says 'No jobs yet', stage:screen_text())
  end,
}

-- The same in ReaImGui.
local both = {}
for sentence, work in pairs(spec) do
  both[sentence] = work
  both[sentence .. ' (ReaImGui)'] = not sentence:find 'with a bar' and function()
    local plain = Stage.new
    Stage.new = function(options)
      options = options or {}
      options.switches = options.switches or {}
      options.switches.reaimgui = '0.10'
      return plain(options)
    end
    local fine, why = xpcall(work, debug.traceback)
    Stage.new = plain
    if not fine then error(why, 0) end
  end or nil
end

return both
