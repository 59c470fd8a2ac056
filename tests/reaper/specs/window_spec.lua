-- The windows, drawn by gfx and by ReaImGui: the same sentences, the same buttons and manners.

local Stage = dofile(HERE .. 'stage.lua')

local GFX, IMGUI = false, '0.10'

local function started(reaimgui, options)
  options = options or {}
  options.switches = { reaimgui = reaimgui }
  options.player = { hold = true }
  local stage = Stage.new(options)
  stage.item(stage.track 'Lead', stage:wav 'song.wav')
  stage:run 'Restore vocals of selected items'
  assert(stage:until_(function() return stage:running_job() end, 30), 'no job runs')
  stage:tick(10)
  return stage
end

local function drawn_by_imgui(stage)
  for _, shape in ipairs(stage.fake.screen) do
    if shape.imgui then return true end
  end
  return false
end

local function settings(stage)
  local file = io.open(stage.data .. '/settings.json', 'rb')
  local found = require('json').decode(file:read 'a')
  file:close()
  return found
end

local function log(stage)
  local file = io.open(stage.data .. '/log.txt', 'rb')
  local text = file and file:read 'a' or ''
  if file then file:close() end
  return text
end

local spec = {
  ['ReaImGui draws where it is installed, gfx elsewhere'] = function()
    assert(drawn_by_imgui(started(IMGUI)))
    assert(not drawn_by_imgui(started(GFX)))
  end,

  ['a ReaImGui older than 0.10 is left alone'] = function()
    assert(not drawn_by_imgui(started '0.9.3'))
  end,

  ['the setting “gfx” keeps ReaImGui out'] = function()
    assert(not drawn_by_imgui(started(IMGUI, { settings = { preset = 'quick',
      window = 'gfx' } })))
  end,

  ['a ReaImGui that refuses a call gives way to gfx, and the log says why'] = function()
    local stage = started(IMGUI)
    stage.fake.reaper.ImGui_Begin = function() error('no more windows', 0) end
    stage:tick(5)
    assert(#stage.fake.screen > 0 and not drawn_by_imgui(stage), stage:screen_text())
    assert(stage:says 'separating', stage:screen_text())
    assert(log(stage):find('no more windows', 1, true), log(stage))
    assert(stage:press 'Cancel')
    assert(stage:asked 'cancel')
  end,

  ['a window of ReaImGui that is folded up goes on'] = function()
    local stage = started(IMGUI)
    stage.fake.folded = true
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 30))
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
    assert(not log(stage):find 'ReaImGui', log(stage))
  end,

  ['the small window has one line, and what failed is told whole'] = function()
    local stage = Stage.new { settings = { preset = 'quick', window = 'small' } }
    local track = stage.track 'Lead'
    for n = 1, 2 do
      stage.item(track, stage:wav('song' .. n .. '.wav', { seed = n }), { position = n * 5 })
    end
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage:tick(10)
    assert(stage:says 'separating' and not stage:says 'clips done', stage:screen_text())
    stage.player.fail = function() return { code = 'out_of_memory', message = 'Close programs.',
      retryable = true } end
    stage.player.hold = false
    assert(stage:until_(function() return stage:says 'Close programs' end, 30))
    assert(stage:says 'song2', stage:screen_text())
  end,

  ['without a window the stems come in, and an error is one box'] = function()
    local none = { preset = 'quick', window = 'none' }
    local stage = Stage.new { settings = none }
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    assert(stage:restore())
    assert(#stage.fake.screen == 0 and #stage.fake.dialogs == 0, stage:screen_text())
    stage = Stage.new { settings = none }
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    stage.player.fail = function() return { code = 'out_of_memory', message = 'Close programs.',
      retryable = true } end
    stage:run 'Restore vocals of selected items'
    stage:tick(300)
    assert(#stage.fake.dialogs == 1 and stage:says 'Close programs', stage:screen_text())
  end,

  ['docked by a right click, and docked again the next time'] = function()
    local stage = started(GFX)
    stage.fake:answer('gfx.showmenu', 1)
    local window = stage.fake.screen[1].instance.gfx
    window.mouse_cap = 2
    stage:tick(1)
    window.mouse_cap = 0
    stage:tick(2)
    stage.fake:key(-1)
    stage:tick(2)
    assert(settings(stage).dock == 1, settings(stage).dock)
    stage:run 'Import finished stems'
    stage:tick(5)
    assert(stage.fake.screen[1].instance.screen.docked == 1)
  end,

  ['a window that is moved stands there the next time'] = function()
    local stage = started(GFX)
    stage.fake.screen[1].instance.screen.at = { 777, 333 }
    stage:tick(2)
    stage.fake:key(-1)
    stage:tick(2)
    assert(settings(stage).x == 777 and settings(stage).y == 333)
    assert(settings(stage).preset == 'quick')
  end,

  ['on a dense screen everything is twice as large, and the window grows with no redraw'] =
  function()
    for system, units in pairs { ['macOS-arm64'] = 460, OSX64 = 460, Win64 = 920, Other = 920 } do
      local stage = started(GFX, { fake = { retina = 2, os = system } })
      for _, shape in ipairs(stage.fake.screen) do
        if shape.kind == 'text' then
          assert(shape.size == 30, shape.size)
          assert(shape.x + shape.w <= 920, shape.text)
        end
      end
      local window = stage.fake.screen[1].instance
      assert(window.screen.w == units, system .. ' ' .. window.screen.w)
      assert(window.gfx.w == 920, system .. ' ' .. window.gfx.w)
      local height = window.screen.h
      stage.player.fail = function() return { code = 'out_of_memory', retryable = true,
        message = ('Close other programs, then try again. '):rep(6) } end
      stage.player.hold = false
      assert(stage:until_(function() return stage:says 'Close other' end, 30))
      stage:tick(30)
      assert(window.screen.w == units, 'the text made the window wider: ' .. window.screen.w)
      assert(window.screen.h > height, window.screen.h)
    end
  end,

  ['a window that goes to another screen is drawn at that screen’s density'] = function()
    for system, units in pairs { ['macOS-arm64'] = 460, Win64 = 690 } do
      local stage = started(GFX, { fake = { os = system } })
      stage.fake.retina = 1.5
      stage:tick(5)
      for _, shape in ipairs(stage.fake.screen) do
        if shape.kind == 'text' then assert(shape.size == 22, shape.size) end
      end
      local screen = stage.fake.screen[1].instance.screen
      assert(screen.w == units, system .. ' ' .. screen.w)
      stage.fake.retina = 1
      stage:tick(5)
      assert(screen.w == 460, system .. ' ' .. screen.w)
    end
  end,

  ['a window that the user made wider stays so'] = function()
    local stage = started(GFX, { fake = { retina = 2, os = 'macOS-arm64' } })
    local screen = stage.fake.screen[1].instance.screen
    screen.w = 700
    stage:tick(5)
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 30))
    assert(screen.w == 700, screen.w)
  end,

  ['after a click the keyboard is the arrange view’s again'] = function()
    for _, kind in ipairs { GFX, IMGUI } do
      local stage = started(kind)
      stage.fake.focus = 'the window'
      assert(stage:press 'Hide')
      assert(stage.fake.focus == 1, tostring(stage.fake.focus))
    end
  end,

  ['a button that becomes another one under the mouse is not pressed'] = function()
    local stage = started(GFX)
    for _, shape in ipairs(stage.fake.screen) do
      if shape.text == 'Cancel' then
        local window = shape.instance.gfx
        window.mouse_x, window.mouse_y, window.mouse_cap = shape.x + 2, shape.y + 2, 1
      end
    end
    stage:tick(2)
    stage.player.fail = function() return { code = 'engine_crashed', retryable = true,
      message = 'The engine ended.' } end
    stage.player.hold = false
    assert(stage:until_(function() return stage:offers 'Retry failed' end, 30))
    stage.player.hold, stage.player.fail = true, nil
    stage.fake.screen[1].instance.gfx.mouse_cap = 0
    stage:tick(5)
    assert(stage:offers 'Retry failed', stage:screen_text())
  end,

  ['undo, redo and save reach REAPER from the window'] = function()
    local stage = started(GFX)
    local before = reaper.CountTracks(0)
    stage.fake:key(26) -- Ctrl+Z
    stage:tick(2)
    assert(stage.fake.commands[#stage.fake.commands] == 40029)
    stage.fake.screen[1].instance.gfx.mouse_cap = 8 -- with Shift
    stage.fake:key(26)
    stage:tick(2)
    assert(stage.fake.commands[#stage.fake.commands] == 40030)
    assert(reaper.CountTracks(0) == before)
    stage.fake:key(19) -- Ctrl+S
    stage:tick(2)
    assert(stage.fake.saved == 1)
  end,

  ['the button that the keyboard comes to is spoken'] = function()
    local stage = started(GFX, { fake = { extensions = { osara = true } },
      settings = { preset = 'quick', window = 'gfx' } })
    stage.fake:key(9)
    stage:tick(2)
    assert(stage.fake.spoken[#stage.fake.spoken] == 'Cancel', stage.fake.spoken[#stage.fake.spoken])
    stage.fake:key(9)
    stage:tick(2)
    assert(stage.fake.spoken[#stage.fake.spoken] == 'Hide')
  end,

  ['a long sentence is broken into lines that fit'] = function()
    local stage = started(GFX)
    stage.player.fail = function() return { code = 'out_of_memory', retryable = true,
      message = ('Close other programs, then try again. '):rep(12) } end
    stage.player.hold = false
    assert(stage:until_(function() return stage:says 'Close other' end, 30))
    local lines = 0
    for _, shape in ipairs(stage.fake.screen) do
      if shape.kind == 'text' then
        assert(shape.x + shape.w <= 460, shape.text)
        if shape.text:find 'programs' then lines = lines + 1 end
      end
    end
    assert(lines > 3, lines)
  end,
}

for _, kind in ipairs { { 'gfx', GFX }, { 'ReaImGui', IMGUI } } do
  local name, reaimgui = table.unpack(kind)

  spec['in ' .. name .. ': stage, device and a bar, and the way back'] = function()
    local stage = started(reaimgui)
    assert(stage:says '“song”: separating on cpu', stage:screen_text())
    assert(stage:says 'Cancel')
    local bars = 0
    for _, shape in ipairs(stage.fake.screen) do
      if shape.kind == 'rect' and shape.w > 100 then bars = bars + 1 end
    end
    assert(bars > 0)
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 30))
    assert(stage:says '1 item restored. One undo takes it back.', stage:screen_text())
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
  end

  spec['in ' .. name .. ': only Cancel cancels'] = function()
    local stage = started(reaimgui)
    stage.fake:key(27)
    stage:tick(5)
    assert(#stage.fake.screen == 0 and not stage:asked 'cancel', stage:screen_text())
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 30), 'the job went on without a window')
    stage = started(reaimgui)
    stage.fake:key(-1)
    stage:tick(5)
    assert(#stage.fake.screen == 0 and not stage:asked 'cancel')
    stage = started(reaimgui)
    assert(stage:press 'Cancel')
    assert(stage:asked 'cancel')
  end

  spec['in ' .. name .. ': the keyboard goes back to the arrange view, Space plays'] = function()
    local stage = started(reaimgui)
    assert(stage.fake.focus == 1)
    stage.fake:key(32)
    stage:tick(2)
    assert(stage.fake.play_state == 1)
  end
end

return spec
