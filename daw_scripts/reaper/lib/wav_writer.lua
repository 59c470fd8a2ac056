-- Writes a WAV of 32-bit floats, block by block and at any place: the frames of a render come in
-- slices. The sizes in the header are written first, since they are known.

local texts = require 'texts'

local M = {}
M.__index = M

-- frames: of the whole file. nil and the reason where it cannot be made.
function M.open(path, rate, channels, frames)
  local bytes = frames * channels * 4
  if bytes + 36 > 0xFFFFFFFF then return nil, texts.say 'render_too_large' end
  local file, reason = io.open(path, 'wb')
  if not file then return nil, reason end
  local fine, why = file:write('RIFF', string.pack('<I4', 36 + bytes), 'WAVEfmt ',
    string.pack('<I4I2I2I4I4I2I2', 16, 3, channels, rate, rate * channels * 4, channels * 4, 32),
    'data', string.pack('<I4', bytes))
  if not fine then
    file:close()
    return nil, why
  end
  return setmetatable({ file = file, channels = channels, frames = frames, at = 44 }, M)
end

local PACK = 64 -- values in one call of string.pack

local FORMAT = '<' .. ('f'):rep(PACK)

-- Interleaved samples from a table, from its `first` value on; written at frame `frame`.
function M:write(frame, samples, first, count)
  local out, n, last = {}, first, first + count * self.channels - 1
  local pack, unpack = string.pack, table.unpack
  while n + PACK - 1 <= last do
    out[#out + 1] = pack(FORMAT, unpack(samples, n, n + PACK - 1))
    n = n + PACK
  end
  while n <= last do
    out[#out + 1] = pack('<f', samples[n])
    n = n + 1
  end
  local place, reason = self.file:seek('set', 44 + frame * self.channels * 4)
  if not place then return nil, reason end
  return self.file:write(table.concat(out))
end

function M:close()
  local flushed, reason = self.file:flush()
  local closed, why = self.file:close()
  if flushed and closed then return true end
  return nil, reason or why
end

return M
