-- SHA-1, for REAPER's names of scripts. Written for this stand-in alone.

local M = {}

local function left(x, n) return ((x << n) | (x >> (32 - n))) & 0xffffffff end

function M.hex(text)
  local h = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0 }
  local padded = text .. '\128' .. ('\0'):rep((55 - #text) % 64) .. string.pack('>I8', #text * 8)
  for at = 1, #padded, 64 do
    local w = { string.unpack('>' .. ('I4'):rep(16), padded, at) }
    for n = 17, 80 do w[n] = left(w[n - 3] ~ w[n - 8] ~ w[n - 14] ~ w[n - 16], 1) end
    local a, b, c, d, e = table.unpack(h)
    for n = 1, 80 do
      local f, k
      if n <= 20 then f, k = (b & c) | (~b & d), 0x5A827999
      elseif n <= 40 then f, k = b ~ c ~ d, 0x6ED9EBA1
      elseif n <= 60 then f, k = (b & c) | (b & d) | (c & d), 0x8F1BBCDC
      else f, k = b ~ c ~ d, 0xCA62C1D6 end
      local t = (left(a, 5) + (f & 0xffffffff) + e + k + w[n]) & 0xffffffff
      a, b, c, d, e = t, a, left(b, 30), c, d
    end
    for n, value in ipairs { a, b, c, d, e } do h[n] = (h[n] + value) & 0xffffffff end
  end
  return string.format(('%08x'):rep(5), table.unpack(h))
end

return M
