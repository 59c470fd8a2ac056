"""What another user laid into voxmend's own folders is refused by every command, with a sentence
that says what to type, and nothing hangs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import another_user
import pytest
from another_user import as_other, needs_root, shared_by_all
from house import House, printed, run_cli

from voxmend import paths
from voxmend.doctor import rights
from voxmend.doctor.finding import Case
from voxmend.paths import Paths
from voxmend.watch import registry

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder that is not there yet."""
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def refused(*command: str | Path, says: str) -> None:
    run = run_cli(*command)
    assert run.returncode == 4, run.stderr
    assert says in run.stderr.replace("\n", " ")
    assert run.stderr.rstrip().endswith("[environment]")
    assert "Traceback" not in run.stderr


@needs_root
def test_a_worker_does_not_start_in_another_users_state_folder(home: Path) -> None:
    shared = shared_by_all(home.parent / "shared")
    as_other(another_user.folder, shared / "home", 0o755)
    (shared / "home").rename(home)
    refused("worker", "start", says=f"{home} belongs to another user")
    refused("worker", "run", says="sudo chown -R")
    assert {*os.listdir(home)} <= {"logs", "cache"}


@pytest.mark.parametrize("mode", [0o777, 0o757])
def test_a_worker_does_not_start_in_a_state_folder_that_others_may_write(
    mode: int, home: Path
) -> None:
    home.mkdir()
    home.chmod(mode)
    refused("worker", "start", says="can be written by everybody")
    refused("worker", "run", says="chmod ")
    home.chmod(0o700)


def test_a_state_folder_that_others_may_read_is_closed_and_that_is_said(house: House) -> None:
    house.root.chmod(0o755)
    run = run_cli("worker", "start")
    try:
        assert run.returncode == 0, run.stderr
        assert "was open to others (mode 755) and is yours alone now" in run.stderr
        assert "folder_rights" in (house.root / "logs" / "worker.log").read_text()
        assert stat.S_IMODE(house.root.stat().st_mode) == 0o700
    finally:
        run_cli("worker", "stop")


@needs_root
@pytest.mark.parametrize("name", ["jobs.sqlite3", "jobs.sqlite3-wal", "run/worker.json", "watch/a"])
def test_a_file_that_another_user_put_into_the_state_is_not_believed(name: str, home: Path) -> None:
    file = home / name
    file.parent.mkdir(parents=True)
    for folder in (home, file.parent):
        folder.chmod(0o777)
    as_other(another_user.write, file)
    for folder in (home, file.parent):
        folder.chmod(0o700)
    refused("worker", "run", says=f"{file} belongs to another user")


@needs_root
@pytest.mark.parametrize("name", ["start.log", "worker.log", "engine.out"])
def test_a_link_in_the_place_of_a_log_overwrites_nothing(name: str, home: Path) -> None:
    logs = home / "logs"
    logs.mkdir(parents=True)
    for folder in (home, logs):
        folder.chmod(0o777)
    secret = home.parent / "secret"
    secret.write_text("mine")
    as_other(another_user.link, logs / name, secret)
    for folder in (home, logs):
        folder.chmod(0o700)
    run = run_cli("worker", "start")
    assert secret.read_text() == "mine"
    if name != "start.log":  # that one is made anew each time
        assert run.returncode == 4, run.stderr
        assert "another user" in run.stderr
    run_cli("worker", "stop")


@pytest.mark.parametrize("kind", ["pipe", "device", "link"])
def test_a_worker_json_that_is_no_file_is_told_at_once(kind: str, home: Path) -> None:
    file = Paths(home, home, home).worker_file
    file.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero" if kind == "device" else "elsewhere")
    run = run_cli("worker", "status")
    assert run.returncode == 3, run.stderr
    assert "worker.json cannot be read" in run.stderr


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "large"])
def test_a_preset_that_is_no_plain_file_is_named_and_hinders_no_other(
    kind: str, house: House
) -> None:
    file = house.root / "config" / "presets" / "odd.toml"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "folder":
        file.mkdir()
    else:
        file.write_text("#" * 300_000)
    listed = run_cli("presets", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert "fake" in [item["name"] for item in printed(listed)["items"]]
    shown = run_cli("presets", "show", "odd")
    assert shown.returncode == 2, shown.stderr
    assert "odd.toml" in shown.stderr
    assert "[bad_request]" in shown.stderr


@pytest.mark.parametrize("kind", ["pipe", "pipe.zip", "device"])
def test_only_a_file_is_imported_as_a_model(kind: str, home: Path, tmp_path: Path) -> None:
    file = tmp_path / kind
    if kind.startswith("pipe"):
        os.mkfifo(file)
    else:
        file = Path("/dev/zero")
    run = run_cli("models", "import", file)
    assert run.returncode == 1, run.stderr
    assert "not a file" in run.stderr


@pytest.mark.parametrize("spoil", ["pipe", "open"])
def test_settings_that_others_may_write_are_not_heeded(spoil: str, house: House) -> None:
    file = house.root / "config" / "voxmend.toml"
    if spoil == "pipe":
        os.mkfifo(file)
    else:
        file.write_text('[restore]\nfolder = "/tmp"\n')
        file.chmod(0o666)
    refused("config", "show", says=str(file))


def test_settings_may_be_a_link_of_mine_to_where_i_keep_them(house: House, tmp_path: Path) -> None:
    (tmp_path / "dotfiles.toml").write_text("[restore]\npreset = 'split'\n")
    (house.root / "config" / "voxmend.toml").symlink_to(tmp_path / "dotfiles.toml")
    assert "split" in run_cli("config", "show").stdout


def test_models_that_others_may_write_are_not_added_to(house: House, tmp_path: Path) -> None:
    models = tmp_path / "disk"
    models.mkdir()
    models.chmod(0o777)
    (house.root / "models").symlink_to(models)
    (models / "htdemucs").mkdir()
    refused("models", "remove", "htdemucs", says="chmod -R go-w")
    refused("worker", "run", says=f"{house.root / 'models'} can be written by everybody")


@pytest.mark.parametrize("spoil", ["", "config/presets", "models", "mailbox", "reports/x"])
def test_the_doctor_says_who_may_write_where(
    spoil: str, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reaper = tmp_path / "reaper"
    for folder in (reaper / "Data" / "voxmend", house.root / "models", house.root / "reports"):
        folder.mkdir(parents=True)
    (reaper / "reaper.ini").write_text("")
    (house.root / "reports" / "x").write_text("")
    monkeypatch.setattr("voxmend.reaper.resource.defaults", lambda: [(reaper, "default")])
    watched = tmp_path / "Mend"
    watched.mkdir()
    registry.save(paths.find().watch_file, [registry.Watched(str(watched), "quick")])
    watched.chmod(0o777)
    found = rights.rights(Case(paths.find()))
    assert found.health == "ok", found
    assert f"{watched}: everybody: links in it are not followed" in found.detail
    assert {"folder": str(house.root), "who": "only you"} in found.facts["writers"]
    if spoil:
        place = reaper / "Data" / "voxmend" if spoil == "mailbox" else house.root / spoil
        place.chmod(0o777)
        place.parent.chmod(0o755)
        found = rights.rights(Case(paths.find()))
        assert found.health == "fail", found
        assert f"{place} can be written by everybody" in found.detail
        assert found.fix == f"chmod -R go-w {place}"
