-- Every sentence that a script shows: by key, in the language that was chosen, with English where
-- that has none. No other file holds a sentence (tests/reaper/test_texts.py). Also which buttons
-- are offered with each error: the sentence itself comes with the error; every code has at least
-- one button that leads on.

local english = require 'english'
local english_parts = require 'english_parts'
local english_problems = require 'english_problems'
local plurals = require 'plurals'

local M = {}

M.english = {}
for _, part in ipairs { english, english_parts, english_problems } do
  for key, text in pairs(part) do
    assert(M.english[key] == nil, key)
    M.english[key] = text
  end
end

local chosen, code = {}, 'en'

-- texts: as language.lua has checked them; none is English.
function M.speak(language, texts) chosen, code = texts or {}, language end

function M.language() return code end

local function fill(text, values)
  return (text:gsub('{(%w+)}', function(name)
    local value = values and values[name]
    return value ~= nil and tostring(value) or nil
  end))
end

local function form(text, language, count)
  return text[plurals.form(language, count)] or text.other
end

-- The text of a key; values: by the names in braces. A key that is not in the table is a defect.
function M.say(key, values)
  local text = chosen[key] or M.english[key]
  if type(text) ~= 'string' then error('texts: ' .. tostring(key) .. ' is no text', 2) end
  return fill(text, values)
end

-- The same in English, whatever is chosen.
function M.say_english(key, values) return fill(M.english[key], values) end

-- The text of a key that counts; {count} is the number.
function M.many(key, count, values)
  local text, language = chosen[key], code
  if not text then text, language = M.english[key], 'en' end
  if type(text) ~= 'table' then error('texts: ' .. tostring(key) .. ' has no forms', 2) end
  local all = { count = count }
  for name, value in pairs(values or {}) do all[name] = value end
  return fill(form(text, language, count), all)
end

function M.has(key) return M.english[key] ~= nil end

-- A number with its word: count_<word> in the table.
function M.count(number, word) return M.many('count_' .. word, number) end

function M.button(id) return M.say('button_' .. id) end

local BY_CODE = {
  bad_request = { 'copy', 'close' },
  cancelled = { 'close' },
  disk_full = { 'retry', 'close' },
  engine_broken = { 'retry', 'copy', 'close' },
  engine_crashed = { 'retry', 'quick', 'close' },
  environment = { 'again', 'copy', 'close' },
  input_changed = { 'retry', 'close' },
  input_missing = { 'retry', 'close' },
  input_unreadable = { 'online', 'retry', 'close' },
  internal = { 'retry', 'copy', 'log', 'close' },
  job_conflict = { 'retry', 'close' },
  licence_not_accepted = { 'download', 'quick', 'close' },
  malformed = { 'copy', 'close' },
  model_corrupt = { 'download', 'quick', 'close' },
  model_missing = { 'download', 'quick', 'cancel' },
  out_of_memory = { 'retry', 'quick', 'close' },
  output_unwritable = { 'retry', 'close' },
  queue_full = { 'retry', 'close' },
  remote_differs = { 'retry', 'copy', 'close' },
  remote_refused = { 'retry', 'copy', 'close' },
  remote_unreachable = { 'retry', 'close' },
  shutting_down = { 'again', 'close' },
  source_replaced = { 'drop', 'close' },
  too_many_files = { 'retry', 'close' },
  unknown_job = { 'retry', 'close' },
  unknown_preset = { 'preset', 'quick', 'close' },
  unknown_type = { 'copy', 'close' },
  unsupported_audio = { 'copy', 'close' },
  unsupported_version = { 'copy', 'close' },
  worker_unreachable = { 'again', 'log', 'close' },
}

-- Ids of the buttons for an error's code; a code nobody knows is a defect.
function M.offers(error_code) return BY_CODE[error_code] or BY_CODE.internal end

-- Why a session waits; what: stems or markers.
function M.waits(reason, what) return M.say('waits_' .. what .. '_' .. (reason or 'busy')) end

-- Seconds as people say them.
function M.duration(seconds)
  seconds = math.floor(seconds + 0.5)
  if seconds < 60 then return M.say('duration_s', { seconds = seconds }) end
  return M.say('duration_min', { minutes = seconds // 60,
    seconds = string.format('%02d', seconds % 60) })
end

function M.megabytes(bytes)
  return M.say('megabytes', { number = string.format('%.0f', bytes / 1e6) })
end

-- What the engine says of its way, and the families of blocks. One that a later worker has beside
-- them is shown as it is.
function M.stage(name)
  if not name or name == '' then return M.say 'stage_working' end
  local key = 'stage_' .. name:match '^[^.]*'
  return M.has(key) and M.say(key) or name
end

-- The name of a stem's track; stems that are not known have their own.
function M.track(stem)
  local key = 'track_' .. stem
  return M.has(key) and M.say(key) or stem
end

-- The state of a job; one of a later worker is shown as it is.
function M.state(name)
  local key = 'state_' .. tostring(name)
  return M.has(key) and M.say(key) or tostring(name)
end

return M
