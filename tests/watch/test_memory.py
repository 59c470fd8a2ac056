"""What became of each file, over restarts, torn lines and full disks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voxmend.watch.memory import Entry, Memory
from voxmend.watch.settle import Stamp
from voxmend_protocol.errors import EnvironmentProblem


def entry(name: str = "a.wav", state: str = "done", digest: str = "d1") -> Entry:
    stamp = Stamp(10, 2**61, 3)
    return Entry(name, stamp, digest, "r", 1, "job", state, "/out")  # type: ignore[arg-type]


def test_what_was_put_is_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "watch" / "m.jsonl"
    entries = [entry(), entry("süß\udcff.wav", "failed", "d2")]
    memory = Memory(file)
    for each in entries:
        memory.put(each)
    memory.close()
    assert list(Memory(file)) == entries
    assert Memory(file).get("b.wav") is None


def test_the_last_word_counts(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "m")
    memory.put(entry(state="sent"))
    memory.put(entry(state="done"))
    memory.put(entry("b.wav"))
    memory.forget("b.wav")
    again = Memory(tmp_path / "m")
    assert [e.state for e in again] == ["done"]


def test_a_torn_last_line_is_ignored_and_spoils_no_later_one(tmp_path: Path) -> None:
    file = tmp_path / "m"
    memory = Memory(file)
    memory.put(entry())
    memory.put(entry("b.wav"))
    memory.close()
    file.write_bytes(file.read_bytes()[:-20])
    memory = Memory(file)
    assert [e.name for e in memory] == ["a.wav"]
    memory.put(entry("c.wav"))
    memory.close()
    assert [e.name for e in Memory(file)] == ["a.wav", "c.wav"]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense", "[]", "{}", '{"name": 3}x', '{"name": "a", "stamp": [1, 2, 3]}', "\x00\x00",
        '{"name": "a", "stamp": ["1", 2, 3], "digest": "", "recipe": "", "attempt": 1, "job": "", '
        '"state": "done"}',
    ],
)  # fmt: skip
def test_a_line_that_is_none_of_ours_is_ignored(line: str, tmp_path: Path) -> None:
    (tmp_path / "m").write_text(line + "\n")
    assert len(Memory(tmp_path / "m")) == 0


def test_the_same_sound_is_known_under_another_name(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "m")
    memory.put(entry("a.wav"))
    memory.put(entry("b.wav", "failed", "d2"))
    again = Memory(tmp_path / "m")
    assert again.same_sound("d1", "c.wav") == "a.wav"
    assert again.same_sound("d1", "a.wav") is None
    assert again.same_sound("d2", "c.wav") is None


def test_files_that_are_gone_are_forgotten_oldest_first_and_present_ones_never(
    tmp_path: Path,
) -> None:
    memory = Memory(tmp_path / "m")
    for n in range(10):
        memory.put(entry(f"{n}.wav"))
    memory.put(entry("flying.wav", "sent"))
    memory.prune({"0.wav"}, kept=3)
    assert [e.name for e in memory] == ["0.wav", "7.wav", "8.wav", "9.wav", "flying.wav"]


def test_a_list_of_stale_lines_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "m"
    memory = Memory(file)
    for _ in range(1100):
        memory.put(entry())
    memory.close()
    again = Memory(file)
    again.put(entry("b.wav"))
    again.close()
    assert len(file.read_text().splitlines()) < 5
    assert [e.name for e in Memory(file)] == ["a.wav", "b.wav"]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="VOXMEND_HOME"):
        Memory(tmp_path / "file" / "m")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_is_told_and_forgets_nothing_until_the_end(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "m")
    memory._writer = open("/dev/full", "w")  # noqa: SIM115
    memory.put(entry())
    assert "Free some room" in memory.trouble
    assert memory.get("a.wav") == entry()
