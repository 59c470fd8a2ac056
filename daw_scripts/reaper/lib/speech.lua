-- Says things to a screen reader where OSARA is installed; does nothing elsewhere.

local R = require 'reaper_api'

local M = {}

-- M.last is what was said last.
function M.say(text)
  M.last = text
  if R.has 'osara_outputMessage' then R.osara_outputMessage(text) end
end

return M
