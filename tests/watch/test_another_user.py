"""A watched folder that others may write: what another user lays there leads nowhere."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import another_user
import pytest
import sounds
from another_user import OTHER, as_other, needs_root, shared_by_all
from house import House, run_cli
from waiting import until
from watch.watcher import Watching

from voxmend.safe_files import UnsafeError
from voxmend.supervisor import folders
from voxmend.supervisor.admission import admit
from voxmend.watch import complaint
from voxmend.watch import look as looking
from voxmend.watch.look import look
from voxmend.watch.place import Folder
from voxmend.watch.scan import scan
from voxmend_protocol.errors import InputUnreadable, OutputUnwritable
from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Output

JOB = "00000001-0000-0000-0000-000000000000"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder in which everybody may write, and a file beside it that only I may read."""
    (tmp_path / "mine" / "music").mkdir(parents=True)
    sounds.write(tmp_path / "mine" / "private.wav", sounds.tone(0.5)).chmod(0o600)
    return shared_by_all(tmp_path / "shared")


def private(shared: Path) -> Path:
    return shared.parent / "mine" / "private.wav"


@needs_root
def test_a_link_to_a_file_of_mine_is_no_candidate_and_that_is_told(shared: Path) -> None:
    as_other(another_user.link, shared / "x.wav", private(shared))
    sight = scan(str(shared))
    assert not sight.files
    assert "another user made" in sight.remarks["x.wav"]
    assert "Put the file itself here" in sight.remarks["x.wav"]


def test_not_even_a_link_of_mine_is_followed_where_others_may_write(shared: Path) -> None:
    (shared / "x.wav").symlink_to(private(shared))
    assert not scan(str(shared)).files


def test_a_link_that_takes_a_files_place_after_the_walk_is_not_looked_into(shared: Path) -> None:
    sounds.write(shared / "x.wav", sounds.tone(0.5))
    assert set(scan(str(shared)).files) == {"x.wav"}
    (shared / "x.wav").unlink()
    (shared / "x.wav").symlink_to(private(shared))
    with pytest.raises(InputUnreadable, match="link in a folder that others may write"):
        look(shared / "x.wav")


