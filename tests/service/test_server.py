"""The unit for a server: systemd itself finds nothing wrong with it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from house import House
from typer.testing import CliRunner

from voxmend.cli.app import app
from voxmend.service.server import Server, unit
from voxmend_protocol.errors import BadRequest


def test_it_waits_for_the_share_writes_only_there_and_comes_back(tmp_path: Path) -> None:
    text = unit(Server(("/opt/p", "-m", "voxmend"), "vox", "/var/lib/voxmend", ("/srv/a b",)))
    for line in (
        'RequiresMountsFor="/srv/a b"', "User=vox", "Restart=always", "ProtectSystem=strict",
        'ReadWritePaths="/var/lib/voxmend" "/srv/a b"', "WantedBy=multi-user.target",
        'ExecStart="/opt/p" "-m" "voxmend"',
    ):  # fmt: skip
        assert line in text.splitlines()


@pytest.mark.parametrize("path", ["share", "/a\nExecStart=/bin/sh", ""])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(BadRequest, match="no whole path"):
        unit(Server(("/p",), "vox", "/home", (path,)))


@pytest.mark.parametrize("user", ["", "a b", "x\nExecStart=/bin/sh", "%u"])
def test_a_user_that_is_none_is_refused(user: str) -> None:
    with pytest.raises(BadRequest, match="no user's name"):
        unit(Server(("/p",), user, "/home", ()))


def test_the_command_prints_it_for_the_folders_that_are_watched(
    house: House, tmp_path: Path
) -> None:
    run = CliRunner().invoke(app, ["service", "unit", "--folder", str(tmp_path)])
    assert run.exit_code == 0
    assert f'ReadWritePaths="/var/lib/voxmend" "{tmp_path}"' in run.stdout
    assert "[Unit]" not in run.stderr
    assert "systemctl enable --now voxmend-watch.service" in run.stderr
    assert "--folder DIR" in CliRunner().invoke(app, ["service", "unit"]).stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "voxmend-watch.service"
    server = Server((sys.executable, "-m", "voxmend", "100% $HOME"), "root", "/tmp", ("/srv/a b%",))
    file.write_text(unit(server))
    run = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
