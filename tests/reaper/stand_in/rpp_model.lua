-- Between the text of a project and the plain tables of the fake: fields are REAPER's attribute
-- keys. A line that means nothing here stays in `raw`, in its place, and is written back.

local Objects = dofile(HERE .. 'stand_in/objects.lua')
local Rpp = dofile(HERE .. 'stand_in/rpp.lua')
local Sends = dofile(HERE .. 'stand_in/rpp_sends.lua')

local M = {}

-- Line name -> the keys of its words, in order; '' keeps a word in `rest`.
local ITEM = { POSITION = { 'D_POSITION' }, SNAPOFFS = { 'D_SNAPOFFSET' }, LENGTH = { 'D_LENGTH' },
  LOOP = { 'B_LOOPSRC' }, ALLTAKES = { 'B_ALLTAKESPLAY' },
  FADEIN = { 'C_FADEINSHAPE', 'D_FADEINLEN', 'D_FADEINLEN_AUTO', 'C_FADEINSHAPE', '',
    'D_FADEINDIR' },
  FADEOUT = { 'C_FADEOUTSHAPE', 'D_FADEOUTLEN', 'D_FADEOUTLEN_AUTO', 'C_FADEOUTSHAPE', '',
    'D_FADEOUTDIR' },
  MUTE = { 'B_MUTE' }, SEL = { 'B_UISEL' }, IGUID = { 'GUID' }, COLOR = { 'I_CUSTOMCOLOR' },
  GROUP = { 'I_GROUPID' }, LOCK = { 'C_LOCK' }, BEAT = { 'C_BEATATTACHMODE' },
  YPOS = { 'F_FREEMODE_Y', 'F_FREEMODE_H' } }
local TAKE = { NAME = { 'P_NAME' }, SOFFS = { 'D_STARTOFFS' }, CHANMODE = { 'I_CHANMODE' },
  GUID = { 'GUID' }, PLAYRATE = { 'D_PLAYRATE', 'B_PPITCH', 'D_PITCH', 'I_PITCHMODE',
  'I_STRETCHFLAGS', 'F_STRETCHFADESIZE' } }
local TRACK = { NAME = { 'P_NAME' }, PEAKCOL = { 'I_CUSTOMCOLOR' }, BEAT = { 'C_BEATATTACHMODE' },
  VOLPAN = { 'D_VOL', 'D_PAN', 'D_PANLAW', '', 'D_WIDTH' }, MUTESOLO = { 'B_MUTE', 'I_SOLO' },
  IPHASE = { 'B_PHASE' }, ISBUS = { '', 'I_FOLDERDEPTH' }, NCHAN = { 'I_NCHAN' },
  FREEMODE = { 'I_FREEMODE' }, SEL = { 'I_SELECTED' }, TRACKID = { 'GUID' },
  MAINSEND = { 'B_MAINSEND', 'C_MAINSEND_OFFS' } }
local TEXT = { GUID = true, P_NAME = true }
local ENVELOPES = { VOLENV = true, PANENV = true, MUTEENV = true, PITCHENV = true, VOLENV2 = true }

-- Reads one line into the object by a table of lines; false if it is none of them.
local function take_line(object, map, line, rests)
  local words = Rpp.words(line)
  local keys = map[words[1]]
  if not keys then return false end
  rests[words[1]] = { words = words }
  for n, key in ipairs(keys) do
    local word = words[n + 1]
    if key ~= '' and word ~= nil then
      object[key] = TEXT[key] and word or tonumber(word) or 0
    end
  end
  if words[1] == 'CHANMODE' or words[1] == 'GROUP' then object[keys[1]] = tonumber(words[2]) end
  return true
end

