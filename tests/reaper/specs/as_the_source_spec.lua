-- Stems stand as their source does: the ways its sound goes, its channels, its item's attributes,
-- its envelopes, what the user has edited away, and what does not play at all.

local Stage = dofile(HERE .. 'stage.lua')

local function by_user(work, ...)
  reaper.Undo_BeginBlock2(0)
  work(...)
  reaper.Undo_EndBlock2(0, 'user', -1)
end

local function set_track(track, values)
  by_user(function()
    for key, value in pairs(values) do reaper.SetMediaTrackInfo_Value(track, key, value) end
  end)
end

-- A lead with one item, and two tracks that it can go to.
local function desk(options)
  local stage = Stage.new(options)
  local lead = stage.track 'Lead'
  local item, take = stage.item(lead, stage:wav('song.wav', { seconds = 4 }), options
    and options.item)
  return stage, lead, item, take, stage.track 'Bus', stage.track 'Key'
end

local function send(from, to, values)
  by_user(function()
    local n = reaper.CreateTrackSend(from, to)
    for key, value in pairs(values or {}) do
      reaper.SetTrackSendInfo_Value(from, to and 0 or 1, n, key, value)
    end
  end)
end

local function value(track, category, n, key)
  return reaper.GetTrackSendInfo_Value(track, category, n, key)
end

local function stem(n) return reaper.GetTrack(0, n) end -- 1 and 2 stand under the lead

local function of_item(track, key)
  return reaper.GetMediaItemInfo_Value(reaper.GetTrackMediaItem(track, 0), key)
end

local function submitted(stage)
  for _, ask in ipairs(stage.player.asked) do
    if ask.type == 'submit' then return ask end
  end
end

-- A take's envelope of its volume, with these points.
local function envelope(item, points)
  by_user(function()
    local _, chunk = reaper.GetItemStateChunk(item, '', false)
    local text = '\n<VOLENV\nACT 1 -1\n'
    for _, point in ipairs(points) do
      text = text .. 'PT ' .. point[1] .. ' ' .. point[2] .. ' 0\n'
    end
    reaper.SetItemStateChunk(item, (chunk:gsub('\n>%s*$', text .. '>\n>')), false)
  end)
end

