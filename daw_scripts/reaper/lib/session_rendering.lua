-- A session whose clips have to be read through REAPER before they can be handed over, and the mark
-- by which two scripts with one ticket do not both do it. Methods of session.lua.

local R = require 'reaper_api'
local find = require 'find'
local parts = require 'parts'
local render = require 'render'
local selection = require 'selection'
local texts = require 'texts'
local ticket_file = require 'ticket'

local M = {}

local RENDER_MARK_S = 3.0 -- a render whose mark is older has been left

local function mark_name(group) return 'rendering ' .. group end

-- Another script of this REAPER renders this ticket just now.
function M:rendered_elsewhere(now)
  local text = R.GetExtState('voxmend', mark_name(self.ticket.group))
  local owner, at = text:match '^(%x+) (%S+)$'
  return owner ~= nil and owner ~= self.id and now - (tonumber(at) or 0) < RENDER_MARK_S
end

function M:mark_render(now)
  R.SetExtState('voxmend', mark_name(self.ticket.group), self.id .. ' ' .. now, false)
end

-- The ticket as the others see it. One that was on disk and is gone was cancelled by another.
function M:look_again()
  local fresh = ticket_file.load(self.context.data, self.ticket.group)
  if self.kept and not fresh then
    if self.task then self.task:close() end
    self.task, self.state = nil, 'cancelled'
  end
  return fresh
end

-- The rate at which REAPER plays: the project's where it has one of its own, else the audio
-- device's, else, with no device open, that of the clip's source.
---@param clip Clip
local function played_rate(project, clip)
  if R.GetSetProjectInfo(project, 'PROJECT_SRATE_USE', 0, false) ~= 0 then
    local own = R.GetSetProjectInfo(project, 'PROJECT_SRATE', 0, false)
    if own > 0 then return own end
  end
  local open, rate = R.GetAudioDeviceInfo 'SRATE'
  rate = open and tonumber(rate) or 0
  return rate > 0 and rate or clip.picks[1].sample_rate
end

function M:picks_of(n)
  local index, picks = find.index(self.context.project), {}
  for _, entry in ipairs(self.ticket.items) do
    if entry.clip == n then
      local item = index.items[entry.item]
      local whole = item and selection.read_item(item, self.ticket.options.print_stretch)
      local pick = whole and parts.again(whole, entry)
      if not pick then return nil end
      pick.ticket_item = entry
      picks[#picks + 1] = pick
    end
  end
  return picks
end

function M:next_render()
  for n, clip in ipairs(self.ticket.clips) do
    if clip.kind == 'rendered' and not clip.frames and clip.state == 'open' then return clip, n end
  end
end

-- The script ends, and what it was at goes on elsewhere: the render begins anew there, at once.
function M:let_go()
  if not self.task then return end
  self.task:close()
  self.task = nil
  R.DeleteExtState('voxmend', mark_name(self.ticket.group), false)
end

function M:step_rendering(now)
  local clip, n = self:next_render()
  if not clip then
    self.state = 'submitting'
    return
  end
  if self:rendered_elsewhere(now) then
    if self.task then self.task:close() end -- while we stood still another began
    self.task, self.ticket = nil, self:look_again() or self.ticket
    return
  end
  self:mark_render(now)
  if not self.task then
    clip.picks = clip.picks or self:picks_of(n)
    if not clip.picks then
      return self:fail_clip(clip, { code = 'input_missing', retryable = false,
        message = texts.say('item_gone', { name = clip.name }) })
    end
    self.task = render.new(self.context.project, clip, played_rate(self.context.project, clip))
  end
  local done, error = self.task:step()
  if done == nil then
    self.task = nil
    return self:fail_clip(clip, error)
  elseif done then
    self.task = nil
    if self:look_again() or not self.kept then self:save() end
  end
end

return M
