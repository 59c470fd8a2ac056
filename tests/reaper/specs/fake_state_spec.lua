-- What the stand-in for REAPER keeps: undo, scripts, time, files. Each of these is a fact that
-- the scripts lean on, so each is shown here without the scripts.

local Bare = require 'bare_item'

local fresh, write, script, block, build, guid, mark, wav
  = Bare.fresh, Bare.write, Bare.script, Bare.block, Bare.build, Bare.guid, Bare.mark, Bare.wav

return {
  ['undo and redo keep the GUIDs and replace every object'] = function()
    local fake = fresh()
    local item = build()
    local id = guid(item)
    block('moved', function() reaper.SetMediaItemInfo_Value(item, 'D_POSITION', 7) end)
    assert(#fake.undo_list == 3 and reaper.Undo_CanUndo2(0) == 'moved')
    fake:undo()
    assert(not reaper.ValidatePtr2(0, item, 'MediaItem*'))
    local other = reaper.GetMediaItem(0, 0)
    assert(guid(other) == id and reaper.GetMediaItemInfo_Value(other, 'D_POSITION') == 1)
    assert(reaper.Undo_CanRedo2(0) == 'moved' and reaper.Undo_CanUndo2(0) == 'built')
    fake:redo()
    assert(not reaper.ValidatePtr2(0, other, 'MediaItem*'))
    assert(reaper.GetMediaItemInfo_Value(reaper.GetMediaItem(0, 0), 'D_POSITION') == 7)
    assert(guid(reaper.GetMediaItem(0, 0)) == id)
  end,

  ['take markers stand in order, come back by undo, and go along with a split'] = function()
    local fake = fresh()
    local item = build()
    local take = reaper.GetTake(item, 0)
    block('marked', function()
      assert(reaper.SetTakeMarker(take, -1, 'late', 2, 0x1000001) == 0)
      assert(reaper.SetTakeMarker(take, -1, 'early', 0.5) == 0)
      assert(reaper.SetTakeMarker(take, 0, 'later', 3) == 1, 'its place in the order is told')
      assert(reaper.SetTakeMarker(take, 7, 'nowhere', 3) == -1)
    end)
    local at, name, color = reaper.GetTakeMarker(take, 0)
    assert(at == 2 and name == 'late' and color == 0x1000001)
    assert(reaper.GetTakeMarker(take, 2) == -1)
    block('one less', function()
      assert(reaper.DeleteTakeMarker(take, 0) and not reaper.DeleteTakeMarker(take, 5))
    end)
    assert(reaper.GetNumTakeMarkers(take) == 1)
    fake:undo()
    take = reaper.GetTake(reaper.GetMediaItem(0, 0), 0)
    assert(reaper.GetNumTakeMarkers(take) == 2 and #fake.violations == 0)
    local other = fake.edit.split(reaper.GetMediaItem(0, 0), 2)
    assert(reaper.GetNumTakeMarkers(reaper.GetTake(other, 0)) == 2)
    fake:undo()
    fake:undo()
    assert(reaper.GetNumTakeMarkers(reaper.GetTake(reaper.GetMediaItem(0, 0), 0)) == 0)
    assert(not pcall(reaper.SetTakeMarker, item, -1, 'an item is no take', 1))
    assert(not pcall(reaper.SetTakeMarker, take, -1, nil, 1))
  end,

  ['undo takes along what was changed and never recorded'] = function()
    local fake = fresh()
    local item = build()
    block('moved', function() reaper.SetMediaItemInfo_Value(item, 'D_POSITION', 7) end)
    reaper.SetMediaItemInfo_Value(item, 'B_MUTE', 1)
    fake:undo()
    fake:redo()
    assert(reaper.GetMediaItemInfo_Value(reaper.GetMediaItem(0, 0), 'B_MUTE') == 0)
  end,

  ['a new step forgets what could be redone'] = function()
    local fake = fresh()
    local item = build()
    block('moved', function() reaper.SetMediaItemInfo_Value(item, 'D_POSITION', 7) end)
    fake:undo()
    block('muted', function()
      reaper.SetMediaItemInfo_Value(reaper.GetMediaItem(0, 0), 'B_MUTE', 1)
    end)
    assert(reaper.Undo_CanRedo2(0) == nil and #fake.undo_list == 3)
  end,

  ['blocks inside a block are one step'] = function()
    local fake = fresh()
    block('outer', function()
      block('inner', function() reaper.InsertTrackAtIndex(0, false) end)
      reaper.InsertTrackAtIndex(0, false)
    end)
    assert(#fake.undo_list == 2 and reaper.Undo_CanUndo2(0) == 'outer')
  end,

  ['each tab has an undo list of its own'] = function()
    local fake, first = fresh()
    build()
    local second = fake:tab()
    assert(reaper.Undo_CanUndo2(second) == nil and reaper.Undo_CanUndo2(first) == 'built')
    assert(reaper.CountTracks(0) == 0 and reaper.CountTracks(first) == 1)
    assert(reaper.EnumProjects(0) == first and reaper.EnumProjects(-1) == second)
  end,

  ['a hand that edits makes a step of its own'] = function()
    local fake = fresh()
    local item = build()
    local id = guid(item)
    local right = fake.edit.split(item, 2)
    assert(#fake.undo_list == 3 and #fake.violations == 0)
    assert(guid(right) ~= id and guid(item) == id, 'the left half keeps its GUID')
    assert(reaper.GetMediaItemInfo_Value(item, 'D_LENGTH') == 1)
    assert(mark(right) == (fake.switches.split_copies_ext and 'mine' or ''))
    local copy = fake.edit.copy_drag(item, 20)
    assert(mark(copy) == 'mine' and guid(copy) ~= id)
    fake.edit.delete(item)
    assert(not reaper.ValidatePtr2(0, item, 'MediaItem*'))
    assert(reaper.CountMediaItems(0) == 2)
  end,

  ['the count of changes rises with each change and not by looking'] = function()
    fresh()
    local item = build()
    local before = reaper.GetProjectStateChangeCount(0)
    reaper.GetMediaItemInfo_Value(item, 'D_POSITION')
    assert(reaper.GetProjectStateChangeCount(0) == before)
    block('moved', function() reaper.SetMediaItemInfo_Value(item, 'D_POSITION', 3) end)
    assert(reaper.GetProjectStateChangeCount(0) > before)
  end,

  ['a script has globals and modules of its own and its atexit runs'] = function()
    local fake = fresh()
    write(TMP .. 'counter_module.lua', 'return {count = 0}')
    local path = script('own', string.format([[
      package.path = %q
      leaked_global = 1
      local counter = require 'counter_module'
      counter.count = counter.count + 1
      reaper.atexit(function()
        reaper.SetExtState('test', 'left', tostring(counter.count), false)
      end)
      local left = 3
      local function tick()
        left = left - 1
        if left > 0 then reaper.defer(tick) end
      end
      reaper.defer(tick)]], TMP .. '?.lua'))
    fake:run(path)
    assert(rawget(_G, 'leaked_global') == nil and not package.loaded.counter_module)
    fake:tick(2)
    assert(#fake.instances == 1)
    fake:tick(2)
    assert(#fake.instances == 0 and reaper.GetExtState('test', 'left') == '1')
    fake:run(path)
    fake:stop_all()
    assert(reaper.GetExtState('TEST', 'Left') == '1', 'keys have no case; modules load anew')
    assert(#fake.failures == 0, fake.failures[1])
  end,

  ['an error in a deferred function ends the script and is told'] = function()
    local fake = fresh()
    fake:run(script('broken', 'reaper.defer(function() error "oops" end)'))
    fake:tick(1)
    assert(#fake.instances == 0 and fake.failures[1]:find('oops', 1, true))
  end,

  ['a script that asked for it is ended when it is started again'] = function()
    local fake = fresh()
    local text = [[
      reaper.set_action_options(%d)
      local function tick() reaper.defer(tick) end
      tick()]]
    local ends = script('ends', text:format(1))
    assert(fake:run(ends) and fake:run(ends) == nil and #fake.instances == 0)
    local again = script('again', text:format(3))
    local first = fake:run(again)
    assert(fake:run(again) ~= first and #fake.instances == 1)
  end,

  ['time is thirty ticks a second and what the calls cost'] = function()
    local fake = fresh()
    fake:run(script('slow', [[
      reaper.defer(function() for _ = 1, 1000 do reaper.CountTracks(0) end end)]]))
    local before = reaper.time_precise()
    fake:tick(1)
    assert(math.abs(fake.ticks[#fake.ticks].cost - 5e-3) < 1e-4, fake.ticks[#fake.ticks].cost)
    assert(math.abs(reaper.time_precise() - before - 1 / 30 - 5e-3) < 1e-3)
    fake:modal(120)
    assert(reaper.time_precise() - before > 120)
  end,

  ['an accessor reads the sound in item time and nothing inside a coroutine'] = function()
    local fake = fresh()
    local item = build()
    local take = reaper.GetTake(item, 0)
    block('source', function()
      reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(wav 'tone'))
      reaper.SetMediaItemTakeInfo_Value(take, 'D_STARTOFFS', 0.25)
      reaper.SetMediaItemTakeInfo_Value(take, 'D_VOL', 0.5)
      reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', 0.5)
    end)
    local source = reaper.GetMediaItemTake_Source(take)
    assert(reaper.GetMediaSourceSampleRate(source) == 8000)
    assert(reaper.GetMediaSourceNumChannels(source) == 1)
    assert(reaper.GetMediaSourceLength(source) == 1)
    local accessor = reaper.CreateTakeAudioAccessor(take)
    assert(reaper.GetAudioAccessorEndTime(accessor) == 0.5)
    local buffer = reaper.new_array(4)
    assert(reaper.GetAudioAccessorSamples(accessor, 8000, 1, 0, 4, buffer) == 1)
    assert(buffer[1] == -4000 / 32768 and buffer[2] == 8000 / 32768, 'no volume, no fade')
    local other = reaper.new_array(4)
    local said
    coroutine.wrap(function()
      said = reaper.GetAudioAccessorSamples(accessor, 8000, 1, 0, 4, other)
    end)()
    assert(said ~= 1 and other[2] == 0)
    fake.edit.offline(item)
    assert(reaper.GetAudioAccessorSamples(accessor, 8000, 1, 0, 4, other) ~= 1)
    fake.edit.online(item)
    source = reaper.GetMediaItemTake_Source(take)
    local rate = reaper.GetMediaSourceSampleRate(source)
    assert(rate == (fake.switches.offline_rate_zero and 0 or 8000), rate)
    reaper.DestroyAudioAccessor(accessor)
  end,

  ['a source that stands in a take is not the one that a second take gets'] = function()
    local fake = fresh { switches = { set_source_duplicates = true } }
    local item = build()
    local take = reaper.GetTake(item, 0)
    local source = reaper.PCM_Source_CreateFromFile(wav 'tone')
    block('sources', function()
      reaper.SetMediaItemTake_Source(take, source)
      local second = reaper.AddTakeToMediaItem(item)
      reaper.SetMediaItemTake_Source(second, source)
      assert(reaper.GetMediaItemTake_Source(second) ~= source)
    end)
    assert(#fake.violations == 0)
    reaper.PCM_Source_Destroy(source)
    assert(#fake.violations == 1, 'a source in the project may not be destroyed')
  end,

  ['stretch markers stand in order and keep their slopes'] = function()
    fresh()
    local take = reaper.GetTake(build(), 0)
    block('markers', function()
      assert(reaper.SetTakeStretchMarker(take, -1, 1, 1.5) == 0)
      assert(reaper.SetTakeStretchMarker(take, -1, 0.5, 0.25) == 0)
      assert(reaper.SetTakeStretchMarkerSlope(take, 0, 0.2))
    end)
    assert(reaper.GetTakeNumStretchMarkers(take) == 2)
    local n, pos, srcpos = reaper.GetTakeStretchMarker(take, 1)
    assert(n == 1 and pos == 1 and srcpos == 1.5)
    assert(reaper.GetTakeStretchMarker(take, 2) == -1)
    assert(reaper.GetTakeStretchMarkerSlope(take, 0) == 0.2)
  end,

  ['what a window shows can be read and pressed'] = function()
    local fake = fresh()
    fake:run(script('window', [[
      gfx.init('Title', 200, 100)
      local function tick()
        gfx.x, gfx.y = 10, 20
        gfx.drawstr 'Press me'
        if gfx.mouse_cap == 1 and gfx.mouse_x > 10 and gfx.mouse_y > 20 then
          reaper.SetExtState('test', 'pressed', 'yes', false)
        end
        if gfx.getchar() >= 0 then reaper.defer(tick) end
      end
      tick()]]))
    fake:tick(1)
    assert(fake.screen[1].text == 'Press me')
    assert(fake:click_text 'Press me' and not fake:click_text 'Nothing')
    assert(reaper.GetExtState('test', 'pressed') == 'yes')
    fake:key(-1)
    fake:tick(2)
    assert(#fake.instances == 0 and #fake.screen == 0)
  end,
}
