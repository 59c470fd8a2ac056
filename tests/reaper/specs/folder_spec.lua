-- Stems in a folder: the source's track becomes the parent, so that all that stands behind it acts
-- once, on the sum.

local Stage = dofile(HERE .. 'stage.lua')

local function by_user(work, ...)
  reaper.Undo_BeginBlock2(0)
  work(...)
  reaper.Undo_EndBlock2(0, 'user', -1)
end

local function depth(n)
  return reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, n), 'I_FOLDERDEPTH')
end

local function set(track, key, value) by_user(reaper.SetMediaTrackInfo_Value, track, key, value) end

-- Names and depths of all tracks.
local function tree()
  local out = {}
  for n = 0, reaper.CountTracks(0) - 1 do
    local _, name = reaper.GetSetMediaTrackInfo_String(reaper.GetTrack(0, n), 'P_NAME', '', false)
    out[#out + 1] = name:gsub('^Lead %- ', '') .. string.format('%+d', depth(n) // 1)
  end
  return (table.concat(out, ' '):gsub('%+0', ''))
end

local function expect(wanted) assert(tree() == wanted, tree() .. ' instead of ' .. wanted) end

-- Tracks of these names, the one called Lead with an item; depths by name.
local function desk(names, depths, settings)
  settings = settings or { preset = 'quick', folder = true }
  local stage = Stage.new { settings = settings }
  local tracks = {}
  for _, name in ipairs(names) do tracks[name] = stage.track(name) end
  for name, value in pairs(depths or {}) do set(tracks[name], 'I_FOLDERDEPTH', value) end
  stage.item(tracks.Lead, stage:wav('song.wav', { seconds = 4 }), { position = 1 })
  return stage, tracks
end

local function restore(stage) assert(stage:restore(), stage:screen_text()) end

local function parent(n)
  return reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, n), 'P_PARTRACK')
end

