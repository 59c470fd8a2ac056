-- What somebody hears who works with OSARA and a keyboard alone, from the action to stems in place,
-- with a failure and a retry on the way. Every word, menu and box in order is held against the text
-- that docs/reaper.md keeps.

local Stage = dofile(HERE .. 'stage.lua')

-- The block below this heading of the documentation, line by line.
local function kept(heading)
  local file = assert(io.open(HERE .. '../../docs/reaper.md', 'rb'))
  local text = file:read 'a'
  file:close()
  local from = assert(text:find('## ' .. heading, 1, true), 'no such heading: ' .. heading)
  return assert(text:match('\n```text\n(.-)\n```', from), 'no block below ' .. heading)
end

-- Listens: what is spoken, each menu with what is chosen in it, each box with its answer.
local function listen(stage, choices)
  local heard = {}
  local function note(text) heard[#heard + 1] = text end
  local spoken = stage.fake.spoken
  setmetatable(spoken, { __newindex = function(list, n, text)
    rawset(list, n, text)
    note('spoken   ' .. text)
  end })
  local gfx = stage.fake.new_screen
  stage.fake.new_screen = function()
    local screen, made = gfx()
    rawset(made, 'showmenu', function(text)
      local wanted, n, found, entries = table.remove(choices, 1), 0, 0, {}
      for entry in (text .. '|'):gmatch '(.-)|' do
        n = n + 1
        entries[n] = entry
        if wanted and found == 0 and entry:find(wanted, 1, true) then found = n end
      end
      note('menu     ' .. table.concat(entries, ' | '))
      note('chosen   ' .. (entries[found] or 'nothing'))
      return found
    end)
    return screen, made
  end
  return heard
end

-- Nothing was drawn, and all that was heard is what the documentation says. A copy of it lies in
-- the folder of the test, for whoever has changed a sentence.
local function compare(stage, heard, heading)
  for _, shape in ipairs(stage.fake.screen) do error('drawn: ' .. tostring(shape.text), 2) end
  for _, dialog in ipairs(stage.fake.dialogs) do
    if dialog.name == 'ShowMessageBox' then
      heard[#heard + 1] = 'box      ' .. dialog.text:gsub('\n+', ' ')
    end
  end
  local text = table.concat(heard, '\n')
  local file = assert(io.open(TMP .. heading .. '.txt', 'wb'))
  file:write(text, '\n')
  file:close()
  assert(text == kept(heading), '\n' .. text)
end

return {
  ['from selecting items to stems in place, with a failure and a retry, no pointer used'] =
  function()
    local stage = Stage.new { fake = { extensions = { osara = true } } }
    stage.fake:save(0, stage.folder .. '/song.rpp')
    stage.item(stage.track 'Lead', stage:wav('song.wav', { seconds = 6 }), { selected = false })
    local fails = true
    stage.player.fail = function()
      return fails and { code = 'out_of_memory', message = 'The machine has not enough memory for '
        .. 'this clip. Close other programs, then retry.', retryable = true }
    end
    local choices = { 'Retry' }
    local heard = listen(stage, choices)
    reaper.SelectAllMediaItems(0, true)
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #choices == 0 end, 60), table.concat(heard, '\n'))
    fails = false
    assert(stage:until_(Stage.imported, 60), table.concat(heard, '\n'))
    stage:tick(20)
    assert(Stage.picture():find('= Lead - Instrumental', 1, true), Stage.picture())
    compare(stage, heard, 'What is spoken')
  end,

  ['presets are chosen and tried, and one is kept, by menus and boxes alone'] = function()
    local stage = Stage.new { fake = { extensions = { osara = true } } }
    local own = { name = 'mine', title = 'Mine', description = 'My own.',
      blocks = stage.player.presets[1].blocks }
    table.insert(stage.player.presets, own)
    stage.fake:save(0, stage.folder .. '/song.rpp')
    stage.item(stage.track 'Lead', stage:wav('song.wav', { seconds = 6 }))
    reaper.SetEditCurPos(1, false, false)
    local heard = listen(stage, { 'Mine', 'Try 2' })
    stage:run 'Try presets here'
    assert(stage:until_(Stage.imported, 60), table.concat(heard, '\n'))
    stage:tick(20)
    stage.fake:stop_all()
    local steps = #stage.fake.undo_list
    stage:run 'Keep this preset'
    assert(stage:until_(function() return #stage.fake.undo_list == steps + 2 end, 60),
      table.concat(heard, '\n'))
    stage:tick(20)
    compare(stage, heard, 'What is spoken of a trial')
  end,
}
