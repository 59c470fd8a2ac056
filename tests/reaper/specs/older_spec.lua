-- REAPER 6.37, the oldest there is support for: what came later is not there, attributes that it
-- does not know are 0 or empty. All that a user does works without them.

local Stage = dofile(HERE .. 'stage.lua')

local OLDEST = { 6, 37 }

local function is_later(since)
  local whole, part = since:match '^(%d+)%.(%d+)'
  part = tonumber((part .. '0'):sub(1, 2))
  whole = tonumber(whole)
  return whole > OLDEST[1] or whole == OLDEST[1] and part > OLDEST[2]
end

-- Functions that no 6.37 is known to have.
local function missing()
  local old, out = {}, {}
  for _, name in ipairs(API_DATA.reascript_since.in_6_24) do old[name] = true end
  for name, since in pairs(API_DATA.reascript_since.functions) do
    if is_later(since) and not old[name] then out[name] = true end
  end
  return out
end

local function older(options)
  options = options or {}
  options.fake = { version = '6.37/linux-x86_64', missing = missing() }
  local stage = Stage.new(options)
  local later = API_DATA.reascript_since.attributes
  for _, name in ipairs { 'GetMediaItemInfo_Value', 'GetMediaItemTakeInfo_Value',
    'GetMediaTrackInfo_Value' } do
    local job = stage.fake.reaper[name]
    stage.fake.reaper[name] = function(object, key)
      if later[key] then return later[key].older end
      return job(object, key)
    end
    local set = stage.fake.reaper[name:gsub('^Get', 'Set')]
    stage.fake.reaper[name:gsub('^Get', 'Set')] = function(object, key, value)
      if later[key] then return false end
      return set(object, key, value)
    end
  end
  return stage
end

return {
  ['what came later is really not there'] = function()
    local gone = missing()
    for _, name in ipairs { 'set_action_options', 'GetThemeColor', 'InsertTrackInProject' } do
      assert(gone[name], name)
    end
    assert(not gone.GetTrack and not gone.GetMediaItemInfo_Value)
    local stage = older()
    assert(stage.fake.reaper.GetThemeColor == nil)
  end,

  ['stems come in, are toggled, and one undo takes them back'] = function()
    local stage = older()
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    local before = stage.picture()
    assert(stage:restore())
    assert(reaper.CountTracks(0) == 3, stage.picture())
    stage:run 'Toggle original and stems'
    stage:tick(3)
    reaper.Undo_DoUndo2(0)
    reaper.Undo_DoUndo2(0)
    assert(stage.picture() == before, stage.picture())
  end,

  ['every window opens'] = function()
    for _, name in ipairs { 'Jobs panel', 'Settings', 'Set up right-click menu' } do
      local stage = older()
      stage:run(name)
      stage:tick(45)
      assert(#stage.fake.screen > 0, name)
    end
  end,

  ['items are diagnosed'] = function()
    local stage = older()
    stage.item(stage.track 'Lead', stage:wav 'song.wav')
    stage:run 'Diagnose selected items'
    assert(stage:until_(function() return stage:says 'undo' or stage:says 'damage' end, 60),
      stage:screen_text())
  end,

  ['the self-test says what it could not try'] = function()
    local stage = older()
    stage.fake.exec_hook = nil
    stage:run 'Self-test'
    stage:until_(function() return #stage.fake.instances == 0 end, 60)
    assert(stage:says 'Not tried in this REAPER', stage:screen_text())
    assert(stage:says 'menu_has_a_hash', stage:screen_text())
  end,
}
