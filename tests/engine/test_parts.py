"""A whole job that takes a song apart: its stems add up to the song, and the record says which."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sounds
from engine_orders import means, orders_for
from rack import Rack
from work_alone import do

from voxmend import presets, targets
from voxmend.engine.work import Line
from voxmend_bench.networks import scnet
from voxmend_protocol.values import Format

STEMS = ("vocals", "drums", "bass", "other")


def written(
    folder: Path, stems: tuple[str, ...], rate: int, channels: int, form: Format = "wav",
    mended: bool = False,
) -> tuple[sounds.Samples, dict[str, sounds.Samples], dict[str, object]]:  # fmt: skip
    """The song, the stems of a job as the supervisor orders it, and its job.json."""
    mix = (
        sounds.song(1.2)[0][:channels]
        + 0.5 * sounds.tone(1.2, rate, channels)[:, : sounds.song(1.2)[0].shape[1]]
    )
    source = sounds.write(folder / "a.wav", np.ascontiguousarray(mix, np.float32), rate)
    order = orders_for(source, folder / "x.partial", "stems", form)
    user = folder / "presets"
    if mended:
        text = 'stems = ["vocals"]\n[[block]]\nname = "separate.scnet_large"\n'
        text += '[[block]]\nname = "denoise.gate"\nstrength = 0.5\n'
        (user / "mine.toml").write_text("guarded = false\n" + text)
        order = replace(order, plan=presets.find("mine", user).dump())
    order = replace(order, submit=replace(order.submit, stems=targets.written(stems)))
    files = scnet.write(folder / "weights", "tiny", seed=3)
    made = do(
        order,
        Line(lambda _: None, lambda: False),
        replace(means(folder / "cache"), networks=Rack(files)),
    )
    found = {stem.name: sounds.read(Path(order.partial) / stem.file)[0] for stem in made.stems}
    facts = json.loads((Path(order.partial) / "job.json").read_text())
    return sounds.read(source)[0], found, facts


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_all_stems_null_with_the_song(tmp_path: Path, rate: int, channels: int) -> None:
    mix, found, facts = written(tmp_path, STEMS, rate, channels)
    assert list(found) == [*STEMS, "rest"]
    assert all(sounds.peak_db(found[name]) > -80 for name in STEMS)
    assert sounds.peak_db(sum(found.values()) - mix) < -120
    assert facts["sums"] == [[*STEMS, "rest"]]


def test_in_an_integer_format_they_null_as_far_as_its_steps_go(tmp_path: Path) -> None:
    mix, found, _ = written(tmp_path, STEMS, 44_100, 2, "flac")
    assert sounds.peak_db(sum(found.values()) - mix) < -120


def test_without_the_voice_nothing_is_said_of_one(tmp_path: Path) -> None:
    mix, found, facts = written(tmp_path, ("drums",), 44_100, 2)
    assert list(found) == ["drums", "rest"]
    assert sounds.peak_db(found["drums"] + found["rest"] - mix) < -120
    assert (facts["damage"], facts["diagnosis"], facts["decisions"]) == (None, None, [])


def test_with_both_voices_the_rest_is_without_the_one_that_was_separated(tmp_path: Path) -> None:
    stems = ("vocals", "vocals_raw", "instrumental", "instrumental_mended", "drums")
    mix, found, facts = written(tmp_path, stems, 44_100, 2, mended=True)
    assert sounds.peak_db(found["vocals"] - found["vocals_raw"]) > -100
    for sums in facts["sums"]:  # type: ignore[attr-defined]
        assert sounds.peak_db(sum(found[name] for name in sums) - mix) < -120
    assert facts["sums"] == [
        ["vocals_raw", "instrumental"],
        ["vocals", "instrumental_mended"],
        ["vocals_raw", "drums", "rest"],
    ]
