-- JSON, signatures and ZMTP in Lua, against the protocol's own vectors and bytes captured from
-- libzmq.

local conversation = require 'conversation'
local envelope = require 'envelope'
local files = require 'files'
local json = require 'json'
local sha256 = require 'sha256'
local worker_file = require 'worker_file'
local zmtp = require 'zmtp'

local VECTORS = HERE .. '../../protocol/vectors/'
local THEMES = { 'answers', 'bad_auth', 'bad_json', 'discovery', 'errors', 'hello', 'limits',
  'records', 'replayed', 'requests', 'submit' }

local function same(a, b)
  if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end
  for key, value in pairs(a) do if not same(value, b[key]) then return false end end
  for key in pairs(b) do if a[key] == nil then return false end end
  return true
end

local function each(work)
  local count, deepest = 0, json.deepest
  for _, theme in ipairs(THEMES) do
    json.deepest = deepest + 4 -- the file holds bodies that are as deep as a body may be
    local list = assert(json.decode(assert(files.read(VECTORS .. theme .. '.json'))))
    json.deepest = deepest
    for _, vector in ipairs(list) do
      local frames = {}
      for n, hex in ipairs(vector.frames_hex) do frames[n] = sha256.from_hex(hex) end
      count = count + 1
      work(vector, frames, theme .. ': ' .. vector.name)
    end
  end
  assert(count > 100, count)
end

-- What the vector's reader comes to: a body, or nil and why.
local function verdict(vector, frames)
  local place = vector.conversation
  if vector.direction == 'to_client' then
    local talk = conversation.open(vector.key, place.client)
    talk.worker, talk.heard = place.worker, place.heard
    return talk:unseal(frames)
  end
  local stamp, text = envelope.unseal(vector.key, frames, 'c', 65536)
  if not stamp then return nil, 'malformed' end
  if stamp.client ~= place.client or stamp.worker ~= place.worker then return nil, 'hello_again' end
  if stamp.count <= place.heard then return nil, 'malformed' end
  local body = envelope.object(text)
  return body, not body and 'bad_request' or nil
end

local ROUTER = zmtp.greeting:sub(1, 11) .. '\1' .. zmtp.greeting:sub(13)

local function reader()
  local made = zmtp.reader(('0'):rep(64))
  made:feed(ROUTER)
  made:feed(zmtp.frame('\7WELCOME', 4))
  made:feed(zmtp.frame('\5READY\11Socket-Type\0\0\0\6ROUTER', 4))
  return made
end

