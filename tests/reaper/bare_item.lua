-- The stand-in by itself, with one item in it: what is asked of it without the scripts.

local Fake = dofile(HERE .. 'stand_in/init.lua')

local M = {}

function M.fresh(options)
  options = options or {}
  options.resource = TMP .. 'state'
  local fake = Fake.new(options)
  fake:install()
  return fake, fake:tab()
end

function M.write(path, text)
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
  return path
end

function M.script(name, text) return M.write(TMP .. name .. '.lua', text) end

function M.block(text, job)
  reaper.Undo_BeginBlock2(0)
  job()
  reaper.Undo_EndBlock2(0, text, -1)
end

function M.build(position)
  M.block('built', function()
    reaper.InsertTrackAtIndex(0, false)
    local item = reaper.AddMediaItemToTrack(reaper.GetTrack(0, 0))
    reaper.AddTakeToMediaItem(item)
    reaper.SetMediaItemInfo_Value(item, 'D_POSITION', position or 1)
    reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', 2)
    reaper.GetSetMediaItemInfo_String(item, 'P_EXT:mark', 'mine', true)
  end)
  return reaper.GetMediaItem(0, 0)
end

function M.guid(item)
  local _, text = reaper.GetSetMediaItemInfo_String(item, 'GUID', '', false)
  return text
end

function M.mark(item)
  local _, text = reaper.GetSetMediaItemInfo_String(item, 'P_EXT:mark', '', false)
  return text
end

function M.wav(name)
  local data = {}
  for n = 1, 8000 do data[n] = string.pack('<i2', n % 2 == 0 and 8000 or -4000) end
  data = table.concat(data)
  return M.write(TMP .. name .. '.wav', table.concat {
    'RIFF', string.pack('<I4', 36 + #data), 'WAVEfmt ',
    string.pack('<I4I2I2I4I4I2I2', 16, 1, 1, 8000, 16000, 2, 16),
    'data', string.pack('<I4', #data), data })
end

return M
