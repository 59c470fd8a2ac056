-- @noindex
-- Takes up every open ticket of the project in front: follows what is at work, puts in what is
-- ready. For after a restart, after a closed window, and for the Python script.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('resume').run()
