-- The action “Mend a vocal with its song”: of two items a menu asks which is the vocal; the song is
-- the clip and goes in as ever, the vocal travels as the path and span of its file.

local Stage = dofile(HERE .. 'stage.lua')

local ACTION = 'Mend a vocal with its song'

-- A song of 6 s and a vocal of 4 s that plays from 0.5 s of its file on for 3 s.
local function new(options)
  local stage = Stage.new(options)
  local song = stage.item(stage.track 'Song', stage:wav('song.wav', { seconds = 6 }),
    { position = 1, length = 6 })
  local vocal = stage.item(stage.track 'UVR', stage:wav('vocal.wav', { seconds = 4 }),
    { position = 2, length = 3, take = { D_STARTOFFS = 0.5 } })
  return stage, song, vocal
end

local function submitted(stage)
  local asked
  for _, ask in ipairs(stage.player.asked) do asked = ask.type == 'submit' and ask or asked end
  return asked
end

return {
  ['the song is the clip, the vocal its voice, and mend the preset'] = function()
    local stage = new()
    stage.fake:answer('gfx.showmenu', 2)
    stage:run(ACTION)
    assert(stage:until_(function() return stage:says '1 item' and submitted(stage) end, 60),
      stage:screen_text())
    local menu = stage.fake.dialogs[#stage.fake.dialogs]
    assert(menu.text:find('The vocal is: vocal', 1, true), menu.text)
    local asked = submitted(stage)
    assert(asked.preset == 'mend' and asked.clip.path:match 'song%.wav$')
    assert(asked.voice.path:match 'vocal%.wav$')
    assert(asked.voice.start_s == 0.5 and asked.voice.end_s == 3.5)
    assert(stage:until_(function() return #stage.fake.undo_list > 0 and
      Stage.picture():find('Song - Vocals', 1, true) end, 60), stage:screen_text())
    assert(Stage.picture():find('= Song - Instrumental', 1, true), Stage.picture())
    assert(stage:says 'The voice was found in the song', stage:screen_text())
    assert(not Stage.picture():find('UVR - Vocals', 1, true), Stage.picture())
    assert(require('settings').load(stage.data).preset == 'quick')
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
  end,

  ['a closed menu asks for nothing'] = function()
    local stage = new()
    stage:run(ACTION)
    stage:tick(60)
    assert(not submitted(stage))
  end,

  ['one item, or three, are told what to select'] = function()
    local stage, song = new()
    reaper.SetMediaItemSelected(song, false)
    stage:run(ACTION)
    assert(stage:until_(function() return stage:says 'Select two items' end, 30),
      stage:screen_text())
    assert(not submitted(stage))
  end,

  ['a vocal with edits that its file does not hold is refused by name'] = function()
    local stage, _, vocal = new()
    reaper.Undo_BeginBlock2(0)
    local _, chunk = reaper.GetItemStateChunk(vocal, '', false)
    reaper.SetItemStateChunk(vocal, (chunk:gsub('\n(%s*<SOURCE)',
      '\nSPECTRAL_EDIT 0 1 0 0 0 0 24000 0 0 1 1 0 1 1\n%1', 1)), false)
    reaper.Undo_EndBlock2(0, 'user', -1)
    stage.fake:answer('gfx.showmenu', 2)
    stage:run(ACTION)
    assert(stage:until_(function() return stage:says 'was edited in REAPER' end, 30),
      stage:screen_text())
    assert(not submitted(stage))
  end,

  ['what an earlier worker made of the song is not put in'] = function()
    local stage = new { player = { earlier = true } } -- its records have no word of a voice
    stage.fake:answer('gfx.showmenu', 2)
    stage:run(ACTION)
    assert(stage:until_(function() return stage:says 'took the song for the vocal' end, 60),
      stage:screen_text())
    assert(not Stage.picture():find('Vocals', 1, true), Stage.picture())
  end,
}
