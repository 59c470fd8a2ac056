"""What was found of a voice from elsewhere: for job.json, and in words for people."""

from __future__ import annotations

from dataclasses import dataclass

from voxmend_protocol.values import Warned

PLACED = "voice_placed"
"""Not a trouble: the sentence that says what was found. Always there, always the first."""

RATE = "voice_rate"
ELSEWHERE = "voice_elsewhere"
NARROW = "voice_narrow"
CEILING = "voice_ceiling"
UNJUDGED = "voice_unjudged"
UNCLEAR = "voice_unclear"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a voice lies in its song, and what was undone.

    Attributes:
        delay_samples: where in the song its first sample lies, samples of the song; below 0 it
            begins before the song.
        ppm: by how much its clock runs slow against the song's, parts in a million: so much
            longer it is made.
        level_db: by how much louder it is than the song holds it.
        inverted, swapped: its polarity is; left is right.
        rate: samples per second as its file says.
        true_rate: those at which it was recorded.
        clear: share of its sounding windows that were found there.
        voice_kept, band_kept: how much of the song's voice and band it holds, as a separator
            hears them; None where none was asked.
        elsewhere_s: another place that fits nearly as well, seconds later.
        ceiling_hz: where its highs end in an edge, if they do.
    """

    delay_samples: float
    ppm: float
    level_db: float
    inverted: bool
    swapped: bool
    rate: int
    true_rate: int
    clear: float
    voice_kept: float | None = None
    band_kept: float | None = None
    elsewhere_s: float | None = None
    ceiling_hz: float | None = None

    def sentence(self, song_rate: int) -> str:
        """What was found, in one sentence."""
        off = self.delay_samples
        parts = []
        if abs(off) < 0.05:
            parts.append("it lies in time with the song")
        else:
            when = "after" if off > 0 else "before"
            parts.append(
                f"it begins {abs(off):,.2f} samples ({abs(off) / song_rate:.4f} s) {when} the song"
            )
        if self.ppm:
            pace = "slow" if self.ppm < 0 else "fast"
            parts.append(f"its clock runs {abs(self.ppm):.1f} ppm {pace}")
        level = round(self.level_db, 1)
        if level:
            way = "louder" if level > 0 else "quieter"
            parts.append(f"it is {abs(level):.1f} dB {way} than in it")
        if self.inverted:
            parts.append("its polarity is inverted")
        if self.swapped:
            parts.append("left and right are swapped")
        found = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
        undone = "" if parts == ["it lies in time with the song"] else " All of this was undone."
        return f"The voice was found in the song: {found}.{undone}"


def remarks(placement: Placement, song_rate: int, narrow: bool) -> tuple[Warned, ...]:
    """What the user should know, the sentence first.

    Args:
        narrow: the voice has no side, and the song has one.
    """
    said = [Warned(PLACED, placement.sentence(song_rate))]
    if placement.true_rate != placement.rate:
        said.append(
            Warned(
                RATE,
                f"The voice's file says {placement.rate:,} Hz, but it runs as one of "
                f"{placement.true_rate:,} Hz. It was taken for one; correct the file's rate where "
                "you use it elsewhere.",
            )
        )
    if placement.elsewhere_s is not None:
        way = "later" if placement.elsewhere_s > 0 else "earlier"
        said.append(
            Warned(
                ELSEWHERE,
                f"The voice fits nearly as well {abs(placement.elsewhere_s):.3f} s {way}: the song "
                "repeats itself there. Listen to the result; if it is the wrong place, give a "
                "voice that begins with the song.",
            )
        )
    if narrow:
        said.append(
            Warned(
                NARROW,
                "The voice is mono and the song is wide: what the voice has left and right, such "
                "as reverb and doubles, stays in the instrumental. A stereo voice would take it "
                "along.",
            )
        )
    if placement.ceiling_hz is not None:
        said.append(
            Warned(
                CEILING,
                f"The voice ends at {placement.ceiling_hz / 1000:.1f} kHz. Where an MP3 or a "
                "separator cut it off there, what it had above stays in the instrumental; a "
                "lossless stem of a better separator would take it along.",
            )
        )
    if placement.voice_kept is None:
        said.append(
            Warned(
                UNJUDGED,
                "Nobody could judge whether this is the song's voice and not its band, since the "
                "separator that is asked is not on this machine: voxmend models verify",
            )
        )
    return tuple(said)
