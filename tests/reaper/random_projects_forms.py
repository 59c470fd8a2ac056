"""How a random item takes its sound from a file, and what else is set on it.

A form sets offset, section and loop; it may shorten the item so that it fits. Times of everything
that a renderer has to print lie on samples; only `off grid` leaves them, and it is never printed.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from reaper.random_projects_parts import HALF, File, Maker, Unit
from reaper.random_projects_text import FadeText, ItemText, Point, TakeText

MODES = {1: (0, 0, 3), 2: (0, 0, 0, 1, 2, 3, 4, 67), 4: (3, 4, 5, 6, 67, 68, 69)}
LAWS = (-1.0, 1.0, 0.70794578, 0.50118723, 1.41253754)


def speed(maker: Maker, unit: Unit, take: TakeText) -> None:
    take.keep_pitch = maker.chance(0.5)
    if not maker.low:
        return
    random = maker.random
    way = random.choices(("none", "varispeed", "stretch", "pitch"), (3, 5, 1, 1))[0]
    if way == "varispeed":
        take.rate, take.keep_pitch = round(2 ** random.uniform(-2, 2), 4), False
        unit.kind = "varispeed"
        unit.features.append("rate")
    elif way == "stretch":
        take.rate, take.keep_pitch = round(2 ** random.uniform(-1, 1), 4) + 0.0001, True
        unit.kind = "stretched"
        unit.features.append("rate with pitch kept")
    elif way == "pitch":
        take.pitch = float(random.choice((-5, -2, 1, 3, 7)))
        unit.kind = "stretched"
        unit.features.append("pitch")


def inside(maker: Maker, item: ItemText, take: TakeText, room: float) -> float:
    """An offset that keeps the whole item inside `room` seconds, shortening it if it must."""
    limit = room - 0.01
    if item.length * take.rate > limit:
        item.length = maker.on_grid(0.9 * limit / take.rate)
    return maker.random.uniform(0, limit - item.length * take.rate)


def plain(maker: Maker, item: ItemText, take: TakeText, file: File) -> None:
    take.offset = maker.on_grid(inside(maker, item, take, file.length), file.rate)
    item.loop = maker.chance(0.7)


def off_grid(maker: Maker, item: ItemText, take: TakeText, file: File) -> None:
    take.offset = inside(maker, item, take, file.length)
    item.position += maker.random.uniform(0, 0.01)
    item.length += maker.random.uniform(-0.001, 0)


def negative(maker: Maker, item: ItemText, take: TakeText, file: File) -> None:
    inside(maker, item, take, file.length)
    take.offset = -maker.on_grid(0.4 * item.length * take.rate, file.rate)
    item.loop = False


def beyond(maker: Maker, item: ItemText, take: TakeText, file: File) -> None:
    inside(maker, item, take, file.length)
    take.offset = maker.on_grid(file.length - 0.6 * item.length * take.rate, file.rate)
    item.loop = False


def section(maker: Maker, item: ItemText, take: TakeText, file: File) -> None:
    cut(maker, take, file, mode=0)
    assert take.section is not None
    item.loop = False
    room = take.section[1]
    if maker.chance(0.3):  # across the section's end, into silence
        inside(maker, item, take, room)
        take.offset = maker.on_grid(room - 0.5 * item.length * take.rate, file.rate)
    else:
        take.offset = maker.on_grid(inside(maker, item, take, room), file.rate)


def reverse(maker: Maker, item: ItemText, take: TakeText, file: File) -> None:
    room = file.length
    if maker.chance(0.5):
        cut(maker, take, file, mode=2)
        assert take.section is not None
        room = take.section[1]
    else:
        take.section = (0.0, file.length, 3)
    take.offset = maker.on_grid(inside(maker, item, take, room), file.rate)
    item.loop = maker.chance(0.5)


def loop(maker: Maker, item: ItemText, take: TakeText, file: File) -> None:
    inside(maker, item, take, file.length)
    take.offset = maker.on_grid(file.length - 0.5 * item.length * take.rate, file.rate)
    item.loop = True


def section_loop(maker: Maker, item: ItemText, take: TakeText, file: File) -> None:
    """Short enough to come round more than once."""
    cut(maker, take, file, mode=maker.random.choice((0, 2)), longest=HALF)
    assert take.section is not None
    take.offset = maker.on_grid(maker.random.uniform(0, take.section[1]), file.rate)
    item.length = max(item.length, maker.on_grid(1.2 * take.section[1] / take.rate))
    item.loop = True


def cut(maker: Maker, take: TakeText, file: File, mode: int, longest: float = 3.0) -> None:
    """A section: from gap to gap, or, full-band, anywhere on the file's samples."""
    halves = int(file.length / HALF)
    first = maker.random.randrange(0, halves - 1)
    length = min(maker.random.randint(1, halves - first) * HALF, longest)
    start = first * HALF
    if not maker.low:
        start = maker.on_grid(start + maker.random.uniform(0, 0.1), file.rate)
        length = maker.on_grid(length - maker.random.uniform(0.1, 0.2), file.rate)
    take.section = (start, length, mode)


