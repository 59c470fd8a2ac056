-- The action “Diagnose selected items”: what is found becomes take markers, in one undo step, and
-- stands where it sounds. The findings are the player's; positions are worked out by hand.

local Stage = dofile(HERE .. 'stage.lua')

local AMBER, RED = 0x1000000 | 230 | 159 << 8, 0x1000000 | 213 | 94 << 8

local function region(from, to, size)
  return { start_s = from, end_s = to, value = 1, size = size or 'some' }
end

local function bleeding(...)
  return { bleed = { size = 'strong', regions = { ... } } }
end

-- options: damage, and those of Stage.
local function new(options)
  options = options or {}
  options.player = options.player or {}
  options.player.damage = options.damage
  return Stage.new(options)
end

local function over(stage)
  return stage:until_(function()
    return stage:says 'damage found' or stage:says 'could be told' or stage:says ' in 1 item'
      or stage:says ' in 2 items' or stage:says 'Retry'
  end, 60)
end

local function diagnose(stage)
  stage:run 'Diagnose selected items'
  assert(over(stage), stage:screen_text())
  return stage
end

local function markers(item)
  local take, out = reaper.GetActiveTake(item), {}
  for n = 0, reaper.GetNumTakeMarkers(take) - 1 do
    local at, name = reaper.GetTakeMarker(take, n)
    out[#out + 1] = string.format('%.3f %s', at, name)
  end
  return table.concat(out, ' | ')
end

local function is(item, text) assert(markers(item) == text, markers(item)) end

local function item_at(n) return reaper.GetMediaItem(0, n) end

-- A section of a source, as a project holds it. mode: 0, or 2 for reversed.
local function in_section(item, from, length, mode)
  reaper.Undo_BeginBlock2(0)
  local _, chunk = reaper.GetItemStateChunk(item, '', false)
  chunk = chunk:gsub('<SOURCE WAVE.->', function(source)
    return string.format('<SOURCE SECTION\nLENGTH %s\nSTARTPOS %s\nOVERLAP 0.01\nMODE %d\n%s\n>',
      length, from, mode, source)
  end, 1)
  reaper.SetItemStateChunk(item, chunk, false)
  reaper.Undo_EndBlock2(0, 'user: section', -1)
end

local function take_mark(take, ...)
  reaper.Undo_BeginBlock2(0)
  reaper.SetTakeMarker(take, ...)
  reaper.Undo_EndBlock2(0, 'user: marker', -1)
end

return {
  ['damage stands as markers in the source, and one undo takes them back'] = function()
    local stage = new { damage = {
      bleed = { size = 'strong', regions = { region(1, 2.4, 'strong'), region(3, 4.2) } },
      musical = { size = 'some', regions = { region(1.2, 2.4) } } } }
    stage.item(stage.track 'Lead', stage:wav('v.wav', { seconds = 6 }), { position = 10,
      length = 5, take = { D_STARTOFFS = 0.5, D_PLAYRATE = 1.1 } })
    local steps = #stage.fake.undo_list
    diagnose(stage)
    is(item_at(0), '1.000 bleed, strong | 1.200 chirping, some | 3.000 bleed, some')
    local take = reaper.GetActiveTake(item_at(0))
    assert(select(3, reaper.GetTakeMarker(take, 0)) == RED)
    assert(select(3, reaper.GetTakeMarker(take, 1)) == AMBER)
    assert(#stage.fake.undo_list == steps + 1)
    assert(Stage.undo_text() == 'voxmend: diagnose 1 item', Stage.undo_text())
    assert(stage:says '3 markers in 1 item', stage:screen_text())
    assert(stage:says 'bleed: strong in 1 place, some in 1 place (band, room or other voices')
    assert(stage:says 'metallic, muffled: cannot be told without the mixture')
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
    stage.fake:undo()
    is(item_at(0), '')
    stage.fake:redo()
    is(item_at(0), '1.000 bleed, strong | 1.200 chirping, some | 3.000 bleed, some')
  end,

  ['it asks for no stems, touches no track and mutes nothing'] = function()
    local stage = new { damage = bleeding(region(0.5, 2)) }
    stage.item(stage.track 'Lead', stage:wav 'v.wav')
    local before = Stage.picture()
    diagnose(stage)
    local asked
    for _, ask in ipairs(stage.player.asked) do asked = ask.type == 'submit' and ask or asked end
    assert(asked.preset == 'diagnose' and asked.stems == nil and asked.mixture == nil)
    assert(Stage.picture() == before, Stage.picture())
    assert(require('settings').load(stage.data).preset == 'quick')
  end,

  ['where nothing is found a sentence says so and there is no undo step'] = function()
    local stage = new()
    stage.item(stage.track 'Lead', stage:wav 'v.wav')
    local steps = #stage.fake.undo_list
    diagnose(stage)
    assert(stage:says 'No damage found.', stage:screen_text())
    assert(stage:says 'metallic, muffled: cannot be told without the mixture')
    assert(stage:says 'chirping: none' and stage:says 'bleed: none')
    stage:tick(60)
    assert(#stage.fake.undo_list == steps)
  end,

  ['where nobody sings it claims nothing'] = function()
    local unknown = { size = 'unknown', why = 'no_voice' }
    local stage = new { damage = { musical = unknown, bleed = unknown } }
    stage.item(stage.track 'Lead', stage:wav 'v.wav')
    diagnose(stage)
    assert(stage:says 'Nothing could be told.' and not stage:says 'No damage')
    assert(stage:says 'chirping, bleed: cannot be told: nobody sings', stage:screen_text())
  end,

  ['a split has the markers of its own part only'] = function()
    local stage = new { damage = bleeding(region(0, 1), region(1.5, 3), region(5, 6)) }
    local wav, track = stage:wav('v.wav', { seconds = 8 }), stage.track 'Lead'
    for n = 0, 1 do
      stage.item(track, wav, { position = 2 * n, length = 2, take = { D_STARTOFFS = 2 * n } })
    end
    diagnose(stage)
    is(item_at(0), '0.000 bleed, some | 1.500 bleed, some')
    is(item_at(1), '2.000 bleed, some')
    assert(Stage.undo_text() == 'voxmend: diagnose 2 items', Stage.undo_text())
  end,

  ['a clip that begins in the file counts from there'] = function()
    local stage = new { damage = bleeding(region(7, 8)) }
    stage.item(stage.track 'Lead', stage:wav('v.wav', { seconds = 30 }), { length = 4,
      take = { D_STARTOFFS = 10 } }) -- the clip begins at 10 - 6
    diagnose(stage)
    is(item_at(0), '11.000 bleed, some')
  end,

  ['in a section and in a reversed take it counts in the take’s own source'] = function()
    local stage = new { damage = bleeding(region(3, 4.2)) }
    local track, wav = stage.track 'Lead', stage:wav('v.wav', { seconds = 8 })
    local item = stage.item(track, wav, { length = 3, take = { D_STARTOFFS = 1 } })
    in_section(item, 1, 5, 0) -- plays 2..5 of the file; the clip is all of the file
    diagnose(stage)
    is(item_at(0), '2.000 bleed, some')

    stage = new { damage = bleeding(region(1, 2.2)) }
    track, wav = stage.track 'Lead', stage:wav('v.wav', { seconds = 8 })
    item = stage.item(track, wav, { length = 3, take = { D_STARTOFFS = 0.5 } })
    in_section(item, 0, 8, 2) -- rendered: its second 1 is second 1.5 of the reversed source
    diagnose(stage)
    is(item_at(0), '1.500 bleed, some')
  end,

  ['a take that was turned round meanwhile has its markers where the sound is now'] = function()
    local stage = new { damage = bleeding(region(1, 2.2)) }
    local item = stage.item(stage.track 'Lead', stage:wav('v.wav', { seconds = 8 }), { length = 7,
      take = { D_STARTOFFS = 0.5 } })
    in_section(item, 0, 8, 2)
    stage.player.hold = true
    stage:run 'Diagnose selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    reaper.Undo_BeginBlock2(0)
    local _, chunk = reaper.GetItemStateChunk(item, '', false)
    reaper.SetItemStateChunk(item, (chunk:gsub('MODE 2', 'MODE 0')), false)
    reaper.Undo_EndBlock2(0, 'user: turned', -1)
    stage.player.hold = false
    assert(over(stage), stage:screen_text())
    is(item_at(0), '5.300 bleed, some') -- 1.5..2.7 from the end of 8 s
  end,

  ['a looped take has each stretch once, where it comes round'] = function()
    local stage = new { damage = bleeding(region(1, 2), region(3.5, 4.5), region(5, 6.2)) }
    stage.item(stage.track 'Lead', stage:wav('v.wav', { seconds = 4 }), { length = 9,
      take = { D_STARTOFFS = 0 } })
    diagnose(stage)
    -- 3.5..4.5 is 3.5..4 and 0..0.5; 5..6.2 is 1..2.2, which meets 1..2
    is(item_at(0), '0.000 bleed, some | 1.000 bleed, some | 3.500 bleed, some')
  end,

  ['stretch markers lead to the source, handed over or rendered'] = function()
    for name, expected in pairs { ['v.wav'] = '1.000 bleed, some', ['v.mp3'] = '2.000 bleed, some' }
    do
      local stage = new { damage = bleeding(region(1, 2.5)) }
      local item, take = stage.item(stage.track 'Lead', stage:wav(name, { seconds = 8 }),
        { length = 3 })
      reaper.Undo_BeginBlock2(0)
      reaper.SetTakeStretchMarker(take, -1, 0, 0)
      reaper.SetTakeStretchMarker(take, -1, 3, 6) -- twice as fast
      reaper.Undo_EndBlock2(0, 'user: stretch', -1)
      diagnose(stage)
      is(item, expected) -- a file is heard by its own seconds, a render by those of the item
    end
  end,

  ['a second run replaces its own markers and leaves those of the user'] = function()
    local stage = new { damage = bleeding(region(0.5, 1.9), region(2.2, 4)) }
    local item, take = stage.item(stage.track 'Lead', stage:wav 'v.wav', { length = 4 })
    take_mark(take, -1, 'verse', 0.25)
    take_mark(take, -1, 'bleed, some', 0.75) -- the user's, by its colour
    diagnose(stage)
    take_mark(take, 1, 'look here') -- one of ours, renamed: now the user's
    is(item, '0.250 verse | 0.500 look here | 0.750 bleed, some | 2.200 bleed, some')
    stage.fake:stop_all()
    stage.player.damage = { musical = { size = 'strong', regions = { region(1, 2.2, 'strong') } } }
    diagnose(stage)
    is(item, '0.250 verse | 0.500 look here | 0.750 bleed, some | 1.000 chirping, strong')
    stage.fake:stop_all()
    local steps = #stage.fake.undo_list
    diagnose(stage)
    assert(#stage.fake.undo_list == steps, 'the same again is no step')
    stage.fake:stop_all()
    stage.player.damage = nil
    diagnose(stage)
    is(item, '0.250 verse | 0.500 look here | 0.750 bleed, some')
    assert(#stage.fake.undo_list == steps + 1, 'what is gone is taken away')
  end,

  ['items that were moved, trimmed, split or deleted meanwhile are found or named'] = function()
    local stage = new { damage = bleeding(region(0.5, 1.5), region(2.5, 3.5)) }
    local track = stage.track 'Lead'
    local item = stage.item(track, stage:wav('v.wav', { seconds = 4 }), { length = 4 })
    stage.item(track, stage:wav('gone.wav', { seconds = 4, seed = 4 }), { position = 9 })
    stage.player.hold = true
    stage:run 'Diagnose selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake.edit.move(item, 3)
    local right = stage.fake.edit.split(item, 5)
    stage.fake.edit.trim(item, 1)
    stage.fake.edit.delete(item_at(1))
    stage.player.hold = false
    assert(over(stage), stage:screen_text())
    is(item, '1.000 bleed, some')
    is(right, '2.500 bleed, some')
    assert(stage:says '“gone.wav” was deleted', stage:screen_text())
  end,

  ['another file in its place is named and gets nothing'] = function()
    local stage = new { damage = bleeding(region(0.5, 1.5)) }
    local item = stage.item(stage.track 'Lead', stage:wav 'v.wav')
    local other = stage:wav('other.wav', { seed = 7 })
    stage.player.hold = true
    stage:run 'Diagnose selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake.edit.replace_source(item, other)
    stage.player.hold = false
    assert(over(stage), stage:screen_text())
    is(item, '')
    assert(stage:says 'plays another file now', stage:screen_text())
  end,

  ['findings that are gone fail with a sentence and a retry'] = function()
    local stage = new { damage = bleeding(region(0.5, 1.5)) }
    local item = stage.item(stage.track 'Lead', stage:wav 'v.wav')
    local write = stage.player.write_findings
    stage.player.write_findings = function(player, id, job)
      write(player, id, job)
      os.remove(job.folder .. '/job.json')
    end
    diagnose(stage)
    assert(stage:says 'holds no findings', stage:screen_text())
    assert(not stage:offers 'Use quick now')
    stage.player.write_findings = write
    assert(stage:press 'Retry')
    assert(stage:until_(function() return markers(item) ~= '' end, 30), stage:screen_text())
  end,

  ['what was diagnosed is mended from the Jobs panel, by the settings'] = function()
    local stage = new { damage = bleeding(region(0.5, 1.5)) }
    stage.item(stage.track 'Lead', stage:wav 'v.wav')
    diagnose(stage)
    stage.fake:stop_all()
    stage:run 'Jobs panel'
    stage:tick(45)
    assert(stage:press '  ·  diagnose', stage:screen_text())
    stage.fake:answer('gfx.showmenu', 2) -- 1 is strengths, 2 quick
    assert(stage:press 'Run again')
    assert(stage:until_(function() return Stage.undo_text():match 'restore' end, 30))
    assert(stage.count_takes 'Instrumental' == 1, Stage.picture())
    is(item_at(0), '0.500 bleed, some')
  end,

  ['a project in another tab gets its markers when it is in front again'] = function()
    local stage = new { damage = bleeding(region(0.5, 1.5)) }
    local item = stage.item(stage.track 'Lead', stage:wav 'v.wav')
    stage:run 'Diagnose selected items'
    stage:tick(3)
    stage.fake:tab()
    stage:tick(120)
    assert(stage:says 'The markers are ready', stage:screen_text())
    assert(stage:says 'The markers come in when you go back', stage:screen_text())
    stage.fake:select(1)
    assert(over(stage), stage:screen_text())
    is(item, '0.500 bleed, some')
  end,

  ['a REAPER without take markers is told'] = function()
    local stage = new { fake = { missing = { SetTakeMarker = true } } }
    stage.item(stage.track 'Lead', stage:wav 'v.wav')
    stage:run 'Diagnose selected items'
    stage:tick(10)
    assert(stage:says 'has no take markers', stage:screen_text())
    assert(#stage.player.asked == 0)
  end,

  ['the preset that changes nothing is not offered for restoring'] = function()
    local stage = new()
    stage.item(stage.track 'Lead', stage:wav 'v.wav')
    stage:run 'Restore vocals of selected items (choose preset)'
    assert(stage:until_(function() return stage:says 'Quick: Nothing to fetch.' end, 30))
    assert(not stage:says 'Changes nothing', stage:screen_text())
  end,
}
