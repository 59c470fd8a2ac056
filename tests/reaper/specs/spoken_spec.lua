-- With OSARA: everything is reached by native menus and boxes, and spoken; no window is drawn.

local Stage = dofile(HERE .. 'stage.lua')

local function new(options)
  options = options or {}
  options.fake = { extensions = { osara = true } }
  local stage = Stage.new(options)
  stage.item(stage.track 'Lead', stage:wav('song.wav', { seconds = 6 }))
  return stage
end

-- Answers the next menu with the entry that holds these words.
local function choose(stage, words)
  stage.choices = stage.choices or {}
  table.insert(stage.choices, words)
  if stage.hooked then return end
  stage.hooked = true
  stage.seen = {}
  local gfx = stage.fake.new_screen
  stage.fake.new_screen = function()
    local screen, made = gfx()
    rawset(made, 'showmenu', function(text)
      stage.seen[#stage.seen + 1] = text
      local wanted = table.remove(stage.choices, 1)
      local n = 0
      for entry in (text .. '|'):gmatch '(.-)|' do
        n = n + 1
        if wanted and entry:find(wanted, 1, true) then return n end
      end
      if wanted then table.insert(stage.choices, 1, wanted) end
      return 0
    end)
    return screen, made
  end
end

local function spoken(stage) return table.concat(stage.fake.spoken, ' | ') end

local function never_drawn(stage)
  for _, shape in ipairs(stage.fake.screen) do error('drawn: ' .. tostring(shape.text), 2) end
end

local function asked(stage, kind)
  local count = 0
  for _, ask in ipairs(stage.player.asked) do if ask.type == kind then count = count + 1 end end
  return count
end

return {
  ['from selecting items to stems, with a failure and a retry, no pointer used'] = function()
    local stage = new()
    local fails = true
    stage.player.fail = function()
      return fails and { code = 'out_of_memory', message = 'Close programs.', retryable = true }
    end
    choose(stage, 'Close programs') -- the sentence again
    choose(stage, 'Retry failed')
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #stage.choices == 1 end, 60), spoken(stage))
    fails = false
    assert(stage:until_(Stage.imported, 60), spoken(stage))
    stage:tick(10)
    local text = spoken(stage)
    for _, words in ipairs { 'restoring 1 item', '25 percent', 'Close programs.',
      '1 item restored' } do
      assert(text:find(words, 1, true), text)
    end
    assert(stage.seen[1]:find('Close programs.|', 1, true) == 1, stage.seen[1])
    never_drawn(stage)
    print('# ' .. text)
  end,

  ['while something is at work no menu is in the way'] = function()
    local stage = new()
    choose(stage, 'nothing of the kind')
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage:tick(60)
    assert(#stage.seen == 0)
    never_drawn(stage)
  end,

  ['models are fetched after the licence, all by menus and boxes'] = function()
    local stage = new { settings = { preset = 'restore' } }
    local here = false
    stage.player.models = { { name = 'htdemucs', title = 'HTDemucs', licence = 'MIT',
      terms = 'Free.', bytes = 84e6, presets = { 'restore' }, state = 'missing' } }
    stage.player.refuse.submit = function()
      return not here and { code = 'model_missing', message = 'restore needs 84 MB.' } or nil
    end
    stage.player.pulled = function(_, player)
      here = true
      player.models[1].state = 'present'
    end
    choose(stage, 'Download')
    stage.fake:answer('ShowMessageBox', 6)
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(Stage.imported, 60), spoken(stage))
    assert(asked(stage, 'pull') == 1 and spoken(stage):find 'fetching models', spoken(stage))
    never_drawn(stage)
  end,

  ['a menu that is left cancels nothing: the Jobs panel has it'] = function()
    local stage = new()
    stage.player.fail = function()
      return { code = 'out_of_memory', message = 'Close programs.' }
    end
    choose(stage, 'no such entry')
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage.seen[1] end, 30))
    stage:tick(10)
    assert(#stage.fake.instances == 0 and asked(stage, 'cancel') == 0)
  end,

  ['the Jobs panel: a row, then what can be done with it'] = function()
    local stage = new()
    stage.player.hold = true
    choose(stage, 'song  ·  quick')
    choose(stage, 'Cancel job')
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage:run 'Jobs panel'
    assert(stage:until_(function() return asked(stage, 'cancel') == 1 end, 30), spoken(stage))
    stage:tick(60)
    never_drawn(stage)
    assert(not Stage.imported())
  end,

  ['what is only told is a native box'] = function()
    local stage = Stage.new { fake = { extensions = { osara = true } } }
    stage:run 'Restore vocals of selected items'
    stage:tick(5)
    local last = stage.fake.dialogs[#stage.fake.dialogs]
    assert(last.name == 'ShowMessageBox' and last.text:find 'No items are selected', last.name)
    assert(#stage.fake.instances == 0)
  end,

  ['the setting “gfx” keeps the drawn window'] = function()
    local stage = new { settings = { preset = 'quick', window = 'gfx' } }
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'separating' end, 30))
  end,
}
