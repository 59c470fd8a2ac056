from __future__ import annotations

import contextlib
import pickle
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch

from voxmend.networks.checkpoint import Published, Stem
from voxmend_protocol.errors import ModelCorrupt

STATE = {"a.weight": torch.arange(4.0), "a.count": torch.tensor(3)}


def open_pair(folder: Path, content: Any = STATE, text: str = "model: {}") -> Published:
    """What comes of a checkpoint and a description."""
    ckpt, described = folder / "net.ckpt", folder / "net.yaml"
    if not isinstance(content, Path):
        torch.save(content, ckpt)
    described.write_text(text)
    return Published.open([described, ckpt], "kim")


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return subprocess.call, (["touch", str(self.mark)],)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_checkpoint_that_runs_a_command_is_refused_and_does_not_run(
    tmp_path: Path, zipped: bool
) -> None:
    content = {"state_dict": STATE, "epoch": Evil(tmp_path / "ran")}
    if zipped:
        torch.save(content, tmp_path / "net.ckpt")
    else:
        (tmp_path / "net.ckpt").write_bytes(pickle.dumps(content))
    with pytest.raises(ModelCorrupt, match=r"^net.ckpt holds more than weights") as refused:
        open_pair(tmp_path, tmp_path / "net.ckpt")
    assert refused.value.message.endswith("voxmend models pull kim")
    assert not (tmp_path / "ran").exists()
    with contextlib.suppress(RuntimeError):  # what it would have done
        torch.load(tmp_path / "net.ckpt", weights_only=False)
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "tag",
    [
        "python/object/apply:subprocess.call",
        "python/object/new:subprocess.call",
        "python/name:subprocess.call",
        "python/module:subprocess",
        "python/object:subprocess.Popen",
    ],
)
def test_a_description_that_runs_a_command_is_refused_and_does_not_run(
    tmp_path: Path, tag: str
) -> None:
    text = f"model:\n  dim: !!{tag} [[touch, {tmp_path / 'ran'}]]\n"
    with pytest.raises(ModelCorrupt, match=r"net.yaml holds more than data") as refused:
        open_pair(tmp_path, text=text)
    assert refused.value.message.endswith("voxmend models pull kim")
    assert not (tmp_path / "ran").exists()


def test_tuples_are_read_as_published(tmp_path: Path) -> None:
    text = "model:\n  sizes: !!python/tuple\n  - 4096\n  - 256\n  bands: !!python/tuple [2, 3]\n"
    section = open_pair(tmp_path, text=text).section("model")
    assert section == {"sizes": (4096, 256), "bands": (2, 3)}


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model"])
def test_weights_are_found_bare_or_wrapped_and_become_float32(
    tmp_path: Path, wrapper: str | None
) -> None:
    half = {"a.weight": STATE["a.weight"].half(), "a.count": STATE["a.count"]}
    state = open_pair(tmp_path, {wrapper: half, "epoch": 3} if wrapper else half).state
    assert state["a.weight"].dtype == torch.float32
    assert torch.equal(state["a.weight"], STATE["a.weight"])
    assert state["a.count"].dtype == torch.int64


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "holds no weights"),
        ({}, "holds no weights"),
        ({"a": 3}, "something else than weights"),
        ({"state_dict": {"a": [torch.zeros(1)]}}, "something else than weights"),
        ({"a": torch.zeros(2, 2).to_sparse()}, "something else than weights"),
    ],
)
def test_what_is_no_weights_is_refused(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(ModelCorrupt, match=f"net.ckpt (holds|has) .*{said.split()[-1]}"):
        open_pair(tmp_path, content)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"no pickle at all"])
def test_a_broken_checkpoint_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.ckpt").write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"^net.ckpt .*voxmend models pull kim$"):
        open_pair(tmp_path, tmp_path / "net.ckpt")


