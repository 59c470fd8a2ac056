-- The arithmetic of places in files, with numbers worked out by hand.

local clips = require 'clips'
local mapping = require 'mapping'
local render = require 'render'
local stem_take = require 'stem_take'

local function take(values)
  local out = { zero = 0, offset = 0, length = 2, rate = 1, pitch = 0, markers = 0,
    preserve_pitch = true, loop = false, source_length = 10, position = 0, path = '/a.wav',
    type = 'WAVE', sample_rate = 48000, channels = 2 }
  for key, value in pairs(values or {}) do out[key] = value end
  return out
end

local function near(a, b) return math.abs(a - b) < 1e-9 end

-- A take as a pick; n tells its GUIDs apart.
local function as_pick(pick, n)
  pick.item_guid, pick.take_guid, pick.track_guid = 'i' .. n, 't' .. n, 'track'
  pick.name, pick.kind = 'song.wav', pick.kind or 'direct'
  pick.file_length, pick.exact, pick.sectioned, pick.fx = pick.file_length or 60, true, false, 0
  pick.all_takes = false
  return pick
end

local function rendered(picks, joined)
  for n, pick in ipairs(picks) do as_pick(pick, n) end
  return { kind = 'rendered', picks = picks, joined = joined, path = '/renders/1.wav',
    source = '/a.wav', name = 'song', job = 'a', state = 'open', folder = '/out' }
end

local guid = 0
local function planned(picks)
  for n, pick in ipairs(picks) do as_pick(pick, n) end
  return clips.plan(picks, { folder = '/out', renders = '/renders', size = function() return 1 end,
    new_guid = function()
      guid = guid + 1
      return string.format('{%08X-0000-0000-0000-000000000000}', guid)
    end })
end

