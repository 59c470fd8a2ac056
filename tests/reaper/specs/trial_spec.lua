-- “Try presets here” and “Keep this preset”.

local Stage = dofile(HERE .. 'stage.lua')
local json = require 'json'

local TRY, KEEP = 'Try presets here', 'Keep this preset'

local PRESETS = {
  { name = 'quick', title = 'Quick', description = 'Nothing to fetch.',
    blocks = json.list { 'separate.spleeter' } },
  { name = 'mine', title = 'Mine', description = 'My own.',
    blocks = json.list { 'separate.spleeter', 'denoise.deepfilternet' } },
  { name = 'studio', title = 'Studio', description = 'Large.', missing = json.list { 'roformer' },
    blocks = json.list { 'separate.roformer' } },
  { name = 'diagnose', title = 'Diagnose', description = 'Changes nothing.',
    blocks = json.list {} },
}

local function by_user(work)
  reaper.Undo_BeginBlock2(0)
  work()
  reaper.Undo_EndBlock2(0, 'user', -1)
end

local function item(track, n) return reaper.GetTrackMediaItem(reaper.GetTrack(0, track), n) end
local function value(one, key) return reaper.GetMediaItemInfo_Value(one, key) end
local function offset(take) return reaper.GetMediaItemTakeInfo_Value(take, 'D_STARTOFFS') end

-- An item from 10 to 50 s of a song of 60 s, from its second 5 on; the cursor stands at 30.
local function desk(options)
  options = options or {}
  options.player = options.player or {}
  options.player.presets = options.presets or PRESETS
  local stage = Stage.new(options)
  local one, take = stage.item(stage.track 'Lead',
    stage:wav('song.wav', { seconds = 60, rate = 1000 }),
    { position = 10, length = 40, take = options.take or { D_STARTOFFS = 5 },
      item = options.item })
  reaper.SetEditCurPos(options.cursor or 30, false, false)
  return stage, one, take
end

