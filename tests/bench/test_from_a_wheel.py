"""What a wheel carries, and that the three measurements work from it alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds

from voxmend.demo import song
from voxmend.installation.bundle import find_uv

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.name != "posix", reason="an environment is laid out as POSIX has it"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """voxmend's own, built of this tree."""
    out = tmp_path_factory.mktemp("wheel")
    for network in ("--offline", "--quiet"):  # what is in uv's cache, else what can be fetched
        command = [str(find_uv()), "build", network, "--wheel", "--out-dir", str(out), str(ROOT)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode == 0:
            break
    assert made.returncode == 0, made.stderr
    (found,) = out.glob("voxmend-*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, all that it needs, and nothing of this checkout."""
    root = tmp_path_factory.mktemp("installed") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
    made = root / "bin" / "python"
    places = Path(sysconfig.get_path("purelib"))
    (there,) = root.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(there)
    # A folder named in a .pth is searched, and its own .pth files, which lead here, are not read.
    (there / "needs.pth").write_text(f"{places}\n", "utf-8")
    return made


def run(python: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of the installed voxmend, in an empty home of its own."""
    home.mkdir(exist_ok=True)
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "VOXMEND_HOME": str(home / "voxmend")}
    return subprocess.run(
        [str(python), *words], env=env, cwd=home, capture_output=True, text=True, check=False
    )


def made(folder: Path) -> list[Path]:
    """Six seconds of the demo's voice, and twelve of its backing."""
    voice, backing = (sound.astype(np.float32) for sound in song.make(12.0, 1))
    return [
        sounds.write(folder / "voice.wav", voice[:, : 6 * song.RATE]),
        sounds.write(folder / "backing.wav", backing),
    ]


def measured(python: Path, home: Path, *words: str) -> Any:
    """What a measurement found."""
    done = run(python, home, "-m", "voxmend", "bench", *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_carries_the_product_and_nothing_that_only_developers_need(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    roots = {name.split("/")[0] for name in names if not name.startswith("voxmend-0")}
    assert roots == {"voxmend", "voxmend_protocol"}
    assert "voxmend/watch/toast.ps1" in names
    assert "voxmend/demo/song.py" in names


def test_from_it_upstream_is_a_sentence(python: Path, tmp_path: Path) -> None:
    where = "import voxmend; print(voxmend.__file__)"
    assert str(python.parents[1]) in run(python, tmp_path, "-c", where).stdout
    assert run(python, tmp_path, "-c", "import voxmend_bench").returncode == 1
    words = ("-m", "voxmend", "bench", "speed", "--against", "upstream", "--json")
    done = run(python, tmp_path, *words)
    assert done.returncode == 4, done.stderr
    assert "from a checkout" in json.loads(done.stdout)["error"]["message"]


@pytest.mark.slow
def test_from_it_speed_is_measured(python: Path, tmp_path: Path) -> None:
    """Tiny networks: that it works, not how fast."""
    code = (
        "from voxmend.bench import speed\n"
        "from voxmend.bench.turns import Question\n"
        "found = speed.measure(Question((1.0,), full=False, repeats=1))\n"
        "print(found.rows[0].ours.warm_s, found.rows[0].upstream)\n"
    )
    done = run(python, tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == "None"


@pytest.mark.slow
def test_from_it_repairs_are_measured(python: Path, tmp_path: Path) -> None:
    voice, backing = made(tmp_path)
    found = measured(
        python, tmp_path / "home", "quality", "--voice", str(voice), "--backing", str(backing),
        "--rows", "leak -10", "--chains", "inverse",
    )  # fmt: skip
    assert found["rows"]


@pytest.mark.slow
def test_from_it_separation_is_measured(python: Path, tmp_path: Path) -> None:
    voice, band = made(tmp_path)
    found = measured(
        python, tmp_path / "home", "songs", "--voice", str(voice), "--band", str(band),
        "--preset", "quick,separate.speeds=1",
    )  # fmt: skip
    assert found["excerpts"]
