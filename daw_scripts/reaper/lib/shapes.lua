---@meta
-- The shapes of the tables that travel between these files, written down once. Nothing here runs:
-- an editor with LuaLS reads it, and the tests' strict mode reads it too and checks every table
-- handed to a function whose `---@param` names a shape. No script requires this file. What the
-- worker says, and what sessions and windows are made of, stands in shapes_session.lua.
--
-- One item of the user's, and what it is called on its way:
--
--   Pick     what was read of a selected item at the click              selection -> clips, render
--   Entry    the same on disk, in a Ticket; its Mapping keeps the       clips -> ticket, session
--            numbers of that moment
--   Target   where an Entry stands when its stems are there: its item,  targets -> import,
--            a part split off it, or the recorded place                   damage_markers
--   Wish     a Target and what is to be made of it                      import -> placing,
--                                                                         stem_take
--
-- Picks that touch are one Clip: one job of the worker, whose answer is a Record with its Stems.
--
-- A field's comment says its unit, and who sets it where that is not the file that makes the table.
-- `?` marks what may be missing. A class with a field `[string]` may have others beside: a worker
-- or a file on disk may be newer. A class without fields is nobody's business but its maker's.
-- Times are seconds; lengths of sound are frames; paths are UTF-8.

-- What REAPER hands out ---------------------------------------------------------------------------
---@class ReaProject
---@class MediaItem
---@class MediaItem_Take
---@class MediaTrack

-- What a take plays -------------------------------------------------------------------------------
-- Enough to tell where a take's sound lies in its file: what mapping.lua asks.
---@class Played
---@field position number the item's start in the project
---@field length number of the item
---@field offset number seconds of the source at the item's start
---@field rate number play rate
---@field pitch number semitones
---@field preserve_pitch boolean
---@field zero number seconds of the file at the source's start: a section's, else 0
---@field source_length number of the section or the file
---@field loop boolean
---@field markers integer count of stretch markers
---@field marks? Mark[] they themselves, never on disk
---@field low? number the lowest source second played; with stretch markers only
---@field high? number the highest
---@field sample_rate? number Hz of the source
---@field channels? integer of the source
---@field type? string REAPER's name of the source's kind: WAVE, MP3
---@field path? string of the file
---@field why? 'decoder'|'reverse'|'loop'|'section'|'print'|'edits' it cannot go as a file
---@field reverse? boolean a section that plays backwards

-- A take as selection.read_take finds it.
---@class Take : Played
---@field path string
---@field type string
---@field file_length number
---@field sectioned boolean
---@field fx integer count of take effects

-- A selected item, read at the click.
---@class Pick : Take
---@field name string of the take, or of its file
---@field kind 'direct'|'rendered' the file itself is handed over, or read through REAPER
---@field exact boolean two stems of it add up, sample for sample
---@field all_takes boolean other takes of the item sound with it
---@field printed? boolean rendered because the user wants it exact
---@field item_guid string
---@field take_guid string
---@field track_guid string
---@field part? Part it is a part of its item, as are the next four; set by parts.of
---@field whole? Whole the item it is a part of
---@field skip? number item time at which the part begins
---@field lead? number seconds of the item rendered before the part; where it is rendered, as tail
---@field tail? number
---@field index? integer place in the selection; set by clips.plan
---@field ticket_item? Entry set by clips.plan, and by session_rendering where it is read again

-- A part of an item, as seconds of its take's source: found again whatever is done to the item.
---@class Part
---@field from number
---@field to number

-- The item that a part was taken from, as it was then.
---@class Whole
---@field position number
---@field length number
---@field offset number
---@field rate number
---@field pitch number
---@field zero number
---@field path string
---@field wraps boolean it came round

-- A selected item that cannot be restored.
---@class Refusal
---@field code string
---@field name string
---@field message string
---@field button? string id of a button that helps

-- A stretch marker.
---@class Mark
---@field pos number item time times rate
---@field source number seconds of the source

-- The ticket --------------------------------------------------------------------------------------
-- The numbers of a Pick that are kept on disk.
---@class Mapping : Played
---@field path string
---@field type string
---@field sample_rate number
---@field channels integer
---@field printed? boolean
---@field lead? number seconds of context before it in its render; of parts, as tail
---@field tail? number
---@field render_rate? number Hz of the render; set with the next two by render, when it is whole
---@field render_at? integer frame of the render at which this item begins
---@field grid_s? number item time of that frame

---@class Entry
---@field clip integer number of its Clip in the ticket
---@field index integer place in the selection
---@field item string GUID, as take and track
---@field take string
---@field track string
---@field name string
---@field exact boolean
---@field mapping Mapping
---@field part? Part of the item, and of nothing else of it; then `whole` is there too
---@field whole? Whole
---@field inserted? boolean its stems or markers are in; set by import and damage_markers

---@class Clip
---@field kind 'direct'|'rendered'
---@field path string what the worker reads: the file, or the render
---@field source string the user's file
---@field start_s? number of the file; only where it is direct, as end_s
---@field end_s? number
---@field job string UUID; a new one for each try, set by session
---@field state 'open'|'failed'|'inserted' set by session, and by ticket when all is in
---@field name string of the folder of stems
---@field folder string in which that folder is made
---@field size? integer bytes of the source
---@field joined? boolean picks of one file laid side by side in one render
---@field picks? Pick[] while it is to be rendered; set by session_rendering too, never on disk
---@field frames? integer of the render; set by render, when it is whole
---@field tries? string[] jobs of it that failed; set by session.retry
---@field voice? Voice of it, taken out elsewhere
---@field preset? string its own, where the ticket tries several

