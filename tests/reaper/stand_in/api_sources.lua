-- Sources and take accessors. A source handed to a take that already stands in the project is
-- duplicated; with the switch `set_source_duplicates` off that is an error instead.
-- An accessor asked from inside a coroutine gives nothing and leaves silence (measured by others on
-- 7.75), its time is item time.

local Objects = dofile(HERE .. 'stand_in/objects.lua')
local Sound = dofile(HERE .. 'stand_in/sound.lua')

local F = {}

local TYPES = { wav = 'WAVE', w64 = 'WAVE', aif = 'AIFF', aiff = 'AIFF', flac = 'FLAC', mp3 = 'MP3',
  ogg = 'VORBIS', wv = 'WAVPACK', mid = 'MIDI', mp4 = 'VIDEO', rpp = 'RPP_PROJECT' }

function F.PCM_Source_CreateFromFile(_, path)
  local file = io.open(path, 'rb')
  if not file then return nil end
  file:close()
  local type = TYPES[(path:match '%.([^.]+)$' or ''):lower()]
  if not type then return nil end
  return Objects.source(type, path)
end

function F.PCM_Source_Destroy(fake, source)
  if source.in_project then fake:violation('a source in the project was destroyed') end
  source.destroyed = true
end

local function duplicate(source)
  local out = {}
  for key, value in pairs(source) do out[key] = value end
  out.in_project, out.owner, out.destroyed = nil, nil, nil
  if source.parent then out.parent = duplicate(source.parent) end
  return out
end

local function settle(source, take)
  while source do
    source.in_project, source.owner = true, take
    source = source.parent
  end
end

function F.SetMediaItemTake_Source(fake, take, source)
  if source.in_project then
    if not fake.switches.set_source_duplicates then
      error('SetMediaItemTake_Source: the source stands in another take', 0)
    end
    source = duplicate(source)
  end
  take.source = source
  settle(source, take)
  fake:changed 'source'
  return true
end

local function bottom(source)
  while source.parent do source = source.parent end
  return source
end

local function there(source)
  local file = io.open(bottom(source).file, 'rb')
  if file then file:close() end
  return file ~= nil
end

function F.GetMediaSourceType(fake, source)
  if source.offline and fake.switches.offline_type then return fake.switches.offline_type end
  return source.type
end
function F.GetMediaSourceFileName(_, source) return source.file or '' end
function F.GetMediaSourceParent(_, source) return source.parent end
function F.GetMediaSourceLength(_, source)
  if source.type:sub(1, 4) == 'MIDI' then return 4, true end
  if source.offline or not there(source) then return 0, false end
  return source.length or Sound.length(source), false
end
function F.GetMediaSourceSampleRate(fake, source)
  if source.was_offline and fake.switches.offline_rate_zero then return 0 end
  if source.offline or not there(source) then return 0 end
  local head = Sound.header(source)
  return source.rate or head and head.rate or 0
end
function F.GetMediaSourceNumChannels(_, source)
  if source.offline or not there(source) then return 0 end
  local head = Sound.header(source)
  return source.channels or head and head.channels or 0
end
function F.PCM_Source_GetSectionInfo(_, source)
  if source.type ~= 'SECTION' then return false, 0, 0, false end
  local section = source.section
  return true, section.offset or 0, Sound.length(source), section.reverse or false
end
function F.PCM_Source_BuildPeaks(_, source, mode)
  if mode == 0 then source.peaks = 3 return 1 end
  if mode == 1 then
    source.peaks = math.max(0, (source.peaks or 0) - 1)
    return source.peaks
  end
  return 0
end

function F.CreateTakeAudioAccessor(_, take)
  if not take.source or take.source.type:sub(1, 4) == 'MIDI' then return nil end
  return { kind = 'AudioAccessor', take = take, item = take.owner }
end
function F.DestroyAudioAccessor(_, accessor) accessor.destroyed = true end
function F.AudioAccessorStateChanged() return false end
function F.AudioAccessorValidateState() return false end
function F.GetAudioAccessorStartTime() return 0 end
function F.GetAudioAccessorEndTime(_, accessor) return accessor.item.D_LENGTH end
function F.GetAudioAccessorHash(_, accessor) return tostring(accessor) end

function F.GetAudioAccessorSamples(fake, accessor, rate, channels, from, count, buffer)
  local _, main = coroutine.running()
  if not main then return 0 end
  local take = accessor.take
  if take.gone or take.source.offline or not there(take.source) then return -1 end
  if from >= accessor.item.D_LENGTH then
    for n = 1, count * channels do buffer[n] = 0 end
    return 0
  end
  fake.clock.cost = fake.clock.cost + count / rate / 20
  if take.source.sounding == false then return 0 end
  local got = Sound.read(take, accessor.item, from, rate, channels, count,
    fake.switches.stretcher_listens, not fake.switches.accessor_hears_edits)
  for n = 1, count * channels do buffer[n] = got[n] end
  return 1
end

return F
