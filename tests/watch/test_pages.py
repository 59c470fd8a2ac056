"""What the pages about the watch folder say of figures, folders and DAWs. Their commands are run by
tests/docs."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/watch-folder.md", "daw_scripts/watch_folder/README.md")


def test_the_pages_name_figures_that_are_in_force() -> None:
    from voxmend.watch import holds, names, run, settle, station

    text = (ROOT / PAGES[0]).read_text("utf-8")
    said = (
        f"for {settle.LOCAL.settle_s:.0f} seconds; on a network share for "
        f"{settle.POLLED.settle_s:.0f}",
        f"waits for {settle.LOCAL.doubt_s:.0f} seconds",
        f"every {station.POLL_S:.0f} seconds",
    )
    for words in said:
        assert words in text, words
    assert settle.LOCAL.unfinished_s == 120
    assert station.RESCAN_S == holds.FIRST_S == 60
    assert holds.MOST_S == 15 * 60
    assert run.IN_FLIGHT == 2
    for folder in (names.RESTORED, names.ERRORS, names.DONE):
        assert f"/{folder}/" in text


def test_each_daw_has_a_row_that_says_where_it_is_known_from() -> None:
    text = (ROOT / PAGES[1]).read_text("utf-8")
    for daw in (
        "Pro Tools", "Logic Pro", "Cubase", "Ableton Live", "Studio One", "FL Studio",
        "Bitwig Studio", "Ardour",
    ):  # fmt: skip
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {daw}")]
        assert "unverified" in row or "manual" in row
