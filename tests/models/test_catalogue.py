"""The catalogue holds facts in their form, and a slip in it is found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from models.depot import catalogue

from voxmend import presets
from voxmend.blocks import registry
from voxmend.models.catalogue import load, of_user, parse
from voxmend.models.hashes import digest_of, recognised
from voxmend.models.model import File
from voxmend_protocol.errors import BadRequest, EnvironmentProblem, InternalError


def test_ours_is_valid_and_fetched_over_https_only() -> None:
    ours = load()
    assert {model.id for model in ours.models} >= {"htdemucs", "mdx_voc_ft", "deepfilternet3"}
    for model in ours.models:
        for file in model.files:
            assert all(url.startswith("https://") for url in file.urls), file.name


NO_HASH = {
    "model_2_stem_full_band_8k.yaml",
    "denoise_mel_band_roformer_aufr33_sdr_27.9959_config.yaml",
    "mel_band_roformer_denoise_debleed_gabox.ckpt",
    "config_mel_band_roformer_instrumental_gabox.yaml",
    "vf.ckpt",
    "model.ckpt-1490000_trimed.pt",
}
"""Of these nobody publishes a SHA-256: it is written down when they first come."""

ONE_HOST = {
    "SCNet-large_starrytong_fixed.ckpt",
    "vocals_mel_band_roformer.yaml",
    "denoise_mel_band_roformer_aufr33_sdr_27.9959_config.yaml",
    "karaoke_bs_roformer_anvuew.yaml",
    "config_karaoke_frazer_becruily.yaml",
    "dereverb_bs_roformer_anvuew_sdr_22.5050.ckpt",
    "config.yaml",
    "model_lite.onnx",
    "vf.ckpt",
    "model.ckpt-1490000_trimed.pt",
}
"""Of these no second host is known whose bytes are the same."""

NO_SIZE = {
    "04573f0d-f3cf25b2.th",
    "config_karaoke_frazer_becruily.yaml",
    "dereverb_bs_roformer_anvuew_sdr_22.5050.ckpt",
    "config.yaml",
}
"""Of these a hash is published and no size, or one by nobody but a single other program."""

MOVES = re.compile(r"/(resolve|raw|blob)/(main|master|HEAD)/|/application_data/main/")
"""An address at which tomorrow something else may lie."""


def every_file() -> list[tuple[str, File]]:
    return [(model.id, file) for model in load().models for file in model.files]


def test_every_file_of_ours_is_known_by_its_sha256_and_size() -> None:
    unknown = {file.name for _, file in every_file() if file.sha256 is None}
    assert unknown == NO_HASH
    for _, file in every_file():
        assert file.bytes or file.name.endswith(".yaml"), file.name
        if file.sha256:
            assert file.size or file.name in NO_SIZE, file.name


def test_every_file_of_ours_can_be_had_from_two_hosts() -> None:
    """Hosts that do not depend on each other: another account is enough, another site is better.
    What a package carries needs none; a file that stands in for another counts for it."""
    alone = set()
    for model in load().models:
        for group in model.needs:
            owners = {tuple(url.split("/")[2:4]) for file in group for url in file.urls}
            if len(owners) < 2 and not group[0].package:
                alone.add(group[0].name)
    assert alone == ONE_HOST


def test_an_address_that_may_move_is_held_by_a_hash_or_known_to_have_none() -> None:
    for _, file in every_file():
        if any(MOVES.search(url) for url in file.urls):
            assert file.sha256 or file.name in NO_HASH, file.name


def test_no_file_is_two_models_by_a_slip() -> None:
    hashes = [file.sha256 for _, file in every_file() if file.sha256]
    assert len(hashes) == len(set(hashes))


@pytest.mark.parametrize(
    ("model", "licence", "terms"),
    [
        ("htdemucs", "none stated", "scientific purposes only"),
        ("mdx_voc_ft", "none stated", "is not answered"),
        ("scnet", "MIT", "commercially too"),
        ("scnet_large", "MIT", "commercially too"),
        ("melband_roformer_kim", "MIT (the author's card, since 2026", "Copies taken before"),
        ("bs_roformer_resurrection", "none stated", "Ask before"),
        ("deepfilternet3", "MIT or Apache-2.0 (code;", "has not yet said"),
        ("voicefixer", "CC BY 4.0 (weights)", "credit to Haohe Liu"),
    ],
)
def test_terms_are_those_that_were_proved(model: str, licence: str, terms: str) -> None:
    row = load().find(model)
    assert licence in row.licence
    assert terms in row.terms


def test_what_takes_no_bleed_off_a_voice_is_in_no_preset_of_ours() -> None:
    used = {block for preset in presets.all_of(Path("none")) for block in preset.blocks}
    assert "separate.roformer" in used
    assert "denoise.debleed" not in used
    assert "no band off a voice" in load().find("melband_debleed_gabox").purpose


def test_blocks_find_their_models_in_the_catalogue_s_order() -> None:
    ours = load()
    found = ours.of_blocks(["separate.mdx", "separate.ensemble", "separate.htdemucs"])
    assert [m.id for m in found] == ["htdemucs", "mdx_voc_ft"]
    assert [m.id for m in ours.of_blocks(["bandwidth.voicefixer"])] == ["voicefixer"]
    assert ours.of_blocks(["denoise.gate", "separate"]) == ()


def test_every_block_s_models_are_the_rows_that_name_it() -> None:
    """The catalogue may speak of blocks that are not built yet; of those that are it must, and of
    no others as theirs."""
    folder = Path(registry.__file__).parent
    built = [f for f in folder.glob("*/*.py") if "\n@register\n" in f.read_text("utf-8")]
    names = {f"{file.parent.name}.{file.stem}" for file in built}
    assert {"denoise.gate", "separate.htdemucs"} <= names
    for name in sorted(names):
        rows = [model.id for model in load().of_blocks([name])]
        assert sorted(registry.load(name).models) == sorted(rows), name


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
blocks = []
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
        ("blocks = []", 'blocks = "separate.mdx"'),
        ("blocks = []", 'blocks = ["mdx"]'),
        ("blocks = []", 'presets = ["light"]'),
        ("blocks = []", 'blocks = []\nlike = "separate.mdx"'),
        ("blocks = []", 'blocks = ["separate.mine"]\nlike = "mdx"'),
        ("blocks = []", 'blocks = ["separate.mine", "separate.other"]\nlike = "separate.mdx"'),
        ("blocks = []", 'blocks = ["separate.mine"]\ncompensate = 1.02'),
        ("blocks = []", 'blocks = ["separate.mine"]\nlike = "separate.mdx"\ncompensate = 0'),
        ("blocks = []", 'blocks = ["separate.mine"]\nlike = "separate.mdx"\ncompensate = true'),
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


OWN = """
[mdx_voc_ft]
title = "My own MDX"
stage = "separate"
purpose = "Mine."
licence = "mine"
terms = "Mine."
source = "me"
citation = "me"
blocks = ["separate.mdx"]
[[mdx_voc_ft.file]]
name = "mine.onnx"
"""


def test_a_users_row_takes_the_place_of_ours_and_may_have_no_address(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(OWN + GOOD)
    own = of_user(file)
    (mine,) = own.of_blocks(["separate.mdx"])
    assert (mine.title, mine.files[0].proof, mine.files[0].urls) == ("My own MDX", "recorded", ())
    assert own.find("net").title == "T"
    others = [model for model in load().models if model.id != "mdx_voc_ft"]
    assert [model for model in own.models if model.id not in ("mdx_voc_ft", "net")] == others
    assert load().find("mdx_voc_ft").title == "MDX-Net Voc FT"


def test_without_a_file_of_the_user_there_is_ours(tmp_path: Path) -> None:
    assert of_user(tmp_path / "models.toml") == load()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[mdx", "valid catalogue"),
        (b"\xff", "valid catalogue"),
        (b"title = 1", "title"),
        (OWN.replace("mine.onnx", "../mine.onnx").encode(), "plain name"),
        (OWN.replace('"separate.mdx"', '"separate.mine"').encode(), "must be separate.mdx"),
        (OWN.replace("mdx_voc_ft", "my_mdx").encode(), "loads mdx_voc_ft: use that id"),
        (
            OWN.replace('"separate.mdx"]', '"separate.mdx"]\nlike = "separate.mdx23c"').encode(),
            "blocks must be separate.mdx",
        ),
        (
            OWN.replace("mdx_voc_ft", "mdx_kim_vocal_2")
            .replace("separate.mdx", "separate.mdx_kim")
            .encode(),
            "blocks must be separate.mdx_kim, like separate.mdx",
        ),
        (OWN.encode() + b'instead_of = ["mine.onnx"]', "instead_of is the name"),
        (OWN.encode() + b"size = 9999999999999999", "size is bytes, at most"),
        (OWN.replace("mine.onnx", "con.onnx").encode(), "name of a device"),
        (OWN.encode() + b'urls = ["https://a b"]', "is no http address"),
        (b"x = " + b"[" * 3000 + b"]" * 3000, "valid catalogue"),
    ],
)
def test_a_slip_of_the_user_is_a_sentence_that_names_the_file(
    tmp_path: Path, text: bytes, said: str
) -> None:
    file = tmp_path / "models.toml"
    file.write_bytes(text)
    with pytest.raises(EnvironmentProblem, match=said) as caught:
        of_user(file)
    assert caught.value.message.startswith(f"{file} is not")
    assert caught.value.message.endswith("Mend it.")


def test_a_users_file_that_is_a_folder_is_a_sentence_too(tmp_path: Path) -> None:
    (tmp_path / "models.toml").mkdir()
    with pytest.raises(EnvironmentProblem, match=r"models\.toml"):
        of_user(tmp_path / "models.toml")
