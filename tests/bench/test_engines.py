"""What one engine and several are measured with: many short clips, no two alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmend_bench.engines import LONGEST_S, SHORTEST_S, Side, stretches
from voxmend_protocol.messages import Report
from voxmend_protocol.values import EngineReport


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    """Two songs, one of them barely long enough."""
    made = []
    for name, seconds in (("long", 60), ("short", 7)):
        made.append(tmp_path / f"{name}.wav")
        soundfile.write(made[-1], np.zeros(8000 * seconds, "float32"), 8000)
    return made


def test_each_clip_is_another_one_lies_in_its_song_and_comes_again_next_time(
    songs: list[Path],
) -> None:
    clips = stretches(songs, 20)
    assert len(set(clips)) == len({(clip.path, clip.start_s) for clip in clips}) == 20
    lengths = {str(song): soundfile.info(song).duration for song in songs}
    for clip in clips:
        assert clip.start_s is not None
        assert clip.end_s is not None
        assert SHORTEST_S <= round(clip.end_s - clip.start_s, 2) <= LONGEST_S
        assert clip.end_s <= lengths[clip.path]
    assert stretches(songs, 20) == clips


@pytest.mark.parametrize(("there", "good"), [(2, True), (1, False)])
def test_a_figure_counts_only_where_every_engine_has_worked(
    tmp_path: Path, there: int, good: bool
) -> None:
    engines = tuple(EngineReport(n, "idle", pid=7 if n <= there else None) for n in (1, 2))
    report = Report("1", 1, "2026-01-02T03:04:05Z", 0, "idle", 1, engines=engines)
    side = Side(tmp_path, 2, 2)
    if good:
        side._insist(report)
        return
    with pytest.raises(SystemExit, match="not every engine"):
        side._insist(report)
