-- Texts in other languages: what is taken from a contributed file, and what is said instead.

local Windows = dofile(HERE .. 'windows.lua')
local json = require 'json'
local plurals = require 'plurals'
local texts = require 'texts'

local function contribute(stage, code, content)
  local text = type(content) == 'string' and content or json.encode(content)
  local file = assert(io.open(stage.data .. '/languages/' .. code .. '.json', 'wb'))
  file:write(text)
  file:close()
end

local function speaking(code, content, extra)
  local stage = Windows.stage { english = true,
    settings = { preset = 'quick', language = code, x = extra } }
  contribute(stage, code, content)
  return stage
end

return {
  ['a text of the file is said, and what it lacks is English'] = function()
    local stage = speaking('nl', { language = 'x', texts = { button_close = 'Dicht' } })
    Windows.all.nothing_selected(stage)
    assert(stage:offers 'Dicht' and stage:says 'No items are selected', stage:screen_text())
  end,

  ['a text that loses or adds a value is not taken, and the log names it'] = function()
    local stage = speaking('nl', { language = 'x', texts = { button_close = 'Dicht',
      item_offline = 'is weg', no_items = 'niets {name}', button_hide = { other = 'x' },
      restored = 'x', nobody_knows = 'x' } })
    Windows.all.offline(stage)
    assert(stage:says 'is offline or its file is missing', stage:screen_text())
    local file = assert(io.open(stage.data .. '/log.txt', 'rb'))
    local log = file:read 'a'
    file:close()
    assert(log:find('language nl left_out=button_hide,item_offline,no_items,nobody_knows,restored',
      1, true), log)
  end,

  ['a file that is none is refused with a sentence, and English is spoken'] = function()
    for _, content in ipairs { 'no json', '[]', '{"language": 1, "texts": {}}',
      '{"language": "x"}' } do
      local stage = speaking('nl', content)
      Windows.all.done(stage)
      assert(stage:says 'cannot be used', content .. stage:screen_text())
      assert(stage:says 'They are said in English', stage:screen_text())
    end
  end,

  ['a language whose file is gone is English, and says so'] = function()
    local stage = Windows.stage { english = true,
      settings = { preset = 'quick', language = 'nl' } }
    Windows.all.done(stage)
    assert(stage:says 'cannot be used', stage:screen_text())
  end,

  ['the settings list the languages by their own names, and change at once'] = function()
    local stage = Windows.stage { english = true }
    contribute(stage, 'nl', { language = 'Nederlands', texts = { button_close = 'Dicht' } })
    Windows.all.settings(stage)
    stage.fake:answer('gfx.showmenu', 2)
    assert(stage:press 'Language')
    stage:tick(3)
    assert(stage:says 'Language: Nederlands' and stage:offers 'Dicht', stage:screen_text())
    stage.fake:answer('gfx.showmenu', 1)
    assert(stage:press 'Language')
    stage:tick(3)
    assert(stage:offers 'Close', stage:screen_text())
  end,

  ['each language counts by its own rule'] = function()
    local function forms(language, ...)
      local out = {}
      for n, count in ipairs { ... } do out[n] = plurals.form(language, count) end
      return table.concat(out, ' ')
    end
    assert(forms('de', 0, 1, 2) == 'other one other')
    assert(forms('fr', 0, 1, 2) == 'one one other')
    assert(forms('ru', 1, 2, 5, 11, 12, 21, 22, 25) == 'one few many many many one few many')
    assert(forms('pl', 1, 2, 5, 12, 21, 22) == 'one few many many many few')
    assert(forms('cs', 1, 2, 4, 5) == 'one few few other')
    assert(forms('ar', 0, 1, 2, 3, 10, 11, 99, 100) == 'zero one two few few many many other')
    assert(forms('ja', 1, 2) == 'other other')
    assert(forms('sr', 1, 3, 5, 21) == 'one few other one')
    assert(forms('sl', 1, 2, 3, 5, 101) == 'one two few other one')
    assert(forms('pt-PT', 0, 1) == 'other one' and forms('pt-BR', 0, 1) == 'one one')
    assert(forms('lt', 1, 2, 11, 21) == 'one few other one')
    assert(forms('lv', 0, 1, 11, 21) == 'zero one zero one')
    assert(forms('ro', 0, 1, 2, 19, 20) == 'few one few few other')
    assert(forms('he', 1, 2, 3) == 'one two other')
  end,

  ['forms of the file are chosen by its language, of what it lacks by English'] = function()
    texts.speak('pl', { count_item = { one = '{count} klip', few = '{count} klipy',
      other = '{count} klipów' } })
    assert(texts.count(1, 'item') == '1 klip' and texts.count(3, 'item') == '3 klipy')
    assert(texts.count(5, 'item') == '5 klipów' and texts.count(2, 'marker') == '2 markers')
    texts.speak 'en'
  end,

  ['a marker is ours in the language it was named in, and in English'] = function()
    local damage = require 'damage'
    local function color() return 1 end
    local english = damage.marker_name('bleed', 'some')
    texts.speak('nl', { damage_bleed = 'lek', size_some = 'wat' })
    assert(damage.marker_name('bleed', 'some') == 'lek, wat')
    assert(damage.size_of('lek, wat', 1, color) == 'some')
    assert(damage.size_of(english, 1, color) == 'some')
    texts.speak 'en'
    assert(damage.size_of('lek, wat', 1, color) == nil)
  end,

  ['a key that is not in the table is a defect'] = function()
    assert(not pcall(texts.say, 'no_such_key') and not pcall(texts.many, 'dock', 1))
  end,
}
