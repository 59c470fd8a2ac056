-- What both ways to the worker share: errors in the worker's own form, and which record is newer.

local M = {}

function M.problem(code, message, retryable)
  return { type = 'error', code = code, message = message, retryable = retryable }
end

function M.unreachable()
  return M.problem('worker_unreachable', 'voxmend did not start. Press “Start again”; if that does '
    .. 'not help, run `voxmend doctor`.', true)
end

function M.other_version()
  return M.problem('unsupported_version', 'The REAPER scripts and voxmend are of different '
    .. 'versions. Install both anew: voxmend reaper install', false)
end

-- reason: why no command line can be made.
function M.no_command(reason)
  return M.problem('environment', 'voxmend cannot be started: ' .. reason .. '. Install it in a '
    .. 'folder without one.', false)
end

-- Records are ordered by epoch, then rev; nil is older than all.
function M.newer(a, b)
  if not b then return true end
  if a.epoch ~= b.epoch then return a.epoch > b.epoch end
  return a.rev > b.rev
end

return M