def test_nor_is_one_that_takes_it_while_it_is_looked_into(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sounds.write(shared / "x.wav", sounds.tone(0.5))

    def meanwhile(_: Path) -> bool:
        file.unlink()
        file.symlink_to(private(shared))
        return False

    monkeypatch.setattr(looking, "being_written", meanwhile)
    with pytest.raises(InputUnreadable, match="link"):
        look(file)


def test_nor_is_a_folder_on_the_way_that_became_a_link(shared: Path) -> None:
    (shared / "quick").symlink_to(private(shared).parent)
    with pytest.raises(InputUnreadable, match="link"):
        look(shared / "quick" / "private.wav")


def test_a_pipe_that_takes_a_files_place_holds_nobody(shared: Path) -> None:
    os.mkfifo(shared / "x.wav")
    with pytest.raises(InputUnreadable, match="pipe"):
        look(shared / "x.wav")


def submit(path: Path, out: Path) -> Submit:
    return Submit(JOB, Clip(str(path)), "quick", Output(str(out)))


def test_the_worker_takes_no_link_of_the_watcher_and_does_of_the_command_line(
    shared: Path, tmp_path: Path
) -> None:
    (shared / "x.wav").symlink_to(private(shared))
    asked = submit(shared / "x.wav", tmp_path)
    with pytest.raises(InputUnreadable, match="link in a folder that others may write"):
        admit(asked, tmp_path, lambda _: pytest.fail("it was taken"), shared=True)
    assert folders.folder_mode(asked) == 0o700


@pytest.mark.parametrize("name", ["Restored", "Restored/quick"])
def test_no_result_goes_where_a_link_leads(name: str, shared: Path) -> None:
    place = shared / name
    shared_by_all(place.parent)
    place.symlink_to(private(shared).parent / "music")
    with pytest.raises(OutputUnwritable, match=r"leads through a link .* Remove that link"):
        folders.claim(submit(shared / "x.wav", place), lambda *_: None, lambda _: None)
    assert os.listdir(private(shared).parent / "music") == []


def test_a_link_in_the_place_of_a_claimed_folder_is_neither_filled_nor_renamed_nor_removed(
    shared: Path,
) -> None:
    asked = submit(shared / "x.wav", shared / "Restored")
    partial, final = folders.claim(asked, lambda *_: None, lambda _: None)
    shared_by_all(partial.parent)
    music = private(shared).parent / "music"
    partial.rename(partial.with_name("mine"))
    partial.symlink_to(music)
    (music / "job.json").write_text(json.dumps({"job": JOB, "state": "running"}))
    with pytest.raises(UnsafeError):
        folders.own(partial, JOB)
    with pytest.raises(UnsafeError):
        folders.keep(partial, final)
    folders.drop(partial, JOB)
    assert os.listdir(music) == ["job.json"]


def test_a_mended_file_goes_to_no_place_where_a_link_leads(shared: Path) -> None:
    sounds.write(shared / "x.wav", sounds.tone(0.1))
    (shared / "Done").symlink_to(private(shared).parent / "music")
    with pytest.raises(UnsafeError, match="link"):
        Folder(str(shared)).file_away("x.wav")
    assert (shared / "x.wav").exists()
    assert os.listdir(private(shared).parent / "music") == []


@pytest.mark.parametrize("name", ["Errors", "Errors/quick"])
def test_no_sentence_is_written_where_a_link_leads(name: str, shared: Path) -> None:
    shared_by_all((shared / name).parent)
    (shared / name).symlink_to(private(shared).parent / "music")
    with pytest.raises(UnsafeError, match="link"):
        complaint.write(shared, "quick/x.wav", "It is empty.")
    complaint.clear(shared, "quick/x.wav")
    assert os.listdir(private(shared).parent / "music") == []


@needs_root
def test_a_sentence_overwrites_nothing_whatever_lies_in_its_folder(shared: Path) -> None:
    errors = shared_by_all(shared / "Errors")
    before = private(shared).read_bytes()
    for name in (f".{os.getpid()}.voxmend-new", "x.wav.txt"):
        as_other(another_user.link, errors / name, private(shared))
    file = complaint.write(shared, "x.wav", "It is empty.")
    assert file.name == "x.wav_2.txt"  # the other is not ours
    assert private(shared).read_bytes() == before
    assert stat.S_IMODE(private(shared).stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["pipe", "device", "large"])
def test_what_lies_in_a_sentences_place_is_not_waited_for(kind: str, shared: Path) -> None:
    errors = shared / "Errors"
    errors.mkdir()
    if kind == "pipe":
        os.mkfifo(errors / "x.wav.txt")
    elif kind == "device":
        (errors / "x.wav.txt").symlink_to("/dev/zero")
    else:
        (errors / "x.wav.txt").write_bytes(bytes(1_000_000))
    assert complaint.write(shared, "x.wav", "It is empty.").name == "x.wav_2.txt"


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_a_result_that_is_no_file_is_none(kind: str, shared: Path, tmp_path: Path) -> None:
    made = shared / "Restored" / "x_quick"
    made.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(made / "job.json")
    else:
        made.chmod(0o777)
        (tmp_path / "job.json").write_text(json.dumps({"job": JOB, "state": "succeeded"}))
        (made / "job.json").symlink_to(tmp_path / "job.json")
    assert Folder(str(shared)).result("x.wav", "quick", JOB) is None


@needs_root
@pytest.mark.parametrize("attack", ["source", "Restored", "Errors", "lock"])
def test_the_watcher_and_the_worker_together_let_nothing_out(
    attack: str, shared: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_WATCH_NOTIFY", "false")
    house.start()
    watching = Watching(shared, shared.parent)
    run_cli("watch", "add", shared, "--preset", "fake")
    music = private(shared).parent / "music"
    if attack == "source":
        as_other(another_user.link, shared / "x.wav", private(shared))
    elif attack == "lock":
        as_other(another_user.link, shared / ".voxmend-watch.lock", private(shared))
    else:
        os.rmdir(shared / attack)
        as_other(another_user.link, shared / attack, music)
        song = sounds.write(shared / "y.wav", sounds.tone(0.5))
        song.chmod(0o644)
        if attack == "Errors":
            song.write_bytes(b"no sound at all")
    before = private(shared).read_bytes()
    watching.start()
    try:
        expected = {
            "source": "is a link that another user made",
            "Restored": "leads through a link that another user made",
            "Errors": "Errors in",
            "lock": "is no file",
        }[attack]
        until(lambda: expected in watching.said(), otherwise=watching.said)
    finally:
        watching.close()
    assert os.listdir(music) == []
    assert private(shared).read_bytes() == before
    assert not list(shared.glob("Restored/*"))
    assert OTHER not in {private(shared).stat().st_uid, music.stat().st_uid}