def test_a_checkpoint_cut_short_is_named(tmp_path: Path) -> None:
    torch.save({"a": torch.randn(9999)}, tmp_path / "net.ckpt")
    whole = (tmp_path / "net.ckpt").read_bytes()
    (tmp_path / "net.ckpt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelCorrupt, match=r"^net.ckpt .*voxmend models pull kim$"):
        open_pair(tmp_path, tmp_path / "net.ckpt")


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "\tmodel: 3", "a: &a [*a", "\x00"])
def test_a_broken_description_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ModelCorrupt, match=r"^net.yaml .*voxmend models pull kim$"):
        open_pair(tmp_path, text=text)


def test_a_missing_file_is_named_by_its_kind(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "net.ckpt")
    with pytest.raises(ModelCorrupt, match=r"one .yaml file and has 0\. .*models pull kim$"):
        Published.open([tmp_path / "net.ckpt"], "kim")


@pytest.mark.parametrize(
    ("training", "stem"),
    [
        ("{instruments: [vocals, other], target_instrument: vocals}", Stem((0,), 1, False)),
        ("{instruments: [other, Vocals], target_instrument: Vocals}", Stem((0,), 1, False)),
        ("{instruments: [Instrumental, Vocals], target_instrument: null}", Stem((1,), 2, False)),
        ("{instruments: [drums, bass, VOCALS]}", Stem((2,), 3, False)),
        ("{instruments: [vocals, other], target_instrument: other}", Stem((0,), 1, True)),
        ("{instruments: [x, Instrumental], target_instrument: Instrumental}", Stem((0,), 1, True)),
    ],
)
def test_the_voice_is_found_among_the_stems(tmp_path: Path, training: str, stem: Stem) -> None:
    assert open_pair(tmp_path, text=f"training: {training}").stem() == stem


@pytest.mark.parametrize(
    "training",
    [
        "{instruments: [drums, other], target_instrument: drums}",
        "{instruments: [drums, other]}",
        "{instruments: vocals}",
        "{}",
        "[vocals]",
        "null",
    ],
)
def test_a_network_without_a_voice_is_refused(tmp_path: Path, training: str) -> None:
    with pytest.raises(ModelCorrupt, match=r"^net.yaml .*voxmend models pull kim$"):
        open_pair(tmp_path, text=f"training: {training}").stem()


def test_building_leaves_out_random_weights_and_filling_puts_in_the_real_ones(
    tmp_path: Path,
) -> None:
    truth = torch.nn.Linear(3, 2)
    published = open_pair(tmp_path, truth.state_dict())
    with published.building():
        before = torch.random.get_rng_state()
        network = torch.nn.Linear(3, 2)
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(published.fill(network).get_parameter("weight"), truth.weight)
    with pytest.raises(ModelCorrupt, match=r"^net.ckpt does not fit .*size mismatch"):
        published.fill(torch.nn.Linear(4, 2))
    with pytest.raises(ModelCorrupt, match=r"^net.ckpt does not fit .*bias"):
        published.fill(torch.nn.Linear(3, 2, bias=False))


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
"""Ten lines: ten billion entries, if anyone wrote them out."""


def test_a_description_that_is_endless_when_written_out_is_not_written_out(tmp_path: Path) -> None:
    bomb = open_pair(tmp_path, text=BOMB + "inference: {dim_t: *a9}\ntraining: {instruments: *a9}")
    with pytest.raises(ModelCorrupt, match="a number above 0"):
        bomb.number("inference", "dim_t")
    with pytest.raises(ModelCorrupt, match="names no stems"):
        bomb.stem()
    merged = "a0: &a0 {k: 1}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 10)
    )
    with pytest.raises(ModelCorrupt, match="merged"):
        open_pair(tmp_path, text=merged)


@pytest.mark.parametrize("text", ["? !!python/tuple [[1]]\n: 2", "[" * 10_000])
def test_a_description_that_python_cannot_hold_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ModelCorrupt):
        open_pair(tmp_path, text=text)


def test_a_size_that_no_network_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match="dim_t"):
        open_pair(tmp_path, text=f"inference: {{dim_t: {10**30}}}").number("inference", "dim_t")
