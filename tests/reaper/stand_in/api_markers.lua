-- Take markers: kept in the order of their positions, which are seconds of the take's own source.
-- Where they are drawn shows in the action that takes the cursor to the one before it. With the
-- switch `take_marker_in_take_source` off, a position counts in the file, whatever section of it
-- the take plays and which way round.

local F = {}

local function sorted(take, mark)
  table.sort(take.marks, function(a, b) return a.at < b.at end)
  for n, other in ipairs(take.marks) do if other == mark then return n - 1 end end
end

function F.GetNumTakeMarkers(_, take) return #take.marks end

function F.GetTakeMarker(_, take, n)
  local mark = take.marks[n + 1]
  if not mark then return -1, '', 0 end
  return mark.at, mark.name, mark.color
end

function F.SetTakeMarker(fake, take, n, name, at, color)
  local mark = take.marks[n + 1]
  if n < 0 then
    mark = { at = 0, color = 0, more = {} }
    take.marks[#take.marks + 1] = mark
  elseif not mark then
    return -1
  end
  mark.name, mark.at, mark.color = name, at or mark.at, color or mark.color
  fake:changed 'take marker'
  return sorted(take, mark)
end

function F.DeleteTakeMarker(fake, take, n)
  if not take.marks[n + 1] then return false end
  table.remove(take.marks, n + 1)
  fake:changed 'take marker'
  return true
end

-- Native colours have the blue byte first on Windows and Linux as REAPER builds them.
function F.ColorToNative(_, r, g, b) return r | g << 8 | b << 16 end

-- Where a marker is drawn, in seconds of the project.
local function drawn(fake, take, mark)
  local at, source = mark.at, take.source
  local section = source and source.section
  if section and not fake.switches.take_marker_in_take_source then
    at = at - (section.offset or 0)
    if section.reverse then at = fake.reaper.GetMediaSourceLength(fake.handles:of(source)) - at end
  end
  return take.owner.D_POSITION + (at - take.D_STARTOFFS) / take.D_PLAYRATE
end

-- Item: set cursor to previous take marker in selected items.
local function previous(fake)
  local best
  for _, track in ipairs(fake.project.tracks) do
    for _, item in ipairs(track.items) do
      local take = item.B_UISEL == 1 and item.takes[item.I_CURTAKE + 1]
      for _, mark in ipairs(take and take.marks or {}) do
        local at = drawn(fake, take, mark)
        if at < fake.project.cursor and at >= item.D_POSITION and (not best or at > best) then
          best = at
        end
      end
    end
  end
  fake.project.cursor = best or fake.project.cursor
end

F.__native = { [42393] = previous }

return F
