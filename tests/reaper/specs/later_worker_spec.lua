-- A worker of a later version: stems, states, warnings and fields that these scripts have no word
-- for are shown as they are, and nothing is dropped. What cannot be read is logged, with why.

local Scene = require 'one_item'
local files = require 'files'
local jobs = require 'jobs'
local link = require 'link'
local Stage = Scene.Stage

-- The tracks of the project by name, each with its items' takes; muted items in brackets.
local function tracks()
  local out = {}
  for line in Stage.picture():gmatch '[^\n]+' do
    local name = line:match '^= (.*)'
    if name then out[#out + 1] = name
    else
      local muted, takes = line:match '^  %S+( ?%a*) (.*)$'
      out[#out] = out[#out] .. (muted == ' muted' and ': (' .. takes .. ')' or ': ' .. takes)
    end
  end
  return out
end

local function same(found, wanted)
  assert(table.concat(found, '\n') == table.concat(wanted, '\n'), table.concat(found, '\n'))
end

local ORIGINAL = 'Lead: (*song.wav)'
local VOICE = 'Lead - Vocals: *song.wav - Vocals | song.wav - vocals_raw'
local BAND = 'Lead - Instrumental: *song.wav - Instrumental'

local function restored(options)
  local stage = Scene.ready(options)
  assert(stage:restore(), stage:screen_text())
  return stage
end

return {
  ['a stem unheard of gets a track of its own under its own name'] = function()
    local stage = restored { player = { stem_names = { 'vocals', 'drums', 'bass' } } }
    same(tracks(), { ORIGINAL, 'Lead - Vocals: *song.wav - Vocals',
      'Lead - drums: *song.wav - drums', 'Lead - bass: *song.wav - bass' })
    Scene.stay(stage, 0)
  end,

  ['what a voice was taken apart into has plain names, and with the band all plays'] = function()
    local stage = restored { player = {
      stem_names = { 'lead', 'backing_vocals', 'instrumental' } } }
    same(tracks(), { ORIGINAL, BAND, 'Lead - Lead: *song.wav - Lead',
      'Lead - Backing vocals: *song.wav - Backing vocals' })
    Scene.stay(stage, 1)
  end,

  ['a dry voice and its reverb have plain names too'] = function()
    restored { player = { stem_names = { 'dry', 'reverb' } } }
    same(tracks(), { ORIGINAL, 'Lead - Dry voice: *song.wav - Dry voice',
      'Lead - Reverb: *song.wav - Reverb' })
  end,

  ['beside voice and band, which are the whole, it is muted and the window says so'] = function()
    local stage = restored { player = {
      stem_names = { 'vocals', 'vocals_raw', 'instrumental', 'drums' } } }
    same(tracks(), { ORIGINAL, VOICE, BAND, 'Lead - drums: (*song.wav - drums)' })
    assert(stage:says '“drums”' and stage:says 'muted', stage:screen_text())
    Scene.stay(stage, 1)
  end,

  ['a second run finds its track again and adds a take'] = function()
    local stage = restored { player = {
      stem_names = { 'vocals', 'vocals_raw', 'instrumental', 'drums' } } }
    stage.fake:stop_all()
    reaper.SetMediaItemSelected(Scene.lead_item(), true)
    stage.player.stem_names[5] = 'bass' -- and another one comes along
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return Stage.count_takes 'bass' > 0 end, 60), Stage.picture())
    local found = tracks()
    assert(#found == 5, Stage.picture())
    assert(found[4] == 'Lead - drums: (song.wav - drums | *song.wav - drums)', found[4])
    assert(found[5] == 'Lead - bass: (*song.wav - bass)', found[5])
  end,

  ['the end of a folder is handed on to the last of them'] = function()
    local stage = Scene.ready { player = {
      stem_names = { 'vocals', 'vocals_raw', 'instrumental', 'drums' } } }
    local parent = stage.track 'Parent'
    local inner = stage.track 'Inner'
    stage.track 'Outside'
    reaper.SetMediaTrackInfo_Value(parent, 'I_FOLDERDEPTH', 1)
    reaper.SetMediaTrackInfo_Value(inner, 'I_FOLDERDEPTH', -1)
    reaper.SetMediaItemSelected(Scene.lead_item(), false)
    stage.item(inner, stage:wav('other.wav', { seconds = 2, seed = 3 }), { length = 1 })
    assert(stage:restore(), stage:screen_text())
    local depths = {}
    for n = 0, reaper.CountTracks(0) - 1 do
      depths[#depths + 1] = math.floor(
        reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, n), 'I_FOLDERDEPTH'))
    end
    assert(table.concat(depths, ' ') == '0 1 0 0 0 -1 0', table.concat(depths, ' '))
    -- another stem comes later: it goes inside, and the folder ends with it
    stage.fake:stop_all()
    stage.player.stem_names[5] = 'bass'
    reaper.SetMediaItemSelected(reaper.GetTrackMediaItem(reaper.GetTrack(0, 2), 0), true)
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return Stage.count_takes 'bass' > 0 end, 60), Stage.picture())
    depths = {}
    for n = 0, reaper.CountTracks(0) - 1 do
      depths[#depths + 1] = math.floor(
        reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, n), 'I_FOLDERDEPTH'))
    end
    assert(table.concat(depths, ' ') == '0 1 0 0 0 0 -1 0', table.concat(depths, ' '))
  end,

  ['as takes they stand beside the others'] = function()
    restored { settings = { preset = 'quick', result = 'take' }, player = {
      stem_names = { 'vocals', 'vocals_raw', 'instrumental', 'drums' } } }
    same(tracks(), { 'Lead: song.wav | *song.wav - Vocals | song.wav - vocals_raw'
      .. ' | song.wav - Instrumental | song.wav - drums' })
  end,

  ['without a voice the others come in all the same'] = function()
    restored { player = { stem_names = { 'drums' } } }
    local found = tracks()
    assert(found[#found] == 'Lead - drums: *song.wav - drums', Stage.picture())
  end,

  ['a job that brought no stems is a sentence, and not a defect'] = function()
    local stage = Scene.ready { player = { stem_names = {} } }
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'no stems' end, 60), stage:screen_text())
    assert(stage:offers 'Retry failed', stage:screen_text())
  end,

  ['states, warnings and fields unheard of are shown, and the job goes on'] = function()
    local stage = Scene.ready()
    local real = stage.player.record
    stage.player.hold = true
    stage.player.record = function(player, id)
      local record = real(player, id)
      record.mood, record.warnings = { 'blue' }, { { code = 'moon_is_full',
        message = 'The moon is full.', phase = 1 } }
      if record.state == 'running' then record.state = 'paused' end
      return record
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says '“song”: paused' end, 30),
      stage:screen_text())
    assert(stage:says 'The moon is full.', stage:screen_text())
    stage.player.hold = false
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
  end,

  ['an end in a state unheard of is told, with a way on'] = function()
    local stage = Scene.ready()
    local real = stage.player.record
    stage.player.record = function(player, id)
      local record = real(player, id)
      if record.state == 'succeeded' then
        record.state, record.finished = 'parked', '2026-01-01T00:00:09Z'
      end
      return record
    end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says '“parked”' end, 30), stage:screen_text())
    assert(stage:offers 'Retry failed', stage:screen_text())
    stage.player.record = real
    assert(stage:press 'Retry failed')
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
  end,

  ['the Jobs panel shows such jobs, and offers what fits them'] = function()
    local paused = { job = 'a', state = 'paused', preset = 'quick', clip = { path = '/a.wav' },
      epoch = 1, rev = 1 }
    local parked = { job = 'b', state = 'parked', preset = 'quick', clip = { path = '/b.wav' },
      epoch = 1, rev = 1, finished = 'now' }
    local rows = jobs.rows({ paused, parked }, {})
    assert(rows[1].text:find 'paused' and rows[2].text:find 'parked')
    assert(jobs.offers(rows[1])[1] == 'cancel_job')
    assert(jobs.offers(rows[2])[1] ~= 'cancel_job')
    assert(not link.ended(paused) and link.ended(parked))
  end,

  ['a record that cannot be read is logged once, with why, and the next one is taken'] = function()
    local stage = Scene.ready()
    local real = stage.player.record
    stage.player.hold = true
    stage.player.record = function(player, id)
      local record = real(player, id)
      record.rev = 'seven'
      return record
    end
    stage:run 'Restore vocals of selected items'
    stage:tick(150)
    stage.player.record, stage.player.hold = real, false
    assert(stage:until_(Stage.imported, 30), stage:screen_text())
    local log = files.read(stage.data .. '/log.txt')
    local _, count = log:gsub('message_unreadable [^\n]*rev', '')
    assert(count == 1, log)
  end,

  ['an answer that cannot be read is an error with a sentence'] = function()
    local stage = Scene.ready()
    stage.player.on_submit = function() return { type = 7 } end
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'cannot be read' end, 30),
      stage:screen_text())
    assert(files.read(stage.data .. '/log.txt'):find 'message_unreadable')
  end,

  ['wrong names a field by its path'] = function()
    local stem = { name = 'vocals', file = 'v.wav', start_frame = 0, frames = 8, rate = 8000 }
    local good = { job = 'a', state = 'x', epoch = 1, rev = 1, preset = 'p', stems = { stem },
      clip = { path = '/a' }, warnings = { { code = 'c', message = 'm' } } }
    assert(link.wrong(good) == nil, link.wrong(good))
    assert(link.wrong(7):find 'object')
    for _, path in ipairs { 'job', 'state', 'rev', 'epoch', 'preset', 'clip.path',
      'stems[1].name', 'stems[1].rate', 'warnings[1].code', 'warnings[1].message' } do
      local steps, place = {}, good
      for step in path:gmatch '[%w_]+' do steps[#steps + 1] = tonumber(step) or step end
      for n = 1, #steps - 1 do place = place[steps[n]] end
      local kept = place[steps[#steps]]
      place[steps[#steps]] = { 'no' }
      local why = link.wrong(good)
      assert((why or ''):find(path, 1, true), path .. ': ' .. tostring(why))
      place[steps[#steps]] = kept
    end
    good.stems = 'none'
    assert(link.wrong(good):find 'stems')
  end,
}
