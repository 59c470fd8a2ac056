"""The house as a page of text, and as an SVG with a row for each floor.

Both say what there is and not how much: a line more in a room changes neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from .rooms import House, plain

WIDTH, ROW, BOX, GAP, LETTER = 1240, 96, 28, 14, 7.4


def text(house: House) -> str:
    """Rooms by floor, then each room with what it imports."""
    return "\n".join(_lines(house)) + "\n"


def _lines(house: House) -> Iterator[str]:
    yield head(house)
    yield "A room is a package under voxmend, or a single file there; the protocol is one."
    yield ""
    for floor in reversed(range(house.height)):
        yield f"floor {floor}  {'  '.join(_on(house, floor))}"
    yield ""
    for name in sorted(house.floors, key=lambda name: (-house.floors[name], name)):
        below = [under for above, under in house.arrows if above == name]
        if below:
            yield f"{name} imports {', '.join(below)}"
    for above, under in house.climbing:
        yield f"climbs: {above} imports {under}"
    for ring in house.circles:
        yield f"a circle of rooms: {', '.join(ring)}"
    for ring in house.tangles:
        yield f"a circle of files: {', '.join(ring)}"


def head(house: House) -> str:
    """All of it in a line."""
    return (
        f"{len(house.floors)} rooms, {house.height} floors, {len(house.arrows)} arrows; climbing: "
        f"{len(house.climbing)}; circles of rooms: {len(house.circles)}, of files: "
        f"{len(house.tangles)}"
    )


def sizes(house: House) -> str:
    """Files and lines of each room, the largest first."""
    rows = sorted(house.lines, key=lambda name: -house.lines[name])
    return "".join(f"{name:14} {house.files[name]:4} {house.lines[name]:6}\n" for name in rows)


def _on(house: House, floor: int) -> list[str]:
    return sorted(name for name, its in house.floors.items() if its == floor)


def svg(house: House) -> str:
    """The picture. An arrow that others say as well is left out; one that climbs is red."""
    height = ROW * house.height + 60
    places = _places(house)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="12">',
        "<title>Who imports whom</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="20" y="26" fill="#1c1c1c">{escape(head(house))}</text>',
    ]
    for above, under in plain(house):
        (x1, y1, _), (x2, y2, _) = places[above], places[under]
        climbs = (above, under) in house.climbing
        colour, width = ("#c00000", 2) if climbs else ("#9aa5b1", 1)
        start, end = (y1, y2 + BOX) if climbs else (y1 + BOX, y2)
        parts.append(
            f'<path d="M{x1:.0f} {start:.0f}L{x2:.0f} {end:.0f}" stroke="{colour}" '
            f'stroke-width="{width}"/><circle cx="{x2:.0f}" cy="{end:.0f}" r="2.5" '
            f'fill="{colour}"/>'
        )
    for name, (x, y, wide) in places.items():
        parts.append(
            f'<rect x="{x - wide / 2:.0f}" y="{y:.0f}" width="{wide:.0f}" height="{BOX}" rx="4" '
            'fill="#eef3f8" stroke="#33475b"/>'
            f'<text x="{x:.0f}" y="{y + 18:.0f}" text-anchor="middle" fill="#1c1c1c">'
            f"{escape(name)}</text>"
        )
    for floor in range(house.height):
        y = ROW * (house.height - floor) - ROW + 68
        parts.append(f'<text x="20" y="{y}" fill="#707070">{floor}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _places(house: House) -> dict[str, tuple[float, float, float]]:
    """Of each room the middle, the upper edge and the width of its box."""
    found = {}
    for floor in range(house.height):
        names = _on(house, floor)
        wide = [LETTER * len(name) + 2 * GAP for name in names]
        free = (WIDTH - 60 - sum(wide)) / (len(names) + 1)
        x, y = 60.0, ROW * (house.height - floor) - ROW + 50.0
        for name, width in zip(names, wide, strict=True):
            x += free
            found[name] = (x + width / 2, y, width)
            x += width
    return found
