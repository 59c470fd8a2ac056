-- The scripts run under Lua 5.3 and 5.4: only what both have, and no globals of our own.
std = "lua53"
color = false
max_line_length = 100

-- REAPER is seen through one module; everything else runs under a plain Lua.
files["daw_scripts/reaper/lib/reaper_api.lua"] = { read_globals = { "reaper", "gfx" } }
-- The stand-in for REAPER sets what REAPER would set; prelude.lua says where things are.
files["tests/reaper"] = {
  globals = { "reaper", "gfx", "HERE", "SCRIPTS", "TMP", "API_DATA" },
}
