"""``import voxmend``: light, typed, and the same names however they are asked for."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from house import House

import voxmend
from voxmend_protocol.errors import ModelMissing

if TYPE_CHECKING:
    from typing import assert_type

    import numpy as np
    import numpy.typing as npt

    def types_that_a_caller_sees(samples: npt.NDArray[np.float64]) -> None:
        """Judged by mypy alone."""
        assert_type(voxmend.restore("a").vocals, Path)
        assert_type(voxmend.restore(Path("a")).stems["vocals"], Path)
        assert_type(voxmend.restore(samples, rate=8000).vocals, npt.NDArray[np.float32])
        assert_type(voxmend.restore((samples, 8000)).instrumental, npt.NDArray[np.float32])
        for result in voxmend.restore_many(["a", "b"]):
            assert_type(result.vocals, Path)
        for other in voxmend.restore_many([(samples, 8000)]):
            assert_type(other.vocals, npt.NDArray[np.float32])
        assert_type(voxmend.diagnose("a")["bleed"].value, float)
        with voxmend.Client() as client:
            assert_type(client.submit("a", format="flac").wait().vocals, Path)


HEAVY = ("numpy", "zmq", "soundfile", "torch", "rich", "typer", "onnxruntime", "platformdirs")


def loaded(code: str, *arguments: str | Path) -> set[str]:
    """The packages that a script has loaded at its end."""
    ends = "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code + ends, *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return {*run.stdout.split()}


def test_to_import_voxmend_loads_nothing_heavy() -> None:
    assert not loaded("import voxmend; voxmend.__version__; dir(voxmend)") & {*HEAVY}


def test_a_caller_never_loads_torch(house: House, tmp_path: Path) -> None:
    house.start()
    song = tmp_path / "song.wav"
    song.write_bytes(b"RIFF")
    found = loaded(
        "import sys, numpy, voxmend\n"
        "assert voxmend.restore(sys.argv[1], 'fake').vocals.is_file()\n"
        "assert len(voxmend.restore((numpy.zeros(80), 8000), 'fake').vocals)\n"
        "assert [r.ok for r in voxmend.restore_many([sys.argv[1]], 'fake')] == [True]\n"
        "try: voxmend.diagnose(sys.argv[1] + '.gone')\n"
        "except voxmend.VoxmendError as error: assert error.code == 'input_missing'\n"
        "with voxmend.Client() as client: client.presets()\n",
        song,
    )
    assert "numpy" in found
    assert not found & {"torch", "onnxruntime", "soxr", "demucs", "audio_separator", "yaml"}


def test_every_public_name_is_there_and_explained() -> None:
    for name in voxmend.__all__:
        thing = getattr(voxmend, name)
        assert name in dir(voxmend)
        if name != "__version__":
            assert inspect.getdoc(thing), name
    assert callable(voxmend.diagnose)
    for kind in (voxmend.Client, voxmend.Job, voxmend.Result, voxmend.Diagnosis, voxmend.Progress):
        for name, member in vars(kind).items():
            if not name.startswith("_") and (callable(member) or isinstance(member, property)):
                assert inspect.getdoc(member), f"{kind.__name__}.{name}"


def test_a_name_that_is_not_there_is_none_of_the_module() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'mend'"):
        _ = voxmend.mend


def test_the_parameters_have_types_and_come_by_name() -> None:
    for call in (voxmend.restore, voxmend.restore_many, voxmend.diagnose, voxmend.Client.submit):
        told = inspect.signature(call)
        assert all(each.annotation is not each.empty for each in told.parameters.values()) or (
            "self" in told.parameters
        )
        assert told.return_annotation is not told.empty
    parameters = list(inspect.signature(voxmend.restore).parameters)
    assert parameters[:2] == ["path", "preset"]
    assert {"out", "set", "on_progress"} <= {*parameters}


@pytest.mark.parametrize("package", ["voxmend", "voxmend_protocol"])
def test_both_packages_say_that_they_are_typed(package: str) -> None:
    assert resources.files(package).joinpath("py.typed").is_file()


def test_an_error_keeps_its_job_on_its_way_through_a_pool_of_processes() -> None:
    error = ModelMissing("Fetch it.")
    assert error.job is None
    error.job = "0f0e"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.message, again.job) == (ModelMissing, "Fetch it.", "0f0e")
