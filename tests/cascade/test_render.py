"""Rendering with a network: its window and margin, the ladder rung by rung, precision.

The device "meta" stands for a graphics card: what is put there has a shape and no samples, so a
block that is asked to run there says that memory is short.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rack import heard, snr, song
from shelf import Net, Shelf
from torch import Tensor
from unproved import unproved

from voxmend.audio import Signal
from voxmend.bench.networks import htdemucs
from voxmend.blocks import contract
from voxmend.blocks.contract import Params
from voxmend.blocks.separate.htdemucs import Htdemucs
from voxmend.cascade import precision as precisions
from voxmend.cascade.context import Context
from voxmend.cascade.plan import BlockRun, Plan
from voxmend.cascade.precision import Proof
from voxmend.cascade.runner import Outcome, run
from voxmend.engine.pool import ModelPool
from voxmend.engine.weights import Weights
from voxmend.models.store import Store
from voxmend_protocol.errors import Cancelled, InternalError, OutOfMemory

RATE = 8000
CPU, CARD = torch.device("cpu"), torch.device("meta")


class Separator(contract.Separator):
    """Gives the mixture back, as far as memory and precision let it.

    Attributes:
        short_on: devices, or device and precision, on which even one window is too much.
        holds: windows that fit.
        broken_in: a precision in which it gives no numbers.
    """

    name = "separate.net"
    window_s = 99.0
    context_s = 9.0
    channels = 2
    models = ("weights",)
    precisions = ("bf16",)

    def __init__(
        self, short_on: tuple[str, ...] = (), holds: int = 99, broken_in: str = ""
    ) -> None:
        self.short_on, self.holds, self.broken_in = short_on, holds, broken_in
        self.seen: list[tuple[str, int, str]] = []
        self.heads: list[Tensor] = []

    def separate(self, model: Any, mix: Tensor, params: Params) -> Tensor:
        self.seen.append((mix.device.type, len(mix), params.precision))
        self.heads.append(mix[0, 0, : model.margin + 1])
        places = (mix.device.type, f"{mix.device.type} {params.precision}")
        if len(mix) > self.holds or set(places) & set(self.short_on):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        gain = torch.nan if params.precision == self.broken_in else 1.0
        return mix * gain


class Later(Separator):
    """Gives no numbers in bf16 from the fourth window on."""

    def separate(self, model: Any, mix: Tensor, params: Params) -> Tensor:
        self.broken_in = "bf16" if len(self.seen) >= 3 else ""
        return super().separate(model, mix, params)


class Known:
    """Proofs that are there from the start."""

    def __init__(self, *proof: Proof) -> None:
        self._proof = proof
        self.kept: list[Proof] = []

    def find(self, key: str) -> Proof | None:
        return next(iter(self._proof), None)

    def keep(self, key: str, proof: Proof) -> None:
        self.kept.append(proof)


GOOD = Proof("bf16", 50.0, 45.0, 2.0)
SLOW = Proof("bf16", 50.0, 45.0, 1.0)
BAD = Proof("bf16", 40.0, 30.0, 2.0)


@pytest.fixture
def bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every device is good at bf16."""
    monkeypatch.setattr(precisions, "offered", lambda own, device: "bf16" if own else None)
    monkeypatch.setattr("voxmend.cascade.trial.offered", precisions.offered)


def separate(
    block: Separator, scratch: Path, seconds: float = 3.0, **context: Any
) -> tuple[Outcome, list[str], Tensor]:
    said: list[str] = []
    mix = song(seconds, RATE)
    context = {"device": CPU, "networks": Shelf(), "proofs": Known(SLOW), **context}
    surroundings = Context(scratch=scratch, warn=lambda code, _: said.append(code), **context)
    step: Any = block
    plan = Plan("test", (BlockRun("separate", step, Params()),), guarded=False)
    return run(plan, Signal.of(mix.numpy(), RATE), surroundings), said, mix


