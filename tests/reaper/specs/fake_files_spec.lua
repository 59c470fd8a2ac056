-- What the stand-in for REAPER keeps on disk: projects, folders, processes that read them.
-- Nothing here goes through the scripts.

local Bare = require 'bare_item'

local fresh, write, script, block, build, guid, mark, wav
  = Bare.fresh, Bare.write, Bare.script, Bare.block, Bare.build, Bare.guid, Bare.mark, Bare.wav

local Disk = dofile(HERE .. 'stand_in/disk.lua')

return {
  ['folders are made and listed alike by a shell and by LuaFileSystem'] = function()
    for way, disk in pairs { shell = Disk.by_shell, lfs = Disk.by_lfs } do
      local root = TMP .. "it's " .. way
      assert(disk.make(root .. '/b/c') and disk.make(root .. '/b/c/') and disk.make(root .. '/a-b'))
      for _, name in ipairs { 'a', '.hidden', 'ä ♪.wav', 'Z' } do
        write(root .. '/' .. name, 'x')
      end
      assert(os.execute("ln -s b '" .. root:gsub("'", "'\\''") .. "/link'"))
      assert(not disk.make(root .. '/Z'), 'a file is in the way')
      assert(not disk.make(root .. '/Z/d'), 'a file is in the way')
      assert(table.concat(disk.list(root), '|') == '.hidden|Z|a|a-b/|b/|link|ä ♪.wav',
        way .. ': ' .. table.concat(disk.list(root), '|'))
      assert(table.concat(disk.list(root .. '/b/')) == 'c/')
      assert(#disk.list(root .. '/none') == 0)
    end
  end,

  ['a project that was saved is the same when it is opened again'] = function()
    local fake = fresh()
    local item = build(1.5)
    local take = reaper.GetTake(item, 0)
    block('all sorts', function()
      reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(wav 'tone'))
      reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', [[a "quoted" 'name']], true)
      reaper.SetMediaItemTakeInfo_Value(take, 'D_PLAYRATE', 0.75)
      reaper.SetMediaItemTakeInfo_Value(take, 'B_PPITCH', 0)
      reaper.SetMediaItemTakeInfo_Value(take, 'D_VOL', -0.5)
      reaper.SetMediaItemTakeInfo_Value(take, 'D_PAN', 0.25)
      reaper.SetTakeStretchMarker(take, -1, 0.5, 0.25)
      reaper.SetTakeMarker(take, -1, 'a <word> "or" two', 1.25, 0x1000000 | 255)
      reaper.SetTakeMarker(take, -1, '', 0.5)
      reaper.SetMediaItemInfo_Value(item, 'B_MUTE', 1)
      reaper.SetMediaItemInfo_Value(item, 'I_GROUPID', 4)
      reaper.SetMediaItemInfo_Value(item, 'D_FADEINLEN', 0.125)
      local second = reaper.AddTakeToMediaItem(item)
      reaper.SetMediaItemTakeInfo_Value(second, 'D_VOL', 2)
      reaper.SetActiveTake(second)
    end)
    local id = guid(item)
    fake:save(0, TMP .. 'same.rpp')
    fake:open(TMP .. 'same.rpp')
    item = reaper.GetMediaItem(0, 0)
    take = reaper.GetTake(item, 0)
    assert(guid(item) == id and mark(item) == 'mine')
    local values = { D_PLAYRATE = 0.75, B_PPITCH = 0, D_VOL = -0.5, D_PAN = 0.25 }
    for key, value in pairs(values) do
      assert(reaper.GetMediaItemTakeInfo_Value(take, key) == value, key)
    end
    values = { D_POSITION = 1.5, B_MUTE = 1, I_GROUPID = 4, D_FADEINLEN = 0.125, I_CURTAKE = 1 }
    for key, value in pairs(values) do
      assert(reaper.GetMediaItemInfo_Value(item, key) == value, key)
    end
    assert(reaper.GetTakeName(take) == [[a "quoted" 'name']], reaper.GetTakeName(take))
    assert(reaper.GetMediaItemTakeInfo_Value(reaper.GetTake(item, 1), 'D_VOL') == 2)
    assert(reaper.GetTakeNumStretchMarkers(take) == 1)
    local _, pos, srcpos = reaper.GetTakeStretchMarker(take, 0)
    assert(pos == 0.5 and srcpos == 0.25)
    assert(reaper.GetNumTakeMarkers(take) == 2)
    local at, said, color = reaper.GetTakeMarker(take, 0)
    assert(at == 0.5 and said == '' and color == 0)
    at, said, color = reaper.GetTakeMarker(take, 1)
    assert(at == 1.25 and said == 'a <word> "or" two' and color == 0x10000ff, said)
    fake:save(0, TMP .. 'again.rpp')
    local function text(name)
      local file = assert(io.open(TMP .. name, 'rb'))
      local all = file:read 'a'
      file:close()
      return all
    end
    assert(text 'same.rpp' == text 'again.rpp')
  end,

  ['the words of a line stand where REAPER writes them'] = function()
    local fake = fresh()
    fake:open(write(TMP .. 'words.rpp', [[
<REAPER_PROJECT 0.1 "7.30/linux-x86_64" 1700000000
  SAMPLERATE 48000 1 0
  <TRACK {00000000-0000-0000-0000-000000000001}
    NAME "A track"
    VOLPAN 0.5 -0.25 -1 -1 1
    MUTESOLO 1 0 0
    ISBUS 2 -1
    <ITEM
      POSITION 3
      LENGTH 4
      LOOP 0
      FADEIN 1 0.5 0 1 0 0.25
      MUTE 1 0
      IGUID {00000000-0000-0000-0000-000000000002}
      NAME song
      VOLPAN 0.75 0.125 -2 -1
      SOFFS 0.5
      PLAYRATE 1.5 0 -3 -1 0 0.0025
      CHANMODE 3
      GUID {00000000-0000-0000-0000-000000000003}
      <SOURCE SECTION
        LENGTH 2
        STARTPOS 0.25
        MODE 2
        <SOURCE WAVE
          FILE "song.wav"
        >
      >
    >
  >
>
]]))
    local track, item = reaper.GetTrack(0, 0), reaper.GetMediaItem(0, 0)
    local take = reaper.GetTake(item, 0)
    local read = { [reaper.GetMediaTrackInfo_Value] = { track, D_VOL = 0.5, D_PAN = -0.25,
      B_MUTE = 1, I_FOLDERDEPTH = -1 },
    [reaper.GetMediaItemInfo_Value] = { item, D_POSITION = 3, D_LENGTH = 4, B_LOOPSRC = 0,
      C_FADEINSHAPE = 1, D_FADEINLEN = 0.5, D_FADEINDIR = 0.25, B_MUTE = 1, D_VOL = 0.75 },
    [reaper.GetMediaItemTakeInfo_Value] = { take, D_PAN = 0.125, D_VOL = -2, D_STARTOFFS = 0.5,
      D_PLAYRATE = 1.5, B_PPITCH = 0, D_PITCH = -3, I_CHANMODE = 3 } }
    for get, values in pairs(read) do
      for key, value in pairs(values) do
        if key ~= 1 then
          local got = get(values[1], key)
          assert(got == value, key .. ' is ' .. tostring(got))
        end
      end
    end
    local source = reaper.GetMediaItemTake_Source(take)
    assert(reaper.GetMediaSourceType(source) == 'SECTION')
    local section = { reaper.PCM_Source_GetSectionInfo(source) }
    assert(section[1] and section[2] == 0.25 and section[3] == 2 and section[4])
    local root = reaper.GetMediaSourceParent(source)
    assert(reaper.GetMediaSourceFileName(root) == TMP .. 'song.wav')
    assert(reaper.GetSetProjectInfo(0, 'PROJECT_SRATE', 0, false) == 48000)
  end,

  ['the listing of a folder is kept until it is asked for anew'] = function()
    fresh()
    local folder = TMP .. "it's a folder"
    assert(reaper.RecursiveCreateDirectory(folder .. '/inner', 0) == 1)
    write(folder .. '/a.txt', '')
    reaper.EnumerateFiles(folder, -1)
    assert(reaper.EnumerateFiles(folder, 0) == 'a.txt')
    assert(reaper.EnumerateFiles(folder, 1) == nil)
    write(folder .. '/b.txt', '')
    assert(reaper.EnumerateFiles(folder, 1) == nil)
    reaper.EnumerateFiles(folder, -1)
    assert(reaper.EnumerateFiles(folder, 0) and reaper.EnumerateFiles(folder, 1) == 'b.txt')
    assert(reaper.EnumerateSubdirectories(folder, 0) == 'inner')
  end,

  ['where files are those of Windows a rename replaces nothing'] = function()
    local fake = fresh { switches = { windows = true } }
    write(TMP .. 'old.txt', 'old')
    write(TMP .. 'new.txt', 'new')
    fake:run(script('rename', string.format([[
      local fine = os.rename(%q, %q)
      reaper.SetExtState('test', 'renamed', tostring(fine), false)]],
      TMP .. 'new.txt', TMP .. 'old.txt')))
    assert(reaper.GetExtState('test', 'renamed') == 'nil')
  end,

  ['a process is started with the arguments that quotes hold together'] = function()
    fresh()
    local out = TMP .. 'a b.txt'
    os.remove(out)
    reaper.ExecProcess('/usr/bin/touch "' .. out .. '"', -2)
    local until_ = os.time() + 10
    while not reaper.file_exists(out) and os.time() < until_ do os.execute 'sleep 0.05' end
    assert(reaper.file_exists(out))
    assert(reaper.ExecProcess('/nowhere/at/all', -2) == nil)
  end,
}
