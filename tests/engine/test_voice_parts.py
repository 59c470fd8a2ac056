"""A whole job that takes the voice apart, through networks of random weights in the published form:
what is written adds up, and job.json says which stems do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds
import torch
from engine_orders import means, orders_for
from work_alone import do

from voxmend import presets
from voxmend.engine.work import Line
from voxmend_bench.networks import roformer
from voxmend_protocol.errors import ModelMissing
from voxmend_protocol.values import Clip, Format

LEAD = ("lead", "backing_vocals")
DRY = ("dry", "reverb")
SEPARATED = """
guarded = false
[[block]]
name = "separate.bs_roformer"
[[block]]
name = "part.lead"
[[block]]
name = "reverb.roformer"
strength = 1.0
[[block]]
name = "denoise.gate"
strength = {strength}
"""
ALONE = SEPARATED.replace('[[block]]\nname = "separate.bs_roformer"\n', "").replace(
    "guarded = false", 'guarded = false\ninput = "voice"'
)


class Shelf:
    """Networks by block: each from files of its own, loaded once; counts what was asked for."""

    def __init__(self, files: Mapping[str, Sequence[Path]]) -> None:
        self.files, self.loaded = files, dict[str, Any]()

    @contextmanager
    def use(self, block: Any, device: torch.device) -> Iterator[Any]:
        if not block.models:
            yield None
            return
        if block.name not in self.files:
            raise ModelMissing(f"{block.name} is not here.")
        if block.name not in self.loaded:
            self.loaded[block.name] = block.load(self.files[block.name], device)
        yield self.loaded[block.name]

    def hashes(self, block: Any) -> tuple[str, ...]:
        return (block.name,)

    def evict(self, but: Any) -> bool:
        return False


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Random weights as these networks are published."""
    made = {}
    for seed, (block, stems) in enumerate(
        {
            "separate.bs_roformer": ["vocals", "other"],
            "part.lead": ["Vocals", "Instrumental"],
            "reverb.roformer": ["noreverb", "reverb"],
        }.items()
    ):
        config = roformer.describe(full=False, kind="bs")
        config["training"] = {"instruments": stems, "target_instrument": stems[0]}
        folder = tmp_path_factory.mktemp("weights")
        made[block] = roformer.write(folder, full=False, seed=seed, kind="bs", config=config)
    return made


def written(
    folder: Path,
    shelf: Shelf,
    stems: tuple[str, ...],
    rate: int = 44_100,
    channels: int = 2,
    strength: float = 1.0,
    text: str = SEPARATED,
    form: Format = "wav",
    seconds: float = 1.6,
    with_voice: bool = False,
) -> tuple[sounds.Samples, dict[str, sounds.Samples], dict[str, Any]]:
    """What came in, the stems of a job, and its job.json."""
    folder.mkdir(exist_ok=True)
    voice = sounds.song(max(seconds, 2.0))[0][:channels, -round(seconds * 44_100) :]
    mix = voice + 0.5 * sounds.tone(seconds, 44_100, channels)[:, : voice.shape[1]]
    source = sounds.write(folder / "a.wav", np.ascontiguousarray(mix, np.float32), rate)
    order = orders_for(source, folder / "x.partial", "quick", form)
    (folder / "presets" / "mine.toml").write_text(text.format(strength=strength))
    plan = presets.find("mine", folder / "presets").dump()
    submit = replace(order.submit, stems=stems)
    if with_voice:
        own = sounds.write(folder / "voice.wav", np.ascontiguousarray(voice, np.float32), rate)
        submit = replace(submit, voice=Clip(str(own)))
    order = replace(order, plan=plan, submit=submit)
    done = do(
        order,
        Line(lambda _: None, lambda: False),
        replace(means(folder / "cache"), networks=shelf),
    )
    found = {stem.name: sounds.read(Path(order.partial) / stem.file)[0] for stem in done.stems}
    return sounds.read(source)[0], found, json.loads((Path(order.partial) / "job.json").read_text())


def off_db(
    found: Mapping[str, sounds.Samples], names: Sequence[str], whole: sounds.Samples
) -> float:
    """How far a sum of stems is from what it should be, as the peak of the difference."""
    return float(sounds.peak_db(sum(found[name] for name in names) - whole))