@pytest.mark.parametrize("margin", [0, 1, 300])
@pytest.mark.parametrize("seconds", [0.1, 0.5, 0.6, 3.0, 3.33])
def test_the_network_sets_the_window_and_what_comes_back_is_in_place(
    tmp_path: Path, margin: int, seconds: float
) -> None:
    block = Separator()
    shelf = Shelf(network=Net(4000 + 2 * margin, 400, margin))
    outcome, said, mix = separate(block, tmp_path, seconds, networks=shelf)
    assert snr(mix, heard(outcome)) > 120
    assert said == []
    assert outcome.ran[0].windows == max(1, -(-(len(mix[0]) - 800) // 3200))


def test_a_network_without_a_window_leaves_it_to_the_block(tmp_path: Path) -> None:
    class Short(Separator):
        window_s, context_s = 0.5, 0.05

    block = Short()
    outcome, _, mix = separate(block, tmp_path, networks=Shelf(network=Net(0, 0, 0)))
    assert snr(mix, heard(outcome)) > 120
    assert outcome.ran[0].windows == -(-(len(mix[0]) - 800) // 3200)


def test_a_margin_hears_what_lies_there_and_nothing_outside_the_clip(tmp_path: Path) -> None:
    block = Separator()
    _, _, mix = separate(block, tmp_path, networks=Shelf(network=Net(4600, 400, 300)))
    first, second = block.heads[:2]
    assert not first[:300].any()
    assert first[300] == mix[0, 0]
    assert torch.equal(second, mix[0, 2900:3201])


def test_how_it_ran_is_told_as_it_was(tmp_path: Path) -> None:
    outcome, _, _ = separate(Separator(), tmp_path)
    (ran,) = outcome.ran
    assert (ran.block, ran.runs_on, ran.precision, ran.batch) == ("separate.net", "cpu", "fp32", 1)
    assert ran.seconds >= 0


def test_a_network_that_runs_elsewhere_than_it_should_is_a_warning(tmp_path: Path) -> None:
    shelf = Shelf(network=Net(runs_on="CUDAExecutionProvider"))
    assert separate(Separator(), tmp_path, networks=shelf)[1] == ["not_on_device"]
    shelf = Shelf(network=Net(runs_on="CPUExecutionProvider"))
    assert separate(Separator(), tmp_path, networks=shelf)[1] == []


# --- the ladder ---------------------------------------------------------------------------------


def test_short_of_memory_the_batch_is_halved(tmp_path: Path) -> None:
    block = Separator(holds=2)
    outcome, said, mix = separate(block, tmp_path, batch=8)
    assert said == ["oom_smaller_batch", "oom_smaller_batch"]
    assert max(count for _, count, _ in block.seen if count <= 2) == 2
    assert snr(mix, heard(outcome)) > 120
    assert outcome.ran[0].batch == 2


def test_then_idle_models_go_and_it_is_tried_again(tmp_path: Path) -> None:
    class Full(Separator):
        def separate(self, model: Any, mix: Tensor, params: Params) -> Tensor:
            if shelf.evicted == 0:
                raise MemoryError
            return super().separate(model, mix, params)

    shelf = Shelf(idle=1)
    outcome, said, mix = separate(Full(), tmp_path, networks=shelf, batch=2)
    assert said == ["oom_smaller_batch", "oom_models_released"]
    assert snr(mix, heard(outcome)) > 120


def test_where_nothing_is_idle_no_one_is_told_that_it_went(tmp_path: Path) -> None:
    shelf = Shelf(idle=0)
    with pytest.raises(OutOfMemory):
        separate(Separator(holds=0), tmp_path, networks=shelf)
    assert shelf.evicted == 1


def test_a_network_does_not_let_itself_go(tmp_path: Path) -> None:
    weights = Weights(Store(tmp_path / "models", unproved()), ModelPool())
    folder = weights.store.folder(weights.store.catalogue.find("htdemucs"))
    htdemucs.write(folder, "955717e8", full=False, seed=1)

    class Starved(Htdemucs):
        def separate(self, *_: Any) -> Tensor:
            raise MemoryError

    said: list[str] = []
    context = Context(CPU, tmp_path, networks=weights, warn=lambda code, _: said.append(code))
    plan = Plan("test", (BlockRun("separate", Starved(), Params()),), guarded=False)
    with pytest.raises(OutOfMemory):
        run(plan, Signal.of(song(0.1).numpy(), 44_100), replace(context, precision="fp32"))
    assert said == []
    assert [held.name for held in weights.pool.holdings()] == ["separate.htdemucs"]


def test_what_was_let_go_on_a_card_goes_back_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch keeps it otherwise, where onnxruntime cannot have it."""
    order: list[str] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: order.append("given back"))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "a card")

    class Full(Shelf):
        def evict(self, but: Any) -> bool:
            order.append("let go")
            return super().evict(but)

    shelf = Full(idle=1, fails=("cuda",))
    separate(Separator(), tmp_path, device=torch.device("cuda"), networks=shelf, precision="fp32")
    assert order[:2] == ["let go", "given back"]


@pytest.mark.usefixtures("bf16")
def test_then_the_precision_goes_where_its_gate_holds(tmp_path: Path) -> None:
    block = Separator(short_on=("cpu fp32",))
    outcome, said, mix = separate(block, tmp_path, proofs=Known(SLOW))
    assert said == ["oom_lower_precision"]
    assert outcome.ran[0].precision == "bf16"
    assert snr(mix, heard(outcome)) > 120


@pytest.mark.usefixtures("bf16")
@pytest.mark.parametrize("surroundings", [{"proofs": Known(BAD)}, {"precision": "fp32"}])
def test_a_precision_that_is_not_good_enough_or_not_wanted_is_no_way_out(
    tmp_path: Path, surroundings: dict[str, Any]
) -> None:
    with pytest.raises(OutOfMemory):
        separate(Separator(short_on=("cpu fp32",)), tmp_path, **surroundings)


def test_then_the_cpu_takes_over_from_the_window_it_is_at(tmp_path: Path) -> None:
    shelf = Shelf()
    outcome, said, mix = separate(
        Separator(short_on=("meta",)), tmp_path, device=CARD, batch=2, networks=shelf
    )
    assert said == ["oom_smaller_batch", "cpu_fallback"]
    assert shelf.asked == ["meta", "meta", "cpu"]
    assert outcome.ran[0].runs_on == "cpu"
    assert snr(mix, heard(outcome)) > 120


def test_a_network_that_cannot_even_be_loaded_goes_down_the_same_way(tmp_path: Path) -> None:
    shelf = Shelf(fails=("meta",))
    outcome, said, _ = separate(Separator(), tmp_path, device=CARD, batch=1, networks=shelf)
    assert said == ["cpu_fallback"]
    assert outcome.ran[0].runs_on == "cpu"


def test_at_the_end_there_is_a_code_and_every_rung_was_tried(tmp_path: Path) -> None:
    block = Separator(short_on=("meta", "cpu"))
    shelf = Shelf(idle=9)
    with pytest.raises(OutOfMemory, match="Close other programs"):
        separate(block, tmp_path, device=CARD, batch=2, networks=shelf)
    assert block.seen == [
        ("meta", 2, "fp32"), ("meta", 1, "fp32"), ("meta", 1, "fp32"),
        ("cpu", 1, "fp32"), ("cpu", 1, "fp32"),
    ]  # fmt: skip


def test_what_was_done_before_memory_ran_out_is_not_done_again(tmp_path: Path) -> None:
    class Later(Separator):
        def separate(self, model: Any, mix: Tensor, params: Params) -> Tensor:
            answer = super().separate(model, mix, params)
            if len(self.seen) == 3:
                raise MemoryError
            return answer

    block = Later()
    outcome, said, mix = separate(block, tmp_path, batch=2)
    assert said == ["oom_smaller_batch"]
    assert [count for _, count, _ in block.seen] == [2, 2, 2, 1, 1, 1, 1]
    assert snr(mix, heard(outcome)) > 120


@pytest.mark.usefixtures("bf16")
def test_a_precision_proved_on_the_card_is_no_way_out_on_the_cpu(tmp_path: Path) -> None:
    block = Separator(short_on=("meta", "cpu fp32"))
    with pytest.raises(OutOfMemory):
        separate(block, tmp_path, device=CARD, proofs=Known(SLOW))
    assert ("cpu", 1, "bf16") not in block.seen


@pytest.mark.usefixtures("bf16")
def test_a_precision_that_gave_no_numbers_is_not_come_back_to(tmp_path: Path) -> None:
    class Larger(Separator):
        def separate(self, model: Any, mix: Tensor, params: Params) -> Tensor:
            self.holds = 1 if params.precision == "fp32" else 2
            return super().separate(model, mix, params)

    block = Larger(broken_in="bf16")
    outcome, said, _ = separate(block, tmp_path, proofs=Known(GOOD), batch=2)
    assert said == ["precision_raised", "oom_smaller_batch"]
    assert outcome.ran[0].precision == "fp32"
    with pytest.raises(OutOfMemory):
        separate(Separator(broken_in="bf16", short_on=("cpu fp32",)), tmp_path, proofs=Known(GOOD))


def test_a_network_that_runs_elsewhere_is_told_of_once(tmp_path: Path) -> None:
    shelf = Shelf(network=Net(runs_on="CUDAExecutionProvider"))
    said = separate(Separator(holds=1), tmp_path, networks=shelf, batch=4)[1]
    assert said.count("not_on_device") == 1


# --- precision ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("bf16")
def test_a_precision_that_proved_itself_is_used(tmp_path: Path) -> None:
    outcome, said, _ = separate(Separator(), tmp_path, proofs=Known(GOOD))
    assert outcome.ran[0].precision == "bf16"
    assert said == []


@pytest.mark.usefixtures("bf16")
def test_without_a_verdict_the_loudest_window_is_tried_once(tmp_path: Path) -> None:
    block: Any = Separator()
    proofs = Known()
    mix = song(3.0, RATE) * torch.linspace(0.1, 1.0, 3 * RATE)
    context = Context(CPU, tmp_path, networks=Shelf(), proofs=proofs)
    plan = Plan("test", (BlockRun("separate", block, Params()),), guarded=False)
    outcome = run(plan, Signal.of(mix.numpy(), RATE), context)
    assert [precision for _, _, precision in block.seen[:4]] == ["fp32", "fp32", "bf16", "bf16"]
    (proof,) = proofs.kept
    assert proof.holds
    assert outcome.ran[0].precision == proof.chosen
    starts = [*range(0, 20_000, 3200), 20_000]
    loudest = max(starts, key=lambda start: float(mix[:, start : start + 4000].abs().max()))
    assert loudest > 0
    assert block.heads[0] == mix[0, loudest]


@pytest.mark.usefixtures("bf16")
def test_silence_proves_nothing(tmp_path: Path) -> None:
    block: Any = Separator()
    proofs = Known()
    context = Context(CPU, tmp_path, networks=Shelf(), proofs=proofs)
    plan = Plan("test", (BlockRun("separate", block, Params()),), guarded=False)
    outcome = run(plan, Signal.of(torch.zeros(2, 9000).numpy(), RATE), context)
    assert proofs.kept == []
    assert outcome.ran[0].precision == "fp32"


@pytest.mark.usefixtures("bf16")
def test_the_trial_takes_the_pair_of_channels_that_sounds(tmp_path: Path) -> None:
    block: Any = Separator()
    proofs = Known()
    context = Context(CPU, tmp_path, networks=Shelf(), proofs=proofs)
    plan = Plan("test", (BlockRun("separate", block, Params()),), guarded=False)
    mix = torch.cat([torch.zeros(2, 3 * RATE), song(3.0, RATE)])
    run(plan, Signal.of(mix.numpy(), RATE), context)
    assert [proof.holds for proof in proofs.kept] == [True]


@pytest.mark.usefixtures("bf16")
@pytest.mark.parametrize("asked", [{"loudness_db": 0.0}, {"levelled": True}])
def test_the_trial_hears_a_window_at_the_level_at_which_the_block_will(
    tmp_path: Path, asked: dict[str, Any]
) -> None:
    """A network's error depends on level as its answer does."""
    peaks: list[float] = []

    class Listening(Separator):
        def separate(self, model: Any, mix: Tensor, params: Params) -> Tensor:
            peaks.append(float(mix.abs().max()))
            return mix

    block: Any = type("AtALevel", (Listening,), asked)()
    context = Context(CPU, tmp_path, networks=Shelf(), proofs=Known())
    plan = Plan("test", (BlockRun("separate", block, Params()),), guarded=False)
    run(plan, Signal.of((song(0.4, RATE) * 0.01).numpy(), RATE), context)
    *tried, rendered = peaks
    assert len(tried) == 4
    assert rendered > 0.01
    assert tried == pytest.approx([rendered] * 4)


@pytest.mark.usefixtures("bf16")
def test_a_trial_is_cancelled_after_the_window_it_is_at(tmp_path: Path) -> None:
    block, proofs = Separator(), Known()
    with pytest.raises(Cancelled):
        separate(block, tmp_path, proofs=proofs, cancelled=lambda: bool(block.seen))
    assert len(block.seen) == 1
    assert proofs.kept == []


@pytest.mark.usefixtures("bf16")
def test_no_trial_where_fp32_is_asked_for(tmp_path: Path) -> None:
    block = Separator()
    separate(block, tmp_path, proofs=Known(), precision="fp32")
    assert {precision for _, _, precision in block.seen} == {"fp32"}


@pytest.mark.usefixtures("bf16")
def test_a_trial_that_does_not_fit_is_no_reason_to_fail(tmp_path: Path) -> None:
    block = Separator(short_on=("cpu bf16",))
    outcome, _, _ = separate(block, tmp_path, proofs=Known())
    assert outcome.ran[0].precision == "fp32"


@pytest.mark.usefixtures("bf16")
def test_numbers_that_are_none_send_it_back_to_fp32_and_the_user_is_told(tmp_path: Path) -> None:
    outcome, said, mix = separate(
        Separator(broken_in="bf16"), tmp_path, proofs=Known(GOOD), batch=2
    )
    assert said == ["precision_raised"]
    assert outcome.ran[0].precision == "fp32"
    assert snr(mix, heard(outcome)) > 120


def test_numbers_that_are_none_in_fp32_are_a_defect(tmp_path: Path) -> None:
    with pytest.raises(InternalError, match="not numbers"):
        separate(Separator(broken_in="fp32"), tmp_path)


@pytest.mark.usefixtures("bf16")
def test_another_precision_is_another_stage_in_the_cache(tmp_path: Path) -> None:
    from voxmend.cascade.cache import StageCache

    store: dict[str, Any] = {"cache": StageCache(tmp_path / "stages"), "digest": "d"}
    assert separate(Separator(), tmp_path, proofs=Known(GOOD), **store)[0].cached == ()
    assert separate(Separator(), tmp_path, proofs=Known(SLOW), **store)[0].cached == ()
    again = separate(Separator(), tmp_path, proofs=Known(GOOD), **store)[0]
    assert again.cached == ("separate.net",)
    other = Shelf({"separate.net": ("retrained",)})
    newer = separate(Separator(), tmp_path, proofs=Known(GOOD), networks=other, **store)[0]
    assert newer.cached == ()


@pytest.mark.usefixtures("bf16")
def test_what_short_memory_made_in_bf16_is_not_found_by_who_wants_fp32(tmp_path: Path) -> None:
    from voxmend.cascade.cache import StageCache

    store: dict[str, Any] = {"cache": StageCache(tmp_path / "stages"), "digest": "d"}
    lowered = separate(Separator(short_on=("cpu fp32",)), tmp_path, **store)[0]
    assert lowered.ran[0].precision == "bf16"
    asked, said, _ = separate(Separator(), tmp_path, precision="fp32", **store)
    assert [ran.precision for ran in asked.ran] == ["fp32"]
    assert said == []
    assert separate(Separator(), tmp_path, proofs=Known(GOOD), **store)[0].cached


def test_a_found_stage_does_not_tell_of_memory_that_was_short_then(tmp_path: Path) -> None:
    from voxmend.cascade.cache import StageCache

    store: dict[str, Any] = {"cache": StageCache(tmp_path / "stages"), "digest": "d"}
    assert separate(Separator(holds=1), tmp_path, batch=2, **store)[1] == ["oom_smaller_batch"]
    again, said, _ = separate(Separator(), tmp_path, batch=2, **store)
    assert again.cached == ("separate.net",)
    assert said == []


@pytest.mark.usefixtures("bf16")
def test_windows_of_two_precisions_are_told_as_such(tmp_path: Path) -> None:
    outcome, said, _ = separate(Later(), tmp_path, proofs=Known(GOOD))
    assert said == ["precision_raised"]
    assert outcome.ran[0].precision == "bf16+fp32"


@pytest.mark.usefixtures("bf16")
@pytest.mark.parametrize(
    ("block", "proof", "made_in"),
    [
        (Separator(short_on=("cpu fp32",)), SLOW, "bf16"),
        (Separator(broken_in="bf16"), GOOD, "fp32"),
        (Later(), GOOD, "bf16+fp32"),
    ],
)
def test_what_could_not_be_made_as_chosen_is_found_the_next_time(
    tmp_path: Path, block: Separator, proof: Proof, made_in: str
) -> None:
    from voxmend.cascade.cache import StageCache

    store: dict[str, Any] = {"cache": StageCache(tmp_path / "stages"), "digest": "d"}
    first = separate(block, tmp_path, proofs=Known(proof), **store)[0]
    assert [ran.precision for ran in first.ran] == [made_in]
    block.seen.clear()
    again, said, _ = separate(block, tmp_path, proofs=Known(proof), **store)
    assert again.cached == ("separate.net",)
    assert block.seen == []
    assert said == []
    assert torch.equal(heard(again), heard(first))


@pytest.mark.usefixtures("bf16")
def test_what_follows_is_kept_by_what_it_was_made_from(tmp_path: Path) -> None:
    from voxmend.cascade.cache import StageCache

    cache, mix = StageCache(tmp_path / "stages"), Signal.of(song(3.0, RATE).numpy(), RATE)

    class Named(Separator):
        name = "denoise.net"

    def both(separator: Separator, precision: str = "auto") -> tuple[str, ...]:
        runs = [BlockRun("separate", separator, Params())]
        runs.append(BlockRun("denoise", Named(), Params()))
        context = Context(
            CPU, tmp_path, cache, "d", networks=Shelf(), proofs=Known(SLOW), precision=precision
        )
        return run(Plan("test", tuple(runs), guarded=False), mix, context).cached

    short = Separator(short_on=("cpu fp32",))
    assert both(short) == ()
    assert both(short) == ("separate.net", "denoise.net")
    assert both(Separator(), "fp32") == (), "made from another voice"
    assert both(Separator(), "fp32") == ("separate.net", "denoise.net")


@pytest.mark.usefixtures("bf16")
def test_a_stage_that_is_there_is_found_before_a_trial_that_leaves_no_proof(
    tmp_path: Path,
) -> None:
    """Such as one that does not fit: it would run short of memory anew each time."""
    from voxmend.cascade.cache import StageCache

    store: dict[str, Any] = {"cache": StageCache(tmp_path / "stages"), "digest": "d"}
    block = Separator(short_on=("cpu bf16",))
    assert separate(block, tmp_path, proofs=Known(), **store)[0].cached == ()
    block.seen.clear()
    again = separate(block, tmp_path, proofs=Known(), **store)[0]
    assert again.cached == ("separate.net",)
    assert block.seen == []
