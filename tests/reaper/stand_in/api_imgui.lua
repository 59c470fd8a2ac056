-- ReaImGui, as much of it as is used: a context that lives while each tick draws with it, windows
-- that must be ended, pushes that must be popped, fonts that must be attached, ids that must not
-- meet. What is drawn is written down as shapes, as gfx does it, so that a test reads and clicks
-- both in the same way. The switch `reaimgui` says which one is installed: none, or a version.

local F = {}

local Letters = dofile(HERE .. 'stand_in/letters.lua')

local LINE, LETTER = 18, 7

local function wide(text) return Letters.count(text) * LETTER end

local COLORS = { 'Text', 'WindowBg', 'TitleBg', 'TitleBgActive', 'TitleBgCollapsed', 'Tab',
  'TabHovered', 'TabSelected', 'TabDimmed', 'TabDimmedSelected', 'Button', 'ButtonHovered',
  'ButtonActive', 'Header', 'HeaderHovered', 'HeaderActive', 'FrameBg', 'PlotHistogram' }
for n, name in ipairs(COLORS) do F['ImGui_Col_' .. name] = function() return n - 1 end end

local CONSTANTS = { ConfigFlags_DockingEnable = 0x40,
  ConfigFlags_NavEnableKeyboard = 0x1, Key_Escape = 526, Key_Space = 524,
  WindowFlags_AlwaysAutoResize = 0x40, WindowFlags_NoFocusOnAppearing = 0x1000 }
for name, value in pairs(CONSTANTS) do F['ImGui_' .. name] = function() return value end end

local function wrong(text) error('ImGui: ' .. text, 0) end

-- The colour that a kind of thing is drawn in now.
local function style(context, name)
  for n = #context.colors, 1, -1 do
    if context.colors[n].which == name then return context.colors[n] end
  end
end

