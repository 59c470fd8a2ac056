-- @noindex
-- The worker's queue: cancel, retry, run again, import later, unused stems, free GPU memory.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('jobs_panel').run()
