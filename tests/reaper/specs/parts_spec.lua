-- Parts of items at the import: found by the seconds of their source, cut hard, muted, and what
-- happens where that cannot be.

local Desk = dofile(HERE .. 'areas_desk.lua')

local desk, razor, expect = Desk.desk, Desk.razor, Desk.expect
local by_user = Desk.by_user

-- The part from 14 s to 16 s is at work: seconds 9 to 11 of the file.
local function at_work(options)
  local stage, lead, item, take = desk(options)
  razor(lead, '14 16 ""')
  Desk.begin(stage)
  return stage, lead, item, take
end

local function stem_take(track, n)
  return reaper.GetActiveTake(reaper.GetTrackMediaItem(Desk.stems(track), n or 0))
end

-- Second of the file that a stem's item begins with.
local function begins_at(stage, n)
  local take, clip = stem_take(1, n), Desk.submits(stage)[1].clip
  return reaper.GetMediaItemTakeInfo_Value(take, 'D_STARTOFFS') + (clip.start_s or 0)
end

local function near(a, b) assert(math.abs(a - b) < 1e-6, a .. ' instead of ' .. b) end

local function value(item, key) return reaper.GetMediaItemInfo_Value(item, key) end

local function of_track(track, n) return reaper.GetTrackMediaItem(track, n) end

-- Items of a track in the order of their places.
local function in_order(track)
  local out = {}
  for n = 0, reaper.CountTrackMediaItems(track) - 1 do out[n + 1] = of_track(track, n) end
  table.sort(out, function(a, b) return value(a, 'D_POSITION') < value(b, 'D_POSITION') end)
  return out
end

local function note_of(stage)
  stage:tick(3)
  return stage:screen_text():gsub('\n', ' ')
end

