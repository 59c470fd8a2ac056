"""Requests about models, over a catalogue and a store of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from models.depot import sha
from pulling import DATA, row

from voxmend import presets
from voxmend.models import receipt
from voxmend.paths import Paths
from voxmend.supervisor.model_desk import ModelDesk
from voxmend.supervisor.pulls import Course, Pulls
from voxmend.testing import FAKE
from voxmend_protocol import messages
from voxmend_protocol.errors import (
    BadRequest,
    EnvironmentProblem,
    LicenceNotAccepted,
    UnknownPreset,
)
from voxmend_protocol.values import ErrorBody, ModelInfo

URL = "http://127.0.0.1:9/net"


class Asked:
    """Fetches nothing: what it was asked for, and what it is told to say."""

    busy = False

    def __init__(self) -> None:
        self.models: list[str] = []
        self.courses: dict[str, Course] = {}
        self.errors: dict[str, ErrorBody] = {}

    def ask(self, _: object, models: list[messages.Models]) -> int:
        self.models += [getattr(model, "id") for model in models]  # noqa: B009
        return len(models)

    def course(self, model: str) -> Course | None:
        return self.courses.get(model)

    def error(self, model: str) -> ErrorBody | None:
        return self.errors.get(model)


class Bench:
    """A desk with a preset of a user who has two models of their own."""

    def __init__(self, root: Path) -> None:
        self.paths, self.asked = Paths(root / "state", root / "config", root / "cache"), Asked()
        self.paths.presets.mkdir(parents=True)
        (self.paths.presets / "fake.toml").write_text(FAKE)
        proof = f'sha256 = "{sha(DATA)}"'
        rows = [row("tiny", URL, ("testing.fake",), proof), row("other", URL, (), proof)]
        self.catalogue = self.paths.config / "models.toml"
        self.catalogue.write_text("".join(rows))
        self.desk = ModelDesk(self.paths, cast("Pulls", self.asked))

    def give(self, model: str) -> None:
        """A model's file, put there by hand."""
        place = self.desk.store.root / model / "net.onnx"
        place.parent.mkdir(parents=True)
        place.write_bytes(DATA)

    def see(self, model: str) -> ModelInfo:
        items, after = list[ModelInfo](), None
        while True:
            page = self.desk.models(messages.Models(after))
            items += page.items
            after = page.next
            if after is None:
                return next(item for item in items if item.id == model)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    for name in ("VOXMEND_MODEL_MIRROR", "VOXMEND_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return Bench(tmp_path)


def test_a_model_says_how_it_stands_and_who_needs_it(bench: Bench) -> None:
    seen = bench.see("tiny")
    assert (seen.state, seen.presets, seen.got) == ("absent", ("fake",), None)
    assert bench.see("other").presets == ()
    bench.give("tiny")
    assert bench.see("tiny").state == "present"
    bench.asked.courses["other"] = Course(False, 10, 20)
    bench.asked.errors["other"] = ErrorBody("disk_full", "Full.", True)
    seen = bench.see("other")
    assert (seen.state, seen.got, seen.total) == ("pulling", 10, 20)
    assert seen.error == bench.asked.errors["other"]
    bench.asked.courses["other"] = Course(True)
    assert bench.see("other").state == "waiting"


def test_a_list_goes_on_behind_the_model_that_is_named(bench: Bench) -> None:
    ids = [model.id for model in bench.desk.store.catalogue.models]
    page = bench.desk.models(messages.Models(ids[-2]))
    assert [item.id for item in page.items] == [ids[-1]]
    with pytest.raises(BadRequest):
        bench.desk.models(messages.Models("nobody"))


def test_a_licence_is_accepted_once_before_anything_is_fetched(bench: Bench) -> None:
    with pytest.raises(LicenceNotAccepted, match="tiny"):
        bench.desk.pull(messages.Pull(preset="fake"))
    assert bench.asked.models == []
    assert bench.desk.pull(messages.Pull(preset="fake", accept_licence=True)).count == 1
    assert bench.desk.pull(messages.Pull(("tiny",))).count == 1
    assert bench.asked.models == ["tiny", "tiny"]


def test_what_lies_there_proved_asks_for_no_licence_and_what_nobody_proved_does(
    bench: Bench,
) -> None:
    bench.give("tiny")
    with pytest.raises(LicenceNotAccepted):
        bench.desk.pull(messages.Pull(("tiny",)))
    folder = bench.desk.store.root / "tiny"
    entry = receipt.Entry.of_file(folder / "net.onnx", sha(DATA))
    receipt.write(folder, {"net.onnx": entry})
    assert bench.desk.pull(messages.Pull(("tiny",))).count == 1


def test_a_model_and_a_preset_that_share_one_ask_for_it_once(bench: Bench) -> None:
    bench.desk.pull(messages.Pull(("tiny", "other"), "fake", accept_licence=True))
    assert bench.asked.models == ["tiny", "other"]


def test_what_does_not_exist_is_refused(bench: Bench) -> None:
    with pytest.raises(BadRequest):
        bench.desk.pull(messages.Pull(("nobody",)))
    with pytest.raises(UnknownPreset):
        bench.desk.pull(messages.Pull(preset="nobody"))


def test_a_menu_says_what_a_preset_lacks(bench: Bench) -> None:
    fake = {item.name: item for item in bench.desk.presets().items}["fake"]
    assert (fake.models, fake.missing) == (("tiny",), ("tiny",))
    bench.give("tiny")
    fake = {item.name: item for item in bench.desk.presets().items}["fake"]
    assert (fake.models, fake.missing) == (("tiny",), ())


def test_a_catalogue_that_is_not_valid_stops_only_what_needs_it(bench: Bench) -> None:
    fake = presets.find("fake", bench.paths.presets)
    assert bench.desk.store_for(fake).catalogue.find("tiny")
    bench.catalogue.write_text("[tiny")
    with pytest.raises(EnvironmentProblem, match=r"models\.toml"):
        bench.desk.models(messages.Models())
    diagnose = presets.find("diagnose", bench.paths.presets)
    assert bench.desk.store_for(diagnose).catalogue.models
