---@meta
-- More of the shapes that shapes.lua explains: what the worker says, a session, and what shows it.

-- What the worker says ----------------------------------------------------------------------------
---@class Record
---@field job string
---@field state string
---@field preset string
---@field epoch number with rev, which of two is newer
---@field rev number
---@field clip table path, start_s, end_s
---@field stems? Stem[]
---@field folder? string
---@field error? Problem
---@field verdict? Verdict what came of it, once it has succeeded
---@field [string] any

-- Whole sentences, shown as they are.
---@class Verdict
---@field code string
---@field headline string
---@field found string
---@field done string
---@field left string
---@field next string
---@field [string] any

---@class Stem
---@field name string
---@field file string in the record's folder
---@field start_frame number of the clip's file
---@field frames number
---@field rate number Hz
---@field [string] any

---@class Problem
---@field code string
---@field message string
---@field retryable? boolean
---@field detail? string for the log
---@field [string] any

---@class Preset
---@field name string
---@field title string
---@field [string] any

-- A session and what shows it ---------------------------------------------------------------------
-- What all actions share: app.context.
---@class Context
---@field data string the data folder
---@field box string id of this REAPER's mailbox
---@field box_argument string path of it, as it survives a command line
---@field project ReaProject
---@field settings Settings
---@field link Link
---@field recording Recording
---@field now fun(): number
---@field log fun(text: string)
---@field speech fun(text: string)
---@field start fun(...): Problem?
---@field said string[] sentences for the window
---@field action? string the script that runs; set by restore and resume

---@class Settings
---@field result 'tracks'|'take'
---@field mute_original boolean
---@field preset string
---@field print_stretch boolean
---@field raw_take boolean
---@field pause_while_recording boolean
---@field transport 'bridge'|'socket'
---@field window 'normal'|'small'|'none'|'gfx'
---@field dock number
---@field colors 'auto'|'dark'|'light'
---@field language string
---@field [string] any

-- bridge_link or socket_link.
---@class Link

---@class LinkOptions
---@field command string[] what starts voxmend
---@field version string of the scripts
---@field client? string
---@field data? string
---@field box? string path of the mailbox, for the bridge
---@field box_argument? string
---@field home? string the worker's own folder, for the socket
---@field now? fun(): number
---@field exec fun(line: string)
---@field log fun(text: string)
---@field serial fun(): string

---@class RecordingOptions
---@field link Link
---@field serial fun(): string
---@field wanted fun(): boolean
---@field log fun(text: string)

-- The lease that is held while REAPER records: recording.new.
---@class Recording

---@class Session
---@field context Context
---@field ticket Ticket
---@field id string
---@field state 'rendering'|'submitting'|'following'|'waiting'|'models'|'done'|'failed'|'cancelled'
---@field records table<string, Record> by job
---@field errors table<string, Problem> by job
---@field notes Note[]
---@field submitted table<string, string> 'asked' or 'accepted', by job
---@field asked integer submits without an answer
---@field round integer answers to questions of an earlier one are not heeded
---@field inserted integer items
---@field ready table readiness
---@field kept? boolean the ticket is on disk
---@field error? Problem
---@field elsewhere? boolean another window put the stems in
---@field lines? string[] what a diagnosis found
---@field quarter? integer of the way, for the screen reader
---@field reason? string why the import waits
---@field refused? Refusal[] set by restore
---@field unsaved? string folder of the stems of a project without a file; set by restore
---@field told? boolean the error was said where no window is; set by app
---@field task? table the render at work; set by session_rendering
---@field missing? Problem the preset's models are not here; this and the next four: session_models
---@field models? table[]
---@field asking? boolean
---@field pulling? boolean
---@field next_poll? number

---@class View
---@field title string
---@field lines string[]
---@field buttons Button[]
---@field fraction? number 0 to 1
---@field rows? ViewRow[]
---@field failed? boolean
---@field finished? boolean
---@field asks? boolean the user has to say something before it goes on, or is only told

---@class ViewRow
---@field text string
---@field chosen boolean
---@field fraction? number
---@field whole? boolean shown whole, in as many lines as it needs

---@class Button
---@field id string
---@field label string

-- A row of the Jobs panel: jobs.rows.
---@class JobRow
---@field job string
---@field text string
---@field brief string
---@field state string
---@field record Record
---@field fraction? number
---@field ticket? Ticket of these scripts; none for a job of another program
---@field clip? Clip

-- Stems that no open project uses: unused.find.
---@class StemSet
---@field folder string
---@field name string
---@field files string[]
---@field bytes integer

return {}
