"""``bench songs`` for people: a line for an excerpt, then how the presets differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean, median

from .measure import Figures, Highs, Measured

HEAD = (
    "SI-SDR of the voice in dB, more is better: of the mix itself, and of each preset as separated",
    "(raw) and as mended (final), one figure where nothing was mended. LSD: distance to the true",
    "voice above 11.1 kHz in dB, less is better, and how much louder it is there, dB. Over a song,",
    "x 0.60 is 0.60 of the distance of a voice that has nothing there.",
)

COLUMNS = f"{'raw':>7}{'final':>7}{'LSD':>7}{'level':>7}"


def lines(names: Sequence[str], found: Sequence[Measured]) -> Iterator[str]:
    """The whole table."""
    wide = max(4, *(len(one.song) for one in found))
    yield f"{'':{wide}}  {'':6} {'':6}" + "".join(f"   {name:<28}" for name in names)
    yield f"{'song':{wide}}  {'from s':>6} {'mix':>6}" + f"   {COLUMNS}" * len(names)
    for one in found:
        cells = "".join(f"   {_cells(figures)}" for figures in one.of.values())
        yield f"{one.song:{wide}}  {one.start_s:6.0f} {one.mix:6.2f}{cells}"
    for name in names:
        yield ""
        yield from _summary(name, found)
    for name in names[1:]:
        yield ""
        change = [one.of[names[0]].final - one.of[name].final for one in found]
        yield f"{names[0]} against {name}: {_spread(change)}"
    yield ""
    yield from HEAD


def _cells(figures: Figures) -> str:
    highs = figures.highs
    return f"{figures.raw:7.2f}{figures.final:7.2f}{highs.lsd:7.1f}{highs.level:+7.1f}"


def _summary(name: str, found: Sequence[Measured]) -> Iterator[str]:
    """One preset over all excerpts."""
    final = [one.of[name].final for one in found]
    took = sum(one.of[name].seconds for one in found) / sum(one.seconds for one in found)
    yield f"{name}: mean {mean(final):.2f}, median {median(final):.2f}, least {min(final):.2f} dB"
    change = [one.of[name].final - one.of[name].raw for one in found]
    if any(change):
        yield f"  mended against raw: {_spread(change)}"
    yield f"  above 11.1 kHz: {_highs([(one.song, one.of[name].highs) for one in found])}"
    yield f"  {took:.2f} s of work for a second of sound, where no preset before did it"


def _spread(change: Sequence[float]) -> str:
    return f"mean {mean(change):+.2f}, median {median(change):+.2f}, worst {min(change):+.2f} dB"


def _highs(found: Sequence[tuple[str, Highs]]) -> str:
    """Song by song: the distance in parts of that of nothing."""
    words = []
    for song in dict.fromkeys(name for name, _ in found):
        own = [highs for name, highs in found if name == song]
        lsd, nothing = sum(each.lsd for each in own), sum(each.nothing for each in own)
        words.append(f"{song} x {lsd / nothing:.2f}" if nothing >= 0.1 else f"{song} has none")
    return ", ".join(words)