@pytest.mark.parametrize(
    ("rate", "channels", "seconds"),
    [(44_100, 2, 1.6), (44_100, 1, 0.3), (8_000, 1, 1.2), (96_000, 2, 1.2)],
)
def test_lead_and_backing_are_the_voice_and_with_the_instrumental_the_song(
    tmp_path: Path, files: dict[str, list[Path]], rate: int, channels: int, seconds: float
) -> None:
    """Nothing is repaired: all of it nulls. At any rate, in mono, shorter than a window."""
    stems = ("vocals_raw", *LEAD, "instrumental")
    mix, found, facts = written(
        tmp_path, Shelf(files), stems, rate, channels, strength=0.0, seconds=seconds
    )
    assert list(found) == list(stems)
    assert all(sounds.peak_db(found[name]) > -80 for name in LEAD)
    assert off_db(found, LEAD, found["vocals_raw"]) < -120
    assert off_db(found, (*LEAD, "instrumental"), mix) < -120
    assert facts["sums"] == [["vocals_raw", "instrumental"], [*LEAD, "instrumental"]]
    assert facts["parts"] == {"vocals": list(LEAD)}


def test_where_the_lead_was_mended_the_instrumental_nulls_no_more_and_the_mended_one_does(
    tmp_path: Path, files: dict[str, list[Path]]
) -> None:
    stems = ("vocals", "vocals_raw", *LEAD, *DRY, "instrumental", "instrumental_mended")
    mix, found, facts = written(tmp_path, Shelf(files), stems)
    assert off_db(found, LEAD, found["vocals"]) < -120
    assert off_db(found, DRY, found["lead"]) < -120
    assert sounds.peak_db(found["vocals"] - found["vocals_raw"]) > -100
    assert off_db(found, (*LEAD, "instrumental"), mix) > -100
    assert facts["sums"] == [
        ["vocals_raw", "instrumental"],
        ["vocals", "instrumental_mended"],
        [*LEAD, "instrumental_mended"],
        [*DRY, "backing_vocals", "instrumental_mended"],
    ]
    for names in facts["sums"]:
        assert off_db(found, names, mix) < -120
    assert facts["parts"] == {"vocals": list(LEAD), "lead": list(DRY)}


def test_only_what_was_asked_for_is_loaded(tmp_path: Path, files: dict[str, list[Path]]) -> None:
    shelf = Shelf(files)
    _, found, facts = written(tmp_path, shelf, ("vocals", "instrumental"))
    assert set(shelf.loaded) == {"separate.bs_roformer"}
    assert (set(found), facts["parts"]) == ({"vocals", "instrumental"}, {})
    written(tmp_path / "again", shelf := Shelf(files), DRY)
    assert set(shelf.loaded) == {"separate.bs_roformer", "reverb.roformer"}


def test_what_is_left_of_the_song_is_without_the_lead_alone(
    tmp_path: Path, files: dict[str, list[Path]]
) -> None:
    mix, found, facts = written(tmp_path, Shelf(files), ("lead", "rest"))
    assert off_db(found, ("lead", "rest"), mix) < -120
    assert facts["sums"] == [["lead", "rest"]]


def test_in_an_integer_format_they_add_up_as_far_as_its_steps_go(
    tmp_path: Path, files: dict[str, list[Path]]
) -> None:
    mix, found, _ = written(tmp_path, Shelf(files), (*LEAD, "instrumental_mended"), form="flac")
    assert off_db(found, (*LEAD, "instrumental_mended"), mix) < -120


def test_an_isolated_voice_is_taken_apart_and_its_parts_are_all_of_it(
    tmp_path: Path, files: dict[str, list[Path]]
) -> None:
    voice, found, facts = written(
        tmp_path, Shelf(files), (*LEAD, "instrumental"), text=ALONE, strength=0.0
    )
    assert list(found) == list(LEAD)
    assert off_db(found, LEAD, voice) < -120
    assert facts["sums"] == [list(LEAD)]


def test_a_voice_from_elsewhere_is_taken_apart_in_its_song(
    tmp_path: Path, files: dict[str, list[Path]]
) -> None:
    mix, found, facts = written(
        tmp_path, shelf := Shelf(files), (*LEAD, "instrumental_mended"), with_voice=True, seconds=12
    )
    assert "separate.bs_roformer" not in shelf.loaded
    assert facts["sums"] == [[*LEAD, "instrumental_mended"]]
    assert off_db(found, facts["sums"][0], mix) < -120


def test_the_damage_is_that_of_the_lead_before_and_after(
    tmp_path: Path, files: dict[str, list[Path]]
) -> None:
    """Not of the whole voice against the lead: half of it would count as lost."""
    _, _, facts = written(tmp_path, Shelf(files), LEAD, strength=0.0)
    before, after = (facts["damage"][when]["found"] for when in ("before", "after"))
    assert before == after
