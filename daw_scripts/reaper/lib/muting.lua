-- Mutes around an import: originals that are muted for their stems, what an earlier import muted,
-- and stems that come in muted. Called by import inside its undo block.

local R = require 'reaper_api'
local placing = require 'placing'
local texts = require 'texts'

local M = {}

local ext_of = placing.item_ext

-- Originals whose stems are in fall silent. One of which only a part was restored, and which could
-- not be cut, sounds on.
---@param wishes Wish[]
---@param report Report
function M.mute(wishes, report)
  for _, wish in ipairs(wishes) do
    local item = wish.target.item
    if item and not wish.target.at_recorded then
      if placing.locked(item) then
        report.notes[#report.notes + 1] = { code = 'locked', name = wish.entry.name,
          message = texts.say(wish.target.cut and 'note_locked_whole' or 'note_locked',
            { name = wish.entry.name }) }
      elseif not wish.target.cut and (R.GetMediaItemInfo_Value(item, 'B_MUTE') == 0
        or ext_of(item).tried) then
        R.SetMediaItemInfo_Value(item, 'B_MUTE', 1)
        placing.write_ext(R.GetSetMediaItemInfo_String, item, { muted = true, of = wish.guid,
          tried = false })
      end
    end
  end
end

-- An original that an earlier import muted, or a trial, counts as sounding.
---@param wishes Wish[]
function M.note(wishes)
  for _, wish in ipairs(wishes) do
    local ext = wish.target.item and ext_of(wish.target.item) or {}
    wish.unmute = (ext.muted or ext.tried) == true
  end
end

-- Stems that came in muted, each said once.
---@param wishes Wish[]
---@param report Report
function M.tell(wishes, report)
  local said = {}
  for _, wish in ipairs(wishes) do
    for _, name in ipairs(wish.whole and wish.others or {}) do
      if not said[name] then
        said[name] = true
        report.notes[#report.notes + 1] = { code = 'stem_muted', name = name,
          message = texts.say('note_muted', { name = name }) }
      end
    end
  end
end

return M
