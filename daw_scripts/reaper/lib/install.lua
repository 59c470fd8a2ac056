-- Where voxmend is: install.json in the data folder, written by `voxmend reaper install`. It holds
-- the command to start as a list, and the data folder in a form that survives a command line.

local files = require 'files'
local link = require 'link'
local texts = require 'texts'

local M = {}

M.schema = 1

-- system: as REAPER's GetOS says it.
function M.missing(system)
  local message = texts.say 'not_set_up'
  if not system:match '^Win' then message = message .. ' ' .. texts.say 'not_set_up_checkout' end
  return { code = 'environment', retryable = true, message = message }
end

-- {command = {...}, data = , home = , version = }, or nil and an error {code, message, retryable}.
function M.load(data, system)
  local found = files.read_json(data .. '/install.json')
  if not found then return nil, M.missing(system) end
  if found.schema ~= M.schema then
    return nil, link.other_version()
  end
  if type(found.command) ~= 'table' or not found.command[1] then
    return nil, M.missing(system)
  end
  return found
end

-- One command line for ExecProcess: each part in double quotes. A quote inside a part has no safe
-- spelling on all systems, so it is refused.
function M.command_line(parts)
  local out = {}
  for n, part in ipairs(parts) do
    if part:find '["\r\n]' then return nil, texts.say 'path_holds_quote' end
    out[n] = '"' .. part:gsub('\\$', '') .. '"'
  end
  return table.concat(out, ' ')
end

return M