local function submits(stage)
  local out = {}
  for _, ask in ipairs(stage.player.asked) do
    if ask.type == 'submit' then out[#out + 1] = ask end
  end
  return out
end

-- Starts the action, and takes the presets that these words name beside the first.
local function start(stage, ...)
  stage:run(TRY)
  assert(stage:until_(function() return stage:offers 'Try 1 preset' end, 30), stage:screen_text())
  for _, words in ipairs { ... } do assert(stage:press(words), stage:screen_text()) end
end

local function tried(stage, ...)
  start(stage, ...)
  local steps = #stage.fake.undo_list
  assert(stage:press 'Try ', stage:screen_text())
  assert(stage:until_(function() return #stage.fake.undo_list > steps end, 60),
    stage:screen_text())
  stage:tick(2)
  assert(#stage.fake.violations == 0, stage.fake.violations[1])
  return stage
end

local function is_trial(one)
  local _, text = reaper.GetSetMediaItemInfo_String(one, 'P_EXT:voxmend', '', false)
  return text:find('"trial"', 1, true) ~= nil
end

local TRIED = '= Lead\n  10.000+40.000 muted *song.wav\n= Lead - Trial\n'
  .. '  22.500+15.000 song.wav | *song.wav - Vocals (quick) | song.wav - Vocals (mine)'

return {
  ['the song and one take of each preset, around the cursor, in one undo step'] = function()
    local stage = desk()
    local before = Stage.picture()
    local steps = #stage.fake.undo_list
    tried(stage, '– Mine')
    assert(Stage.picture() == TRIED, Stage.picture())
    assert(#stage.fake.undo_list == steps + 1 and Stage.undo_text() == 'voxmend: try 2 presets')
    local asked = submits(stage)
    assert(#asked == 2 and asked[1].preset == 'quick' and asked[2].preset == 'mine')
    for _, ask in ipairs(asked) do -- six seconds of context on each side
      assert(ask.clip.start_s == 11.5 and ask.clip.end_s == 38.5, json.encode(ask.clip))
      assert(table.concat(ask.stems, ' ') == 'vocals')
    end
    assert(offset(reaper.GetTake(item(1, 0), 0)) == 17.5)
    for n = 1, 2 do assert(math.abs(offset(reaper.GetTake(item(1, 0), n)) - 6) < 1e-9) end
    assert(stage:says 'Keep this preset', stage:screen_text())
    assert(reaper.CountSelectedMediaItems(0) == 1 and value(item(0, 0), 'B_UISEL') == 1)
    stage.fake:undo()
    assert(Stage.picture() == before, Stage.picture())
    stage.fake:redo()
    assert(Stage.picture() == TRIED)
  end,

  ['presets whose models are away are named, not listed; what was taken is known the next time'] =
  function()
    local stage = desk()
    start(stage, '– Mine')
    local text = stage:screen_text()
    assert(text:find('are to be fetched first', 1, true) and text:find('Studio.', 1, true), text)
    assert(not text:find('Large.', 1, true) and not text:find('Changes nothing', 1, true), text)
    assert(stage:offers 'Try 2 presets', text)
    stage:press 'Try 2'
    assert(stage:until_(Stage.imported, 60))
    stage.fake:stop_all()
    stage:run(TRY)
    assert(stage:until_(function() return stage:offers 'Try 2 presets' end, 30),
      stage:screen_text())
    stage:press '✓ Quick'
    stage:press '✓ Mine'
    assert(not stage:offers 'Try 1 preset' and not stage:offers 'Try 0 presets')
    stage:press 'Close'
    stage:tick(3)
    assert(#stage.fake.instances == 0 and #submits(stage) == 2)
  end,

  ['no models, a cursor elsewhere, two items under it, nothing selected: a sentence each'] =
  function()
    local stage = desk { presets = { PRESETS[3] } }
    stage:run(TRY)
    assert(stage:until_(function() return stage:says 'No preset’s models' end, 30),
      stage:screen_text())
    stage = desk { cursor = 5 }
    stage:run(TRY)
    stage:tick(2)
    assert(stage:says 'The edit cursor is in no selected item', stage:screen_text())
    stage = desk { cursor = 50 } -- where the item has ended
    stage:run(TRY)
    stage:tick(2)
    assert(stage:says 'The edit cursor is in no selected item', stage:screen_text())
    stage = desk()
    by_user(function() reaper.SelectAllMediaItems(0, false) end)
    stage:run(TRY)
    stage:tick(2)
    assert(stage:says 'The edit cursor is in no selected item', stage:screen_text())
    stage = desk()
    stage.item(stage.track 'Other', stage:wav 'other.wav', { position = 29, length = 3 })
    stage:run(TRY)
    stage:tick(2)
    assert(stage:says '2 selected items', stage:screen_text())
    assert(#submits(stage) == 0)
  end,

  ['near an end of the item the trial ends with it; a short item is tried whole'] = function()
    local stage = tried((desk { cursor = 12 }))
    assert(Stage.picture():find('\n  10.000+9.500 song.wav | *song.wav - Vocals (quick)', 1, true),
      Stage.picture())
    assert(#submits(stage) == 1 and submits(stage)[1].clip.start_s == 0)
    tried((desk { cursor = 49 }))
    assert(Stage.picture():find('\n  41.500+8.500 song.wav |', 1, true), Stage.picture())
    stage = desk { cursor = 30 }
    by_user(function() reaper.SetMediaItemInfo_Value(item(0, 0), 'D_LENGTH', 22) end)
    tried(stage)
    assert(Stage.picture():find('\n  22.500+9.500 song.wav |', 1, true), Stage.picture())
  end,

  ['other takes of the item stay out of the trial, and so do marks and locks'] = function()
    -- Where the item begins, so that no cut makes the GUIDs new.
    local stage, one = desk { cursor = 12, item = { I_GROUPID = 3, B_ALLTAKESPLAY = 1 } }
    by_user(function()
      local take = reaper.AddTakeToMediaItem(one)
      reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(stage:wav 'two.wav'))
      reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', 'two', true)
    end)
    tried(stage)
    local trial = item(1, 0)
    assert(reaper.CountTakes(trial) == 2 and Stage.count_takes 'two' == 1, Stage.picture())
    assert(value(trial, 'I_GROUPID') == 0 and value(trial, 'B_ALLTAKESPLAY') == 0)
    local seen = {}
    for n = 0, reaper.CountMediaItems(0) - 1 do
      local other = reaper.GetMediaItem(0, n)
      local _, guid = reaper.GetSetMediaItemInfo_String(other, 'GUID', '', false)
      assert(not seen[guid], guid)
      seen[guid] = true
      for k = 0, reaper.CountTakes(other) - 1 do
        local _, own = reaper.GetSetMediaItemTakeInfo_String(reaper.GetTake(other, k), 'GUID', '',
          false)
        assert(not seen[own], own)
        seen[own] = true
      end
    end
  end,

  ['rate, stretch markers and reversed sections: the trial plays what the item plays there'] =
  function()
    local stage = tried((desk { take = { D_STARTOFFS = 5, D_PLAYRATE = 0.5 } }))
    assert(math.abs(offset(reaper.GetTake(item(1, 0), 0)) - 11.25) < 1e-9)
    local first = submits(stage)[1].clip
    assert(math.abs(offset(reaper.GetTake(item(1, 0), 1)) + first.start_s - 11.25) < 1e-9)
    local again, _, two = desk()
    by_user(function()
      reaper.SetTakeStretchMarker(two, -1, 0, 5)
      reaper.SetTakeStretchMarker(two, -1, 40, 55)
    end)
    tried(again)
    local song, vocals = reaper.GetTake(item(1, 0), 0), reaper.GetTake(item(1, 0), 1)
    local pos, source, other, moved
    _, pos, source = reaper.GetTakeStretchMarker(song, 1)
    _, other, moved = reaper.GetTakeStretchMarker(vocals, 1)
    local clip = submits(again)[1].clip
    assert(pos == 27.5 and source == 55 and other == pos, pos)
    assert(math.abs(moved + clip.start_s - source) < 1e-6, moved)
  end,

  ['a take that has to be read through REAPER is read there alone'] = function()
    local stage = desk()
    by_user(function()
      local _, chunk = reaper.GetItemStateChunk(item(0, 0), '', false)
      chunk = chunk:gsub('<SOURCE WAVE.->', function(source)
        return '<SOURCE SECTION\nLENGTH 60\nSTARTPOS 0\nOVERLAP 0.01\nMODE 2\n' .. source .. '\n>'
      end, 1)
      reaper.SetItemStateChunk(item(0, 0), chunk, false)
    end)
    tried(stage, '– Mine')
    assert(Stage.picture():find('22.500+15.000 song.wav | *song.wav - Vocals (quick) | ', 1, true),
      Stage.picture())
    local asked = submits(stage)
    assert(asked[1].clip.path:match '1%.wav$' and asked[2].clip.path:match '2%.wav$')
    assert(math.abs(offset(reaper.GetTake(item(1, 0), 1)) - 6) < 2e-3)
  end,

  ['a preset that fails: the others stand, and its retry comes beside them'] = function()
    local stage = desk()
    local fails = true
    stage.player.fail = function(_, player)
      local first, second = player.jobs[player.order[1]], player.jobs[player.order[2]]
      return fails and first.state == 'succeeded' and second.state == 'running'
        and { code = 'out_of_memory', message = 'Close programs.', retryable = true } or nil
    end
    tried(stage, '– Mine')
    assert(Stage.picture():find('*song.wav - Vocals (quick)', 1, true)
      and not Stage.picture():find('(mine)', 1, true), Stage.picture())
    assert(stage:says 'Close programs', stage:screen_text())
    assert(not stage:offers 'Use quick now' and not stage:offers 'Other preset…')
    fails = false
    assert(stage:press 'Retry failed', stage:screen_text())
    assert(stage:until_(function() return Stage.picture() == TRIED end, 60), Stage.picture())
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
  end,

  ['Keep: the trial goes, and the whole item is restored with the preset that is heard'] =
  function()
    local stage = desk()
    local before = Stage.picture()
    tried(stage, '– Mine')
    stage.fake:stop_all()
    by_user(function() reaper.SetActiveTake(reaper.GetTake(item(1, 0), 2)) end)
    local steps = #stage.fake.undo_list
    stage:run(KEEP)
    assert(Stage.picture() == before, Stage.picture())
    assert(Stage.undo_text() == 'voxmend: remove the trial', Stage.undo_text())
    assert(stage:until_(function() return #stage.fake.undo_list == steps + 2 end, 60),
      stage:screen_text())
    local last = submits(stage)[3]
    assert(last.preset == 'mine' and last.stems == nil and last.clip.end_s == 51, json.encode(last))
    assert(Stage.picture():find('= Lead - Vocals\n  10.000+40.000 *song.wav - Vocals', 1, true),
      Stage.picture())
    assert(require('settings').load(stage.data).preset == 'quick')
    stage.fake:undo()
    stage.fake:undo()
    assert(Stage.picture():find('22.500+15.000 song.wav | song.wav - Vocals (quick) | *song.wav',
      1, true), Stage.picture())
  end,

  ['Keep where the song is heard, where there is no trial, or several: a sentence'] = function()
    local stage = desk()
    stage:run(KEEP)
    stage:tick(2)
    assert(stage:says 'No trial is in this project', stage:screen_text())
    stage.fake:stop_all()
    tried(stage)
    by_user(function() reaper.SetActiveTake(reaper.GetTake(item(1, 0), 0)) end)
    stage.fake:stop_all()
    stage:run(KEEP)
    stage:tick(2)
    assert(stage:says 'The song itself is the active take', stage:screen_text())
    stage.fake:stop_all()
    reaper.SetEditCurPos(45, false, false)
    stage:run(TRY)
    assert(stage:until_(function() return stage:press 'Try 1' end, 30), stage:screen_text())
    assert(stage:until_(function() return reaper.CountTrackMediaItems(reaper.GetTrack(0, 1)) == 2
      or reaper.CountTracks(0) == 3 end, 60), Stage.picture())
    stage.fake:stop_all()
    stage:run(KEEP)
    stage:tick(2)
    assert(stage:says '2 trials', stage:screen_text())
    assert(#submits(stage) == 2)
  end,

  ['stems that stand already are silent beside the trial, and sound again after it'] = function()
    local stage = desk()
    assert(stage:restore(), stage:screen_text())
    stage.fake:stop_all()
    local before = Stage.picture()
    tried(stage)
    for track = 0, 3 do
      for n = 0, reaper.CountTrackMediaItems(reaper.GetTrack(0, track)) - 1 do
        local trial = is_trial(item(track, n))
        assert((value(item(track, n), 'B_MUTE') == 0) == trial, Stage.picture())
      end
    end
    stage.fake:stop_all()
    by_user(function()
      reaper.SelectAllMediaItems(0, false)
      for n = 0, reaper.CountMediaItems(0) - 1 do
        local one = reaper.GetMediaItem(0, n)
        if is_trial(one) then reaper.SetMediaItemSelected(one, true) end
      end
    end)
    local steps = #stage.fake.undo_list
    stage:run(KEEP)
    assert(#stage.fake.undo_list == steps + 1, stage:screen_text())
    assert(Stage.picture() == before, Stage.picture())
  end,

  ['Remove takes a trial away too, and Toggle leaves it alone'] = function()
    local stage = desk()
    local before = Stage.picture()
    tried(stage, '– Mine')
    stage.fake:stop_all()
    stage:run 'Toggle original and stems'
    stage:tick(2)
    assert(stage:says 'No stems of voxmend' and Stage.picture() == TRIED, stage:screen_text())
    stage.fake:stop_all()
    stage:run 'Remove what voxmend brought'
    assert(Stage.undo_text() == 'voxmend: remove 1 trial', Stage.undo_text())
    assert(Stage.picture() == before, Stage.picture())
  end,

  ['a restoration beside a trial takes its mute over'] = function()
    local stage = desk()
    tried(stage)
    stage.fake:stop_all()
    local steps = #stage.fake.undo_list
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #stage.fake.undo_list > steps end, 60),
      stage:screen_text())
    stage.fake:stop_all()
    assert(Stage.picture():find('= Lead - Vocals\n  10.000+40.000 *song', 1, true), Stage.picture())
    local trial
    for n = 0, reaper.CountMediaItems(0) - 1 do
      local one = reaper.GetMediaItem(0, n)
      if value(one, 'D_LENGTH') == 15 then trial = one end
    end
    by_user(function()
      reaper.SelectAllMediaItems(0, false)
      reaper.SetMediaItemSelected(trial, true)
    end)
    stage:run(KEEP)
    assert(value(item(0, 0), 'B_MUTE') == 1, Stage.picture())
  end,

  ['clicked twice the trial is made once; one item that is gone meanwhile is said'] = function()
    local stage = desk { player = { hold = true } }
    start(stage)
    assert(stage:press 'Try 1')
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage.fake:stop_all()
    start(stage)
    assert(stage:press 'Try 1')
    stage:tick(30)
    assert(#stage.player.order == 1, #stage.player.order)
    stage.fake.edit.delete(item(0, 0))
    stage.player.hold = false
    assert(stage:until_(function() return stage:says 'is not there any more' end, 60),
      stage:screen_text())
    assert(not stage:says 'Retry failed', stage:screen_text())
  end,

  ['a preset of the user’s that is away when its job comes fails alone, in words'] = function()
    local stage = desk()
    stage.player.refuse.submit = function(ask)
      return ask.preset == 'mine' and { code = 'unknown_preset', message = 'There is no mine.' }
        or nil
    end
    tried(stage, '– Mine')
    assert(Stage.picture():find('*song.wav - Vocals (quick)', 1, true), Stage.picture())
    assert(stage:says 'There is no mine', stage:screen_text())
  end,
}