-- Writes a line again: known words from the object, the others as they came.
local function give_line(object, map, name, came)
  local out = { name }
  local words = came and came.words or { name }
  for n = 1, math.max(#map[name], #words - 1) do
    local key = map[name][n]
    local value
    if key and key ~= '' then
      value = object[key] or 0
      local was = words[n + 1]
      if was and not TEXT[key] and tonumber(was) == value then value = was end
    else
      value = words[n + 1] or 0
    end
    out[#out + 1] = type(value) == 'number' and Rpp.number(value)
      or (TEXT[key] and Rpp.quote(value) or Rpp.quote(value))
  end
  return table.concat(out, ' ')
end

local function load_source(node)
  local source = Objects.source(node.words[2] or '', nil)
  source.raw, source.head = {}, node.head
  for _, line in ipairs(node.lines) do
    if type(line) == 'table' and line.words[1] == 'SOURCE' then
      source.parent = load_source(line)
      source.raw[#source.raw + 1] = { parent = true }
    elseif type(line) == 'table' then
      source.raw[#source.raw + 1] = line
    else
      local words = Rpp.words(line)
      if words[1] == 'FILE' then source.file = words[2] end
      if source.type == 'SECTION' then
        source.section = source.section or {}
        if words[1] == 'LENGTH' then source.section.length = tonumber(words[2]) end
        if words[1] == 'STARTPOS' then source.section.offset = tonumber(words[2]) end
        if words[1] == 'MODE' then
          local mode = math.tointeger(tonumber(words[2])) or 0
          source.section.reverse, source.section.whole = mode & 2 == 2, mode & 1 == 1
        end
      end
      source.raw[#source.raw + 1] = line
    end
  end
  if source.type == 'SECTION' then
    source.section = source.section or {}
    if source.section.whole then source.section.offset, source.section.length = 0, nil end
  end
  return source
end

local function save_source(source)
  local lines = {}
  for _, line in ipairs(source.raw) do
    lines[#lines + 1] = type(line) == 'table' and line.parent and save_source(source.parent) or line
  end
  if #lines == 0 then lines[1] = Rpp.line('FILE', source.file) end
  return { head = source.head or 'SOURCE ' .. source.type, lines = lines,
    words = { 'SOURCE', source.type } }
end

local function load_ext(node)
  local ext = {}
  for _, line in ipairs(node.lines) do
    if type(line) == 'string' then
      local words = Rpp.words(line)
      ext[words[1]] = words[2] or ''
    end
  end
  return ext
end

local function save_ext(ext, head)
  local keys, lines = {}, {}
  for key in pairs(ext) do keys[#keys + 1] = key end
  if #keys == 0 then return nil end
  table.sort(keys)
  for n, key in ipairs(keys) do lines[n] = Rpp.line(key, ext[key]) end
  return { head = head, lines = lines, words = { head } }
end

local function load_markers(line)
  local out, words = {}, Rpp.words(line)
  for n = 2, #words do
    if words[n] == '+' then words[n] = nil end
  end
  local numbers = {}
  for n = 2, #Rpp.words(line) do
    local value = tonumber((Rpp.words(line)[n]:gsub('%+', '')))
    if value then numbers[#numbers + 1] = value end
  end
  for n = 1, #numbers - 1, 2 do
    out[#out + 1] = { pos = numbers[n], srcpos = numbers[n + 1], slope = 0 }
  end
  return out
end

-- TKM: where in the source, name, colour; what a later REAPER puts behind (a length) stays.
local function load_mark(line)
  local words = Rpp.words(line)
  return { at = tonumber(words[2]) or 0, name = words[3] or '',
    color = math.tointeger(tonumber(words[4])) or 0, more = { table.unpack(words, 5) } }
end

local function save_mark(mark)
  local out = Rpp.line('TKM', mark.at, mark.name, mark.color)
  return table.concat({ out, table.unpack(mark.more or {}) }, ' ')
end

local function take_volpan(item, take, line)
  local words = Rpp.words(line)
  if item then item.D_VOL = tonumber(words[2]) or 1 end
  take.D_PAN, take.D_VOL = tonumber(words[3]) or 0, tonumber(words[4]) or 1
  take.D_PANLAW = tonumber(words[5]) or -1
end

-- Words after TAKEVOLPAN stand for pan, volume, law.
local function other_volpan(take, line)
  local words = Rpp.words(line)
  take.D_PAN, take.D_VOL = tonumber(words[2]) or 0, tonumber(words[3]) or 1
  take.D_PANLAW = tonumber(words[4]) or -1
end

function M.load_item(node)
  local item = Objects.item ''
  item.takes, item.I_CURTAKE, item.came = {}, 0, {}
  local take
  local function open_take()
    take = Objects.take ''
    take.came = {}
    item.takes[#item.takes + 1] = take
  end
  for _, line in ipairs(node.lines) do
    local name = type(line) == 'string' and Rpp.words(line)[1] or line.words[1]
    if name == 'TAKE' and type(line) == 'string' then
      local words = Rpp.words(line)
      if #item.takes == 0 then item.takes[1] = false end
      if words[2] == 'NULL' then
        item.takes[#item.takes + 1] = false
        take = nil
      else
        open_take()
      end
      if words[2] == 'SEL' or words[3] == 'SEL' then item.I_CURTAKE = #item.takes - 1 end
    elseif type(line) == 'string' and #item.takes == 0
      and take_line(item, ITEM, line, item.came) then
      take = nil
    elseif name == 'EXT' and #item.takes == 0 then
      item.ext = load_ext(line)
    else
      if not take then
        if #item.takes == 0 and (name == 'NAME' or name == 'VOLPAN' or name == 'SOURCE') then
          open_take()
        elseif item.takes[#item.takes] == false then
          open_take()
          table.remove(item.takes, #item.takes - 1)
        end
      end
      if not take then
        item.raw[#item.raw + 1] = line
      elseif name == 'VOLPAN' then
        take_volpan(item, take, line)
        take.came.VOLPAN = { words = Rpp.words(line) }
      elseif name == 'TAKEVOLPAN' then
        other_volpan(take, line)
      elseif name == 'SM' then
        take.markers = load_markers(line)
        take.came.SM = line
      elseif name == 'TKM' then
        take.marks[#take.marks + 1] = load_mark(line)
      elseif type(line) == 'table' and name == 'SOURCE' then
        take.source = load_source(line)
      elseif type(line) == 'table' and ENVELOPES[name] then
        take.envelopes[#take.envelopes + 1] = { kind = 'TrackEnvelope', node = line }
      elseif type(line) == 'table' and name == 'EXT' then
        take.ext = load_ext(line)
      elseif type(line) == 'table' and name == 'TAKEFX' then
        take.fx[1] = line
      elseif type(line) == 'string' and take_line(take, TAKE, line, take.came) then
        take.came.any = true
      elseif type(line) == 'string' and take_line(item, ITEM, line, item.came) then
        item.came.any = true
      else
        take.raw[#take.raw + 1] = line
      end
    end
  end
  return item
end

local function save_markers(markers)
  local out = { 'SM' }
  for n, marker in ipairs(markers) do
    out[#out + 1] = Rpp.number(marker.pos) .. ' ' .. Rpp.number(marker.srcpos)
    if n < #markers then out[#out + 1] = '+' end
  end
  return table.concat(out, ' ')
end

local function save_take(item, take, first, lines)
  local function add(line) if line then lines[#lines + 1] = line end end
  add(give_line(take, TAKE, 'NAME', take.came and take.came.NAME))
  if first then
    add(Rpp.line('VOLPAN', item.D_VOL, take.D_PAN, take.D_VOL, take.D_PANLAW))
  else
    add(Rpp.line('TAKEVOLPAN', take.D_PAN, take.D_VOL, take.D_PANLAW))
  end
  for _, name in ipairs { 'SOFFS', 'PLAYRATE', 'CHANMODE', 'GUID' } do
    add(give_line(take, TAKE, name, take.came and take.came[name]))
  end
  if #take.markers > 0 then add(save_markers(take.markers)) end
  for _, mark in ipairs(take.marks) do add(save_mark(mark)) end
  add(save_ext(take.ext, 'EXT'))
  for _, line in ipairs(take.raw) do add(line) end
  if take.source then add(save_source(take.source)) end
  for _, envelope in ipairs(take.envelopes) do add(envelope.node) end
  for _, node in ipairs(take.fx) do add(node) end
end

local ITEM_ORDER = { 'POSITION', 'SNAPOFFS', 'LENGTH', 'LOOP', 'ALLTAKES', 'FADEIN', 'FADEOUT',
  'MUTE', 'BEAT', 'COLOR', 'GROUP', 'LOCK', 'SEL', 'IGUID' }

function M.save_item(item)
  local lines = {}
  for _, name in ipairs(ITEM_ORDER) do
    local holds = item.came and item.came[name] ~= nil or name == 'POSITION' or name == 'LENGTH'
      or name == 'IGUID' or name == 'LOOP'
    for _, key in ipairs(ITEM[name]) do
      local value = item[key]
      holds = holds or value ~= nil and value ~= 0 and value ~= -1
    end
    if holds then
      lines[#lines + 1] = give_line(item, ITEM, name, item.came and item.came[name])
    end
  end
  if next(item.ext) then lines[#lines + 1] = save_ext(item.ext, 'EXT') end
  for _, line in ipairs(item.raw) do lines[#lines + 1] = line end
  for n, take in ipairs(item.takes) do
    if n > 1 then
      local selected = n - 1 == item.I_CURTAKE and ' SEL' or ''
      lines[#lines + 1] = take and 'TAKE' .. selected or 'TAKE NULL' .. selected
    end
    if take then save_take(item, take, n == 1, lines) end
  end
  return { head = 'ITEM', words = { 'ITEM' }, lines = lines }
end

function M.load_track(node)
  local track = Objects.track(node.words[2] or '')
  track.raw, track.came, track.head = {}, {}, node.head
  for _, line in ipairs(node.lines) do
    local name = type(line) == 'string' and Rpp.words(line)[1] or line.words[1]
    if type(line) == 'table' and name == 'ITEM' then
      track.items[#track.items + 1] = M.load_item(line)
    elseif type(line) == 'table' and name == 'EXT' then
      track.ext = load_ext(line)
    elseif type(line) == 'string' and take_line(track, TRACK, line, track.came) then
      track.raw[#track.raw + 1] = { line = name }
    elseif type(line) ~= 'string' or not Sends.load_line(track, line) then
      if type(line) == 'table' and name == 'FXCHAIN' then track.fx[1] = line end
      track.raw[#track.raw + 1] = line
    end
  end
  return track
end

local TRACK_ORDER = { 'NAME', 'PEAKCOL', 'BEAT', 'VOLPAN', 'MUTESOLO', 'IPHASE', 'ISBUS', 'NCHAN',
  'SEL', 'TRACKID', 'MAINSEND' }

function M.save_track(track, project)
  local lines, done = {}, {}
  for _, line in ipairs(track.raw) do
    if type(line) == 'table' and line.line then
      lines[#lines + 1] = give_line(track, TRACK, line.line, track.came[line.line])
      done[line.line] = true
    elseif type(line) == 'table' and line.send then
      lines[#lines + 1] = Sends.line(track, line, project or track.owner)
    else
      lines[#lines + 1] = line
    end
  end
  for _, name in ipairs(TRACK_ORDER) do
    local value = track[TRACK[name][1]] or (name == 'ISBUS' and track.I_FOLDERDEPTH)
    if not done[name] and value ~= nil and (track.came == nil or value ~= 0) then
      lines[#lines + 1] = give_line(track, TRACK, name, nil)
    end
  end
  for _, line in ipairs(Sends.new_lines(track, project or track.owner)) do
    lines[#lines + 1] = line
  end
  lines[#lines + 1] = save_ext(track.ext, 'EXT')
  for _, item in ipairs(track.items) do lines[#lines + 1] = M.save_item(item) end
  return { head = track.head or 'TRACK ' .. track.GUID, words = { 'TRACK' }, lines = lines }
end

function M.load(tree, project)
  project.raw, project.head = {}, tree.head
  for _, line in ipairs(tree.lines) do
    local words = type(line) == 'string' and Rpp.words(line) or line.words
    if type(line) == 'table' and words[1] == 'TRACK' then
      project.tracks[#project.tracks + 1] = M.load_track(line)
    else
      if words[1] == 'SAMPLERATE' then
        project.attributes.PROJECT_SRATE = tonumber(words[2])
        project.attributes.PROJECT_SRATE_USE = tonumber(words[3])
      elseif words[1] == 'CURSOR' then project.cursor = tonumber(words[2]) end
      project.raw[#project.raw + 1] = line
    end
  end
  Sends.settle(project)
  return project
end

function M.save(project)
  local lines = {}
  for _, line in ipairs(project.raw) do lines[#lines + 1] = line end
  if #project.raw == 0 then
    lines[1] = Rpp.line('SAMPLERATE', project.attributes.PROJECT_SRATE,
      project.attributes.PROJECT_SRATE_USE, 0)
  end
  for _, track in ipairs(project.tracks) do lines[#lines + 1] = M.save_track(track, project) end
  return { head = project.head or 'REAPER_PROJECT 0.1 "7.30/linux-x86_64" 1700000000',
    lines = lines, words = { 'REAPER_PROJECT' } }
end

return M
