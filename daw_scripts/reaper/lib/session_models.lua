-- A session whose preset needs models that are not here: what is missing, the licence, the
-- download. Methods of session.lua.

local R = require 'reaper_api'
local texts = require 'texts'

local M = {}

local POLL_S = 0.5

-- The models of the preset that are not here; each with title, licence, terms, bytes.
function M:wanted_models()
  local out = {}
  for _, model in ipairs(self.models or {}) do
    for _, preset in ipairs(model.presets or {}) do
      if preset == self.ticket.preset and model.state ~= 'present' then out[#out + 1] = model end
    end
  end
  return out
end

function M:ask_models(after, found)
  self.asking = true
  self:ask({ type = 'models', after = after }, function(reply)
    self.asking = false
    if reply.type == 'error' then return self:fail(reply) end
    found = found or {}
    for _, model in ipairs(reply.items) do found[#found + 1] = model end
    if reply.next then return self:ask_models(reply.next, found) end
    self.models = found
    if self.pulling then self:pulled() end
  end)
end

-- The licence is shown once, before anything is fetched. Where the models are not known yet, as
-- after a job that failed for one, they are asked for and shown first.
function M:download()
  if self.state ~= 'models' or not self.models then
    self.state, self.models = 'models', nil
    return
  end
  local words, bytes = {}, 0
  for _, model in ipairs(self:wanted_models()) do
    words[#words + 1] = texts.say('model_terms', { model = model.title,
      licence = model.licence, terms = model.terms })
    bytes = bytes + (model.bytes or 0)
  end
  local text = texts.say('models_accept', { models = table.concat(words, '\n\n'),
    size = texts.megabytes(bytes) })
  if R.ShowMessageBox(text, texts.say 'title_models', 4) ~= 6 then return end
  self:ask({ type = 'pull', preset = self.ticket.preset, accept_licence = true },
    function(reply)
      if reply.type == 'error' then return self:fail(reply) end
      self.pulling, self.next_poll = true, 0
      self.context.speech(texts.say 'spoken_fetching')
    end)
end

function M:stop_download()
  self.pulling = false
  self.context.link:ask({ type = 'stop_pull' }, function() end)
end

function M:pulled()
  local wanted = self:wanted_models()
  for _, model in ipairs(wanted) do
    if model.error and model.state ~= 'pulling' and model.state ~= 'waiting' then
      self.pulling = false
      return self:fail(model.error)
    end
  end
  if #wanted == 0 then
    self.pulling, self.missing, self.error, self.submitted = false, nil, nil, {}
    self.state = 'submitting'
    for _, clip in ipairs(self.ticket.clips) do
      if clip.state == 'failed' then return self:retry() end -- what failed for want of a model
    end
  end
end

function M:step_models(now)
  if not self.models and not self.asking then return self:ask_models() end
  if self.pulling and not self.asking and now >= (self.next_poll or 0) then
    self.next_poll = now + POLL_S
    self:ask_models()
  end
end

return M
