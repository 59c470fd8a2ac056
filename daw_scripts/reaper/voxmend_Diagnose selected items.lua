-- @noindex
-- Says where the selected vocals are damaged: take markers at the damaged stretches, named by
-- damage and size. Changes no sound.

local here = debug.getinfo(1, 'S').source:match '^@(.*[/\\])'
package.path = here .. 'lib/?.lua;' .. package.path

require('restore').diagnose()