return {
  ['a take plays length times rate of its file'] = function()
    local from, to = mapping.span(take { zero = 1, offset = 3, length = 2, rate = 0.5 })
    assert(near(from, 4) and near(to, 5))
  end,

  ['stretch markers say which part of the file sounds'] = function()
    local marks = { { pos = 0, source = 1 }, { pos = 1, source = 4 }, { pos = 2, source = 4.5 } }
    local low, high = mapping.marked_range(marks, 2, 1)
    assert(near(low, 1) and near(high, 4.5))
    low, high = mapping.marked_range(marks, 3, 0.5) -- 1.5 of marker time
    assert(near(low, 1) and near(high, 4.25), high)
    low, high = mapping.marked_range(marks, 3, 1) -- beyond the last: at the play rate
    assert(near(low, 1) and near(high, 5.5), high)
    low, high = mapping.marked_range({ { pos = 0.5, source = 3 } }, 2, 1)
    assert(near(low, 2.5) and near(high, 4.5))
    low, high = mapping.marked_range({ { pos = 0, source = 3 }, { pos = 1, source = 6 },
      { pos = 2, source = 3 } }, 2, 1)
    assert(near(low, 3) and near(high, 6))
    local from, to = mapping.span(take { zero = 10, low = 1, high = 5.5, offset = 1 })
    assert(near(from, 11) and near(to, 15.5))
    assert(mapping.overruns(take { low = 1, high = 10.5 }))
    assert(not mapping.overruns(take { low = 1, high = 4, length = 20 }))
  end,

  ['what lies outside the source does not sound'] = function()
    local from, to = mapping.audible(take { offset = -1, length = 4 })
    assert(near(from, 0) and near(to, 3))
    from, to = mapping.audible(take { offset = 9, length = 4 })
    assert(near(from, 9) and near(to, 10))
    assert(mapping.audible(take { offset = 11 }) == nil)
    assert(mapping.audible(take { offset = -5, length = 5 }) == nil)
  end,

  ['the ends of a section are those of what sounds'] = function()
    local from, to = mapping.audible(take { zero = 3, offset = 9, length = 4 })
    assert(near(from, 12) and near(to, 13))
    from, to = mapping.audible(take { zero = 3, offset = -2, length = 4 })
    assert(near(from, 3) and near(to, 5))
  end,

  ['a stem of the file is set by what the take plays now'] = function()
    local stem = { name = 'vocals', file = 'vocals.wav', start_frame = 140, frames = 140,
      rate = 10 } -- file seconds 14 to 28
    local was = take { offset = 20, length = 2, source_length = 60 }
    assert(near(stem_take.place(was, was, stem).offset, 6))
    local cut = take { zero = 1, offset = 24, length = 3, source_length = 60 }
    assert(near(stem_take.place(cut, was, stem).offset, 11))
    for _, offset in ipairs { 26.5, 13 } do -- a part of it lies outside the stem
      local out = take { offset = offset, length = 2, source_length = 60 }
      assert(stem_take.place(out, was, stem) == nil, offset)
    end
    assert(stem_take.place(take { offset = 70, source_length = 60 }, was, stem) == nil)
  end,

  ['a stem of a render is set by its first sample, and by what was trimmed since'] = function()
    local stem = { name = 'vocals', file = 'vocals.wav', start_frame = 0, frames = 400, rate = 100 }
    local was = take { offset = 3, length = 4, rate = 2 }
    was.render_rate, was.render_at, was.grid_s = 100, 5, 0.007
    assert(near(stem_take.place(was, was, stem).offset, 0.043))
    local cut = take { offset = 3.5, length = 3, rate = 2 } -- a quarter of a second from the left
    local place = stem_take.place(cut, was, stem)
    assert(place.rendered and near(place.offset, 0.293))
    assert(stem_take.place(take { offset = 2.5, length = 3, rate = 2 }, was, stem) == nil)
    assert(stem_take.place(take { offset = 3.5, length = 4, rate = 2 }, was, stem) == nil)
    assert(stem_take.place(take { offset = 3, length = 4, rate = 1 }, was, stem) == nil)
  end,

  ['a loop matters only where it comes round'] = function()
    assert(not mapping.wraps(take { loop = true, offset = 8, length = 2 }))
    assert(mapping.wraps(take { loop = true, offset = 8, length = 2.1 }))
    assert(mapping.wraps(take { loop = true, offset = -0.1 }))
    assert(not mapping.wraps(take { loop = false, offset = 8, length = 9 }))
    assert(mapping.wraps(take { loop = true, offset = 8, length = 1.5, rate = 2 }))
  end,

  ['a stem that begins earlier needs a larger offset'] = function()
    assert(near(mapping.stem_offset(take { zero = 2, offset = 3 }, 1.5), 3.5))
    assert(near(mapping.stem_offset(take { offset = -1 }, 0), -1))
  end,

  ['a second becomes the nearest frame'] = function()
    assert(mapping.frame(0.016, 100) == 2 and mapping.frame(0.014, 100) == 1)
  end,

  ['only rate 1 and plain speed add up'] = function()
    assert(mapping.exact(take {}))
    assert(mapping.exact(take { rate = 2, preserve_pitch = false }))
    assert(not mapping.exact(take { rate = 2 }))
    assert(not mapping.exact(take { pitch = 1 }))
    assert(not mapping.exact(take { markers = 2 }))
  end,

  ['a render begins on the first sample of the source'] = function()
    assert(near(mapping.grid_start(0, 100), 0))
    assert(near(mapping.grid_start(0.013, 100), 0.007))
    assert(near(mapping.grid_start(-0.013, 100), 0.003))
    assert(near(mapping.grid_start(0.02, 100), 0))
    assert(near(mapping.project_start(1.004, 100), 0.006))
  end,

  ['a render at plain speed runs on the samples of its source'] = function()
    local one = take { offset = 0.013, length = 1, sample_rate = 100, channels = 1, position = 7 }
    local plan = render.new(nil, rendered { one }, 48000).plan
    assert(plan.rate == 100 and plan.pieces[1].count == 100, plan.pieces[1].count)
    assert(near(plan.pieces[1].grid_s, 0.007) and plan.pieces[1].at == 0)
    one.rate = 2
    plan = render.new(nil, rendered { one }, 1000).plan
    assert(plan.rate == 1000 and plan.frames == 1000 and plan.pieces[1].grid_s == 0)
  end,

  ['renders that were joined lie as far apart as in the file'] = function()
    local function at(offset, length)
      return take { offset = offset, length = length, sample_rate = 100, channels = 2 }
    end
    local plan = render.new(nil, rendered({ at(4, 1), at(5, 2) }, true), 48000).plan
    assert(plan.pieces[1].at == 0 and plan.pieces[2].at == 100, plan.pieces[2].at)
    assert(plan.frames == 300 and plan.channels == 2)
  end,

  ['neighbours on one file are one clip with context on both sides'] = function()
    local plan, items = planned { take { offset = 20, length = 2, source_length = 60 },
      take { offset = 22, length = 3, source_length = 60 } }
    assert(#plan == 1 and #items == 2)
    assert(near(plan[1].start_s, 20 - mapping.handle_s))
    assert(near(plan[1].end_s, 25 + mapping.handle_s))
  end,

  ['a short item inside a long one ends no clip'] = function()
    local plan = planned { take { offset = 0, length = 30, source_length = 60 },
      take { offset = 5, length = 1, source_length = 60 },
      take { offset = 29, length = 2, source_length = 60 } }
    assert(#plan == 1, #plan)
    assert(near(plan[1].end_s, 31 + mapping.handle_s), plan[1].end_s)
  end,

  ['a gap wider than the context parts clips'] = function()
    local plan = planned { take { offset = 0, length = 2 },
      take { offset = 2 + 2 * mapping.handle_s + 0.1, length = 2, source_length = 60 } }
    assert(#plan == 2, #plan)
    assert(plan[1].start_s == 0)
  end,

  ['context ends where the file does'] = function()
    local plan = planned { take { offset = 8, length = 2, file_length = 10 } }
    assert(near(plan[1].end_s, 10))
    assert(near(plan[1].start_s, 2))
  end,

  ['two files are two clips, each item with its own'] = function()
    local plan, items = planned { take { path = '/b.wav' }, take { path = '/a.wav' },
      take { path = '/b.wav', offset = 1 } }
    assert(#plan == 2)
    assert(items[1].clip == 1 and items[2].clip == 2 and items[3].clip == 1)
  end,

  ['renders that play on are one clip, others stand alone'] = function()
    local made = function(values)
      values.kind, values.why = 'rendered', values.why or 'decoder'
      values.path = '/a.mp3'
      return take(values)
    end
    assert(#planned { made { offset = 0 }, made { offset = 2 } } == 1)
    assert(#planned { made { offset = 0 }, made { offset = 2.5 } } == 2)
    assert(#planned { made { offset = 0, why = 'reverse' }, made { offset = 2 } } == 2)
    assert(#planned { made { offset = 0, rate = 2, preserve_pitch = false },
      made { offset = 4, rate = 2, preserve_pitch = false } } == 2)
  end,

  ['a name becomes one the worker takes'] = function()
    assert(clips.plain_name 'a/b: "c"?' == 'a b c')
    assert(clips.plain_name '...' == 'clip')
    assert(#clips.plain_name(('ä'):rep(300)) <= 120)
    assert(utf8.len(clips.plain_name(('ä'):rep(300))))
  end,
}
