-- UUIDs for jobs and groups, from REAPER's own generator of GUIDs.

local M = {}

-- '{6F1C1F6E-2F43-4F5E-9F0A-5B2D6A1C0E77}' as the protocol writes it: lower case, no braces.
function M.from_guid(guid) return (guid:gsub('[{}]', ''):lower()) end

-- 32 hex digits, for names of folders.
function M.plain(guid) return (M.from_guid(guid):gsub('-', '')) end

return M
