"""What presets ask of the store, and how a refusal says what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from models.depot import Bench, catalogue, sha, weights

from voxmend import presets, targets
from voxmend.models import needs
from voxmend.models.catalogue import Catalogue, load
from voxmend.models.store import Store
from voxmend.paths import Paths
from voxmend.presets import Preset
from voxmend_protocol.errors import ModelCorrupt, ModelMissing

NOBODYS = Path("/nonexistent")
DATA = weights()
USES_TINY = """\
title = "Mine"
description = "Of a user."

[[block]]
name = "separate.tiny"
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, catalogue("http://127.0.0.1:9/net", sha256=sha(DATA)))


@pytest.fixture
def mine(tmp_path: Path) -> Preset:
    """A user's preset that needs the one model of the bench."""
    (tmp_path / "mine.toml").write_text(USES_TINY)
    return presets.find("mine", tmp_path)


def put(bench: Bench, data: bytes) -> None:
    bench.place.parent.mkdir(parents=True, exist_ok=True)
    bench.place.write_bytes(data)


def test_a_preset_whose_model_is_here_is_let_through(bench: Bench, mine: Preset) -> None:
    put(bench, DATA)
    needs.insist(mine, bench.store)
    assert needs.lacking(bench.catalogue.models, bench.store) == []
    info = needs.info(mine, bench.store)
    assert (info.models, info.missing) == (("tiny",), ())


def test_what_is_missing_is_named_with_licence_and_command(bench: Bench, mine: Preset) -> None:
    with pytest.raises(ModelMissing) as refused:
        needs.insist(mine, bench.store)
    assert "tiny (Tiny, " in refused.value.message
    assert "licence: MIT" in refused.value.message
    assert refused.value.message.endswith("voxmend models pull --preset mine")
    assert needs.info(mine, bench.store).missing == ("tiny",)


def test_of_many_that_are_missing_the_rest_is_counted(bench: Bench, mine: Preset) -> None:
    (tiny,) = bench.catalogue.models
    many = [replace(tiny, id=f"m{n}") for n in range(needs.MOST_NAMED + 3)]
    crowd = replace(bench, catalogue=Catalogue(tuple(many)))
    with pytest.raises(ModelMissing, match=r"m5 .* and 3 more\."):
        needs.insist(mine, crowd.store)


def test_a_file_that_is_not_what_it_should_be_is_another_refusal(
    tmp_path: Path, mine: Preset
) -> None:
    bench = Bench(tmp_path, catalogue("http://127.0.0.1:9/net", sha256=sha(DATA), size=len(DATA)))
    put(bench, DATA[:-1])
    with pytest.raises(ModelCorrupt, match=r"net\.onnx of tiny .*Fetch it again"):
        needs.insist(mine, bench.store)


def test_a_model_says_which_presets_use_it(bench: Bench, mine: Preset, tmp_path: Path) -> None:
    assert needs.users(bench.catalogue, tmp_path) == {"tiny": ("mine",)}


def test_while_the_user_s_catalogue_is_not_valid_all_models_are_missing(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "state", tmp_path / "config", tmp_path / "cache")
    paths.config.mkdir()
    (paths.config / "models.toml").write_text("[tiny")
    listed = {item.name: item for item in needs.listed(presets.all_of(paths.presets), paths)}
    assert listed["restore"].missing == listed["restore"].models != ()
    assert listed["diagnose"].missing == ()


def asked(name: str, *stems: str) -> Preset:
    """One of our presets, for these stems."""
    ours = load()
    preset = presets.find(name, NOBODYS)
    wanted = targets.of(stems, ours.splits(preset.blocks))
    return preset.for_targets(wanted, lambda block: ours.gives([block]))


def test_a_preset_is_fetched_for_what_it_writes_unasked(tmp_path: Path) -> None:
    """A dry voice is one stem more, and one model more."""
    ours = load()
    wanted = {model.id for model in needs.usual(presets.find("lead", NOBODYS), ours)}
    assert wanted == {"melband_roformer_kim", "bs_karaoke_anvuew"}
    assert {m.id for m in needs.usual(presets.find("mend", NOBODYS), ours)} == {
        "deepfilternet3", "speechsr48k",
    }  # fmt: skip
    info = needs.info(presets.find("lead", NOBODYS), Store(tmp_path))
    assert info.gives == ("vocals", "lead", "backing_vocals", "dry", "reverb")
    assert info.stems == ("lead", "backing_vocals", "instrumental")


def test_lead_and_backing_say_what_they_lack_and_under_which_licence(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as refused:
        needs.insist(asked("lead", "lead", "backing_vocals"), Store(tmp_path))
    said = refused.value.message
    assert "bs_karaoke_anvuew (BS-RoFormer karaoke (anvuew), 204 MB, licence: GPL-3.0" in said
    assert said.endswith("voxmend models pull --preset lead")
    assert "dereverb" not in said


def test_a_stem_beyond_the_usual_ones_names_its_model_in_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as refused:
        needs.insist(asked("mend", "dry", "reverb"), Store(tmp_path))
    said = refused.value.message
    assert "bs_dereverb_anvuew (BS-RoFormer dereverb (anvuew), about 204 MB, licence: GPL" in said
    assert "voxmend models pull " in said
    assert "bs_dereverb_anvuew" in said.rpartition("voxmend models pull ")[2]