local function shape(context, record)
  record.x, record.y, record.w = context.x, context.y, record.w or context.width
  record.h, record.imgui = record.h or LINE, context
  record.color, record.ground = style(context, 'Text'), style(context, record.on or 'WindowBg')
  local drawing = context.instance.screen.drawing
  drawing[#drawing + 1] = record
  context.before = { x = context.x, y = context.y, w = record.w }
  context.x, context.y = 0, context.y + record.h
end

local function inside(context)
  if not context.window then wrong 'a widget outside a window' end
end

-- One id in one window once.
local function claim(context, label)
  local id = table.concat(context.ids, '/') .. '/' .. label
  if context.seen[id] then wrong('two widgets with the id ' .. id) end
  if label == '' then wrong 'a widget without an id' end
  context.seen[id] = true
  return id
end

local function use(context)
  if not context.frame then
    context.frame, context.x, context.y, context.width = true, 0, 0, 0
    context.ids, context.colors, context.fonts, context.wraps, context.seen = {}, {}, {}, {}, {}
    context.keys = { table.remove(context.instance.screen.keys, 1) }
    context.instance.screen.imgui = true
  end
end

function F.ImGui_CreateContext(fake, label, flags)
  if label == '' then wrong 'a context needs a name' end
  local instance = assert(fake.current, 'a context outside a script')
  local made = { kind = 'ImGui_Context', label = label, flags = flags or 0, instance = instance,
    attached = {} }
  instance.imgui = instance.imgui or {}
  table.insert(instance.imgui, made)
  use(made)
  return made
end

function F.ImGui_CreateFont(_, family)
  return { kind = 'ImGui_Font', family = family, resource = true }
end
function F.ImGui_CreateFontFromFile(_, file) return { kind = 'ImGui_Font', family = file } end
function F.ImGui_Attach(_, context, font) context.attached[font] = true end
function F.ImGui_ValidatePtr(fake, pointer, kind)
  return fake.handles:object(kind:gsub('%*$', ''), pointer) ~= nil
end

function F.ImGui_PushFont(_, context, font, size)
  use(context)
  if not context.attached[font] then wrong 'a font that is attached to no context' end
  if size <= 0 then wrong 'a font without a size' end
  table.insert(context.fonts, font)
end

local function pops(name, list)
  F['ImGui_Pop' .. name] = function(_, context)
    if not table.remove(context[list]) then wrong('Pop' .. name .. ' without a push') end
  end
end
pops('Font', 'fonts')
pops('ID', 'ids')
function F.ImGui_PopStyleColor(_, context, count)
  for _ = 1, count or 1 do
    if not table.remove(context.colors) then wrong 'PopStyleColor without a push' end
  end
end
pops('TextWrapPos', 'wraps')

function F.ImGui_PushID(_, context, id) inside(context) table.insert(context.ids, id) end
function F.ImGui_PushTextWrapPos(_, context, at) inside(context) table.insert(context.wraps, at) end
function F.ImGui_PushStyleColor(_, context, which, rgba)
  table.insert(context.colors, { which = COLORS[which + 1],
    (rgba >> 24) / 255, (rgba >> 16 & 255) / 255,
    (rgba >> 8 & 255) / 255, (rgba & 255) / 255 })
end

-- Visible, and whether it stays open. One that is folded up must not be ended.
function F.ImGui_Begin(fake, context, name, open)
  use(context)
  if context.window then wrong 'a window inside a window' end
  local stays = not (context.close or context.keys[1] == -1)
  context.close = nil
  context.instance.screen.title = name
  if fake.folded then return false, stays end
  context.window, context.width = name, 440
  return true, open and stays
end

function F.ImGui_End(_, context)
  if not context.window then wrong 'End without a window' end
  if #context.ids + #context.wraps > 0 then wrong 'a push is left at End' end
  context.window = nil
end

local function hit(context, id)
  local clicked = context.clicked == id
  if clicked then context.clicked = nil end
  return clicked
end

function F.ImGui_TextWrapped(_, context, text)
  inside(context)
  local width = context.wraps[#context.wraps] or context.width
  local lines = math.max(1, math.ceil(wide(text) / width))
  shape(context, { kind = 'text', text = text, w = width, h = lines * LINE })
end
function F.ImGui_CalcTextSize(_, _, text) return wide(text), LINE end
function F.ImGui_Button(_, context, label, width)
  inside(context)
  local id = claim(context, label)
  context.last = label
  shape(context, { kind = 'text', text = label, w = width or wide(label), h = 26,
    id = id, button = true, on = 'Button', letters_w = wide(label) })
  return hit(context, id)
end
function F.ImGui_Selectable(_, context, label, chosen, _, width)
  inside(context)
  local id = claim(context, label)
  local count, widest = 0, 0
  for line in (label .. '\n'):gmatch '(.-)\n' do
    count, widest = count + 1, math.max(widest, wide(line))
  end
  shape(context, { kind = 'text', text = label, w = width, h = count * LINE, id = id,
    chosen = chosen, on = chosen and 'Header' or 'WindowBg', letters_w = widest })
  return hit(context, id), chosen
end
function F.ImGui_ProgressBar(_, context, fraction, width, height)
  inside(context)
  shape(context, { kind = 'rect', fraction = fraction, w = width, h = height ~= 0 and height
    or LINE, filled = true })
end
function F.ImGui_Spacing(_, context) inside(context) context.y = context.y + 4 end
function F.ImGui_SameLine(_, context, _, gap)
  inside(context)
  local before = context.before or wrong 'nothing to stand beside'
  context.x, context.y = before.x + before.w + gap, before.y
end
-- The test says by its label which button the keyboard is at.
function F.ImGui_IsItemFocused(_, context)
  return context.focused ~= nil and context.last == context.focused
end
function F.ImGui_IsAnyItemFocused(_, context) return context.focused == true end
function F.ImGui_IsKeyPressed(_, context, key)
  local code = context.keys[1]
  return code ~= nil and ({ [27] = CONSTANTS.Key_Escape, [32] = CONSTANTS.Key_Space })[code] == key
end

-- At the end of a script's tick: what is left open is an error, what was not used is gone.
function F.__end_tick(fake, instance)
  local kept = {}
  for _, context in ipairs(instance.imgui or {}) do
    if context.window then fake:violation 'ImGui: a window stays open at the end of a tick' end
    if context.frame and #context.colors > 0 then
      fake:violation 'ImGui: a colour stays pushed'
    end
    if context.frame and #context.fonts > 0 then fake:violation 'ImGui: a font stays pushed' end
    if context.frame then
      context.frame = nil
      kept[#kept + 1] = context
    else
      context.destroyed = true
    end
  end
  if instance.imgui and #instance.imgui > 0 and #kept == 0 then
    instance.screen.imgui = false
    if not instance.screen.open then instance.screen.shapes, instance.screen.drawing = {}, {} end
  end
  instance.imgui = instance.imgui and kept
end

return F
