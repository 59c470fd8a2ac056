"""What one may do with weights: one word for each row, from what its publisher states, with where
that stands; and no preset is called free that needs anything else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from models.depot import ROW, catalogue

from voxmend import presets
from voxmend.models import needs, use
from voxmend.models.catalogue import load, parse
from voxmend.models.model import Grant, Model
from voxmend_protocol.errors import InternalError, LicenceNotAccepted

NOWHERE = Path("/nonexistent")

ALLOWED = {"MIT", "Apache-2.0", "CC-BY-4.0"}
"""Licences that allow commercial use for a notice or a credit, of all that stand in our rows."""

PROMISES = re.compile(r"\b(free to use|MIT)\b", re.IGNORECASE)
"""What the words that are shown before a download say of weights that are free."""


@pytest.mark.parametrize("model", load().models, ids=lambda model: model.id)
def test_each_row_of_ours_has_its_proof(model: Model) -> None:
    assert model.grant, "say what its publisher states about use, and where"
    assert all(url.startswith("https://") for url in model.grant.proof)
    assert date(2019, 1, 1) < date.fromisoformat(model.grant.date) <= datetime.now(UTC).date()
    stated = model.grant.licence != use.NOT_STATED
    assert stated or re.search("none stated|lie in the same repository", model.licence)


@pytest.mark.parametrize("model", load().models, ids=lambda model: model.id)
def test_the_word_does_not_promise_more_than_the_words_that_are_shown(model: Model) -> None:
    if use.of_grant(model.grant) == "free":
        assert PROMISES.search(model.licence + model.terms)
        assert not re.search("scientific|non-commercial|states no licence", model.terms)
    elif use.of_grant(model.grant) == "copyleft":
        assert re.search("pass(es)? .* on under ", model.terms)
    else:
        assert not model.terms.startswith("Free to use")


@pytest.mark.parametrize("preset", presets.all_of(NOWHERE), ids=lambda preset: preset.name)
def test_no_preset_called_free_needs_anything_else(preset: presets.Preset) -> None:
    models = needs.usual(preset, load())
    stated = {each for m in models for each in (m.grant.licence.split(" AND ") if m.grant else "")}
    assert (use.of(models) == "free") == (stated <= ALLOWED)
    assert preset.info(use=use.of(models)).use == use.of(models)


def test_the_presets_of_the_issue_have_these_words() -> None:
    words = {p.name: use.of(needs.usual(p, load())) for p in presets.all_of(NOWHERE)}
    wanted = {"quick": "free", "stems": "free", "studio": "free", "restore": "ask", "split": "ask"}
    assert {name: words[name] for name in wanted} == wanted
    assert words["classic"] == "non-commercial"
    assert words["lead"] == "copyleft"
    assert needs.free(load(), NOWHERE)[0] == "quick"
    assert {"quick", "stems", "studio"} <= set(needs.free(load(), NOWHERE))
    assert not {"restore", "split", "classic", "mend", "diagnose"} & set(
        needs.free(load(), NOWHERE)
    )


@pytest.mark.parametrize(
    ("licence", "word"),
    [
        ("MIT", "free"), ("MIT AND Apache-2.0", "free"), ("CC-BY-4.0", "free"),
        ("GPL-3.0", "copyleft"), ("AGPL-3.0-or-later", "copyleft"), ("CC-BY-SA-4.0", "copyleft"),
        ("MIT AND GPL-3.0-only", "copyleft"), ("NOASSERTION", "ask"), ("Nobodys-1.0", "ask"),
        ("GPL-3.0 AND NOASSERTION", "ask"), ("CC-BY-NC-4.0", "non-commercial"),
        ("CC-BY-NC-SA-4.0", "non-commercial"), ("LicenseRef-research-only", "non-commercial"),
        ("MIT AND CC-BY-NC-ND-2.0", "non-commercial"),
    ],
)  # fmt: skip
def test_a_licence_gives_a_word_and_of_several_the_strictest_counts(
    licence: str, word: str
) -> None:
    assert use.of_grant(Grant(licence, ("https://example.org",), "2026-01-01")) == word


def test_without_a_statement_one_must_ask_and_without_models_nothing_binds() -> None:
    assert use.of_grant(None) == use.of(catalogue("http://127.0.0.1:9/net").models) == "ask"
    assert use.of(()) == "free"


def test_the_refusal_names_the_model_its_word_where_that_stands_and_what_is_free() -> None:
    with pytest.raises(LicenceNotAccepted) as caught:
        use.insist_free(load().models, ["quick", "stems"])
    said = caught.value.message
    assert "htdemucs (non-commercial: none stated" in said
    assert "facebookresearch/demucs/issues/327" in said
    assert "scnet" not in said
    assert "The presets quick, stems are free." in said
    assert said.endswith("See: voxmend models list --commercial")
    assert len(said) < 2000
    use.insist_free([m for m in load().models if m.id.startswith("scnet")], [])


GOOD = {"licence": "MIT", "proof": ["https://example.org"], "date": "2026-01-02"}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"licence": ""}, "SPDX"), ({"licence": "MIT or so"}, "SPDX"), ({"licence": 3}, "SPDX"),
        ({"proof": []}, "1 to 4"), ({"proof": "https://a.org"}, "1 to 4"),
        ({"proof": ["ftp://a.org"]}, "1 to 4"), ({"proof": ["https://a.org"] * 5}, "1 to 4"),
        ({"date": "yesterday"}, "YYYY-MM-DD"), ({"date": "2026-13-01"}, "YYYY-MM-DD"),
        ({"more": "x"}, "licence, proof and date"),
    ],
)  # fmt: skip
def test_a_slip_in_a_grant_is_found(changed: dict[str, object], why: str) -> None:
    row = {**GOOD, **changed}
    lines = "\n".join(f"{key} = {value!r}" for key, value in row.items())
    text = f"""{ROW}
[tiny.grant]
{lines}
[[tiny.file]]
name = "net.onnx"
urls = ["https://example.org/net.onnx"]
"""
    with pytest.raises(InternalError, match=f"tiny: .*{why}"):
        parse(text)
    good = "\n".join(f"{key} = {value!r}" for key, value in GOOD.items())
    (read,) = parse(text.replace(lines, good)).models
    assert read.grant == Grant("MIT", ("https://example.org",), "2026-01-02")
    assert use.of([read, replace(read, grant=None)]) == "ask"
