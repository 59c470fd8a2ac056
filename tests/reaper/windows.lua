-- Every window that the scripts can show, each brought up on a stage of its own, and what has to
-- hold of each drawing: texts inside their boxes and beside one another, with contrast enough.

local Stage = dofile(HERE .. 'stage.lua')
local palette = require 'palette'
local pseudo = require 'pseudo'

local M = {}

local LONG = 'a song with a long name that nobody has shortened, 新しい歌の長い名前.wav'

-- options: of Stage.new; english: no pseudo-language.
function M.stage(options)
  local made = { settings = { preset = 'quick' } }
  for key, value in pairs(options or {}) do made[key] = value end
  if not made.english then made.settings.language = pseudo.code end
  local stage = Stage.new(made)
  stage.language = made.settings.language
  os.execute("mkdir -p '" .. stage.data .. "/languages'")
  local file = assert(io.open(stage.data .. '/languages/' .. pseudo.code .. '.json', 'wb'))
  file:write(require('json').encode(pseudo.file()))
  file:close()
  return stage
end

local function with_item(stage, count)
  local track = stage.track 'Lead'
  for n = 1, count or 1 do
    stage.item(track, stage:wav(n == 1 and LONG or n .. ' ' .. LONG, { seed = n }),
      { position = n * 5 })
  end
end

local function running(stage, count)
  with_item(stage, count)
  stage.player.hold = true
  stage:run 'Restore vocals of selected items'
  assert(stage:until_(function() return stage:running_job() end, 30), 'no job runs')
  stage:tick(10)
end

local WORKER = { code = 'out_of_memory', retryable = true, message = 'C:\\Users\\somebody\\'
  .. ('a_path_without_a_blank_'):rep(5) .. ' is too large for this machine. Close programs.' }

-- Name of a window, and what brings it up.
M.all = {
  following = function(stage) running(stage, 2) end,
  failed = function(stage)
    stage.player.fail = function() return WORKER end
    with_item(stage, 2)
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'too large' end, 30))
  end,
  done = function(stage)
    with_item(stage)
    local item = reaper.GetMediaItem(0, 0)
    reaper.SetMediaItemInfo_Value(item, 'C_LOCK', 1)
    reaper.SetMediaItemTakeInfo_Value(reaper.GetActiveTake(item), 'D_PLAYRATE', 0.9)
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return (stage.undo_text() or ''):find 'voxmend' end, 30))
    stage:tick(5)
  end,
  nothing_selected = function(stage)
    stage:run 'Restore vocals of selected items'
    stage:tick(10)
  end,
  offline = function(stage)
    local track = stage.track 'Lead'
    stage.item(track, stage:wav(LONG))
    os.remove(stage.folder .. '/media/' .. LONG)
    stage:run 'Restore vocals of selected items'
    stage:tick(10)
  end,
  waiting = function(stage)
    running(stage)
    stage.player.refuse.pause = { code = 'unknown_type' } -- the job goes on meanwhile
    stage.fake.play_state = 5
    stage.player.hold = false
    stage:tick(60)
  end,
  models = function(stage)
    local settings = { preset = 'restore', language = stage.language }
    stage:settings(settings)
    stage.player.models = { { id = 'voicefixer', title = 'VoiceFixer', bytes = 151e6,
      state = 'absent', licence = 'MIT', terms = 'Free for all uses.', presets = { 'restore' } } }
    stage.player.refuse.submit = { code = 'model_missing', message = '151 MB.' }
    with_item(stage)
    stage:run 'Restore vocals of selected items'
    assert(stage:until_(function() return stage:says 'VoiceFixer' end, 60), stage:screen_text())
  end,
  jobs = function(stage)
    running(stage, 3)
    stage.fake:key(-1)
    stage:tick(5)
    stage:run 'Jobs panel'
    stage:tick(60)
    stage.fake:click_text(M.text_with(stage, 'song'))
    stage:tick(5)
  end,
  jobs_none = function(stage)
    stage:run 'Jobs panel'
    stage:tick(60)
  end,
  settings = function(stage)
    stage:run 'Settings'
    stage:tick(45)
  end,
  set_up = function(stage)
    stage:run 'Set up right-click menu'
    stage:tick(10)
  end,
  no_voxmend = function(stage)
    os.remove(stage.data .. '/install.json')
    stage:run 'Restore vocals of selected items'
    stage:tick(10)
  end,
}