return {
  ['the source becomes the parent of its stems, in the same undo step'] = function()
    local stage, tracks = desk { 'Before', 'Lead', 'After' }
    local steps = #stage.fake.undo_list
    restore(stage)
    expect 'Before Lead+1 Vocals Instrumental-1 After'
    assert(parent(2) == tracks.Lead and parent(3) == tracks.Lead and parent(4) ~= tracks.Lead)
    assert(#stage.fake.undo_list == steps + 1)
    stage.fake:undo()
    expect 'Before Lead After'
    stage.fake:redo()
    expect 'Before Lead+1 Vocals Instrumental-1 After'
  end,

  ['without the setting stems stand beside the source'] = function()
    local stage = desk({ 'Lead', 'After' }, {}, { preset = 'quick' })
    restore(stage)
    expect 'Lead Vocals Instrumental After'
  end,

  ['what is a parent already gets its stems as first children'] = function()
    local stage = desk({ 'Lead', 'Child', 'After' }, { Lead = 1, Child = -1 })
    restore(stage)
    expect 'Lead+1 Vocals Instrumental Child-1 After'
  end,

  ['the last of a folder ends it behind its stems, and folders around it too'] = function()
    local stage, tracks = desk({ 'Band', 'Lead', 'After' }, { Band = 1, Lead = -1 })
    restore(stage)
    expect 'Band+1 Lead+1 Vocals Instrumental-2 After'
    assert(parent(1) == tracks.Band and parent(3) == tracks.Lead)
    stage = desk({ 'All', 'Band', 'Lead', 'After' }, { All = 1, Band = 1, Lead = -2 })
    restore(stage)
    expect 'All+1 Band+1 Lead+1 Vocals Instrumental-3 After'
  end,

  ['fader, pan, mute, phase, sends and outputs stay with the parent alone'] = function()
    local stage, tracks = desk { 'Lead', 'Bus' }
    for key, value in pairs { D_VOL = 0.5, D_PAN = 0.25, B_MUTE = 1, B_PHASE = 1, I_SOLO = 1,
      B_MAINSEND = 0, I_NCHAN = 4 } do set(tracks.Lead, key, value) end
    by_user(reaper.CreateTrackSend, tracks.Lead, tracks.Bus)
    by_user(reaper.CreateTrackSend, tracks.Lead, nil)
    by_user(reaper.CreateTrackSend, tracks.Bus, tracks.Lead)
    restore(stage)
    for n = 1, 2 do
      local track = reaper.GetTrack(0, n)
      for key, value in pairs { D_VOL = 1, D_PAN = 0, B_MUTE = 0, B_PHASE = 0, I_SOLO = 0,
        B_MAINSEND = 1, I_NCHAN = 4 } do
        assert(reaper.GetMediaTrackInfo_Value(track, key) == value, key)
      end
      for _, category in ipairs { -1, 0, 1 } do
        assert(reaper.GetTrackNumSends(track, category) == 0)
      end
    end
    assert(reaper.GetTrackNumSends(tracks.Lead, 0) == 1)
    assert(reaper.GetTrackNumSends(tracks.Lead, 1) == 1)
    assert(reaper.GetTrackNumSends(tracks.Lead, -1) == 1)
    assert(reaper.GetMediaTrackInfo_Value(tracks.Lead, 'D_VOL') == 0.5)
  end,

  ['other items of the source stay on it'] = function()
    local stage, tracks = desk { 'Lead', 'After' }
    stage.item(tracks.Lead, stage:wav('other.wav', { seconds = 4 }), { position = 10,
      selected = false })
    restore(stage)
    expect 'Lead+1 Vocals Instrumental-1 After'
    assert(reaper.CountTrackMediaItems(tracks.Lead) == 2)
    local other = reaper.GetTrackMediaItem(tracks.Lead, 1)
    assert(reaper.GetMediaItemInfo_Value(other, 'B_MUTE') == 0)
  end,

  ['a later item of the source goes to the same children'] = function()
    local stage, tracks = desk { 'Lead', 'After' }
    restore(stage)
    stage.fake:stop_all()
    by_user(reaper.SelectAllMediaItems, 0, false)
    stage.item(tracks.Lead, stage:wav('later.wav', { seconds = 4, seed = 2 }), { position = 20 })
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage.count_takes 'Instrumental' == 2 end, 60))
    expect 'Lead+1 Vocals Instrumental-1 After'
  end,

  ['where the children are taken more become first children'] = function()
    local stage, tracks = desk { 'Lead', 'After' }
    restore(stage)
    stage.fake:stop_all()
    by_user(reaper.SelectAllMediaItems, 0, false)
    stage.item(tracks.Lead, stage:wav('later.wav', { seconds = 4, seed = 2 }), { position = 2 })
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage.count_takes 'Instrumental' == 2 end, 60))
    expect 'Lead+1 Vocals Instrumental Vocals Instrumental-1 After'
  end,

  ['stems of two tracks are two folders'] = function()
    local stage, tracks = desk { 'Lead', 'Guest' }
    stage.item(tracks.Guest, stage:wav('guest.wav', { seconds = 4, seed = 2 }), { position = 1 })
    restore(stage)
    expect 'Lead+1 Vocals Instrumental-1 Guest+1 Guest - Vocals Guest - Instrumental-1'
  end,

  ['where the source is gone the stems stand at the end, in no folder'] = function()
    local stage, tracks = desk { 'Lead', 'After' }
    local item = reaper.GetTrackMediaItem(tracks.Lead, 0)
    stage.player.hold = true
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:running_job() end, 30))
    by_user(reaper.MoveMediaItemToTrack, item, tracks.After)
    by_user(reaper.DeleteTrack, tracks.Lead)
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 60), stage:screen_text())
    expect 'After Vocals Instrumental'
  end,

  ['effects of the source are on no stem, in a folder or beside it'] = function()
    for _, folder in ipairs { true, false } do
      local stage, tracks = desk({ 'Lead' }, {}, { preset = 'quick', folder = folder })
      by_user(function()
        local _, chunk = reaper.GetTrackStateChunk(tracks.Lead, '', false)
        reaper.SetTrackStateChunk(tracks.Lead, (chunk:gsub('\n%s*<ITEM',
          '\n<FXCHAIN\n<JS voxmend-test/drive ""\n4\n>\n>%0', 1)), false)
      end)
      assert(reaper.TrackFX_GetCount(tracks.Lead) == 1)
      restore(stage)
      for n = 1, 2 do assert(reaper.TrackFX_GetCount(reaper.GetTrack(0, n)) == 0) end
    end
  end,
}
