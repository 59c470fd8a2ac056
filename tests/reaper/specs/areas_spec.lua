-- “Restore vocals in razor edits or time selection”: what is taken, and what is heard beside it.

local Desk = dofile(HERE .. 'areas_desk.lua')

local desk, razor, expect, restore = Desk.desk, Desk.razor, Desk.expect, Desk.restore

local GUID = '"{11111111-2222-4333-8444-555555555555}"'

-- Nothing is asked for, and the user reads these words.
local function refused(stage, words)
  stage:run(Desk.ACTION)
  stage:tick(30)
  assert(#Desk.submits(stage) == 0 and not stage.imported())
  assert(stage:says(words), stage:screen_text())
end

local function near(a, b) return math.abs(a - b) < 1e-6 end

local function select(track, n, on)
  reaper.SetMediaItemSelected(reaper.GetTrackMediaItem(track, n), on)
end

-- Two items one over the other, on lanes of a track with fixed lanes; the upper one plays.
local function lanes(text)
  local stage, lead = desk { item = { F_FREEMODE_Y = 0, F_FREEMODE_H = 0.5, I_FIXEDLANE = 0 } }
  stage.item(lead, stage:wav('other.wav', { seconds = 40, rate = 1000, seed = 2 }), { position = 10,
    length = 20, item = { F_FREEMODE_Y = 0.5, F_FREEMODE_H = 0.5, I_FIXEDLANE = 1 } })
  Desk.by_user(function()
    reaper.SetMediaTrackInfo_Value(lead, 'I_FREEMODE', 2)
    reaper.SetMediaTrackInfo_Value(lead, 'C_LANEPLAYS:0', 1)
  end)
  razor(lead, text)
  return stage, lead
end

return {
  ['a razor area restores its part of an item, whatever is selected, in one undo step'] = function()
    local stage, lead = desk { selected = false }
    razor(lead, '14 16 ""')
    local steps = #stage.fake.undo_list
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-14 (14-16) 16-30')
    expect(Desk.stems(1), '14-16')
    expect(Desk.stems(2), '14-16')
    assert(#stage.fake.undo_list == steps + 1)
    assert(Desk.Stage.undo_text() == 'voxmend: restore 1 part (quick)', Desk.Stage.undo_text())
    stage.fake:undo()
    expect(reaper.GetTrack(0, 0), '10-30')
    assert(reaper.CountTracks(0) == 1)
    stage.fake:redo()
    expect(reaper.GetTrack(0, 0), '10-14 (14-16) 16-30')
  end,

  ['six seconds on each side are heard by the worker, and stay out of the project'] = function()
    local stage, lead, item = desk()
    razor(lead, '20 21 ""')
    assert(restore(stage), stage:screen_text())
    local clip = Desk.submits(stage)[1].clip
    assert(near(clip.start_s, 15 - 6) and near(clip.end_s, 16 + 6), clip.start_s)
    local take = reaper.GetActiveTake(reaper.GetTrackMediaItem(Desk.stems(1), 0))
    assert(near(reaper.GetMediaItemTakeInfo_Value(take, 'D_STARTOFFS'), 6))
    assert(reaper.ValidatePtr2(0, item, 'MediaItem*'))
  end,

  ['context ends where the file does'] = function()
    local stage, lead = desk()
    razor(lead, '10 11 ""')
    assert(restore(stage), stage:screen_text())
    local clip = Desk.submits(stage)[1].clip
    assert(clip.start_s == 0 and near(clip.end_s, 12))
    expect(lead, '(10-11) 11-30')
  end,

  ['an area beyond an item takes the item’s own end, and one over all of it cuts nothing'] =
  function()
    local stage, lead = desk()
    razor(lead, '25 99 "",')
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-25 (25-30)')
    local other, track = desk()
    razor(track, '0 99 ""')
    assert(restore(other), other:screen_text())
    expect(track, '(10-30)')
    assert(Desk.Stage.undo_text() == 'voxmend: restore 1 item (quick)', Desk.Stage.undo_text())
  end,

  ['several areas in one item are parts of their own'] = function()
    local stage, lead = desk()
    razor(lead, '12 13 "",20 22 "",28 29.5 ""')
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-12 (12-13) 13-20 (20-22) 22-28 (28-29.5) 29.5-30')
    expect(Desk.stems(1), '12-13 20-22 28-29.5')
    assert(Desk.Stage.undo_text() == 'voxmend: restore 3 parts (quick)', Desk.Stage.undo_text())
  end,

  ['areas that touch or overlap are one part'] = function()
    local stage, lead = desk()
    razor(lead, '16 18 "",14 16 "",17 19 ""')
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-14 (14-19) 19-30')
    expect(Desk.stems(2), '14-19')
  end,

  ['an area over two neighbours takes a part of each, heard as one clip'] = function()
    local stage, lead, item = desk()
    stage.fake.edit.split(item, 20)
    razor(lead, '18 23 ""')
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-18 (18-20) (20-23) 23-30')
    expect(Desk.stems(1), '18-20 20-23')
    assert(#Desk.submits(stage) == 1)
  end,

  ['areas of envelopes are left out, with the items below them'] = function()
    local stage, lead = desk()
    razor(lead, '12 13 ' .. GUID .. ',14 16 "",18 19 ' .. GUID)
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-14 (14-16) 16-30')
  end,

  ['where only envelopes have areas, the time selection counts'] = function()
    local stage, lead = desk()
    razor(lead, '12 13 ' .. GUID)
    Desk.time(20, 22)
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-20 (20-22) 22-30')
  end,

  ['razor areas win over the time selection and the selection of items'] = function()
    local stage, lead = desk()
    local other = stage.track 'Other'
    stage.item(other, stage:wav('other.wav', { seconds = 40, rate = 1000 }), { position = 10,
      length = 20, selected = false })
    razor(other, '14 16 ""')
    Desk.time(20, 22)
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-30')
    expect(other, '10-14 (14-16) 16-30')
  end,

  ['without areas, what of the selected items lies in the time selection is restored'] = function()
    local stage, lead = desk()
    stage.item(lead, stage:wav('song.wav', { seconds = 40, rate = 1000 }), { position = 40,
      length = 10, selected = false })
    Desk.time(25, 45)
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-25 (25-30) 40-50')
  end,

  ['where there is neither area nor time a sentence says what to do'] = function()
    local stage, lead = desk()
    refused(stage, 'There are no razor areas')
    stage.fake:stop_all()
    Desk.time(40, 50)
    refused(stage, 'no selected item lies in the time selection')
    stage.fake:stop_all()
    Desk.time(20, 22)
    select(lead, 0, false)
    refused(stage, 'select items and a time')
  end,

  ['areas over nothing are told, and the time selection is not taken instead'] = function()
    local stage, lead = desk()
    razor(lead, '40 50 ""')
    Desk.time(20, 22)
    refused(stage, 'The razor areas hold no items')
    expect(lead, '10-30')
  end,

  ['a forgotten time selection does not change the other action'] = function()
    local stage, lead = desk()
    Desk.time(20, 22)
    razor(lead, '14 16 ""')
    assert(stage:restore(), stage:screen_text())
    expect(lead, '(10-30)')
  end,

  ['an area that names heights takes the items of its lanes alone, and lanes are not written'] =
  function()
    local stage, lead = lanes '14 16 "" 0 0.5'
    assert(restore(stage), stage:screen_text())
    local parts = 0
    for n = 0, reaper.CountTrackMediaItems(lead) - 1 do
      local item = reaper.GetTrackMediaItem(lead, n)
      local lane = reaper.GetMediaItemInfo_Value(item, 'I_FIXEDLANE')
      local length = reaper.GetMediaItemInfo_Value(item, 'D_LENGTH')
      if lane == 1 then assert(length == 20, length) else parts = parts + 1 end
      assert(reaper.GetMediaItemInfo_Value(item, 'F_FREEMODE_Y') == lane / 2)
    end
    assert(parts == 3, parts)
    assert(reaper.GetMediaTrackInfo_Value(Desk.stems(1), 'I_FREEMODE') == 0)
  end,

  ['an area over a lane that does not play is told'] = function()
    local stage = lanes '14 16 "" 0.5 1'
    refused(stage, 'lies on a lane that does not play')
  end,

  ['an area over all lanes takes what plays, and tells what does not'] = function()
    local stage, lead = lanes '14 16 ""'
    assert(restore(stage), stage:screen_text())
    assert(reaper.CountTrackMediaItems(lead) == 4, reaper.CountTrackMediaItems(lead))
    expect(Desk.stems(1), '14-16')
  end,

  ['an older REAPER names areas in another form'] = function()
    local stage, lead = desk()
    Desk.by_user(function()
      reaper.GetSetMediaTrackInfo_String(lead, 'P_RAZOREDITS', '12 13 ' .. GUID
        .. ' 14 16 "" 20 21.5 ""', true)
    end)
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-14 (14-16) 16-20 (20-21.5) 21.5-30')
  end,

  ['what is read in every form of the text'] = function()
    local areas = require 'areas'
    local function told(text, parse)
      local out = {}
      for n, one in ipairs((parse or areas.parse)(text)) do
        out[n] = one.from .. ' ' .. one.to
          .. (one.top and ' ' .. one.top .. ' ' .. one.bottom or '')
      end
      return table.concat(out, '; ')
    end
    for text, wanted in pairs {
      [''] = '', ['0.0 1.0'] = '0.0 1.0', ['0.0 1.0,0.0 1.0 ' .. GUID .. ',1.0 2.0 "" 0.25 0.75'] =
      '0.0 1.0; 1.0 2.0 0.25 0.75', ['1 2 "" 0.25'] = '1 2', ['2 1 ""'] = '', ['3 3 ""'] = '',
      ['1e1 12.5 0.5 1.0'] = '10.0 12.5 0.5 1.0', ['x y ""'] = '',
      ['1 2 ' .. GUID .. ' 0 1'] = '', ['-1 2 ""'] = '-1 2',
    } do assert(told(text) == wanted, text .. ': ' .. told(text)) end
    assert(told('0.0 1.0 "" 0.0 1.0 ' .. GUID .. ' 2 3 ""', areas.parse_triples)
      == '0.0 1.0; 2 3')
    assert(told('', areas.parse_triples) == '')
  end,

  ['MIDI, empty and silent parts are told by name, and the others come in'] = function()
    local stage, lead = desk { take = { D_STARTOFFS = 30 }, item = { B_LOOPSRC = 0 } }
    stage.item(lead, stage:wav('more.wav', { seconds = 40, rate = 1000 }), { position = 40,
      length = 10 })
    razor(lead, '25 28 "",42 44 ""')
    assert(restore(stage), stage:screen_text())
    expect(lead, '10-30 40-42 (42-44) 44-50')
    stage:tick(3)
    assert(stage:says 'plays nothing of its file there', stage:screen_text())
  end,

  ['clicked twice the ticket that is open is taken up, and other areas are another ticket'] =
  function()
    local stage, lead = desk()
    razor(lead, '14 16 ""')
    Desk.begin(stage)
    stage:run(Desk.ACTION)
    stage:tick(30)
    assert(#Desk.submits(stage) <= 2)
    assert(Desk.submits(stage)[1].job == Desk.submits(stage)[#Desk.submits(stage)].job)
    stage.fake:stop_all()
    razor(lead, '14 17 ""')
    stage:run(Desk.ACTION)
    assert(stage:until_(function()
      local all = Desk.submits(stage)
      for _, ask in ipairs(all) do
        if ask.group ~= all[1].group then return true end
      end
      return false
    end, 30))
  end,
}