FORMS: dict[str, Callable[[Maker, ItemText, TakeText, File], None]] = {
    "plain": plain,
    "off grid": off_grid,
    "negative": negative,
    "beyond": beyond,
    "section": section,
    "reverse": reverse,
    "loop": loop,
    "section loop": section_loop,
}


def dress(maker: Maker, item: ItemText, take: TakeText, file: File, faded: bool) -> None:
    """Volumes, pan, fades, envelopes, other takes and marks. faded: both fades at least 5 ms."""
    random = maker.random
    take.channels = random.choice(MODES[file.channels])
    if maker.chance(0.4):
        item.volume = round(random.uniform(0.3, 1.8), 4)
    if maker.chance(0.4):
        take.volume = round(random.uniform(0.4, 1.4), 4)
    if maker.chance(0.25):
        take.volume = -take.volume
    if maker.chance(0.35):
        take.pan = round(random.uniform(-0.9, 0.9), 3)
    if maker.chance(0.3):
        take.law = random.choice(LAWS)
    item.fade_in, item.fade_out = fade(maker, item, faded), fade(maker, item, faded)
    if maker.chance(0.3):
        take.envelopes = envelopes(maker, item)
    item.muted = maker.chance(0.06)
    item.locked = maker.chance(0.08)
    if maker.chance(0.15):
        item.group = random.randint(1, 4)
    if maker.chance(0.2):
        item.colour = 0x1000000 | random.getrandbits(24)
    if maker.chance(0.1):
        item.snap = round(0.5 * item.length, 6)
    if maker.chance(0.2):
        other_takes(maker, item)


def fade(maker: Maker, item: ItemText, needed: bool) -> FadeText:
    if not needed and maker.chance(0.4):
        return (0.0, 1, 0.0)
    shape = maker.random.randint(0, 6)
    curvature = round(maker.random.uniform(-0.8, 0.8), 2) if maker.chance(0.2) else 0.0
    return (round(maker.random.uniform(0.005, 0.4 * item.length), 6), shape, curvature)


def envelopes(maker: Maker, item: ItemText) -> dict[str, list[Point]]:
    random = maker.random
    ends = (0.0, item.length / 3, item.length * 0.8)
    made: dict[str, list[Point]] = {}
    tag = random.choice(("VOLENV", "PANENV", "MUTEENV"))
    for time in ends:
        value = {
            "VOLENV": random.uniform(0.2, 1.6),
            "PANENV": random.uniform(-0.7, 0.7),
            "MUTEENV": float(len(made.get(tag, ())) != 1),
        }[tag]
        shape = 1 if tag == "MUTEENV" else random.randint(0, 4)
        made.setdefault(tag, []).append((round(time, 6), round(value, 4), shape))
    return made


def other_takes(maker: Maker, item: ItemText) -> None:
    """One or two inactive takes around the one that plays."""
    before, after = maker.random.choice(((0, 1), (1, 0), (1, 1)))

    def idle(name: str) -> TakeText:
        file = maker.random.choice(maker.files)
        return TakeText(maker.guid(), f"media/{file.name}", name, offset=0.25)

    heard = item.takes
    first = [idle("take before")] if before else []
    item.takes = [*first, *heard, *([idle("take after")] if after else [])]
    item.active = before


def neighbours(maker: Maker, unit: Unit) -> None:
    """The item becomes two on one source: split and touching, or overlapping in a crossfade."""
    left = unit.items[0]
    if left.length < 0.25:
        return
    right = deepcopy(left)
    right.guid = maker.guid()
    for take in right.takes:
        take.guid = maker.guid()
        take.envelopes = {}
    for take in left.takes:
        take.envelopes = {}
    share = maker.random.uniform(0.4, 0.6)
    at = left.length * share if "off grid" in unit.features else maker.on_grid(left.length * share)
    overlap = maker.on_grid(0.05) if maker.chance(0.5) else 0.0
    for take in right.takes:
        take.offset += at * take.rate
    right.position, right.length = left.position + at, left.length - at
    left.length = at + overlap
    left.fade_in = (min(left.fade_in[0], 0.3 * left.length), *left.fade_in[1:])
    right.fade_out = (min(right.fade_out[0], 0.3 * right.length), *right.fade_out[1:])
    shape = maker.random.randint(0, 6)
    left.fade_out, right.fade_in = (0.0, shape, 0.0), (0.0, shape, 0.0)
    left.automatic, right.automatic = (0.0, overlap), (overlap, 0.0)
    right.snap = left.snap = 0.0
    unit.items.append(right)
    unit.features.append("crossfade" if overlap else "split")
