-- What is offered with each error: buttons by code. The sentence itself comes with the error; here
-- is only what the user can press. Every code has at least one button that leads on.

local M = {}

M.buttons = {
  retry = 'Retry failed', close = 'Close', again = 'Start again', quick = 'Use quick now',
  download = 'Download…', cancel = 'Cancel', stop = 'Stop the download', copy = 'Copy details',
  online = 'Set media online', log = 'Open log', hide = 'Hide', preset = 'Other preset…',
  drop = 'Drop these stems',
}

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
function M.offers(code) return BY_CODE[code] or BY_CODE.internal end

local WAITING = {
  closed = 'The project is not open. The %s come in when it is: open it and choose '
    .. '“Import finished stems”.',
  other_tab = 'The project is in another tab. The %s come in when you go back to it.',
  recording = 'REAPER is recording. The %s come in when it has stopped.',
  busy = 'The %s come in as soon as the project lies still.',
}

M.paused = 'voxmend is paused. The Jobs panel lets it go on.'
M.paused_for_recording = 'voxmend is paused while REAPER records.'

-- Why a session waits; what: stems or markers.
function M.waits(reason, what) return string.format(WAITING[reason or 'busy'], what) end

function M.count(number, word)
  return number .. ' ' .. word .. (number == 1 and '' or 's')
end

-- Seconds as people say them.
function M.duration(seconds)
  seconds = math.floor(seconds + 0.5)
  if seconds < 60 then return seconds .. ' s' end
  return string.format('%d:%02d min', seconds // 60, seconds % 60)
end

function M.megabytes(bytes) return string.format('%.0f MB', bytes / 1e6) end

-- What the engine says of its way, and the families of blocks. One that a later worker has beside
-- them is shown as it is.
local STAGES = { read = 'reading', separate = 'separating', denoise = 'cleaning',
  phase = 'mending phase', bandwidth = 'mending highs', diagnose = 'diagnosing',
  align = 'placing the voice',
  write = 'writing' }

function M.stage(name)
  if not name or name == '' then return 'working' end
  return STAGES[name:match '^[^.]*'] or name
end

return M