return {
  ['an item that moved meanwhile is cut where its part is now'] = function()
    local stage, lead, item = at_work()
    stage.fake.edit.move(item, 100)
    Desk.finish(stage)
    expect(lead, '100-104 (104-106) 106-120')
    expect(Desk.stems(1), '104-106')
    near(begins_at(stage), 9)
  end,

  ['an item that was trimmed meanwhile keeps what is left of the part'] = function()
    local stage, lead, item = at_work()
    stage.fake.edit.trim(item, 5)
    Desk.finish(stage)
    expect(lead, '(15-16) 16-30')
    expect(Desk.stems(1), '15-16')
    near(begins_at(stage), 10)
  end,

  ['an item that was trimmed in front of the part is cut at the same sound'] = function()
    local stage, lead, item = at_work()
    stage.fake.edit.trim(item, 2)
    stage.fake.edit.move(item, 50)
    Desk.finish(stage)
    expect(lead, '50-52 (52-54) 54-68')
    near(begins_at(stage), 9)
  end,

  ['a part that was trimmed away stands at the recorded place, and is told'] = function()
    local stage, lead, item = at_work()
    stage.fake.edit.trim(item, 10)
    Desk.finish(stage)
    expect(lead, '20-30')
    expect(Desk.stems(1), '14-16')
    near(begins_at(stage), 9)
    assert(note_of(stage):find('plays no more of what was restored', 1, true), note_of(stage))
  end,

  ['a deleted item has its part at the recorded place'] = function()
    local stage, lead, item = at_work()
    stage.fake.edit.delete(item)
    Desk.finish(stage)
    assert(reaper.CountTrackMediaItems(lead) == 0)
    expect(Desk.stems(2), '14-16')
    near(begins_at(stage), 9)
  end,

  ['a cut of the user’s through the part makes two, and each is muted'] = function()
    local stage, lead, item = at_work()
    stage.fake.edit.split(item, 15)
    Desk.finish(stage)
    expect(lead, '10-14 (14-15) (15-16) 16-30')
    expect(Desk.stems(1), '14-15 15-16')
    near(begins_at(stage, 0), 9)
    -- By the user's preferences the right part may reach a little over the left one.
    assert(math.abs(begins_at(stage, 1) - 10) < 0.01, begins_at(stage, 1))
  end,

  ['two parts of an item that the user cut between them are both found'] = function()
    local stage, lead, item = desk()
    razor(lead, '12 13 "",20 22 ""')
    Desk.begin(stage)
    stage.fake.edit.split(item, 17)
    Desk.finish(stage)
    expect(lead, '10-12 (12-13) 13-17 17-20 (20-22) 22-30')
    expect(Desk.stems(1), '12-13 20-22')
  end,

  ['a play rate that changed meanwhile moves the cuts, and stems play at it'] = function()
    local stage, lead, item, take = at_work { take = { B_PPITCH = 0 } }
    by_user(function()
      reaper.SetMediaItemTakeInfo_Value(take, 'D_PLAYRATE', 2)
      reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', 10)
    end)
    Desk.finish(stage)
    expect(lead, '10-12 (12-13) 13-20')
    near(reaper.GetMediaItemTakeInfo_Value(stem_take(1), 'D_PLAYRATE'), 2)
    near(begins_at(stage), 9)
  end,

  ['at other play rates a part is cut where it sounds'] = function()
    for rate, from in pairs { [0.5] = 5 + 2, [2] = 5 + 8 } do
      local stage, lead = desk { take = { D_PLAYRATE = rate, B_PPITCH = 0 },
        item = { B_LOOPSRC = 0 } }
      razor(lead, '14 16 ""')
      assert(Desk.restore(stage), stage:screen_text())
      expect(lead, '10-14 (14-16) 16-30')
      near(begins_at(stage), from)
      near(Desk.submits(stage)[1].clip.end_s, from + 2 * rate + 6)
      near(reaper.GetMediaItemTakeInfo_Value(stem_take(1), 'D_PLAYRATE'), rate)
    end
  end,

  ['at the new edges there are no fades, automatic ones neither, and old ones stay'] =
  function()
    local stage, lead = desk { item = { D_FADEINLEN = 0.5, D_FADEOUTLEN = 0.75 } }
    razor(lead, '14 16 ""')
    assert(Desk.restore(stage), stage:screen_text())
    local left, middle, right = table.unpack(in_order(lead))
    local voice, band = of_track(Desk.stems(1), 0), of_track(Desk.stems(2), 0)
    for _, one in ipairs { left, middle, voice, band } do
      assert(value(one, 'D_FADEOUTLEN') == 0 and value(one, 'D_FADEOUTLEN_AUTO') == 0)
    end
    for _, one in ipairs { right, middle, voice, band } do
      assert(value(one, 'D_FADEINLEN') == 0 and value(one, 'D_FADEINLEN_AUTO') == 0)
    end
    assert(value(left, 'D_FADEINLEN') == 0.5 and value(right, 'D_FADEOUTLEN') == 0.75)
  end,

  ['a part at the start of an item keeps the item’s own fade'] = function()
    local stage, lead = desk { item = { D_FADEINLEN = 0.5 } }
    razor(lead, '10 14 ""')
    assert(Desk.restore(stage), stage:screen_text())
    assert(value(of_track(Desk.stems(1), 0), 'D_FADEINLEN') == 0.5)
    assert(value(of_track(Desk.stems(1), 0), 'D_FADEOUTLEN') == 0)
  end,

  ['a cut inside a fade is told'] = function()
    local stage, lead = desk { item = { D_FADEINLEN = 5 } }
    razor(lead, '14 16 ""')
    assert(Desk.restore(stage), stage:screen_text())
    assert(note_of(stage):find('was cut inside a fade', 1, true), note_of(stage))
  end,

  ['where REAPER lays split parts over one another they meet at the cut'] = function()
    local stage, lead = desk { switches = { split_overlaps = true } }
    razor(lead, '14 16 "",20 21 ""')
    assert(Desk.restore(stage), stage:screen_text())
    local ends = 10
    for _, one in ipairs(in_order(lead)) do
      near(value(one, 'D_POSITION'), ends)
      near(reaper.GetMediaItemTakeInfo_Value(reaper.GetActiveTake(one), 'D_STARTOFFS'), ends - 5)
      ends = ends + value(one, 'D_LENGTH')
    end
    near(ends, 30)
    near(begins_at(stage), 9)
  end,

  ['a locked item is neither cut nor muted, and its stems stand over it without fades'] = function()
    local stage, lead = desk { item = { C_LOCK = 1, D_FADEINLEN = 0.5, D_SNAPOFFSET = 1 } }
    razor(lead, '14 16 ""')
    assert(Desk.restore(stage), stage:screen_text())
    expect(lead, '10-30')
    expect(Desk.stems(1), '14-16')
    near(begins_at(stage), 9)
    local stem = of_track(Desk.stems(1), 0)
    assert(value(stem, 'D_FADEINLEN') == 0 and value(stem, 'D_SNAPOFFSET') == 0)
    assert(note_of(stage):find('is locked and was neither cut nor muted', 1, true), note_of(stage))
  end,

  ['an item of a group is cut alone, its parts stay in it, stems have a group of their own'] =
  function()
    local stage, lead = desk { item = { I_GROUPID = 3 } }
    local other = stage.track 'Other'
    stage.item(other, stage:wav('other.wav', { seconds = 40, rate = 1000 }), { position = 10,
      length = 20, item = { I_GROUPID = 3 } })
    razor(lead, '14 16 ""')
    assert(Desk.restore(stage), stage:screen_text())
    expect(lead, '10-14 (14-16) 16-30')
    expect(other, '10-30')
    for _, one in ipairs(in_order(lead)) do assert(value(one, 'I_GROUPID') == 3) end
    local group = value(of_track(Desk.stems(1), 0), 'I_GROUPID')
    assert(group ~= 3 and group > 0 and group == value(of_track(Desk.stems(2), 0), 'I_GROUPID'))
  end,

  ['a reversed take is cut and its stems play in its direction'] = function()
    local stage, lead, item = desk()
    by_user(function()
      local _, chunk = reaper.GetItemStateChunk(item, '', false)
      reaper.SetItemStateChunk(item, chunk:gsub('<SOURCE WAVE.->', function(source)
        return '<SOURCE SECTION\nLENGTH 40\nMODE 3\n' .. source .. '\n>'
      end, 1), false)
    end)
    razor(lead, '14 16 ""')
    Desk.begin(stage)
    stage.fake.edit.move(of_track(lead, 0), 30)
    Desk.finish(stage)
    expect(lead, '30-34 (34-36) 36-50')
    near(begins_at(stage), 4) -- all of the item before it, since that is less than six seconds
  end,

  ['a looped take is cut, and six seconds of the item beside it are heard'] = function()
    for _, turns in ipairs { false, true } do
      local stage, lead = desk { take = { D_STARTOFFS = 30 },
        switches = { split_turns_loops = turns } }
      razor(lead, '18 19 "",24 25 ""')
      assert(Desk.restore(stage), stage:screen_text())
      expect(lead, '10-18 (18-19) 19-24 (24-25) 25-30')
      near(begins_at(stage, 0), 6)
      near(begins_at(stage, 1), 6)
      assert(#stage.fake.violations == 0)
    end
  end,

  ['a looped item that was trimmed meanwhile is left whole, and told why'] = function()
    local stage, lead, item = at_work { take = { D_STARTOFFS = 30 } }
    stage.fake.edit.trim(item, 1)
    Desk.finish(stage)
    expect(lead, '11-30')
    expect(Desk.stems(1), '14-16')
    assert(note_of(stage):find('which of its turns was meant', 1, true), note_of(stage))
  end,

  ['stretch markers decide where a part lies'] = function()
    local stage, lead, _, take = desk { item = { B_LOOPSRC = 0 } }
    by_user(function()
      reaper.SetTakeStretchMarker(take, -1, 0, 5)
      reaper.SetTakeStretchMarker(take, -1, 10, 20) -- 1.5 times as fast
      reaper.SetTakeStretchMarker(take, -1, 20, 25)
    end)
    razor(lead, '14 16 ""')
    Desk.begin(stage)
    local clip = Desk.submits(stage)[1].clip
    near(clip.start_s, 5 + 4 * 1.5 - 6)
    near(clip.end_s, 5 + 6 * 1.5 + 6)
    by_user(function() reaper.SetTakeStretchMarker(take, 1, 12, 20) end)
    Desk.finish(stage)
    -- 15 seconds of the file in 12 of the item now.
    expect(lead, '10-14.8 (14.8-17.2) 17.2-30')
  end,

  ['an original that is not to be muted is not cut either'] = function()
    local stage, lead = desk { settings = { preset = 'quick', mute_original = false } }
    razor(lead, '14 16 ""')
    assert(Desk.restore(stage), stage:screen_text())
    expect(lead, '10-30')
    expect(Desk.stems(1), '14-16')
    near(begins_at(stage), 9)
  end,

  ['stems as takes go into the part alone'] = function()
    local stage, lead = desk { settings = { preset = 'quick', result = 'take' } }
    razor(lead, '14 16 ""')
    assert(Desk.restore(stage), stage:screen_text())
    expect(lead, '10-14 14-16 16-30')
    for n, one in ipairs(in_order(lead)) do
      assert(reaper.CountTakes(one) == (n == 2 and 4 or 1), reaper.CountTakes(one))
    end
    local name = reaper.GetTakeName(reaper.GetActiveTake(in_order(lead)[2]))
    assert(name:find 'Vocals$', name)
  end,

  ['a locked item gets no takes in a part of it, and says so'] = function()
    local stage, lead = desk { settings = { preset = 'quick', result = 'take' },
      item = { C_LOCK = 1 } }
    razor(lead, '14 16 ""')
    assert(not Desk.restore(stage, 20))
    expect(lead, '10-30')
    assert(stage:says 'is locked, so a part of it cannot be given takes', stage:screen_text())
  end,

  ['a take that is not the active one any more is found in the part'] = function()
    local stage, lead, item = at_work()
    by_user(function()
      local take = reaper.AddTakeToMediaItem(item)
      reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(
        stage:wav('other.wav', { seconds = 40, rate = 1000, seed = 3 })))
      reaper.SetActiveTake(take)
    end)
    Desk.finish(stage)
    expect(lead, '10-14 (14-16) 16-30')
    near(begins_at(stage), 9)
    assert(reaper.GetTakeName(stem_take(1)):find '^song', reaper.GetTakeName(stem_take(1)))
  end,

  ['a part is restored once, and another part of the same item later'] = function()
    local stage, lead = desk()
    razor(lead, '14 16 ""')
    assert(Desk.restore(stage), stage:screen_text())
    stage.fake:stop_all()
    razor(lead, '20 22 ""')
    stage:run(Desk.ACTION)
    assert(stage:until_(function() return #Desk.submits(stage) == 2 end, 30), stage:screen_text())
    assert(stage:until_(function()
      return reaper.CountTrackMediaItems(Desk.stems(1)) == 2
    end, 30), stage:screen_text())
    expect(lead, '10-14 (14-16) 16-20 (20-22) 22-30')
    expect(Desk.stems(1), '14-16 20-22')
    assert(reaper.CountTracks(0) == 3, reaper.CountTracks(0))
  end,

  ['what a split does not copy of our notes is written again'] = function()
    for _, copies in ipairs { true, false } do
      local stage, lead = desk { switches = { split_copies_ext = copies } }
      assert(stage:restore(), stage:screen_text())
      stage.fake:stop_all()
      razor(lead, '14 16 ""')
      stage:run(Desk.ACTION)
      assert(stage:until_(function()
        return Desk.Stage.undo_text() == 'voxmend: restore 1 part (quick)'
      end, 30), stage:screen_text())
      for _, one in ipairs(in_order(lead)) do
        local _, text = reaper.GetSetMediaItemInfo_String(one, 'P_EXT:voxmend', '', false)
        assert(text:find('"muted":true', 1, true), text)
      end
    end
  end,

  ['original and stems of a part are toggled as those of an item'] = function()
    local stage, lead = desk()
    razor(lead, '14 16 ""')
    assert(Desk.restore(stage), stage:screen_text())
    stage.fake:stop_all()
    by_user(function() reaper.SelectAllMediaItems(0, false) end)
    stage:run 'Toggle original and stems'
    expect(lead, '10-14 14-16 16-30')
    expect(Desk.stems(1), '(14-16)')
    stage:run 'Toggle original and stems'
    expect(lead, '10-14 (14-16) 16-30')
  end,

  ['a script that ended while a part was rendered goes on with that part'] = function()
    local stage, lead = desk { take = { D_STARTOFFS = 30 } } -- looped, so it is rendered
    razor(lead, '18 19 ""')
    stage:run(Desk.ACTION)
    stage:tick(2)
    stage.fake:stop_all()
    stage:run 'Import finished stems'
    assert(stage:until_(Desk.Stage.imported, 60), stage:screen_text())
    expect(lead, '10-18 (18-19) 19-30')
    near(begins_at(stage), 6)
  end,

  ['redo after undo brings back cuts, stems and mutes'] = function()
    local stage, lead = desk()
    razor(lead, '12 13 "",20 22 ""')
    assert(Desk.restore(stage), stage:screen_text())
    local picture = Desk.Stage.picture()
    assert(reaper.ValidatePtr2(0, lead, 'MediaTrack*'))
    stage.fake:undo()
    expect(reaper.GetTrack(0, 0), '10-30')
    stage.fake:redo()
    assert(Desk.Stage.picture() == picture)
    assert(#stage.fake.violations == 0, stage.fake.violations[1])
  end,
}
