"""A job's folder: claimed once, owned by name, never over something that exists."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from voxmend.disk import write_error, write_json
from voxmend.engine import orders
from voxmend.supervisor import folders
from voxmend_protocol import codec
from voxmend_protocol.errors import DiskFull, OutputUnwritable
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Damage, Decisions, Diagnosis, Output, Stem

ME = "00000001-0000-0000-0000-000000000000"
OTHER = "00000002-0000-0000-0000-000000000000"


def order(out: Path, job: str = ME, name: str | None = None) -> Submit:
    return Submit(job, Clip("/music/a song.wav"), "quick", Output(str(out), name))


def claim(out: Path, job: str = ME, name: str | None = None) -> tuple[Path, Path]:
    return folders.claim(order(out, job, name), lambda *_: None, lambda _: None)


def test_the_folder_is_named_after_clip_and_preset(tmp_path: Path) -> None:
    partial, final = claim(tmp_path / "deep" / "out")
    assert partial.name == "a song_quick.partial"
    assert final.name == "a song_quick"
    assert partial.is_dir()
    assert folders.owner(partial) == ME


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "x_quick").mkdir()
    (tmp_path / "x_quick_2").write_text("a file is taken as well")
    assert claim(tmp_path, name="x")[1].name == "x_quick_3"
    assert claim(tmp_path, OTHER, name="x")[1].name == "x_quick_4"


def test_a_dangling_link_is_taken_too(tmp_path: Path) -> None:
    (tmp_path / "x_quick").symlink_to(tmp_path / "nowhere")
    assert claim(tmp_path, name="x")[1].name == "x_quick_2"


def test_the_intention_is_told_before_the_folder_is_made(tmp_path: Path) -> None:
    told = []

    def intend(partial: Path, final: Path) -> None:
        assert not partial.exists()
        told.append((partial, final))

    assert folders.claim(order(tmp_path), intend, lambda _: None) == told[-1]


def test_a_long_name_is_cut_to_what_file_systems_take(tmp_path: Path) -> None:
    submit = Submit(ME, Clip("/music/" + "ü" * 120 + ".wav"), "quick", Output(str(tmp_path)))
    partial, _ = folders.claim(submit, lambda *_: None, lambda _: None)
    assert len(partial.name.encode()) <= 255


def test_only_the_owner_takes_a_folder_up_again(tmp_path: Path) -> None:
    partial, _ = claim(tmp_path)
    assert folders.own(partial, ME)
    assert not folders.own(partial, OTHER)


def test_a_manifest_whose_writer_died_belongs_to_who_comes_back(tmp_path: Path) -> None:
    partial = tmp_path / "x.partial"
    partial.mkdir()
    (partial / "job.json").write_bytes(b"")
    assert folders.own(partial, ME)


def test_dropping_removes_ours_and_nothing_else(tmp_path: Path) -> None:
    partial, _ = claim(tmp_path)
    (partial / "vocals.wav").write_bytes(b"x")
    folders.drop(partial, OTHER)
    assert partial.exists()
    folders.drop(partial, ME)
    assert not partial.exists()
    folders.drop(partial, ME)


def test_dropping_removes_an_empty_folder_that_never_got_its_name(tmp_path: Path) -> None:
    partial = tmp_path / "x.partial"
    partial.mkdir()
    folders.drop(partial, ME)
    assert not partial.exists()


def test_dropping_leaves_a_strangers_folder_without_a_manifest(tmp_path: Path) -> None:
    partial = tmp_path / "x.partial"
    partial.mkdir()
    (partial / "thesis.txt").write_text("mine")
    folders.drop(partial, ME)
    assert (partial / "thesis.txt").read_text() == "mine"


def test_keeping_never_goes_over_what_exists(tmp_path: Path) -> None:
    partial, final = claim(tmp_path)
    final.mkdir()
    with pytest.raises(FileExistsError):
        folders.keep(partial, final)
    final.rmdir()
    folders.keep(partial, final)
    assert folders.owner(final) == ME


def test_a_final_folder_counts_only_when_it_is_ours_and_complete(tmp_path: Path) -> None:
    stem = Stem("vocals", "vocals.wav", 0, 10, 8000, 1, 0.1)
    facts = {"job": ME, "state": "succeeded", "stems": [codec.to_dict(stem)]}
    assert folders.kept(tmp_path, ME) is None
    write_json(tmp_path / "job.json", facts)
    assert folders.kept(tmp_path, ME) == orders.Done(ME, (stem,))
    assert folders.kept(tmp_path, OTHER) is None
    write_json(tmp_path / "job.json", {**facts, "state": "running"})
    assert folders.kept(tmp_path, ME) is None


def test_a_final_folder_says_what_the_guard_decided_and_what_was_found(tmp_path: Path) -> None:
    decided = Decisions(3, 2, 1, "denoise.voice_lost")
    found = Damage("none", "unknown", "some", "strong", 4, "bleed")
    facts = {
        "job": ME, "state": "succeeded", "stems": [], "decided": codec.to_dict(decided),
        "diagnosis": codec.to_dict(Diagnosis(found)),
    }  # fmt: skip
    write_json(tmp_path / "job.json", facts)
    assert folders.kept(tmp_path, ME) == orders.Done(ME, (), decided, Diagnosis(found))


def test_a_file_in_the_way_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputUnwritable, match="--out"):
        claim(tmp_path / "file" / "out")


def test_a_full_disk_is_told_from_a_forbidden_one() -> None:
    full = write_error("/out", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert isinstance(full, DiskFull)
    assert full.retryable
    assert isinstance(
        write_error("/out", PermissionError(13, "Permission denied")), OutputUnwritable
    )


def test_a_json_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    write_json(file, {"a": 1})
    with pytest.raises(TypeError):
        write_json(file, {"a": object()})
    assert codec.parse(file.read_bytes()) == {"a": 1}
