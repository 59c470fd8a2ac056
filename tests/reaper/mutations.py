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
    ),
    M(
        "the section's start is forgotten",
        "mapping.lua",
        "return take.zero + take.offset - start",
        "return take.offset - start",
    ),
    M(
        "the ends of a span are swapped",
        "mapping.lua",
        "return take.zero + from, take.zero + to",
        "return take.zero + to, take.zero + from",
    ),
    M(
        "the rate divides where it multiplies",
        "mapping.lua",
        "return take.offset, take.offset + take.length * take.rate",
        "return take.offset, take.offset + take.length / take.rate",
    ),
    M(
        "sound before the source's start counts",
        "mapping.lua",
        "math.max(from, first)",
        "math.min(from, first)",
    ),
    M(
        "a section ends where its file would",
        "mapping.lua",
        "take.zero, take.zero + take.source_length",
        "take.zero, take.source_length",
    ),
    M("a loop before the start is overlooked", "mapping.lua", "from < -M.same_s or to >", "to >"),
    M(
        "each rate counts as stretched",
        "mapping.lua",
        "take.rate ~= 1 and take.preserve_pitch",
        "take.rate ~= 1 or take.preserve_pitch",
    ),
    M(
        "the grid begins one sample early",
        "mapping.lua",
        "local next_sample = math.ceil(at - 1e-6)",
        "local next_sample = math.floor(at - 1e-6)",
    ),
    M(
        "the way to the grid has the wrong sign",
        "mapping.lua",
        "(next_sample - at) / rate",
        "(at - next_sample) / rate",
    ),
    M(
        "the project's grid begins one sample early",
        "mapping.lua",
        "(math.ceil(at - 1e-6) - at) / rate",
        "(math.floor(at - 1e-6) - at) / rate",
    ),
    M("frames are cut off, not rounded", "mapping.lua", "seconds * rate + 0.5", "seconds * rate"),
    M(
        "before the first marker time runs backwards",
        "mapping.lua",
        "mark.source - (mark.pos - at)",
        "mark.source + (mark.pos - at)",
    ),
    M(
        "between markers the share is of the wrong end",
        "mapping.lua",
        "before.source + share",
        "mark.source - share",
    ),
    M(
        "context is taken away from the front",
        "clips.lua",
        "run.from - mapping.handle_s",
        "run.from + mapping.handle_s",
    ),
    M(
        "context runs past the end of the file",
        "clips.lua",
        "math.min(first.file_length,",
        "math.max(first.file_length,",
    ),
    M(
        "neighbours are compared at the wrong end",
        "clips.lua",
        "span.from <= last.to + gap",
        "span.from <= last.from + gap",
    ),
    M(
        "a short item inside a long one ends the clip",
        "clips.lua",
        "last.to = math.max(last.to, span.to)",
        "last.to = span.to",
    ),
    M(
        "a trim counts at the wrong rate",
        "stem_take.lua",
        "(now.offset - recorded.offset) / recorded.rate",
        "(now.offset - recorded.offset) * recorded.rate",
    ),
    M(
        "a trim counts the wrong way",
        "stem_take.lua",
        "(now.offset - recorded.offset) / recorded.rate",
        "(recorded.offset - now.offset) / recorded.rate",
    ),
    M(
        "the render's grid is added",
        "stem_take.lua",
        "- recorded.grid_s + moved",
        "+ recorded.grid_s + moved",
    ),
    M("the stem's end is not looked at", "stem_take.lua", " or last > to + slack", ""),
    M("stretch markers move the wrong way", "stem_take.lua", "source + shift", "source - shift"),
    M(
        "the take's volume is forgotten",
        "stem_take.lua",
        "local KEEP = { 'D_VOL', ",
        "local KEEP = { ",
    ),
    M(
        "the take's rate is forgotten",
        "stem_take.lua",
        "local PLAYED = { 'D_PLAYRATE', ",
        "local PLAYED = { ",
    ),
    M("the channel mode is forgotten", "stem_take.lua", ", 'I_CHANMODE' }", " }"),
    M(
        "the fade-in is forgotten",
        "placing.lua",
        "'D_SNAPOFFSET', 'D_FADEINLEN', ",
        "'D_SNAPOFFSET', ",
    ),
    M("the item's volume is forgotten", "placing.lua", "'D_LENGTH', 'D_VOL', ", "'D_LENGTH', "),
    M("the stem comes round where it ends", "placing.lua", "'B_LOOPSRC', 0)", "'B_LOOPSRC', 1)"),
    M(
        "a folder's fader counts twice",
        "placing.lua",
        "if not inside or key == 'I_CUSTOMCOLOR' then",
        "if true then",
    ),
    M(
        "the folder's end stays with the source",
        "placing.lua",
        "if source and depth < 0 then",
        "if false then",
    ),
    M(
        "the tracks stand above the source",
        "placing.lua",
        "at = math.floor(R.GetMediaTrackInfo_Value(source, 'IP_TRACKNUMBER'))",
        "at = math.floor(R.GetMediaTrackInfo_Value(source, 'IP_TRACKNUMBER')) - 1",
    ),
    M(
        "time that is taken counts as free",
        "placing.lua",
        "other.from < wish.to - 1e-9 and other.to > wish.from + 1e-9",
        "other.from > wish.to - 1e-9 and other.to < wish.from + 1e-9",
    ),
    M(
        "parts of a split item are sought on the wrong time line",
        "import.lua",
        "return take.position - (take.zero",
        "return take.position + (take.zero",
    ),
    M(
        "parts of an item that moved are sought where it was",
        "import.lua",
        "present and origin(present) - origin(was) or 0",
        "0",
    ),
    M(
        "joined renders are laid at the file's time",
        "render.lua",
        "at = frame - base",
        "at = frame",
    ),
    M(
        "the last sample of a render is left out",
        "render.lua",
        "math.ceil((pick.length - grid_s) * rate - 1e-6)",
        "math.ceil((pick.length - grid_s) * rate - 1e-6) - 1",
    ),
    M(
        "a plain render runs at the project's rate",
        "render.lua",
        "local plain = first.rate == 1 and not mapping.stretched(first)",
        "local plain = false",
    ),
    M(
        "each slice of a render begins at the start",
        "render.lua",
        "piece.grid_s + self.done / plan.rate",
        "piece.grid_s",
    ),
    M(
        "a section's start is taken away",
        "selection.lua",
        "zero + offset, reverse",
        "zero - offset, reverse",
    ),
    M("reversed sections play forwards", "selection.lua", "reverse or reversed", "reverse"),
    M(
        "envelopes go to the wrong take",
        "envelopes.lua",
        "if depth == 1 and wanted then",
        "if depth == 1 and not wanted then",
    ),
    M(
        "envelopes are forgotten",
        "envelopes.lua",
        "return found and #found > 0 and table.concat(found, '\\n') or nil",
        "return nil",
    ),
)