-- A voice that is found in its song: where in its file it plays.
---@class Voice
---@field path string
---@field start_s number
---@field end_s number

---@class Ticket
---@field schema integer
---@field group string UUID
---@field created integer seconds since 1970
---@field from 'lua'|'python' which script made it
---@field preset string
---@field set table<string, number> strengths by "stage.strength"
---@field device? string
---@field options TicketOptions
---@field project ProjectId
---@field clips Clip[]
---@field items Entry[]
---@field claimed? string the box of a REAPER that has claimed it; set by ticket.list, not on disk

---@class TicketOptions
---@field result 'tracks'|'take'|'markers'|'trial'
---@field mute_original boolean
---@field print_stretch boolean
---@field folder? boolean stem tracks go inside the source's track; tickets of old do not say
---@field only? 'instrumental'|'vocals' the one stem that is to come back
---@field raw_take? boolean vocals_raw too, as a second take; tickets of old do not say

-- How a project is known again.
---@class ProjectId
---@field file string path, or ''
---@field pointer string
---@field box string of the REAPER in which that pointer means something

-- The import --------------------------------------------------------------------------------------
-- One look over a project: find.index.
---@class Index
---@field items table<string, MediaItem> by GUID
---@field tracks table<string, MediaTrack> by GUID
---@field list MediaItem[]

---@class Target
---@field now Take|Mapping what it plays now
---@field guid string of the item
---@field item? MediaItem none where it was deleted
---@field take? MediaItem_Take
---@field recorded? boolean the item was deleted; set by import
---@field at_recorded? boolean it was drawn out beyond its stems, which go to where it was; import
---@field skip? number item time at which `now` begins; there as long as `cut` is
---@field cut? Cut where `now` is a part of the item, which is still whole; set by part_targets

-- Where an item is to be cut: times of the project; none at an end that is the item's own.
---@class Cut
---@field from? number
---@field to? number

-- How a stem must be set to sound where its source did: stem_take.place.
---@class Place
---@field offset number of the stem's take
---@field rendered? boolean rate, pitch and channel mode are in the stem already

---@class Wish
---@field entry Entry
---@field clip Clip
---@field record Record
---@field target Target
---@field place Place
---@field stems table<string, Stem> by name
---@field others string[] names of stems that these scripts do not know
---@field whole boolean vocals and instrumental are both there
---@field guid string of the original
---@field at Take|Mapping whose position and length the stems get
---@field from number start and end in the project
---@field to number
---@field sound? table<string, number> of the original take; set once for all its stems, as shape
---@field shape? table<string, number> of the original item
---@field take_guid? string of the original take
---@field group? integer of the stems; set where they go to tracks
---@field unmute? boolean an earlier import muted the original; set before anything is written

-- The markers that stand in a take, and those that shall: damage_markers.
---@class MarkerWish
---@field take MediaItem_Take
---@field own OwnMarker[]
---@field wanted WantedMarker[]

---@class OwnMarker
---@field number integer
---@field name string
---@field at number seconds of the take's source

---@class WantedMarker
---@field at number seconds of the take's source
---@field name string
---@field kind string
---@field size 'some'|'strong'

-- A stretch of damage in a clip, in a job's job.json.
---@class Region
---@field start_s number of the clip
---@field end_s number
---@field size 'some'|'strong'
---@field [string] any

---@class Span
---@field from number
---@field to number
---@field size? 'some'|'strong' set by damage_markers

-- What is found in the clips of a ticket, summed up: damage.tally.
---@class DamageTally
---@field markers integer
---@field told integer
---@field alone boolean
---@field phase table
---@field bandwidth table
---@field musical table
---@field bleed table

-- What stands on a stem track.
---@class Occupant
---@field item MediaItem
---@field from number
---@field to number
---@field ext? Origin

-- P_EXT:voxmend. A stem track has source and stem; a stem item or take item, job and stem; an
-- original that was muted for its stems has muted.
---@class Origin
---@field source? string GUID of the track
---@field item? string GUID of the original
---@field job? string
---@field stem? string
---@field muted? boolean
---@field hushed? boolean a stem that toggle muted
---@field heard? boolean an original that toggle unmuted
---@field all_took? boolean an original that played all its takes before stems were among them
---@field stem_take? string GUID of the stem's take that toggle left
---@field of? string GUID of the original whose stems or trial made us mute it
---@field take? string GUID of the take that a stem's take was made of
---@field made? number[] what a stem was like when it came in: seal
---@field sends? string of a stem track when it was made: sends.text
---@field trial? string GUID of the original of a trial; on the trial's item
---@field preset? string of a trial's take
---@field tried? boolean muted for as long as a trial stands

-- What voxmend has brought for one original: brought.sets.
---@class BroughtSet
---@field guid string of the original
---@field item? MediaItem the original, where it is still there
---@field stems MediaItem[]
---@field trials MediaItem[]
---@field muted MediaItem[]
---@field takes? boolean stems are takes of the original

-- What became of an import or of a diagnosis.
---@class Report
---@field inserted integer items
---@field notes Note[]
---@field failed Failure[]
---@field broken table<string, boolean> jobs that failed, by job
---@field lines? string[] what was found; set by damage_markers

---@class Note
---@field message string
---@field code? string
---@field name? string

---@class Failure
---@field job string
---@field name string
---@field code string
---@field message string

return {}
