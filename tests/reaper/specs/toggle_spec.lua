-- “Toggle original and stems”, and “Instrumental only”.

local Stage = dofile(HERE .. 'stage.lua')

local TOGGLE = 'Toggle original and stems'

local function by_user(work)
  reaper.Undo_BeginBlock2(0)
  work()
  reaper.Undo_EndBlock2(0, 'user', -1)
end

local function select_none() by_user(function() reaper.SelectAllMediaItems(0, false) end) end

-- Two restored items; nothing is selected.
local function restored(settings)
  local stage = Stage.new { settings = settings }
  local track = stage.track 'Lead'
  for n = 1, 2 do
    stage.item(track, stage:wav('song' .. n .. '.wav', { seed = n }), { position = n * 5 })
  end
  assert(stage:restore(), stage:screen_text())
  stage.fake:stop_all()
  select_none()
  return stage
end

local function item(track, n) return reaper.GetTrackMediaItem(reaper.GetTrack(0, track), n) end

local function mutes()
  local out = {}
  for t = 0, reaper.CountTracks(0) - 1 do
    for n = 0, reaper.CountTrackMediaItems(reaper.GetTrack(0, t)) - 1 do
      out[#out + 1] = reaper.GetMediaItemInfo_Value(item(t, n), 'B_MUTE') ~= 0 and 'm' or '-'
    end
  end
  return table.concat(out)
end

local function mute(one) by_user(function()
  reaper.SetMediaItemInfo_Value(one, 'B_MUTE', 1)
end) end

local function active(n) return reaper.GetTakeName(reaper.GetActiveTake(item(0, n))) end

return {
  ['the originals sound instead of the stems, and the stems again, each in one undo step'] =
  function()
    local stage = restored()
    assert(mutes() == 'mm----', mutes())
    local steps = #stage.fake.undo_list
    stage:run(TOGGLE)
    assert(mutes() == '--mmmm', mutes())
    assert(#stage.fake.undo_list == steps + 1 and Stage.undo_text():match 'toggle')
    stage:run(TOGGLE)
    assert(mutes() == 'mm----', mutes())
    stage.fake:undo()
    assert(mutes() == '--mmmm', mutes())
    stage.fake:undo()
    assert(mutes() == 'mm----', mutes())
    stage:run(TOGGLE)
    assert(mutes() == '--mmmm' and #stage.fake.violations == 0, stage.fake.violations[1])
  end,

  ['only the sets of the selected items, by original or by stem'] = function()
    for track = 0, 2 do
      local stage = restored()
      by_user(function() reaper.SetMediaItemSelected(item(track, 1), true) end)
      stage:run(TOGGLE)
      assert(mutes() == 'm--m-m', track .. ' ' .. mutes())
    end
  end,

  ['a mute of the user’s own stays, whichever way'] = function()
    local stage = restored()
    mute(item(1, 0))
    stage:run(TOGGLE)
    assert(mutes() == '--mmmm', mutes())
    stage:run(TOGGLE)
    assert(mutes() == 'mmm---', mutes())
  end,

  ['after a toggle a restoration still knows its own mute'] = function()
    local stage = restored()
    stage:run(TOGGLE)
    stage:run(TOGGLE)
    by_user(function() reaper.SetMediaItemSelected(item(0, 0), true) end)
    local steps = #stage.fake.undo_list
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #stage.fake.undo_list > steps end, 60))
    assert(mutes() == 'mm----', mutes())
  end,

  ['stems that are takes: the active take changes, and comes back'] = function()
    local stage = restored { preset = 'quick', result = 'take' }
    local before = active(0)
    assert(before:match 'Vocals$', before)
    by_user(function() reaper.SetActiveTake(reaper.GetTake(item(0, 1), 3)) end)
    stage:run(TOGGLE)
    assert(active(0) == 'song1.wav' and active(1) == 'song2.wav', active(0))
    stage:run(TOGGLE)
    assert(active(0) == before and active(1):match 'Instrumental$', active(1))
    assert(mutes() == '--', mutes())
  end,

  ['locked items are left alone, and without stems a sentence says so'] = function()
    local stage = restored()
    by_user(function() reaper.SetMediaItemInfo_Value(item(0, 0), 'C_LOCK', 1) end)
    stage:run(TOGGLE)
    assert(mutes() == 'm-' .. '-m-m', mutes())
    stage = Stage.new()
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    stage:run(TOGGLE)
    stage:tick(2)
    assert(stage:says 'No stems of voxmend', stage:screen_text())
  end,

  ['instrumental only: one track, and the worker is asked for no more'] = function()
    local stage = Stage.new()
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    stage:run 'Instrumental only'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(Stage.picture() == '= Lead\n  0.000+2.000 muted *song.wav\n= Lead - Instrumental\n'
      .. '  0.000+2.000 *song.wav - Instrumental', Stage.picture())
    for _, ask in ipairs(stage.player.asked) do
      if ask.type == 'submit' then assert(table.concat(ask.stems, ' ') == 'instrumental') end
    end
  end,

  ['instrumental only, as a take: it is the active one'] = function()
    local stage = Stage.new { settings = { preset = 'quick', result = 'take' } }
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    stage:run 'Instrumental only'
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    assert(reaper.CountTakes(item(0, 0)) == 2 and active(0):match 'Instrumental$', Stage.picture())
  end,

  ['the instrumental of an item that was restored is a job of its own'] = function()
    local stage = Stage.new { player = { hold = true } }
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    stage:run 'Instrumental only'
    assert(stage:until_(function() return #stage.player.order == 2 end, 30), stage:screen_text())
  end,
}
