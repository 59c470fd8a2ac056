-- Spoilt bytes for Lua's side of the wire: lua wire.lua LIB CASES COUNT. Prints how many were tried
-- and by how many kilobytes the memory grew after the first tenth. Any error ends it.

local lib, file, count = arg[1], arg[2], math.tointeger(tonumber(arg[3]))
package.path = lib .. '/?.lua'

local conversation = require 'conversation'
local envelope = require 'envelope'
local json = require 'json'
local zmtp = require 'zmtp'

local KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
local CLIENT, WORKER = ('0123456789abcdef'):rep(2), ('fedcba9876543210'):rep(2)

local cases = {}
do
  local handle = assert(io.open(file, 'rb'))
  local text = handle:read 'a'
  handle:close()
  local at = 1
  while at <= #text do
    cases[#cases + 1], at = string.unpack('>s4', text, at)
  end
end

local EXTREMES = { '\0', '\127', '\128', '\255' }

local function spoilt(text)
  for _ = 1, math.random(1, 4) do
    local at, size = math.random(1, #text + 1), math.random(0, 8)
    local before, here = text:sub(1, at - 1), text:sub(at, at + size - 1)
    local after = text:sub(at + size)
    local what = math.random(5)
    if what == 1 then here = EXTREMES[math.random(4)]:rep(#here)
    elseif what == 2 then here = ''
    elseif what == 3 then here = here .. here
    elseif what == 4 then here = string.char(math.random(0, 255), math.random(0, 255))
    else
      local other = cases[math.random(#cases)]
      here = other:sub(math.random(math.max(1, #other)))
    end
    text = before .. here .. after
  end
  return text
end

local GREETING = zmtp.greeting:sub(1, 11) .. '\1' .. zmtp.greeting:sub(13)
local SHAKE = { GREETING, zmtp.frame('\7WELCOME', 4),
  zmtp.frame('\5READY\11Socket-Type\0\0\0\6ROUTER', 4) }

-- A reader that has been through so much of a good handshake.
local function reader(steps)
  local made = zmtp.reader(('0'):rep(64))
  for n = 1, steps do made:feed(SHAKE[n]) end
  return made
end

math.randomseed(1)
local heard, signed, before = 0, 0, nil
for n = 1, count do
  local case = spoilt(cases[math.random(#cases)])
  local kind = n % 5
  if kind == 0 then -- a body, rightly signed
    local talk = conversation.open(KEY, CLIENT)
    talk.worker, talk.heard = WORKER, 6
    local stamp = { sender = 'w', client = CLIENT, worker = WORKER, count = 7 }
    local line = envelope.line(stamp)
    local sealed = envelope.seal(KEY, stamp, { a = 1 })
    sealed[4] = case
    assert(not talk:unseal(sealed) or case == '{"a":1}', 'a body was changed and taken')
    json.decode(case)
    assert(envelope.stamp(line).count == 7)
    signed = signed + 1
  elseif kind == 1 then -- bytes at any step of the handshake
    local made = reader(math.random(0, 2))
    made:feed(spoilt(table.concat(SHAKE)))
    assert(#made.buffer < 1000000)
  else -- messages after it, cut in two
    local made, cut = reader(3), math.random(0, #case)
    if made:feed(case:sub(1, cut)) then made:feed(case:sub(cut + 1)) end
    for _, frames in ipairs(made.messages) do
      local talk = conversation.open(KEY, CLIENT)
      talk.worker, talk.heard = WORKER, 6
      if talk:unseal(frames) then heard = heard + 1 end
    end
  end
  if n == math.max(1, count // 10) then
    collectgarbage()
    collectgarbage()
    before = collectgarbage 'count'
  end
end
collectgarbage()
collectgarbage()
print(('%d cases, %d signed, %d heard, grown by %d kB'):format(count, signed, heard,
  math.max(0, math.floor(collectgarbage 'count' - before))))
