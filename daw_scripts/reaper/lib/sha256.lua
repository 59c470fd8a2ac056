-- SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104) on Lua's 64-bit integers. For signing messages of
-- a few kilobytes: about a millisecond each.

local M = {}

local K = {}
do -- the first 32 bits of the fractions of the cube roots of the first 64 primes
  local function is_prime(n)
    for d = 2, math.floor(n ^ 0.5) do if n % d == 0 then return false end end
    return true
  end
  local n = 2
  while #K < 64 do
    if is_prime(n) then
      -- An integer cube root of n * 2^96 would not fit; Newton's on doubles has the bits needed.
      local root = n ^ (1 / 3)
      root = root - (root * root * root - n) / (3 * root * root)
      K[#K + 1] = math.floor((root - math.floor(root)) * 4294967296.0)
    end
    n = n + 1
  end
end

local START = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
  0x1f83d9ab, 0x5be0cd19 }

local SIXTEEN = '>' .. ('I4'):rep(16)

local function block(h, text, at, w)
  local unpacked = { string.unpack(SIXTEEN, text, at) }
  for n = 1, 16 do w[n] = unpacked[n] end
  for n = 17, 64 do
    local x, y = w[n - 15], w[n - 2]
    x, y = x | x << 32, y | y << 32 -- doubled, a shift turns the lower half
    local s0 = (x >> 7 ~ x >> 18 ~ (x & 0xffffffff) >> 3)
    local s1 = (y >> 17 ~ y >> 19 ~ (y & 0xffffffff) >> 10)
    w[n] = (w[n - 16] + s0 + w[n - 7] + s1) & 0xffffffff
  end
  local a, b, c, d, e, f, g, i = table.unpack(h)
  for n = 1, 64 do
    local ee, aa = e | e << 32, a | a << 32
    local t1 = i + (ee >> 6 ~ ee >> 11 ~ ee >> 25) + ((e & f) ~ (~e & g)) + K[n] + w[n]
    local t2 = (aa >> 2 ~ aa >> 13 ~ aa >> 22) + ((a & b) ~ (a & c) ~ (b & c))
    i, g, f, e, d, c, b, a = g, f, e, (d + t1) & 0xffffffff, c, b, a, (t1 + t2) & 0xffffffff
  end
  h[1], h[2], h[3], h[4] = h[1] + a & 0xffffffff, h[2] + b & 0xffffffff, h[3] + c & 0xffffffff,
    h[4] + d & 0xffffffff
  h[5], h[6], h[7], h[8] = h[5] + e & 0xffffffff, h[6] + f & 0xffffffff, h[7] + g & 0xffffffff,
    h[8] + i & 0xffffffff
end

-- 32 bytes.
function M.digest(text)
  local h, w = { table.unpack(START) }, {}
  local padded = text .. '\128' .. ('\0'):rep((55 - #text) % 64) .. string.pack('>I8', #text * 8)
  for at = 1, #padded, 64 do block(h, padded, at, w) end
  return string.pack('>I4I4I4I4I4I4I4I4', table.unpack(h))
end

function M.hex(bytes)
  return (bytes:gsub('.', function(char) return string.format('%02x', char:byte()) end))
end

function M.from_hex(text)
  return (text:gsub('%x%x', function(pair) return string.char(tonumber(pair, 16)) end))
end

local function mixed(key, value)
  return (key:gsub('.', function(char) return string.char(char:byte() ~ value) end))
end

-- HMAC of a text, 32 bytes.
function M.hmac(key, text)
  if #key > 64 then key = M.digest(key) end
  key = key .. ('\0'):rep(64 - #key)
  return M.digest(mixed(key, 0x5c) .. M.digest(mixed(key, 0x36) .. text))
end

return M
