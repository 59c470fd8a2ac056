"""``bench songs`` for people: a line for an excerpt, then how the presets differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean, median

from .measure import Figures, Highs, Measured
from .readings import Readings

HEAD = (
    "SI-SDR of the voice in dB, more is better: of the mix itself, and of each preset as separated",
    "(raw) and as mended (final). LSD: distance to the true voice above 11.1 kHz in dB, less is",
    "better, and how much louder it is there, dB. Over a song, x 0.60 is 0.60 of the distance of",
    "a voice that has nothing there. Mended against raw: a gap is a rest of the true voice of a",
    "second and more, the residual what sounds in it; the gain is what mending applies, read",
    "within one gap or phrase, and it moves where it changes by 3 dB and more.",
)

COLUMNS = f"{'raw':>7}{'final':>7}{'LSD':>7}{'level':>7}"


def lines(names: Sequence[str], found: Sequence[Measured]) -> Iterator[str]:
    """The whole table."""
    wide = max(4, *(len(_title(one)) for one in found))
    yield f"{'':{wide}}  {'':6} {'':6}" + "".join(f"   {name:<28}" for name in names)
    yield f"{'song':{wide}}  {'from s':>6} {'mix':>6}" + f"   {COLUMNS}" * len(names)
    for one in found:
        cells = "".join(f"   {_cells(figures)}" for figures in one.of.values())
        yield f"{_title(one):{wide}}  {one.start_s:6.0f} {one.mix:6.2f}{cells}"
    for name in names:
        for toward in dict.fromkeys(one.toward for one in found):
            yield ""
            yield from _summary(name, [one for one in found if one.toward == toward])
    own = [one for one in found if one.toward == found[0].toward]
    for name in names[1:]:
        yield ""
        change = [one.of[names[0]].final.sdr - one.of[name].final.sdr for one in own]
        yield f"{names[0]} against {name}: {_spread(change)}"
    yield ""
    yield from HEAD


def _title(one: Measured) -> str:
    return f"{one.song} +{one.toward} %" if one.toward else one.song


def _cells(figures: Figures) -> str:
    highs = figures.highs
    return f"{figures.raw.sdr:7.2f}{figures.final.sdr:7.2f}{highs.lsd:7.1f}{highs.level:+7.1f}"


def _summary(name: str, found: Sequence[Measured]) -> Iterator[str]:
    """One preset over all excerpts."""
    final = [one.of[name].final.sdr for one in found]
    took = sum(one.of[name].seconds for one in found) / sum(one.seconds for one in found)
    moved = f", stems moved {found[0].toward} % towards the truth" if found[0].toward else ""
    yield (
        f"{name}{moved}: mean {mean(final):.2f}, median {median(final):.2f}, "
        f"least {min(final):.2f} dB"
    )
    yield from _mended([one.of[name] for one in found])
    yield f"  above 11.1 kHz: {_highs([(one.song, one.of[name].highs) for one in found])}"
    yield f"  {took:.2f} s of work for a second of sound, where no preset before did it"


def _mended(found: Sequence[Figures]) -> Iterator[str]:
    """What mending did, over the excerpts in which it did something."""
    done = [each.mended for each in found if each.mended is not None]
    if not done:
        yield "  mended against raw: the same, bit for bit"
        return
    change = [each.final.sdr - each.raw.sdr for each in found]
    yield f"  mended against raw: {_spread(change)}; changed in {len(done)} of {len(found)}"
    low, stft = (
        mean(getattr(each.final, name) - getattr(each.raw, name) for each in found)
        for name in ("low", "stft")
    )
    yield f"  distances: LSD below 11.1 kHz {low:+.2f} dB, multi-resolution STFT {stft:+.3f}"
    yield from _harm(done)


def _harm(done: Sequence[Readings]) -> Iterator[str]:
    gaps = [each.gaps for each in done if each.gaps.count]
    if gaps:
        count = sum(each.count for each in gaps)
        total, oracle = (
            sum(getattr(each, name) * each.count for each in gaps) / count
            for name in ("change_db", "oracle_db")
        )
        worst = max(each.worst_db for each in gaps)
        yield (
            f"  {count} gaps: residual {total:+.1f} dB on the mean (who knows the gaps: "
            f"{oracle:+.1f}), worst {worst:+.1f}"
        )
    phrases = [each.phrase_db for each in done if each.phrase_db == each.phrase_db]
    least = min(each.recall for each in done)
    words = f"phrases: worst {min(phrases):+.2f} dB; " if phrases else ""
    yield f"  {words}least recall of the voice's energy {least:.4f}"
    most, moves = max(each.moved_db for each in done), max(each.moves for each in done)
    yield f"  gain within a gap or phrase: {most:.1f} dB at most, moves {moves:.1f} times a minute"


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
