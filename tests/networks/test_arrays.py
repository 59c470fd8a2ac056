"""A checkpoint of arrays becomes safetensors, number for number, and runs no code."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from voxmend.models import catalogue, package
from voxmend.networks.arrays import as_safetensors


def saved(content: Any) -> bytes:
    made = io.BytesIO()
    torch.save(content, made)
    return made.getvalue()


def test_every_number_stays_under_its_name() -> None:
    rng = np.random.default_rng(1)
    arrays = {
        "a.weight": rng.standard_normal((3, 2, 5, 5)).astype("float32"),
        "a.half": rng.standard_normal(7).astype("float16"),
        "a.double": rng.standard_normal((2, 2)),
        "a.count": np.array(3, "int64"),
        "a.byte": np.arange(256, dtype="uint8"),
        "a.turned": np.asfortranarray(rng.standard_normal((4, 6)).astype("float32")),
        "a.big": rng.standard_normal(5).astype(">f4"),
    }
    found = load(as_safetensors(saved(arrays)))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(found[name], array), name
        assert found[name].dtype == array.dtype.newbyteorder("="), name


def test_the_same_arrays_are_the_same_bytes() -> None:
    one, two = np.ones(3, "float32"), np.zeros(2, "int32")
    assert as_safetensors(saved({"a": one, "b": two})) == as_safetensors(
        saved({"b": two, "a": one})
    )


@pytest.mark.parametrize("index", [0, 1])
def test_spleeter_s_own_files_come_through_whole(index: int) -> None:
    model = catalogue.load().find("spleeter")
    assert model.package is not None
    root = package.found(model.package)
    assert root is not None
    found = load(as_safetensors((root / str(model.files[index].path)).read_bytes()))
    assert sum(array.size for array in found.values()) == 9_826_759
    assert {array.dtype.name for array in found.values()} == {"float32"}
    assert all(np.isfinite(array).all() for array in found.values())
    assert found["down1_conv.1.weight"].shape == (16, 2, 5, 5)


class Runs:
    """Runs a command when it is unpickled as pickles are."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.mark}",)


def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for data in (saved({"a": Runs(mark)}), pickle.dumps({"a": Runs(mark)}, protocol=2)):
        with pytest.raises(ValueError, match="holds more than numbers and is not opened"):
            as_safetensors(data)
    assert not mark.exists()
    pickle.loads(pickle.dumps(Runs(mark)))
    assert mark.exists(), "so it would have run"


@pytest.mark.parametrize(
    "content",
    [
        {"a": np.array([{"b": 1}], dtype=object)},
        {"a": np.array(["text"])},
        {"a": np.array([True])},
        {"a": np.array([1j])},
        {"a": np.zeros(2, [("x", "f4")])},
        {"a": torch.ones(2)},
        {"a": 1.0},
        {1: np.ones(2)},
        {},
        [np.ones(2)],
        "text",
    ],
    ids=str,
)
def test_what_is_no_array_of_numbers_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match=r"holds|has something else than"):
        as_safetensors(saved(content))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x02", os.urandom(5000), b"<html>"])
def test_what_is_no_checkpoint_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"is not opened|cannot be read as numbers"):
        as_safetensors(data)


def test_a_checkpoint_that_was_cut_is_refused() -> None:
    data = saved({"a": np.ones(1000, "float32")})
    for end in range(0, len(data), 97):
        with pytest.raises(ValueError, match=r"is not opened|cannot be read as numbers"):
            as_safetensors(data[:end])


def test_what_is_allowed_is_allowed_nowhere_else() -> None:
    as_safetensors(saved({"a": np.ones(2)}))
    with pytest.raises(pickle.UnpicklingError):
        torch.load(io.BytesIO(saved({"a": np.ones(2)})), weights_only=True)
