"""Fixtures every test may use."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import cores
import pytest
from house import REAL_WORKER, House

from voxmend import manners, speech

manners.wait_asleep()  # many tests run a worker beside themselves
manners.keep_memory()  # as the engine does: pages that come anew for each tensor cost a fifth
cores.share()
# Beside other tests an engine that leaves the cores to others would come to nothing.
os.environ.setdefault("VOXMEND_WORKER_PRIORITY", "normal")


def shared_folder() -> Path:
    """Where real audio and weights lie."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    return Path(os.environ.get("VOXMEND_SHARED") or beside)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real audio and weights; skips where it is absent."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip(f"no shared audio: {folder} is not there (VOXMEND_SHARED may name it)")
    return folder


@pytest.fixture(scope="session")
def weights(shared: Path) -> Path:
    """The folder with real weights; skips where it is absent."""
    folder = shared / "weights"
    if not folder.is_dir():
        pytest.skip(f"no shared weights: {folder} is not there")
    return folder


@pytest.fixture(scope="session")
def voicefixer_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """VoiceFixer's two files, random weights of full size."""
    from voxmend.bench.networks import voicefixer

    return voicefixer.write(tmp_path_factory.mktemp("voicefixer"), seed=1, half=True)


@pytest.fixture(scope="module", autouse=True)
def young() -> None:
    """What files before this one have loaded (torch, the models of a cloud's services) is not
    looked through whenever garbage is collected, as an engine does after each job: a second. What
    they have freed goes back to the system."""
    gc.collect()
    gc.freeze()
    manners.give_back()


@pytest.fixture(autouse=True)
def manner(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command was told of its manner (``--plain``, ``--quiet``) ends with the test."""
    monkeypatch.setattr(speech, "MANNER", speech.Manner())


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house whose worker has the fake engine; the test starts it."""
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    made = House(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture(scope="module")
def real_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with the real engine, started, one for each module: torch loads only once."""
    root = tmp_path_factory.mktemp("real") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOXMEND_HOME", str(root))
        made = House(root, REAL_WORKER)
        made.start()
        yield made
        made.close()