return {
  ['every vector that is rightly signed gives the body any JSON reader gives'] = function()
    each(function(vector, frames, name)
      if vector.direction ~= 'worker_file' and vector.valid then
        local body = verdict(vector, frames)
        assert(body, name)
        assert(same(body, vector.json), name)
        local again = { sender = 'w', client = ('0'):rep(32), worker = ('1'):rep(32), count = 1 }
        local sealed = assert(envelope.seal(vector.key, again, body))
        assert(same(again, envelope.stamp(sealed[2])), name)
        local _, text = envelope.unseal(vector.key, sealed, 'w', 65536)
        assert(same(envelope.object(text), body), name)
      end
    end)
  end,

  ['every vector that deserves no answer is dropped'] = function()
    local dropped = 0
    each(function(vector, frames, name)
      if vector.direction ~= 'worker_file' and vector.error == 'malformed' then
        local body, why = verdict(vector, frames)
        assert(not body and why == 'malformed', name)
        dropped = dropped + 1
      end
    end)
    assert(dropped > 30, dropped)
  end,

  ['every vector of no conversation is known as one'] = function()
    local count = 0
    each(function(vector, frames, name)
      local _, why = verdict(vector, frames)
      if vector.direction ~= 'worker_file' and vector.error == 'hello_again' then
        assert(why == 'hello_again', name)
        count = count + 1
      end
    end)
    assert(count > 3, count)
  end,

  ['what is no JSON by the protocol is refused in Lua too'] = function()
    each(function(vector, frames, name)
      if name:match '^bad_json' and not vector.valid and vector.error == 'bad_request' then
        local body, why = verdict(vector, frames)
        assert(body == nil and why == 'bad_request', name)
      end
    end)
  end,

  ['a worker file is taken or refused as the vectors say'] = function()
    each(function(vector, frames, name)
      if vector.direction == 'worker_file' then
        local found = json.decode(frames[1])
        local good, why = false, nil
        if type(found) == 'table' then good, why = worker_file.check(found) end
        good = good and true or why == 'older_worker'
        if vector.valid then assert(good, name) end
        if good and not vector.valid then
          -- Lua does not read the text that is for people.
          assert(vector.name == 'a version of null', name)
        end
      end
    end)
  end,

  ['signatures are those of FIPS 180-4 and RFC 4231'] = function()
    assert(sha256.hex(sha256.digest 'abc')
      == 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    assert(sha256.hex(sha256.hmac('Jefe', 'what do ya want for nothing?'))
      == '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
    assert(sha256.hex(sha256.hmac(('\170'):rep(131),
      'Test Using Larger Than Block-Size Key - Hash Key First'))
      == '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54')
  end,

  ['the bytes we send are those that libzmq was seen to take'] = function()
    local golden = API_DATA.zmtp_golden
    assert(sha256.hex(zmtp.greeting) == golden.client_greeting_PLAIN_v3_0)
    assert(sha256.hex(zmtp.frame(('x'):rep(300))):sub(1, 18) == golden.libzmq_long_frame_header_300)
    assert(sha256.hex(zmtp.message { '', '{"op":"hello"}' }) == golden.libzmq_two_part_message)
  end,

  ['the commands of the handshake are those of RFC 24'] = function()
    assert(zmtp.hello 'pass' == '\4\19\5HELLO\7voxmend\4pass')
    local made = zmtp.reader 'pass'
    assert(made:feed(ROUTER) and made.send[1] == zmtp.hello 'pass')
    assert(made:feed(zmtp.frame('\7WELCOME', 4)) and made.send[2] == zmtp.initiate())
    assert(zmtp.initiate():sub(3) == '\8INITIATE\11Socket-Type\0\0\0\6DEALER\8Identity\0\0\0\0')
    for _, refusal in ipairs { '\5ERROR\3' .. '400', '^RROR\3' .. '400' } do
      local refused = zmtp.reader 'pass'
      refused:feed(ROUTER)
      local fine, reason = refused:feed(zmtp.frame(refusal, 4))
      assert(not fine and reason:find 'does not know the key', reason)
    end
    for _, wrong in ipairs { '\5READY', '\8INITIATE', 'hm' } do
      local peer = zmtp.reader 'pass'
      peer:feed(ROUTER)
      assert(not peer:feed(zmtp.frame(wrong, 4)), wrong)
    end
  end,

  ['the password is the one that Python says'] = function()
    local key = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
    assert(envelope.password(key, 'tcp://127.0.0.1:50432')
      == '7393b25abc7a49ea35eb1ee90913ea1210714063418942d7d1a1846c64d9af81')
  end,

  ['bytes from libzmq are read, cut anywhere'] = function()
    local bytes = sha256.from_hex(API_DATA.zmtp_golden.libzmq_two_part_message)
    for cut = 1, #bytes - 1 do
      local made = reader()
      assert(made.state == 'ready')
      assert(made:feed(bytes:sub(1, cut)))
      assert(#made.messages == 0)
      assert(made:feed(bytes:sub(cut + 1)))
      assert(made.messages[1][2] == '{"op":"hello"}')
    end
  end,

  ['a ping is answered with its own context'] = function()
    local made = reader()
    made.send = {}
    made:feed(sha256.from_hex(API_DATA.zmtp_golden.example_PING_ttl_3s_ctx))
    assert(sha256.hex(made.send[1]) == API_DATA.zmtp_golden.example_PONG_for_it)
  end,

  ['a peer that is no worker of ours is refused'] = function()
    assert(not zmtp.reader():feed(('HTTP/1.1 400 Bad Request\r\n'):rep(4)))
    assert(not zmtp.reader():feed(sha256.from_hex(
      API_DATA.zmtp_golden.libzmq_client_greeting_NULL)))
    assert(not reader():feed(string.pack('>BI8', 2, 1 << 40)))
  end,
}
