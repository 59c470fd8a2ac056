"""The catalogue holds facts in their form, and a slip in it is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from models.depot import catalogue

from voxmend.models.catalogue import load, parse
from voxmend.models.hashes import digest_of, recognised
from voxmend_protocol.errors import BadRequest, InternalError


def test_ours_is_valid_and_fetched_over_https_only() -> None:
    ours = load()
    assert {model.id for model in ours.models} >= {"htdemucs", "mdx_voc_ft", "deepfilternet3"}
    for model in ours.models:
        for file in model.files:
            assert all(url.startswith("https://") for url in file.urls), file.name


def test_a_preset_finds_its_models() -> None:
    ours = load()
    assert [m.id for m in ours.of_preset("light")] == ["deepfilternet3", "speechsr48k"]
    assert {m.id for m in ours.of_preset("restore")} == {
        "htdemucs", "mdx_voc_ft", "deepfilternet3", "speechsr48k"
    }  # fmt: skip
    assert ours.of_preset("preview") == ()


def test_a_name_of_demucs_promises_the_hash_that_the_catalogue_holds() -> None:
    pickles = [f for m in load().models for f in m.files if f.name.endswith(".th")]
    assert pickles
    for file in pickles:
        assert file.name == f"{file.name[:8]}-{file.sha256_prefix}.th"
        assert file.instead_of == f"{file.name[:8]}.safetensors"


def test_the_real_weights_are_what_the_catalogue_says(shared: Path) -> None:
    for name in ("deepfilternet3", "speechsr48k"):
        for file in load().find(name).files:
            assert recognised(file, digest_of(shared / "weights" / name / file.name))


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(BadRequest, match=r"Did you mean htdemucs\?"):
        load().find("htdemucz")


GOOD = """
[net]
title = "T"
stage = "denoise"
purpose = "P"
licence = "MIT"
terms = "T"
source = "S"
citation = "C"
presets = []
[[net.file]]
name = "a.onnx"
urls = ["https://example.org/a"]
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[net]", '["../net"]'),
        ('licence = "MIT"', ""),
        ('licence = "MIT"', 'licence = ""'),
        ('licence = "MIT"', 'licence = "MIT"\nlicense = "MIT"'),
        ("presets = []", 'presets = "light"'),
        ('"a.onnx"', '"../a.onnx"'),
        ('"a.onnx"', '"/etc/a.onnx"'),
        ('"a.onnx"', '"a\\\\b.onnx"'),
        ('"a.onnx"', '"receipt.json"'),
        ('"a.onnx"', '"a.onnx.part"'),
        ("https://example.org/a", "file:///etc/passwd"),
        ('["https://example.org/a"]', "[]"),
        ("urls =", 'sha256 = "12"\nurls ='),
        ("urls =", 'sha265 = "12"\nurls ='),
        ("urls =", "size = -1\nurls ="),
        ("urls =", "size = true\nurls ="),
        ("urls =", 'instead_of = "b.onnx"\nurls ='),
        ("urls =", 'instead_of = "a.onnx"\nurls ='),
    ],
)
def test_a_slip_is_found_and_named(old: str, new: str) -> None:
    assert parse(GOOD).find("net").files[0].name == "a.onnx"
    assert old in GOOD
    with pytest.raises(InternalError, match="net"):
        parse(GOOD.replace(old, new))


def test_two_files_of_one_name_are_found_on_a_disk_that_ignores_case_too() -> None:
    more = GOOD + '[[net.file]]\nname = "A.onnx"\nurls = ["https://example.org/a"]\n'
    with pytest.raises(InternalError, match="two files of one name"):
        parse(more)


def test_what_a_file_is_judged_by_is_the_strongest_there_is() -> None:
    proofs: dict[str, dict[str, Any]] = {
        "sha256": {"sha256": "0" * 64, "md5_tail": "0" * 32},
        "sha256_prefix": {"sha256_prefix": "0" * 8, "md5_tail": "0" * 32},
        "md5_tail": {"md5_tail": "0" * 32},
        "recorded": {"size": 3},
    }
    for proof, known in proofs.items():
        assert catalogue("https://example.org/a", **known).models[0].files[0].proof == proof
