"""The installer, put through everything with tools that only look like uv and voxmend."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

import pytest
from installation.fake_tools import Ground, tree

from voxmend.installation import uv

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the tools are shell scripts")


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


def test_it_installs_says_where_and_takes_nothing_on_that_nobody_wanted(ground: Ground) -> None:
    run = ground.installer("--device", "cpu")
    assert run.returncode == 0, run.stderr
    assert ground.voxmend("--version").stdout == "voxmend 1.0\n"
    for words in (str(ground.program), str(ground.launcher), "cpu (fake)", "+9.5 dB", "uninstall"):
        assert words in run.stderr
    assert f"later: {ground.launcher} models pull --preset restore" in run.stderr
    assert not [call for call in ground.calls if " pull " in call or "service install" in call]
    assert "Licence L" in run.stdout  # size and licence are said before anybody is asked
    assert "about 5 MB" in run.stdout


def test_yes_takes_everything_on_and_switches_leave_it_out(ground: Ground) -> None:
    ground.env["FAKE_REAPER"] = '{"resource": "/r", "owner": ""}'
    assert ground.installer("--yes", "--device", "cpu").returncode == 0
    for call in (
        "voxmend models pull --preset restore --accept-licence",
        "voxmend reaper install --resource /r", "voxmend service install",
    ):  # fmt: skip
        assert call in ground.calls
    run = ground.installer("--yes", "--no-models", "--no-reaper", "--no-autostart")
    assert run.returncode == 0
    assert not [c for c in ground.calls if "pull" in c or "reaper install" in c]
    assert "voxmend service install" not in ground.calls


def test_a_start_of_the_watch_folder_is_offered_where_there_is_a_folder(ground: Ground) -> None:
    words = "voxmend service install --watch"
    run = ground.installer("--yes", "--device", "cpu")
    assert words not in ground.calls
    assert "watches" not in run.stderr
    ground.env["FAKE_FOLDERS"] = '{"path": "/f"}'
    run = ground.installer("--device", "cpu")
    assert words not in ground.calls
    assert f"from log-in on: {ground.launcher} service install --watch" in run.stderr
    ground.installer("--yes", "--device", "cpu")
    assert words in ground.calls
    ground.env |= {"FAKE_FOLDERS": "", "FAKE_WATCH": "true"}
    ground.installer("--device", "cpu", "--no-autostart")
    assert words in ground.calls  # it came along
    ground.installer("uninstall", "--yes")
    assert "voxmend service uninstall" in ground.calls


def test_models_that_cannot_be_fetched_do_not_undo_the_installation(ground: Ground) -> None:
    run = ground.installer("--yes", "--device", "cpu", FAKE_FAIL="models pull", FAKE_WORDS="no")
    assert run.returncode == 0
    assert f"later: {ground.launcher} models pull --preset restore" in run.stderr
    assert ground.voxmend("--version").returncode == 0


@pytest.mark.parametrize(("worker", "restarted"), [("older", True), ("", False)])
def test_an_upgrade_replaces_a_worker_that_speaks_an_older_protocol(
    ground: Ground, worker: str, restarted: bool
) -> None:
    ground.installer("--device", "cpu")
    ground.version = "2.0"
    run = ground.installer("--device", "cpu", "--no-autostart", FAKE_WORKER=worker)
    assert run.returncode == 0, run.stderr
    assert ("voxmend worker restart" in ground.calls) is restarted


def test_again_is_an_upgrade_that_takes_along_what_was_there(ground: Ground) -> None:
    ground.installer("--device", "cpu")
    ground.version = "2.0"
    ground.env |= {
        "FAKE_REAPER": '{"resource": "/r", "owner": "voxmend"}', "FAKE_WORKER": "1",
        "FAKE_SERVICE": "true",
    }  # fmt: skip
    run = ground.installer("--device", "cpu", "--no-autostart")
    assert run.returncode == 0, run.stderr
    assert "Over 1.0" in run.stderr
    assert ground.voxmend("--version").stdout == "voxmend 2.0\n"
    for call in (
        "worker restart", "reaper install --resource /r", "service install",
    ):  # fmt: skip
        assert f"voxmend {call}" in ground.calls
    assert [entry.name for entry in (ground.program / "versions").iterdir()] == ["2.0-2"]


def test_scripts_by_reapack_are_led_to_the_new_version_and_let_go(ground: Ground) -> None:
    ground.installer("--device", "cpu")
    ground.version = "2.0"
    ground.env |= {"FAKE_REAPER": '{"resource": "/r", "owner": "reapack"}'}
    assert ground.installer("--device", "cpu", "--no-autostart").returncode == 0
    assert "voxmend reaper install --resource /r" in ground.calls
    ground.installer("uninstall", "--yes")
    assert "voxmend reaper uninstall --resource /r" in ground.calls


def commands(ground: Ground) -> int:
    """How many commands a whole installation runs."""
    assert ground.installer("--yes", "--device", "cpu").returncode == 0
    return len(ground.calls)


def test_killed_before_any_of_its_commands_it_leaves_the_old_one_or_the_new(tmp_path: Path) -> None:
    count = commands(Ground(tmp_path / "once"))
    assert count >= 10
    ground = Ground(tmp_path / "again")
    assert ground.installer("--yes", "--device", "cpu").returncode == 0
    seen = set()
    for at in range(1, count + 1):
        ground.version = f"{at}.5"
        before = ground.voxmend("--version").stdout
        run = ground.installer("--yes", "--device", "cpu", FAKE_KILL_AT=str(at))
        assert run.returncode == -9, (at, run.stderr)
        now = ground.voxmend("--version")
        assert now.returncode == 0
        assert now.stdout in (before, f"voxmend {at}.5\n"), at
        seen.add(now.stdout == before)
    assert seen == {True, False}  # before the switch the old one, after it the new one
    ground.version = "99"
    assert ground.installer("--yes", "--device", "cpu").returncode == 0
    assert ground.voxmend("--version").stdout == "voxmend 99\n"
    versions = [entry.name.partition("-")[0] for entry in (ground.program / "versions").iterdir()]
    assert versions == ["99"]
    assert not (ground.program / "trial").exists()


def test_a_first_one_that_is_killed_anywhere_can_be_repeated_and_taken_off(tmp_path: Path) -> None:
    count = commands(Ground(tmp_path / "once"))
    for at in range(1, count + 1):
        ground = Ground(tmp_path / str(at))
        before = tree(ground.home)
        ground.installer("--yes", "--device", "cpu", FAKE_KILL_AT=str(at))
        run = ground.installer("uninstall", "--yes")
        assert run.returncode == 0, (at, run.stderr)
        assert tree(ground.home) == before, at


@pytest.mark.parametrize(
    ("fails", "words", "sentence"),
    [
        ("pip install", "No space left on device", "disk is full"),
        ("pip install", "error sending request for url", "--offline FOLDER"),
        ("pip install", "Permission denied", "VOXMEND_PROGRAM=FOLDER"),
        ("venv", "No interpreter found for Python 3.12", "Python from 3.11 to 3.13"),
        ("pip compile", "No solution found", "--device cpu"),
        ("demo", "voxmend: torch is broken. [environment]", "torch is broken"),
        ("config path", "voxmend: no", "nothing was switched"),
    ],
)
def test_what_fails_is_one_sentence_and_the_old_one_stays(
    ground: Ground, fails: str, words: str, sentence: str
) -> None:
    assert ground.installer("--device", "cpu").returncode == 0
    before = tree(ground.program / "versions")
    ground.version = "2.0"
    run = ground.installer("--device", "cpu", FAKE_FAIL=fails, FAKE_WORDS=words)
    assert run.returncode == 4
    last = run.stderr.splitlines()[-1]
    assert last.startswith("voxmend: ")
    assert sentence in last
    assert "Traceback" not in run.stderr
    assert ground.voxmend("--version").stdout == "voxmend 1.0\n"
    assert tree(ground.program / "versions") == before


def test_torchs_builds_that_cannot_be_reached_are_replaced_and_that_is_said(ground: Ground) -> None:
    run = ground.installer("--device", "cpu", FAKE_FAIL="--torch-backend", FAKE_WORDS="dns error")
    assert run.returncode == 0
    assert "default registry" in run.stderr
    assert not [call for call in ground.calls if "install" in call and "--torch-backend" in call]


def test_too_little_room_is_said_before_anything_is_fetched(ground: Ground) -> None:
    from voxmend.installation import environment, machine
    from voxmend.installation.program import Program
    from voxmend_protocol.errors import EnvironmentProblem

    choice = machine.choose(machine.Sighting("linux", "x86_64"), "cpu")
    huge = machine.Choice(choice.device, choice.extra, "", 1e9, choice.words)
    with pytest.raises(EnvironmentProblem, match=r"GB free, and voxmend needs about.*another disk"):
        environment.room(Program(ground.home), huge)


@pytest.mark.parametrize("words", [("--device", "tpu"), ("--nonsense",), ("--offline", "/no")])
def test_a_wrong_option_is_exit_code_2(ground: Ground, words: tuple[str, ...]) -> None:
    run = ground.installer(*words)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert not (ground.program / "versions").exists()


def test_a_command_of_another_stays_and_is_not_taken_away(ground: Ground) -> None:
    ground.launcher.parent.mkdir(parents=True)
    ground.launcher.write_text("#!/bin/sh\necho mine\n")
    run = ground.installer("--device", "cpu")
    assert run.returncode == 0
    assert f"{ground.program}/current/bin/voxmend" in run.stderr
    assert ground.installer("uninstall", "--yes").returncode == 0
    assert ground.launcher.read_text() == "#!/bin/sh\necho mine\n"


def test_a_command_that_the_user_has_put_in_place_of_ours_stays(ground: Ground) -> None:
    ground.installer("--device", "cpu")
    ground.launcher.unlink()
    ground.launcher.write_text("#!/bin/sh\necho mine\n")
    assert ground.installer("uninstall", "--yes").returncode == 0
    assert ground.launcher.read_text() == "#!/bin/sh\necho mine\n"


def test_an_uninstall_takes_what_was_made_and_leaves_what_is_the_users(ground: Ground) -> None:
    music = ground.home / "Music"
    music.mkdir()
    (music / "song.wav").write_bytes(b"RIFF")
    (ground.home / "cache").mkdir()
    before = tree(ground.home)
    ground.installer("--yes", "--device", "cpu")
    for folder in ("state", "cache", "config"):
        (ground.home / folder / "voxmend" / "deep").mkdir(parents=True)
        (ground.home / folder / "voxmend" / "deep" / "x").write_text("made by voxmend")
    (ground.home / "config" / "voxmend" / "watch.json").write_text("{}")
    run = ground.installer("uninstall", "--yes")
    assert run.returncode == 0, run.stderr
    assert tree(ground.home) == before
    for call in ("worker stop",):
        assert f"voxmend {call}" in ground.calls


def test_settings_and_presets_of_the_users_own_hand_stay(ground: Ground) -> None:
    ground.installer("--yes", "--device", "cpu")
    settings = ground.home / "config" / "voxmend"
    (settings / "presets").mkdir(parents=True)
    (settings / "presets" / "mine.toml").write_text("x")
    (settings / "voxmend.toml").write_text("y")
    (settings / "watch.json").write_text("{}")
    run = ground.installer("uninstall", "--yes")
    assert f"your own, left: {settings / 'voxmend.toml'}" in run.stderr
    assert sorted(tree(settings)) == ["presets", "presets/mine.toml", "voxmend.toml"]


def test_data_that_shall_stay_stays_and_data_from_before_is_not_touched(ground: Ground) -> None:
    state = ground.home / "state" / "voxmend"
    state.mkdir(parents=True)
    (state / "models").write_text("from a checkout")
    ground.installer("--yes", "--device", "cpu")
    cache = ground.home / "cache" / "voxmend"
    cache.mkdir(parents=True)
    assert ground.installer("uninstall", "--yes", "--keep-data").returncode == 0
    assert cache.is_dir()
    assert not ground.program.exists()
    ground.installer("--yes", "--device", "cpu")
    assert ground.installer("uninstall", "--yes").returncode == 0
    assert cache.is_dir()  # it was there before the second one
    assert (state / "models").read_text() == "from a checkout"


def test_an_uninstall_asks_first_and_one_without_an_installation_says_so(ground: Ground) -> None:
    ground.installer("--device", "cpu")
    run = ground.installer("uninstall")
    assert run.returncode == 4
    assert "--yes" in run.stderr
    assert ground.voxmend("--version").returncode == 0
    assert ground.installer("uninstall", "--yes").returncode == 0
    (ground.program).mkdir(parents=True)
    run = ground.installer("uninstall", "--yes")
    assert (run.returncode, "no installation" in run.stderr) == (4, True)


def test_two_at_once_are_one(ground: Ground) -> None:
    from voxmend.installation.lock import held

    ground.installer("--device", "cpu")
    with held(ground.program / "lock"):
        run = ground.installer("--device", "cpu")
    assert run.returncode == 4
    assert "Another install" in run.stderr
    assert ground.installer("--device", "cpu").returncode == 0


def prepared(ground: Ground, system: str = sys.platform) -> Path:
    """A folder as ``voxmend bundle`` makes it."""
    folder = ground.root / "prepared"
    (folder / "wheels").mkdir(parents=True)
    (folder / "models" / "m").mkdir(parents=True)
    (folder / "wheels" / "voxmend-1.0-py3-none-any.whl").touch()
    (folder / "requirements.txt").write_text("torch==9\n")
    facts = {
        "schema": 1, "version": "1.0", "system": system, "architecture": platform.machine(),
        "device": "cpu", "python": uv.PYTHON,
    }  # fmt: skip
    (folder / "bundle.json").write_text(json.dumps(facts))
    return folder


def test_a_prepared_folder_is_all_that_is_needed(ground: Ground) -> None:
    folder = prepared(ground)
    run = ground.installer("--offline", str(folder))
    assert run.returncode == 0, run.stderr
    assert ground.voxmend("--version").stdout == "voxmend 1.0\n"
    (installed,) = (call for call in ground.calls if call.startswith("uv pip"))
    assert f"--offline --no-index --find-links {folder / 'wheels'}" in installed
    assert not [call for call in ground.calls if "pull" in call or "uv build" in call]
    assert f"voxmend models import {folder / 'models'}" in ground.calls
    assert (ground.program / "uv" / "bin" / "uv").exists()  # for the next time
    assert ground.installer("uninstall", "--yes").returncode == 0
    assert list(ground.home.iterdir()) == []


def test_a_folder_prepared_for_another_system_is_refused(ground: Ground) -> None:
    run = ground.installer("--offline", str(prepared(ground, "elsewhere")))
    assert run.returncode == 4
    assert "elsewhere" in run.stderr
    assert not (ground.program / "versions").exists()
