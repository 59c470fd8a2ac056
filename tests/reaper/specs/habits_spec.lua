-- Projects as people have them: films and subprojects on tracks, empty lanes, closed and frozen
-- folders, items over one another, takes with effects, a REAPER that does not do what is asked.

local Stage = dofile(HERE .. 'stage.lua')

local TRY, TOGGLE = 'Try presets here', 'Toggle original and stems'
local REMOVE = 'Remove what voxmend brought'
local YES = 6
local DELETE_TAKE, CROP = 40129, 40131

local function by_user(work)
  reaper.Undo_BeginBlock2(0)
  work()
  reaper.Undo_EndBlock2(0, 'user', -1)
end

local function item(track, n) return reaper.GetTrackMediaItem(reaper.GetTrack(0, track), n) end
local function set_track(n, key, number) by_user(function()
  reaper.SetMediaTrackInfo_Value(reaper.GetTrack(0, n), key, number)
end) end

-- One item on one track, selected.
local function desk(options)
  options = options or {}
  local stage = Stage.new(options)
  stage.item(stage.track 'Lead', stage:wav(options.file or 'song.wav'), options)
  return stage
end

local function restored(stage)
  assert(stage:restore(60), stage:screen_text())
  stage:tick(2)
  assert(#stage.fake.violations == 0, stage.fake.violations[1])
  return stage
end

-- These commands of REAPER do nothing, whatever the reason.
local function without_commands(stage, ...)
  local off, act = {}, stage.fake.reaper.Main_OnCommand
  for _, id in ipairs { ... } do off[id] = true end
  stage.fake.reaper.Main_OnCommand = function(id, flag)
    if not off[id] then return act(id, flag) end
  end
end

local function breaks(stage, name)
  stage.fake.reaper[name] = function() error('out of order', 0) end
end

local function log(stage)
  local file = io.open(stage.data .. '/log.txt', 'rb')
  local text = file and file:read 'a' or ''
  if file then file:close() end
  return text
end

return {
  ['a film and a subproject are read through REAPER, and their stems lie in place'] = function()
    for _, name in ipairs { 'film.mp4', 'inner.rpp' } do
      local stage = restored(desk { file = name, position = 3, take = { D_STARTOFFS = 0.5 } })
      local ask
      for _, one in ipairs(stage.player.asked) do ask = one.type == 'submit' and one or ask end
      assert(ask.clip.path:match '1%.wav$', ask.clip.path)
      assert(Stage.picture():find('\n  3.000+2.000 *' .. name .. ' - Vocals', 1, true),
        Stage.picture())
    end
  end,

  ['empty lanes of an item are left alone by all that is done to it'] = function()
    local stage = desk { settings = { preset = 'quick', result = 'take' } }
    by_user(function()
      local _, chunk = reaper.GetItemStateChunk(item(0, 0), '', false)
      reaper.SetItemStateChunk(item(0, 0), (chunk:gsub('\n>%s*$', '\nTAKE NULL\n>\n')), false)
    end)
    assert(reaper.CountTakes(item(0, 0)) == 2 and not reaper.GetTake(item(0, 0), 1))
    local before = Stage.picture
    restored(stage)
    assert(Stage.count_takes 'Vocals' == 1, Stage.picture())
    stage.fake:stop_all()
    stage:run(TOGGLE)
    stage:run(REMOVE)
    stage:tick(2)
    assert(Stage.count_takes 'Vocals' == 0 and Stage.count_takes 'song.wav' == 1, before())
    stage.fake:stop_all()
    reaper.SetEditCurPos(1, false, false)
    stage:run(TRY)
    assert(stage:until_(function() return stage:press 'Try 1' end, 30), stage:screen_text())
    assert(stage:until_(function() return Stage.count_takes 'Vocals (quick)' == 1 end, 60),
      stage:screen_text())
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
  end,

  ['items over one another on a free track all have their stems'] = function()
    local stage = Stage.new()
    local track = stage.track 'Lead'
    set_track(0, 'I_FREEMODE', 1)
    for n = 1, 2 do
      stage.item(track, stage:wav('song' .. n .. '.wav', { seed = n }), { position = n,
        item = { F_FREEMODE_Y = (n - 1) / 2, F_FREEMODE_H = 0.5 } })
    end
    restored(stage)
    assert(reaper.CountTracks(0) == 3, Stage.picture())
    for n = 1, 2 do
      assert(reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, n), 'I_FREEMODE') == 1)
      for k = 0, 1 do
        assert(reaper.GetMediaItemInfo_Value(item(n, k), 'F_FREEMODE_Y') == k / 2)
        assert(reaper.GetMediaItemInfo_Value(item(n, k), 'F_FREEMODE_H') == 0.5)
      end
    end
  end,

  ['stems in a folder that is closed are told where they are'] = function()
    local stage = desk()
    stage.track 'Backing'
    set_track(0, 'I_FOLDERDEPTH', 1)
    set_track(1, 'I_FOLDERDEPTH', -1)
    set_track(0, 'I_FOLDERCOMPACT', 2)
    restored(stage)
    assert(stage:says 'The stems of “Lead” lie in a folder that is closed', stage:screen_text())
    for compact = 0, 1 do
      stage = desk()
      stage.track 'Backing'
      set_track(0, 'I_FOLDERDEPTH', 1)
      set_track(1, 'I_FOLDERDEPTH', -1)
      set_track(0, 'I_FOLDERCOMPACT', compact)
      restored(stage)
      assert(not stage:says 'that is closed', stage:screen_text())
    end
  end,

  ['a track that is frozen may use stems that no item shows: the question says so'] = function()
    local stage = restored(desk())
    stage.fake:stop_all()
    for frozen = 0, 1 do
      by_user(function()
        for t = 1, 2 do
          local track = reaper.GetTrack(0, t)
          while reaper.CountTrackMediaItems(track) > 0 do
            reaper.DeleteTrackMediaItem(track, reaper.GetTrackMediaItem(track, 0))
          end
        end
      end)
      stage.fake.project.tracks[2].I_FREEZECOUNT = frozen
      stage:run 'Jobs panel'
      assert(stage:until_(function() return stage:offers 'Unused stems…' end, 10))
      stage:press 'Unused stems'
      local asked
      for _, dialog in ipairs(stage.fake.dialogs) do
        if tostring(dialog.text):find 'No open project uses' then asked = dialog.text end
      end
      assert(asked, stage:screen_text())
      assert((asked:find('frozen', 1, true) ~= nil) == (frozen == 1), asked)
      stage.fake.dialogs = {}
      stage.fake:stop_all()
    end
  end,

  ['a voxmend that takes its time is told while it starts, and can be left'] = function()
    for _, name in ipairs { TRY, 'Restore vocals of selected items (choose preset)' } do
      local stage, late = desk { length = 3 }, true
      reaper.SetEditCurPos(1, false, false)
      stage.player.withhold = function(ask) return late and ask.type == 'presets' end
      stage:run(name)
      stage:tick(15)
      assert(not stage:says 'Starting voxmend', name)
      assert(stage:until_(function() return stage:says 'Starting voxmend' end, 3), name)
      assert(stage:press 'Close')
      assert(#stage.fake.instances == 0, name)
      stage:run(name)
      assert(stage:until_(function() return stage:says 'Starting voxmend' end, 3), name)
      late = false
      stage.fake:answer('gfx.showmenu', 1)
      assert(stage:until_(function() return stage:offers 'Try 1 preset' or stage:running_job() end,
        10), name .. stage:screen_text())
      assert(not stage:says 'Starting voxmend', stage:screen_text())
      assert(#stage.fake.violations == 0, stage.fake.violations[1])
    end
  end,

  ['an item that plays all its takes is refused by name: the others would fall silent'] = function()
    local stage = desk { item = { B_ALLTAKESPLAY = 1 } }
    by_user(function()
      local take = reaper.AddTakeToMediaItem(item(0, 0))
      reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(stage:wav 'two.wav'))
    end)
    stage:run 'Restore vocals of selected items'
    stage:tick(5)
    assert(stage:says '“song.wav” plays all its takes at once', stage:screen_text())
    assert(#stage.player.order == 0 and reaper.CountTracks(0) == 1)
  end,

  ['stems that come as takes do not all play at once, and Remove gives that back'] = function()
    local function all_play() return reaper.GetMediaItemInfo_Value(item(0, 0), 'B_ALLTAKESPLAY') end
    for before = 0, 1 do
      local stage = desk { settings = { preset = 'quick', result = 'take' },
        item = { B_ALLTAKESPLAY = before } }
      restored(stage)
      assert(all_play() == 0, Stage.picture())
      stage.fake:stop_all()
      stage:run(REMOVE)
      assert(all_play() == before and reaper.CountTakes(item(0, 0)) == 1, Stage.picture())
      stage.fake:undo()
      assert(all_play() == 0 and reaper.CountTakes(item(0, 0)) == 4, Stage.picture())
    end
  end,

  ['take effects of an item are told: its stems are without them'] = function()
    local stage = desk()
    by_user(function() reaper.TakeFX_AddByName(reaper.GetActiveTake(item(0, 0)), 'ReaEQ', 1) end)
    restored(stage)
    assert(stage:says '“song.wav” has take effects', stage:screen_text())
  end,

  ['commands that REAPER does not carry out: a sentence, and the project is as it was'] =
  function()
    local stage = desk { settings = { preset = 'quick', result = 'take' } }
    restored(stage)
    stage.fake:stop_all()
    local before = Stage.picture()
    without_commands(stage, DELETE_TAKE)
    stage:run(REMOVE)
    stage:tick(2)
    assert(stage:says 'REAPER did not change the takes', stage:screen_text())
    assert(Stage.picture() == before, Stage.picture())

    stage = desk()
    by_user(function()
      local take = reaper.AddTakeToMediaItem(item(0, 0))
      reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(stage:wav 'two.wav'))
    end)
    before = Stage.picture()
    without_commands(stage, CROP)
    reaper.SetEditCurPos(1, false, false)
    stage:run(TRY)
    assert(stage:until_(function() return stage:press 'Try 1' end, 30), stage:screen_text())
    assert(stage:until_(function() return stage:says 'REAPER did not change the takes' end, 60),
      stage:screen_text())
    assert(Stage.picture() == before, Stage.picture())
  end,

  ['a change that breaks off is a sentence; what broke is in the log'] = function()
    for name, broken in pairs { [TOGGLE] = 'SetMediaItemInfo_Value',
      [REMOVE] = 'DeleteTrackMediaItem' } do
      local stage = restored(desk())
      stage.fake:stop_all()
      local before = Stage.picture()
      stage.fake:answer('ShowMessageBox', YES)
      breaks(stage, broken)
      stage:run(name)
      stage:tick(2)
      assert(stage:says 'the project is as it was', name .. stage:screen_text())
      assert(not stage:says 'traceback' and not stage:says '.lua:', stage:screen_text())
      assert(log(stage):find('out of order', 1, true), log(stage))
      assert(Stage.picture() == before, Stage.picture())
    end
  end,

  ['what is locked is told once, however many stems stand beside it'] = function()
    local stage = restored(desk { length = 3 })
    stage.fake:stop_all()
    by_user(function()
      for t = 0, 2 do reaper.SetMediaItemInfo_Value(item(t, 0), 'C_LOCK', 1) end
    end)
    reaper.SetEditCurPos(1, false, false)
    stage:run(TRY)
    assert(stage:until_(function() return stage:press 'Try 1' end, 30), stage:screen_text())
    assert(stage:until_(function() return Stage.count_takes '(quick)' == 1 end, 60),
      stage:screen_text())
    stage:tick(2)
    local text = stage:screen_text():gsub('\n', ' ')
    local _, count = text:gsub('What is locked was not muted', '')
    assert(count == 1, text)
  end,
}