local function times(track)
  local take = reaper.GetActiveTake(reaper.GetTrackMediaItem(track, 0))
  local found = reaper.GetTakeEnvelopeByName(take, 'Volume')
  local out = {}
  for n = 0, reaper.CountEnvelopePoints(found) - 1 do
    local _, time = reaper.GetEnvelopePoint(found, n)
    out[#out + 1] = string.format('%.3f', time)
  end
  return table.concat(out, ' ')
end

return {
  ['a source that goes out by a send alone has stems that do, too'] = function()
    local stage, lead, _, _, bus = desk()
    set_track(lead, { B_MAINSEND = 0 })
    send(lead, bus, { D_VOL = 0.5, D_PAN = -0.25, I_SENDMODE = 0, B_PHASE = 1 })
    assert(stage:restore(), stage:screen_text())
    for n = 1, 2 do
      local track = stem(n)
      assert(reaper.GetMediaTrackInfo_Value(track, 'B_MAINSEND') == 0)
      assert(reaper.GetTrackNumSends(track, 0) == 1, reaper.GetTrackNumSends(track, 0))
      assert(value(track, 0, 0, 'P_DESTTRACK') == bus)
      for key, wanted in pairs { D_VOL = 0.5, D_PAN = -0.25, I_SENDMODE = 0, B_PHASE = 1 } do
        assert(value(track, 0, 0, key) == wanted, key .. ' ' .. value(track, 0, 0, key))
      end
    end
    assert(reaper.GetTrackNumSends(lead, 0) == 1 and reaper.GetTrackNumSends(bus, -1) == 3)
    stage.fake:undo()
    assert(reaper.GetTrackNumSends(reaper.GetTrack(0, 1), -1) == 1, 'undo leaves sends')
  end,

  ['hardware outputs are followed'] = function()
    local stage, lead = desk()
    set_track(lead, { B_MAINSEND = 0 })
    send(lead, nil, { I_DSTCHAN = 2, D_VOL = 1, I_SENDMODE = 0 })
    assert(stage:restore(), stage:screen_text())
    for n = 1, 2 do
      assert(reaper.GetTrackNumSends(stem(n), 1) == 1)
      assert(value(stem(n), 1, 0, 'I_DSTCHAN') == 2 and value(stem(n), 1, 0, 'D_VOL') == 1)
    end
  end,

  ['a side-chain is not driven by the stems, receives stay, and the user is told once'] = function()
    local stage, lead, _, _, bus, key = desk()
    send(lead, key, { I_DSTCHAN = 2, I_SENDMODE = 0, D_VOL = 1 })
    send(bus, lead, { I_SENDMODE = 0, D_VOL = 1 })
    send(lead, key, { I_SRCCHAN = -1, I_MIDIFLAGS = 0 })
    assert(stage:restore(), stage:screen_text())
    stage:tick(5)
    for n = 1, 2 do
      assert(reaper.GetTrackNumSends(stem(n), 0) == 0 and reaper.GetTrackNumSends(stem(n), -1) == 0)
    end
    local text = stage:screen_text():gsub('\n', ' ')
    local _, times_told = text:gsub('drives a side%-chain on “Key”', '')
    assert(times_told == 1, text)
  end,

  ['inside a folder’s own track the folder’s sends are enough'] = function()
    local stage, lead, _, _, bus = desk()
    set_track(lead, { I_FOLDERDEPTH = 1, I_NCHAN = 4 })
    set_track(bus, { I_FOLDERDEPTH = -1 })
    send(lead, reaper.GetTrack(0, 2), { I_SENDMODE = 0, D_VOL = 1 })
    assert(stage:restore(), stage:screen_text())
    assert(reaper.GetTrackNumSends(stem(1), 0) == 0)
    assert(reaper.GetMediaTrackInfo_Value(stem(1), 'B_MAINSEND') == 1)
    assert(reaper.GetMediaTrackInfo_Value(stem(1), 'I_NCHAN') == 4)
  end,

  ['channels and their offset follow the source'] = function()
    local stage, lead = desk()
    set_track(lead, { I_NCHAN = 4, C_MAINSEND_OFFS = 2, C_MAINSEND_NCH = 2 })
    assert(stage:restore(), stage:screen_text())
    for n = 1, 2 do
      for key, wanted in pairs { I_NCHAN = 4, C_MAINSEND_OFFS = 2, C_MAINSEND_NCH = 2 } do
        assert(reaper.GetMediaTrackInfo_Value(stem(n), key) == wanted, key)
      end
    end
  end,

  ['stems have peaks'] = function()
    local stage = desk()
    assert(stage:restore())
    local seen = 0
    for n = 1, 2 do
      local item = reaper.GetTrackMediaItem(stem(n), 0)
      for k = 0, reaper.CountTakes(item) - 1 do
        local source = reaper.GetMediaItemTake_Source(reaper.GetTake(item, k))
        assert(stage.fake.handles.by_handle[source].peaks == 0, 'a stem is a blank box')
        seen = seen + 1
      end
    end
    assert(seen == 3 and #stage.fake.violations == 0, stage.fake.violations[1])
  end,

  ['an item’s attributes come along, zeros and timebase too'] = function()
    local wanted = { C_BEATATTACHMODE = 0, D_VOL = 0, C_AUTOSTRETCH = 0, I_FADELPF = 0,
      D_FADEINLEN = 0, D_FADEOUTLEN = 0, C_FADEINSHAPE = 0, C_FADEOUTSHAPE = 0, D_SNAPOFFSET = 0,
      D_FADEINDIR = 0, I_CUSTOMCOLOR = 0 }
    local stage = desk { item = { item = wanted },
      fake = { fresh_item = { C_BEATATTACHMODE = 1, D_VOL = 0.9, C_AUTOSTRETCH = 1, I_FADELPF = 3,
        D_FADEINLEN = 0.1, D_FADEOUTLEN = 0.1, C_FADEINSHAPE = 4, C_FADEOUTSHAPE = 4,
        D_FADEINDIR = 0.5, D_SNAPOFFSET = 0.2, I_CUSTOMCOLOR = 7 } } }
    assert(stage:restore())
    for n = 1, 2 do
      for key, one in pairs(wanted) do
        assert(of_item(stem(n), key) == one, key .. ' ' .. of_item(stem(n), key))
      end
    end
  end,

  ['the timebase of the source’s track is the stems’ too'] = function()
    local stage, lead = desk()
    set_track(lead, { C_BEATATTACHMODE = 1 })
    assert(stage:restore())
    assert(reaper.GetMediaTrackInfo_Value(stem(1), 'C_BEATATTACHMODE') == 1)
  end,

  ['envelopes of a take that is rendered stand where they sounded, at any rate'] = function()
    for rate, expected in pairs { [0.5] = '0.000 1.000 2.000', [2] = '0.000 0.250 0.500' } do
      local stage, _, item = desk { settings = { preset = 'quick', print_stretch = true },
        item = { length = 1.5, take = { D_PLAYRATE = rate, B_PPITCH = 1 } } }
      envelope(item, { { 0, 1 }, { 0.5, 0.25 }, { 1, 1 } })
      assert(stage:restore(), stage:screen_text())
      assert(times(stem(1)) == expected, rate .. ': ' .. times(stem(1)))
      assert(times(stem(2)) == expected)
    end
  end,

  ['envelopes of a take that plays its file stay as they are'] = function()
    local stage, _, item = desk { item = { length = 1.5, take = { D_PLAYRATE = 2, B_PPITCH = 0 } } }
    envelope(item, { { 0, 1 }, { 0.5, 0.25 } })
    assert(stage:restore(), stage:screen_text())
    assert(times(stem(1)) == '0.000 0.500', times(stem(1)))
  end,

  ['a print has the rate that plays: the project’s, the device’s, or the source’s'] = function()
    local cases = { { rate = 48000, fake = { rate = 48000, device_rate = 96000 } },
      { rate = 96000, fake = { device_rate = 96000 } }, { rate = 8000, fake = {} } }
    for _, case in ipairs(cases) do
      local stage = desk { settings = { preset = 'quick', print_stretch = true }, fake = case.fake,
        item = { length = 0.5, take = { D_PITCH = 2 } }, player = { hold = true } }
      stage:run 'Restore vocals of selected items'
      assert(stage:until_(function() return submitted(stage) end, 60), stage:screen_text())
      local sound = stage:read_wav(submitted(stage).clip.path)
      assert(sound.rate == case.rate, sound.rate .. ' not ' .. case.rate)
    end
  end,

  ['what the user erased spectrally, or sample by sample, does not come back'] = function()
    local edits = {
      spectral = function(made) table.insert(made.raw, 'SPECTRAL_EDIT 0.5 0.5 0 0 0 0 4000 0') end,
      samples = function(made)
        table.insert(made.source.raw, 'FILE "' .. made.source.file .. '"')
        table.insert(made.source.raw, 'SAMPLEEDITS 1')
      end }
    for kind, edit in pairs(edits) do
      local stage, _, _, take = desk()
      edit(stage.fake.handles.by_handle[take])
      stage:run 'Restore vocals of selected items'
      assert(stage:until_(function() return submitted(stage) end, 30), stage:screen_text())
      local ask = submitted(stage)
      assert(ask.clip.path:find('/renders/', 1, true), kind .. ': ' .. ask.clip.path)
      if kind == 'spectral' then
        local sound, loudest = stage:read_wav(ask.clip.path), 0
        for n = math.floor(0.55 * sound.rate), math.floor(0.95 * sound.rate) do
          loudest = math.max(loudest, math.abs(sound.samples[n * sound.channels + 1]))
        end
        assert(loudest == 0, 'what was erased is heard')
      end
      assert(stage:until_(Stage.imported, 60), stage:screen_text())
    end
  end,

  ['items on lanes that do not play are left out, and nothing of a lane is written'] = function()
    local stage = Stage.new()
    local track, path = stage.track 'Comp', stage:wav('song.wav', { seconds = 4 })
    set_track(track, { I_FREEMODE = 2, ['C_LANEPLAYS:1'] = 1 })
    local items = {}
    for n = 0, 4 do
      items[n] = stage.item(track, path, { position = 0, length = 2, item = { I_FIXEDLANE = n },
        take = { D_STARTOFFS = 0.1 * n } })
    end
    assert(stage:restore(), stage:screen_text())
    stage:tick(3)
    assert(stage:says '4 items lie on lanes that do not play', stage:screen_text())
    assert(reaper.CountTrackMediaItems(stem(1)) == 1, Stage.picture())
    for n = 0, 4 do
      assert(reaper.GetMediaItemInfo_Value(items[n], 'B_MUTE') == (n == 1 and 1 or 0), n)
      assert(reaper.GetMediaItemInfo_Value(items[n], 'I_FIXEDLANE') == n)
    end
  end,

  ['an item of a lane that the track no longer has is refused by name'] = function()
    local stage, _, item = desk()
    by_user(function() reaper.SetMediaItemInfo_Value(item, 'C_LANEPLAYS', -1) end)
    stage:run 'Restore vocals of selected items'
    stage:tick(10)
    assert(stage:says '“song.wav” lies on a lane that does not play', stage:screen_text())
    assert(not stage:asked 'submit')
  end,

  ['a stem that is restored itself stays known as a stem'] = function()
    local stage = desk()
    assert(stage:restore())
    stage.fake:stop_all()
    local own = reaper.GetTrackMediaItem(stem(1), 0)
    by_user(function()
      reaper.SelectAllMediaItems(0, false)
      reaper.SetMediaItemSelected(own, true)
    end)
    local steps = #stage.fake.undo_list
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return #stage.fake.undo_list > steps end, 60))
    local _, text = reaper.GetSetMediaItemInfo_String(reaper.GetTrackMediaItem(stem(1), 0),
      'P_EXT:voxmend', '', false)
    local ext = require('json').decode(text)
    assert(ext.muted == true and ext.stem == 'vocals' and ext.job and ext.item, text)
  end,

  ['without the raw take vocals have one take, and the preset says what is written'] = function()
    local stage = desk { settings = { preset = 'quick', raw_take = false } }
    assert(stage:restore())
    assert(reaper.CountTakes(reaper.GetTrackMediaItem(stem(1), 0)) == 1, Stage.picture())
    assert(submitted(stage).stems == nil)
  end,
}
