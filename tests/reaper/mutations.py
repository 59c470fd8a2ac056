"""Wrong versions of the code that maps items to files and stems to places: signs, ends, off by one,
something left out. Each with the test that goes red; docs/reaper.md lists them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from reaper.lua_run import SCRIPTS


@dataclass(frozen=True, slots=True)
class Mutation:
    """``old`` becomes ``new`` in a file of lib/. ``caught_by``: a spec, or ``null`` and a seed."""

    name: str
    file: str
    old: str
    new: str
    caught_by: str = "?"

    def apply(self, folder: Path) -> str:
        """A copy of the scripts with this one thing wrong; its path as the Lua runner takes it."""
        copy = folder / "scripts"
        shutil.copytree(SCRIPTS, copy)
        file = copy / "lib" / self.file
        text = file.read_text("utf-8")
        assert text.count(self.old) == 1, f"{self.name}: {text.count(self.old)} places"
        file.write_text(text.replace(self.old, self.new), "utf-8")
        return f"{copy}/"


M = Mutation
MUTATIONS = (
    M(
        "the stem's start is added",
        "mapping.lua",
        "take.zero + take.offset - start",
        "take.zero + take.offset + start",
        "mapping",
    ),
    M(
        "the section's start is forgotten",
        "mapping.lua",
        "return take.zero + take.offset - start",
        "return take.offset - start",
        "mapping",
    ),
    M(
        "the ends of a span are swapped",
        "mapping.lua",
        "return take.zero + from, take.zero + to",
        "return take.zero + to, take.zero + from",
        "mapping",
    ),
    M(
        "the rate divides where it multiplies",
        "mapping.lua",
        "return take.offset, take.offset + take.length * take.rate",
        "return take.offset, take.offset + take.length / take.rate",
        "mapping",
    ),
    M(
        "sound before the source's start counts",
        "mapping.lua",
        "math.max(from, first)",
        "math.min(from, first)",
        "mapping",
    ),
    M(
        "a section ends where its file would",
        "mapping.lua",
        "take.zero, take.zero + take.source_length",
        "take.zero, take.source_length",
        "mapping",
    ),
    M(
        "a loop before the start is overlooked",
        "mapping.lua",
        "from < -M.same_s or to >",
        "to >",
        "mapping",
    ),
    M(
        "each rate counts as stretched",
        "mapping.lua",
        "take.rate ~= 1 and take.preserve_pitch",
        "take.rate ~= 1 or take.preserve_pitch",
        "mapping",
    ),
    M(
        "the grid begins one sample early",
        "mapping.lua",
        "local next_sample = math.ceil(at - 1e-6)",
        "local next_sample = math.floor(at - 1e-6)",
        "mapping",
    ),
    M(
        "the way to the grid has the wrong sign",
        "mapping.lua",
        "(next_sample - at) / rate",
        "(at - next_sample) / rate",
        "mapping",
    ),
    M(
        "the project's grid begins one sample early",
        "mapping.lua",
        "(math.ceil(at - 1e-6) - at) / rate",
        "(math.floor(at - 1e-6) - at) / rate",
        "mapping",
    ),
    M(
        "frames are cut off, not rounded",
        "mapping.lua",
        "seconds * rate + 0.5",
        "seconds * rate",
        "mapping",
    ),
    M(
        "before the first marker time runs backwards",
        "mapping.lua",
        "mark.source - (mark.pos - at)",
        "mark.source + (mark.pos - at)",
        "mapping",
    ),
    M(
        "between markers the share is of the wrong end",
        "mapping.lua",
        "before.source + share",
        "mark.source - share",
        "mapping",
    ),
    M(
        "context is taken away from the front",
        "clips.lua",
        "run.from - mapping.handle_s",
        "run.from + mapping.handle_s",
        "mapping",
    ),
    M(
        "context runs past the end of the file",
        "clips.lua",
        "math.min(first.file_length,",
        "math.max(first.file_length,",
        "mapping",
    ),
    M(
        "neighbours are compared at the wrong end",
        "clips.lua",
        "span.from <= last.to + gap",
        "span.from <= last.from + gap",
        "mapping",
    ),
    M(
        "a short item inside a long one ends the clip",
        "clips.lua",
        "last.to = math.max(last.to, span.to)",
        "last.to = span.to",
        "mapping",
    ),
    M(
        "a trim counts at the wrong rate",
        "stem_take.lua",
        "(now.offset - recorded.offset) / recorded.rate",
        "(now.offset - recorded.offset) * recorded.rate",
        "mapping",
    ),
    M(
        "a trim counts the wrong way",
        "stem_take.lua",
        "(now.offset - recorded.offset) / recorded.rate",
        "(recorded.offset - now.offset) / recorded.rate",
        "mapping",
    ),
    M(
        "the render's grid is added",
        "stem_take.lua",
        "- recorded.grid_s + moved",
        "+ recorded.grid_s + moved",
        "mapping",
    ),
    M("the stem's end is not looked at", "stem_take.lua", " or last > to + slack", "", "mapping"),
    M(
        "stretch markers move the wrong way",
        "stem_take.lua",
        "source + shift",
        "source - shift",
        "faults_project",
    ),
    M(
        "the take's volume is forgotten",
        "stem_take.lua",
        "local KEEP = { 'D_VOL', ",
        "local KEEP = { ",
        "null 1",
    ),
    M(
        "the take's rate is forgotten",
        "stem_take.lua",
        "local PLAYED = { 'D_PLAYRATE', ",
        "local PLAYED = { ",
        "null 1",
    ),
    M("the channel mode is forgotten", "stem_take.lua", ", 'I_CHANMODE' }", " }", "null 1"),
    M(
        "the fade-in is forgotten",
        "placing.lua",
        "'D_SNAPOFFSET', 'D_FADEINLEN', ",
        "'D_SNAPOFFSET', ",
        "null 1",
    ),
    M(
        "the item's volume is forgotten",
        "placing.lua",
        "'D_LENGTH', 'D_VOL',",
        "'D_LENGTH',",
        "null 1",
    ),
    M(
        "the stem comes round where it ends",
        "placing.lua",
        "'B_LOOPSRC', 0)",
        "'B_LOOPSRC', 1)",
        "null 1",
    ),
    M(
        "a folder's fader counts twice",
        "placing.lua",
        "if not inside or INSIDE[key] then",
        "if true then",
        "null 1",
    ),
    M(
        "the folder's end stays with the source",
        "placing.lua",
        "    R.SetMediaTrackInfo_Value(made[stems[#stems]], 'I_FOLDERDEPTH', depth)",
        "    do end",
        "null 1",
    ),
    M(
        "the tracks stand above the source",
        "placing.lua",
        "at = math.floor(R.GetMediaTrackInfo_Value(above, 'IP_TRACKNUMBER'))",
        "at = math.floor(R.GetMediaTrackInfo_Value(above, 'IP_TRACKNUMBER')) - 1",
        "scenario_restore",
    ),
    M(
        "time that is taken counts as free",
        "placing.lua",
        "other.from < wish.to - 1e-9 and other.to > wish.from + 1e-9",
        "other.from > wish.to - 1e-9 and other.to < wish.from + 1e-9",
        "scenario_restore",
    ),
    M(
        "parts of a split item are sought on the wrong time line",
        "targets.lua",
        "return take.position - (take.zero",
        "return take.position + (take.zero",
        "faults_project",
    ),
    M(
        "parts of an item that moved are sought where it was",
        "targets.lua",
        "present and origin(present) - origin(was) or 0",
        "0",
        "faults_project",
    ),
    M(
        "joined renders are laid at the file's time",
        "render.lua",
        "at = frame - base",
        "at = frame",
        "mapping",
    ),
    M(
        "the last sample of a render is left out",
        "render.lua",
        "math.ceil((pick.length - grid_s) * rate - 1e-6)",
        "math.ceil((pick.length - grid_s) * rate - 1e-6) - 1",
        "mapping",
    ),
    M(
        "a plain render runs at the project's rate",
        "render.lua",
        "local plain = first.rate == 1 and not mapping.stretched(first)",
        "local plain = false",
        "mapping",
    ),
    M(
        "each slice of a render begins at the start",
        "render.lua",
        "piece.grid_s + self.done / plan.rate",
        "piece.grid_s",
        "null 1",
    ),
    M(
        "a section's start is taken away",
        "selection.lua",
        "zero + offset, reverse",
        "zero - offset, reverse",
        "null 1",
    ),
    M(
        "reversed sections play forwards",
        "selection.lua",
        "reverse or reversed",
        "reverse",
        "null 0",
    ),
    M(
        "envelopes go to the wrong take",
        "envelopes.lua",
        "if depth == 1 and wanted then",
        "if depth == 1 and not wanted then",
        "null 1",
    ),
    M(
        "envelopes are forgotten",
        "envelopes.lua",
        "return found and #found > 0 and table.concat(found, '\\n') or nil",
        "return nil",
        "null 1",
    ),
    M(
        "a diagnosis forgets where its clip begins",
        "damage_places.lua",
        "local start = clip.start_s or 0",
        "local start = 0",
        "diagnose",
    ),
    M(
        "markers in a section count in the file",
        "damage_places.lua",
        "turned(take, span.from - take.zero), turned(take, span.to - take.zero)",
        "turned(take, span.from), turned(take, span.to)",
        "diagnose",
    ),
    M(
        "reversed takes are marked as if they played forwards",
        "damage_places.lua",
        "return take.reverse and take.source_length - source or source",
        "return source",
        "diagnose",
    ),
    M(
        "a loop's markers do not come round",
        "damage_places.lua",
        "local from = span.from % length",
        "local from = span.from",
        "diagnose",
    ),
    M(
        "a render's markers forget the offset",
        "damage_places.lua",
        "return pieces(recorded, { from = recorded.offset + from",
        "return pieces(recorded, { from = from",
        "diagnose",
    ),
    M(
        "markers stand outside the item",
        "damage_places.lua",
        "first, last = math.max(first, low), math.min(last, high)",
        "first, last = first, last",
        "diagnose",
    ),
    M(
        "the user's markers count as ours",
        "damage.lua",
        "return size and given == color(size) and size or nil",
        "return size",
        "diagnose",
    ),
    M(
        "the stems do not go where the source sends",
        "placing.lua",
        "    sends.copy(project, source, track, report)",
        "    do end",
        "as_the_source",
    ),
    M(
        "a send keeps the volume of a new one",
        "sends.lua",
        "'B_MONO', 'D_VOL', 'D_PAN'",
        "'B_MONO', 'D_PAN'",
        "as_the_source",
    ),
    M(
        "the stems drive side-chains",
        "sends.lua",
        "& FIRST_CHANNEL > 1",
        "& FIRST_CHANNEL > 1000",
        "as_the_source",
    ),
    M(
        "a stem track has two channels",
        "placing.lua",
        "{ 'I_NCHAN', 'D_VOL',",
        "{ 'D_VOL',",
        "as_the_source",
    ),
    M(
        "zeros of an item are left out",
        "placing.lua",
        "R.SetMediaItemInfo_Value(item, key, shape[key])",
        "if shape[key] ~= 0 then R.SetMediaItemInfo_Value(item, key, shape[key]) end",
        "as_the_source",
    ),
    M(
        "an envelope of a render keeps its times",
        "envelopes.lua",
        "(tonumber(at) or 0) / rate",
        "(tonumber(at) or 0)",
        "as_the_source",
    ),
    M(
        "edits in REAPER are overlooked",
        "selection.lua",
        "if not pick.why and edited(item, take) then",
        "if false then",
        "as_the_source",
    ),
    M(
        "silent lanes sound",
        "selection.lua",
        "if on_silent_lane(item, track) then",
        "if false then",
        "as_the_source",
    ),
    M(
        "a print forgets the device's rate",
        "session_rendering.lua",
        "rate = open and tonumber(rate) or 0",
        "rate = 0",
        "as_the_source",
    ),
    M(
        "stems come without peaks",
        "import.lua",
        "if fine then R.Main_OnCommand(BUILD_PEAKS, 0) end",
        "",
        "as_the_source",
    ),
    M(
        "a mark in the project replaces the one before",
        "placing.lua",
        "local all = M.read_ext(setter, object) or {}",
        "local all = {}",
        "as_the_source",
    ),
    M(
        "a second click forgets what was at work",
        "app.lua",
        "in ipairs(relaunch.left(context, sessions)) do",
        "in ipairs {} do",
        "relaunch",
    ),
    M(
        "REAPER asks at a second click",
        "relaunch.lua",
        "function M.restarts() say(END | START_AGAIN) end",
        "function M.restarts() end",
        "relaunch",
    ),
    M(
        "a window of macOS is measured in dots",
        "window_gfx.lua",
        "local by = self.in_points and 1 or self.scale",
        "local by = self.scale",
        "window",
    ),
    M(
        "a ticket that is held counts as another's",
        "ticket.lua",
        "if not fine then return nil, code == 13 end",
        "if not fine then return nil end",
        "held_files",
    ),
    M(
        "a project under another name is not known",
        "find.lua",
        "front and home and home(front)",
        "false",
        "other_name",
    ),
)
