-- Says the whole table of texts as one JSON object.

local json = require 'json'
local texts = require 'texts'

io.write('RESULT ', json.encode(texts.english), '\n')
