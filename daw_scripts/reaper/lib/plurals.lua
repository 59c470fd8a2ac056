-- Which form of a counted text a language takes for a number: Unicode's plural rules (CLDR 45) for
-- whole numbers. A language that is not here has `one` for 1 and `other` for the rest.

local M = {}

local function one_or_other(n) return n == 1 and 'one' or 'other' end
local function none() return 'other' end
local function zero_is_one(n) return n <= 1 and 'one' or 'other' end

local function slavic(n)
  local ten, hundred = n % 10, n % 100
  if ten == 1 and hundred ~= 11 then return 'one' end
  if ten >= 2 and ten <= 4 and (hundred < 12 or hundred > 14) then return 'few' end
  return 'many'
end

local function south_slavic(n)
  local form = slavic(n)
  return form == 'many' and 'other' or form
end

local function polish(n)
  if n == 1 then return 'one' end
  local form = slavic(n)
  return form == 'one' and 'many' or form
end

local function czech(n) return n == 1 and 'one' or n >= 2 and n <= 4 and 'few' or 'other' end

local function lithuanian(n)
  local ten, hundred = n % 10, n % 100
  if hundred >= 11 and hundred <= 19 then return 'other' end
  return ten == 1 and 'one' or ten >= 2 and 'few' or 'other'
end

local function latvian(n)
  local ten, hundred = n % 10, n % 100
  if ten == 0 or hundred >= 11 and hundred <= 19 then return 'zero' end
  return ten == 1 and 'one' or 'other'
end

local function romanian(n)
  if n == 1 then return 'one' end
  local hundred = n % 100
  return (n == 0 or hundred >= 1 and hundred <= 19) and 'few' or 'other'
end

local function slovenian(n)
  local hundred = n % 100
  if hundred == 1 then return 'one' end
  if hundred == 2 then return 'two' end
  return (hundred == 3 or hundred == 4) and 'few' or 'other'
end

local function arabic(n)
  if n <= 2 then return ({ [0] = 'zero', 'one', 'two' })[n] end
  local hundred = n % 100
  return hundred >= 3 and hundred <= 10 and 'few' or hundred >= 11 and 'many' or 'other'
end

local function hebrew(n) return n == 1 and 'one' or n == 2 and 'two' or 'other' end

M.rules = { ar = arabic, be = slavic, bs = south_slavic, cs = czech, fa = zero_is_one,
  fr = zero_is_one, he = hebrew, hi = zero_is_one, hr = south_slavic, id = none, ja = none,
  ko = none, lt = lithuanian, lv = latvian, ms = none, pl = polish, pt = zero_is_one,
  ro = romanian, ru = slavic, sk = czech, sl = slovenian, sr = south_slavic, th = none,
  uk = slavic, vi = none, zh = none, ['pt-PT'] = one_or_other }

M.forms = { zero = true, one = true, two = true, few = true, many = true, other = true }

-- language: a code, with or without a country: pt, pt-PT.
function M.form(language, count)
  local rule = M.rules[language] or M.rules[language:match '^%a+' or ''] or one_or_other
  return rule(count)
end

return M
