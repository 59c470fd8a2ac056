-- A project of 5,000 items, 300 of them selected, cut from three files.

local Stage = dofile(HERE .. 'stage.lua')

local SELECTED, ALL, FILES = 300, 5000, 3

local function large(options)
  local stage = Stage.new(options)
  local wavs = {}
  for n = 1, FILES do
    wavs[n] = stage:wav("song" .. n .. ".wav",
      { seconds = 60, rate = 8000, channels = 1, seed = n })
  end
  reaper.Undo_BeginBlock2(0)
  for t = 1, FILES do
    reaper.InsertTrackAtIndex(t - 1, false)
    local track = reaper.GetTrack(0, t - 1)
    local source = reaper.PCM_Source_CreateFromFile(wavs[t])
    for n = 0, ALL // FILES do
      local item = reaper.AddMediaItemToTrack(track)
      local take = reaper.AddTakeToMediaItem(item)
      reaper.SetMediaItemTake_Source(take, n == 0 and source or
        reaper.PCM_Source_CreateFromFile(wavs[t]))
      reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', 'part ' .. n, true)
      reaper.SetMediaItemInfo_Value(item, 'D_POSITION', n * 0.5)
      reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', 0.5)
      reaper.SetMediaItemTakeInfo_Value(take, 'D_STARTOFFS', (n % 100) * 0.5)
      reaper.SetMediaItemSelected(item, n < SELECTED // FILES)
    end
  end
  reaper.Undo_EndBlock2(0, 'user: song', -1)
  return stage
end

return {
  ['300 items from three files are three clips, one undo step, and no tick stalls'] = function()
    local stage = large()
    local first = #stage.fake.ticks + 1
    local steps = #stage.fake.undo_list
    assert(stage:restore(120), stage:screen_text())
    local submits = 0
    for _, ask in ipairs(stage.player.asked) do
      if ask.type == 'submit' then submits = submits + 1 end
    end
    assert(submits == FILES, submits)
    assert(#stage.fake.undo_list == steps + 1)
    assert(stage.count_takes 'Instrumental' == SELECTED, stage.count_takes 'Instrumental')
    local costs = {}
    for n = first, #stage.fake.ticks do costs[#costs + 1] = stage.fake.ticks[n].cost end
    table.sort(costs, function(a, b) return a > b end)
    assert(costs[1] <= 0.5, 'the insertion tick costs ' .. costs[1])
    assert(costs[2] <= 0.020, 'another tick costs ' .. costs[2])
    local figures = '# %d items, %d selected: insertion %.3f s, the next longest tick %.4f s\n'
    io.write(figures:format(ALL, SELECTED, costs[1], costs[2]))
  end,

  ['a file that fails does not hold up the other two hundred items, and is tried again'] =
  function()
    local stage = large()
    local broken = true
    stage.player.fail = function(clip)
      return broken and clip.path:find('song2', 1, true)
        and { code = 'out_of_memory', message = 'Close programs.', retryable = true } or nil
    end
    assert(stage:restore(120), stage:screen_text())
    local there = SELECTED - SELECTED // FILES
    assert(stage.count_takes 'Instrumental' == there, stage.count_takes 'Instrumental')
    assert(stage:until_(function() return stage:says 'Close programs' end, 10))
    broken = false
    assert(stage:press 'Retry failed', stage:screen_text())
    local undo = 'voxmend: restore 100 items (quick)' -- asked at each tick: counting takes long
    assert(stage:until_(function() return Stage.undo_text() == undo end, 60), Stage.undo_text())
    assert(stage.count_takes 'Instrumental' == SELECTED, stage.count_takes 'Instrumental')
  end,
}
