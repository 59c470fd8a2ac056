"""The installers' scripts: their form, what they share with the Python they start, and the ways
in which uv and Python may be missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

from voxmend.doctor import machine
from voxmend.installation import command, program

ROOT = Path(__file__).resolve().parents[2]
INSTALLERS = ROOT / "installers"
SH = (INSTALLERS / "install.sh").read_text("utf-8")
PS1 = (INSTALLERS / "install.ps1").read_text("utf-8")

posix = pytest.mark.skipif(os.name != "posix", reason="a shell runs them")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", ["install.sh", "run.sh", "test.sh", "uv.sh"])
def test_shellcheck_finds_nothing(name: str) -> None:
    run = subprocess.run(
        ["shellcheck", "-x", f"installers/{name}"], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert run.stdout == ""


def test_install_ps1_is_powershell() -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    assert not parser.parse(PS1.encode()).root_node.has_error
    assert parser.parse(PS1.replace("{", "(", 3).encode()).root_node.has_error  # it can tell


def test_both_scripts_and_the_python_know_the_same_switches() -> None:
    help_ = command._parser().format_help()
    known = set(re.findall(r"--[a-z-]+", help_)) - {"--help"}
    for text in (SH, PS1):
        head = text[: text.index("set -eu" if text is SH else "$ErrorActionPreference")]
        assert set(re.findall(r"--[a-z-]+", head)) == known


def test_both_scripts_and_the_python_mean_the_same_folder(tmp_path: Path) -> None:
    body = SH[SH.index("program_folder() {") : SH.index("# make_folder FOLDER")]
    for env in (
        {"HOME": str(tmp_path)},
        {"HOME": str(tmp_path), "XDG_DATA_HOME": "/data"},
        {"HOME": str(tmp_path), "XDG_DATA_HOME": "relative"},
        {"HOME": str(tmp_path), "VOXMEND_PROGRAM": "/opt/mine"},
    ):
        said = subprocess.run(
            ["sh", "-c", f"{body}\nprogram_folder"], env={"PATH": os.environ["PATH"], **env},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", str(tmp_path))
            assert said.stdout.strip() == str(program.folder(env, "linux"))
    assert "'voxmend-program'" in PS1
    local = {"LOCALAPPDATA": "/l"}
    assert program.folder(local, "win32") == Path("/l/voxmend-program")


@posix
def test_folders_that_were_not_there_go_into_the_manifest_first(tmp_path: Path) -> None:
    body = SH[SH.index("make_folder() {") : SH.index("bundle=\n")]
    target = tmp_path / "a b" / "c"
    subprocess.run(["sh", "-c", f'set -eu\n{body}\nmake_folder "$1"', "sh", target], check=True)
    subprocess.run(["sh", "-c", f'set -eu\n{body}\nmake_folder "$1"', "sh", target], check=True)
    assert (target / "manifest").read_text() == f"dir\t{target.parent}\ndir\t{target}\n"


@posix
def test_help_makes_no_folder(tmp_path: Path) -> None:
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    said = f'case "$1" in --version) echo "uv 9.9.9" ;; *) echo "{sys.executable}" ;; esac'
    uv.write_text(f"#!/bin/sh\n{said}\n")
    uv.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    run = subprocess.run(
        ["sh", str(INSTALLERS / "install.sh"), "--help"], capture_output=True, text=True,
        env={"PATH": f"{uv.parent}:/usr/bin:/bin", "HOME": str(home)}, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "--no-autostart" in run.stdout
    assert list(home.iterdir()) == []


@posix
@pytest.mark.parametrize("kept", [(), (".local",)])
def test_where_nothing_can_come_of_it_no_folder_stays(
    tmp_path: Path, kept: tuple[str, ...]
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dirname", "mkdir", "uname", "ls", "sed", "sort", "rm", "rmdir"):
        (tools / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    home = tmp_path / "home"
    home.mkdir()
    for name in kept:
        (home / name).mkdir()
    run = subprocess.run(
        ["/bin/sh", str(INSTALLERS / "install.sh"), "--yes"], capture_output=True, text=True,
        env={"PATH": str(tools), "HOME": str(home)}, check=False,
    )  # fmt: skip
    assert run.returncode == 4
    assert "Python 3 is missing" in run.stderr
    assert [path.relative_to(home).as_posix() for path in home.rglob("*")] == list(kept)


@posix
def test_a_prepared_folder_is_opened_by_its_own_installer(tmp_path: Path) -> None:
    """It may be of another version, whose packages have other names."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "install.sh").write_text('printf \'%s\\n\' "its own" "$@"\n')
    run = subprocess.run(
        ["sh", str(INSTALLERS / "install.sh"), "--yes", "--offline", "a folder"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home")}, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.stdout.splitlines() == ["its own", "--yes", "--offline", "a folder"], run.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["a folder"]
    assert "& (Join-Path $bundle 'install.ps1') @words" in PS1


# uv.sh ----------------------------------------------------------------------------------------


def find_uv(tmp_path: Path, tools: dict[str, str], **env: str) -> subprocess.CompletedProcess[str]:
    """Look for uv where only these programs are on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "mkdir", "rm", "mv", "tail", "cat", "chmod", "dirname"):
        (folder / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    for name, text in tools.items():
        (folder / name).write_text(f"#!{folder}/sh\n{text}\n")
        (folder / name).chmod(0o755)
    script = f'set -eu; root="{tmp_path}"; . "{INSTALLERS}/uv.sh"; find_uv; echo "$uv"'
    return subprocess.run(
        [str(folder / "sh"), "-c", script], capture_output=True, text=True, check=False,
        env={"PATH": str(folder), "HOME": str(tmp_path), **env},
    )  # fmt: skip


FETCHES = (
    "cat <<'X'\n"
    "printf '#!/bin/sh\\necho uv 9.9.9\\n' >\"$UV_UNMANAGED_INSTALL/uv\"\n"
    'chmod +x "$UV_UNMANAGED_INSTALL/uv"\n'
    "X"
)


@posix
@pytest.mark.parametrize("tool", ["curl", "wget"])
def test_without_python_uv_comes_from_its_makers(tmp_path: Path, tool: str) -> None:
    run = find_uv(tmp_path, {tool: FETCHES})
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == f"{tmp_path}/.venv-uv/bin/uv"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".venv-uv", "bin"]


@posix
@pytest.mark.parametrize(
    ("tools", "sentence"),
    [
        ({}, "Python 3 is missing"),
        ({"python3": "exit 1"}, "cannot make a virtual environment"),
        ({"curl": "exit 6"}, "uv could not be fetched"),
        ({"curl": "echo 'echo no route >&2; exit 1'"}, "installation failed"),
        ({"curl": "echo 'echo dns error >&2; exit 1'"}, "Check the network"),
    ],
)
def test_without_a_way_to_uv_there_is_one_sentence(
    tmp_path: Path, tools: dict[str, str], sentence: str
) -> None:
    run = find_uv(tmp_path, tools)
    assert run.returncode == 4
    assert sentence in run.stderr.splitlines()[-1]
    assert [entry.name for entry in tmp_path.iterdir()] == ["bin"]


@posix
@pytest.mark.parametrize("said", ["0.6.9", "0.9.16", "0.9", "0.9.x", ""])
def test_a_uv_that_is_too_old_is_passed_over(tmp_path: Path, said: str) -> None:
    run = find_uv(tmp_path, {"uv": f"echo uv {said}", "curl": FETCHES})
    assert run.stdout.strip() == f"{tmp_path}/.venv-uv/bin/uv"


@posix
@pytest.mark.parametrize("said", ["0.9.17", "0.9.18 (abc 2025-12-10)", "0.10.0", "1.0.0-rc1"])
def test_a_uv_that_knows_spans_is_taken(tmp_path: Path, said: str) -> None:
    run = find_uv(tmp_path, {"uv": f"echo 'uv {said}'"})
    assert run.stdout.strip() == f"{tmp_path}/bin/uv"


def test_all_places_ask_for_the_same_uv_and_the_same_pythons() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    uv = told["tool"]["uv"]["required-version"]
    pythons = told["project"]["requires-python"]
    shared = (INSTALLERS / "uv.sh").read_text("utf-8")
    page = (ROOT / "docs" / "install.md").read_text("utf-8")
    assert f"'uv{uv}'" in shared
    major, minor, patch = uv.removeprefix(">=").split(".")
    assert f'"$major" -gt {major} ] || [ "$minor" -gt {minor} ]' in shared
    assert f'"$minor" -eq {minor} ] && [ "$patch" -ge {patch} ]' in shared
    assert f"-ge [version] '{major}.{minor}.{patch}'" in PS1
    assert f"from version {major}.{minor}.{patch} on" in page
    assert f"pythons='{pythons}'" in shared
    assert f"$pythons = '{pythons}'" in PS1
    oldest, newest = machine.OLDEST, machine.NEWEST
    assert pythons == f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"
    span = f"{oldest[0]}.{oldest[1]} to {newest[0]}.{newest[1]}"
    for text in (shared, SH, PS1, page):
        assert f"Python from {span}" in text


@posix
def test_the_uv_of_a_prepared_folder_is_taken_or_the_folder_is_named(tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_text("#!/bin/sh\necho uv 9.9.9\n")
    good.chmod(0o755)
    assert find_uv(tmp_path, {}, bundled_uv=str(good)).stdout.strip() == str(good)
    shutil.rmtree(tmp_path / "bin")
    run = find_uv(tmp_path, {}, bundled_uv="/no/uv")
    assert run.returncode == 4
    assert "voxmend bundle" in run.stderr
