-- The text of REAPER projects: lines of words, and blocks between < and > that nest.
-- A node is {words = {...}, lines = {node or text}}; a line is a node without `lines`. What has no
-- meaning here (plug-in data, notes) keeps its text as it stands.

local M = {}

-- Blocks whose inside is text of its own.
local OPAQUE = { VST = true, AU = true, JS = true, DX = true, VIDEO_EFFECT = true, NOTES = true,
  RENDER_CFG = true, APPLYFX_CFG = true, RECORD_CFG = true, X = true, CODE = true, LV2 = true,
  CLAP = true }

-- The words of a line; quotes of three kinds hold blanks.
function M.words(line)
  local out, at = {}, 1
  while true do
    at = line:find('[^ \t]', at)
    if not at then return out end
    local mark = line:sub(at, at)
    if mark == '"' or mark == "'" or mark == '`' then
      local stop = line:find(mark, at + 1, true) or #line + 1
      out[#out + 1] = line:sub(at + 1, stop - 1)
      at = stop + 1
    else
      local stop = line:find('[ \t]', at) or #line + 1
      out[#out + 1] = line:sub(at, stop - 1)
      at = stop
    end
  end
end

-- A word as REAPER writes it.
function M.quote(word)
  word = tostring(word)
  if word == '' then return '""' end
  if not word:find '[ \t"\'`<>]' then return word end
  if not word:find('"', 1, true) then return '"' .. word .. '"' end
  if not word:find("'", 1, true) then return "'" .. word .. "'" end
  return '`' .. word:gsub('`', "'") .. '`'
end

-- Lines of a text as a tree; the outermost block is the result.
function M.parse(text)
  local stack, top = {}, { lines = {} }
  local current = top
  for line in (text .. '\n'):gmatch '(.-)\r?\n' do
    local bare = line:match '^%s*(.-)%s*$'
    local inside = current.words and OPAQUE[current.words[1]]
    if bare == '' then
      if inside then current.lines[#current.lines + 1] = '' end
    elseif bare:sub(1, 1) == '<' and not (inside and inside ~= 'X') then
      local node = { words = M.words(bare:sub(2)), lines = {}, head = bare:sub(2) }
      current.lines[#current.lines + 1] = node
      stack[#stack + 1] = current
      current = node
    elseif bare == '>' then
      current = table.remove(stack) or top
    else
      current.lines[#current.lines + 1] = bare
    end
  end
  return top.lines[1]
end

local function put(node, depth, out)
  local pad = ('  '):rep(depth)
  out[#out + 1] = pad .. '<' .. node.head
  for _, line in ipairs(node.lines) do
    if type(line) == 'string' then
      out[#out + 1] = pad .. '  ' .. line
    else
      put(line, depth + 1, out)
    end
  end
  out[#out + 1] = pad .. '>'
end

function M.dump(node)
  local out = {}
  put(node, 0, out)
  out[#out + 1] = ''
  return table.concat(out, '\n')
end

-- A number as REAPER writes it: up to 14 decimals, no trailing zeros.
function M.number(value)
  if math.type(value) == 'integer' then return tostring(value) end
  if value == math.floor(value) and math.abs(value) < 1e15 then
    return string.format('%d', math.floor(value))
  end
  return (string.format('%.14f', value):gsub('0+$', ''):gsub('%.$', ''))
end

function M.line(name, ...)
  local out = { name }
  for n, value in ipairs { ... } do
    out[n + 1] = type(value) == 'number' and M.number(value) or M.quote(value)
  end
  return table.concat(out, ' ')
end

return M