function M.text_with(stage, words)
  for _, shape in ipairs(stage.fake.screen) do
    if shape.text and shape.text:find(words, 1, true) then return shape.text end
  end
  error('no text with ' .. words .. ': ' .. stage:screen_text(), 2)
end

local function within(inner, outer)
  local slack = 0.51
  return inner.x >= outer.x - slack and inner.y >= outer.y - slack
    and inner.x + inner.w <= outer.x + outer.w + slack
    and inner.y + inner.h <= outer.y + outer.h + slack
end

local function meet(a, b)
  return a.x < b.x + b.w - 0.5 and b.x < a.x + a.w - 0.5 and a.y < b.y + b.h - 0.5
    and b.y < a.y + a.h - 0.5
end

local function is(color, other)
  for n = 1, 3 do if math.abs(color[n] - other[n]) > 1e-6 then return false end end
  return true
end

-- A bar behind a row ends where the job is; its row goes on.
local function is_box(rect)
  return not is(rect.color, palette.dark.row_bar) and not is(rect.color, palette.light.row_bar)
end

M.least = math.huge -- the smallest contrast that was seen

local function mind_contrast(text, color, ground)
  local found = palette.contrast(color, ground)
  M.least = math.min(M.least, found)
  if found < 4.5 then error(string.format('contrast %.2f: %s', found, text), 0) end
end

local function check_gfx(shapes, window)
  local rects, texts_seen = {}, {}
  for _, shape in ipairs(shapes) do
    if shape.kind == 'rect' and shape.filled then rects[#rects + 1] = shape end
    if shape.kind == 'text' then
      if not within(shape, { x = 0, y = 0, w = window.w, h = window.h }) then
        error('outside the window: ' .. shape.text, 0)
      end
      for n = #rects, 1, -1 do
        local rect = rects[n]
        if meet(shape, rect) then
          mind_contrast(shape.text, shape.color, rect.color)
          if is_box(rect) and not within(shape, rect) then
            error('outside its box: ' .. shape.text, 0)
          end
          if within(shape, rect) then break end
        end
      end
      for _, other in ipairs(texts_seen) do
        if meet(shape, other) then error(shape.text .. ' over ' .. other.text, 0) end
      end
      texts_seen[#texts_seen + 1] = shape
    end
  end
  if #texts_seen == 0 then error('nothing is drawn', 0) end
end

local function check_imgui(shapes)
  for _, shape in ipairs(shapes) do
    if shape.text then
      mind_contrast(shape.text, shape.color, shape.ground)
      if shape.letters_w and shape.letters_w > shape.w then
        error('outside its box: ' .. shape.text, 0)
      end
      if shape.x + shape.w > 456 then error('outside the window: ' .. shape.text, 0) end
    end
  end
end

-- What is wrong with what is on the screen now is an error.
function M.check(stage)
  local shapes = stage.fake.screen
  if not shapes[1] then error('no window is open', 0) end
  if shapes[1].imgui then return check_imgui(shapes) end
  check_gfx(shapes, shapes[1].instance.gfx)
end

-- Texts on the screen that are in English though another language is spoken: they begin like one of
-- the table that is longer than a word.
function M.english(stage)
  local texts, out = require 'texts', {}
  local seen = stage:screen_text() .. '\n' .. table.concat(stage.fake.spoken, '\n')
  for _, text in pairs(texts.english) do
    for _, form in pairs(type(text) == 'table' and text or { text }) do
      for part in (form .. '{'):gmatch '([^{}]+)[{]' do
        if #part > 12 and seen:find(part, 1, true) then out[#out + 1] = part end
      end
    end
  end
  return out
end

return M
