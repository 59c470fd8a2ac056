-- The one door to REAPER.
return {
  ['a function that is not in the list cannot be had'] = function()
    reaper = { Main_OnCommand = print }
    package.loaded.reaper_api = nil
    local R = require 'reaper_api'
    assert(not pcall(function() return R.NoSuchFunction end))
    assert(not R.has 'NoSuchFunction')
  end,
}
