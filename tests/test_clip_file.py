"""The file that a clip is cut from, and who may read what is made of it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import another_user
import pytest
import sounds
from another_user import as_other, needs_root, shared_by_all
from engine_orders import means, orders_for
from work_alone import do

from voxmend import clip_file
from voxmend.engine import orders
from voxmend.engine.work import Line, _since
from voxmend.report import facts
from voxmend_protocol.errors import InputChanged, InputUnreadable, OutputUnwritable

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    old = os.umask(0o022)
    yield
    os.umask(old)


def run(tmp_path: Path) -> orders.Run:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.3))
    return orders_for(source, tmp_path / "x.partial", "identity")


def quiet() -> Line:
    return Line(lambda _: None, lambda: False)


@pytest.mark.parametrize(
    ("source", "umask", "stems"),
    [
        (0o600, 0o022, 0o600), (0o644, 0o022, 0o644), (0o640, 0o022, 0o640),
        (0o666, 0o022, 0o644), (0o666, 0o077, 0o600), (0o666, 0, 0o666), (0o400, 0o022, 0o600),
        (0o604, 0o022, 0o604), (0o755, 0o022, 0o644),
    ],
)  # fmt: skip
def test_stems_and_record_are_for_those_who_may_read_the_source(
    source: int, umask: int, stems: int, tmp_path: Path
) -> None:
    order = run(tmp_path)
    (tmp_path / "a.wav").chmod(source)
    os.umask(umask)
    do(order, quiet(), means(tmp_path / "cache"))
    folder = Path(order.partial)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == dict.fromkeys(
        ("vocals.wav", "vocals_raw.wav", "instrumental.wav", "job.json"), stems
    )


@needs_root
def test_the_right_of_another_group_is_not_given_to_mine(tmp_path: Path) -> None:
    order = run(tmp_path)
    (tmp_path / "a.wav").chmod(0o640)
    os.chown(tmp_path / "a.wav", 0, another_user.OTHER)
    file = clip_file.ClipFile(order)
    os.close(file.open(tmp_path / "a.wav"))
    assert file.mode(Path(order.partial) / "job.json") == 0o600


def test_of_several_sources_the_strictest_counts(tmp_path: Path) -> None:
    order = run(tmp_path)
    voice = sounds.write(tmp_path / "voice.wav", sounds.tone(0.3))
    voice.chmod(0o600)
    submit = replace(order.submit, voice=replace(order.submit.clip, path=str(voice)))
    order = replace(order, submit=submit)
    file = clip_file.ClipFile(order)
    os.close(file.open(tmp_path / "a.wav"))
    assert file.mode(Path(order.partial) / "job.json") == 0o600


def test_a_file_of_the_same_path_that_is_another_is_not_used(tmp_path: Path) -> None:
    order = run(tmp_path)
    sounds.write(tmp_path / "b.wav", sounds.tone(0.4)).replace(tmp_path / "a.wav")
    with pytest.raises(InputChanged):
        clip_file.ClipFile(order).open(tmp_path / "a.wav")


@needs_root
def test_of_a_watched_folder_a_link_of_another_user_is_not_read_and_of_the_command_line_it_is(
    tmp_path: Path,
) -> None:
    order = run(tmp_path)
    shared = shared_by_all(tmp_path / "shared")
    as_other(another_user.link, shared / "x.wav", tmp_path / "a.wav")
    clip = replace(order.submit.clip, path=str(shared / "x.wav"))
    order = replace(order, submit=replace(order.submit, clip=clip))
    with pytest.raises(InputUnreadable, match="a link that another user made"):
        do(replace(order, shared=True), quiet(), means(tmp_path / "cache"))
    do(order, quiet(), means(tmp_path / "cache"))


def test_a_link_in_the_place_of_the_jobs_folder_is_neither_emptied_nor_filled(
    tmp_path: Path,
) -> None:
    order = run(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    (home / "letters").write_text("mine")
    Path(order.partial).rename(tmp_path / "aside")
    Path(order.partial).symlink_to(home)
    with pytest.raises(OutputUnwritable):
        do(order, quiet(), means(tmp_path / "cache"))
    assert os.listdir(home) == ["letters"]


def test_a_clock_that_went_back_gives_no_negative_time(tmp_path: Path) -> None:
    order = run(tmp_path)
    do(replace(order, created="2099-01-01T00:00:00Z"), quiet(), means(tmp_path / "cache"))
    said = json.loads((Path(order.partial) / "job.json").read_text())
    assert said["first_window_s"] is None
    assert facts.read(Path(order.partial)).at("first_window_s") is None
    assert _since("2026-01-01T00:00:00Z", ()) is None
