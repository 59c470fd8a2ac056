-- @noindex
-- Proves in this REAPER what voxmend relies on, in a tab of its own, and writes down what it saw.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('self_test').run()
