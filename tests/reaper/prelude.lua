-- Runs first in every Lua of these tests: says where things are, then runs the file that the
-- command line names. A spec (a file that returns a table) has each of its functions called; a
-- verdict goes to stdout as one line: "ok" or "not ok", a tab, the sentence, a tab, the reason.
-- With VOXMEND_TEST_FIRST it ends at the first sentence that does not hold.
HERE = os.getenv 'VOXMEND_TEST_HERE'
SCRIPTS = os.getenv 'VOXMEND_TEST_SCRIPTS'
TMP = os.getenv 'VOXMEND_TEST_TMP'
API_DATA = dofile(os.getenv 'VOXMEND_TEST_DATA')
package.path = SCRIPTS .. 'lib/?.lua;' .. HERE .. '?.lua;' .. package.path

-- A file of the scripts that a spec requires by itself has the checks of its shapes, too.
local Shapes = require 'stand_in.shapes'
table.insert(package.searchers, 2, Shapes.searcher(SCRIPTS .. 'lib/'))

local file = table.remove(arg, 1)
local chunk, reason = loadfile(file)
if not chunk then
  io.stderr:write(reason, '\n')
  os.exit(2)
end
local spec = chunk(table.unpack(arg))
if type(spec) ~= 'table' then return Shapes.mind() end

local sentences = {}
for sentence in pairs(spec) do sentences[#sentences + 1] = sentence end
table.sort(sentences)
for _, sentence in ipairs(sentences) do
  local fine, why = xpcall(spec[sentence], debug.traceback)
  local whole, broken = pcall(Shapes.mind)
  if not whole then fine, why = false, broken end
  local flat = fine and '' or tostring(why):gsub('[\r\n\t]+', ' | ')
  io.write(fine and 'ok' or 'not ok', '\t', sentence, '\t', flat, '\n')
  io.flush()
  if not fine and os.getenv 'VOXMEND_TEST_FIRST' then break end
end
