"""A preset whose models are not here makes no job, and says which, how large, under what terms."""

from __future__ import annotations

import os
import re
import sqlite3
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from house import House, printed, results, run_cli
from models.depot import sha
from pulling import DATA, Pulling, present, row

from voxmend.models.store import Store
from voxmend.supervisor.admission import admit, payload
from voxmend_protocol import Client, features
from voxmend_protocol.errors import (
    BadRequest,
    EnvironmentProblem,
    InputMissing,
    ModelCorrupt,
    ModelMissing,
    VoxmendError,
)
from voxmend_protocol.messages import Accepted, Ack, PresetList, Presets, Pull, Retry, Submit
from voxmend_protocol.values import DEFAULT_STEMS, Clip, Output, PresetInfo

ASK = (
    r"^The preset fake needs models that are not on this machine: tiny \(Tiny, about 84 MB, "
    r"licence: own\)\. Fetch them: voxmend models pull --preset fake$"
)


@pytest.fixture
def needy(pulling: Pulling) -> Pulling:
    """A started worker whose preset ``fake`` needs a model."""
    url = pulling.depot.give("/net", DATA)
    more = f'sha256 = "{sha(DATA)}"\nabout = 84_000_000'
    pulling.know(row("tiny", url, ("testing.fake",), more))
    pulling.house.start()
    return pulling


def fake(client: Client) -> PresetInfo:
    """The preset ``fake`` as a menu shows it."""
    items = client.request(Presets(), PresetList).items
    return next(item for item in items if item.name == "fake")


def jobs(pulling: Pulling) -> list[tuple[str, ...]]:
    """All jobs in the store, whatever the worker says."""
    with sqlite3.connect(pulling.house.root / "jobs.sqlite3") as store:
        return store.execute("SELECT id FROM job").fetchall()


@pytest.mark.skipif(os.name == "nt", reason="there the other half is refused: test_plain_names")
@pytest.mark.parametrize("path", ["C:\\x", "C:/x", "\\\\host\\share\\x"])
@pytest.mark.parametrize("field", ["clip", "output", "mixture", "voice"])
def test_a_path_of_another_system_makes_no_job(house: House, path: str, field: str) -> None:
    order = house.order()
    given: dict[str, Any] = {field: Output(path) if field == "output" else Clip(path)}
    order = replace(order, **given)
    with pytest.raises(BadRequest, match=r"is no whole path on the worker's system.*begins with /"):
        admit(order, house.root / "config" / "presets", lambda _: pytest.fail("asked"))


@pytest.mark.parametrize("name", ["..", "NUL", "con.x", "a.", "a ", "a\x7fb", "a\x9b"])
def test_a_name_that_is_none_on_every_system_makes_no_job(house: House, name: str) -> None:
    order = replace(house.order(), output=Output(str(house.out), name))
    with pytest.raises(BadRequest, match=r"^output\.name .*Write a plain name"):
        admit(order, house.root / "config" / "presets", lambda _: pytest.fail("asked"))


@pytest.mark.parametrize("pattern", ["{stem}" * 30, "x" * 176 + "{stem}" * 4, "{stem}\x9b"])
def test_files_that_no_disk_could_name_make_no_job(house: House, pattern: str) -> None:
    order = replace(
        house.order(), output=Output(str(house.out), files=pattern), stems=("instrumental_mended",)
    )
    store = Store(house.root / "models")
    with pytest.raises(BadRequest, match=r"^output\.files: .* gives instrumental_mended .*shorter"):
        admit(order, house.root / "config" / "presets", lambda _: store)


def refused(pulling: Pulling, client: Client) -> VoxmendError:
    """What a submit is refused with; it leaves nothing behind."""
    before = jobs(pulling)
    with pytest.raises(VoxmendError) as caught:
        client.request(pulling.house.order(), Accepted)
    assert jobs(pulling) == before
    assert list(client.records()) == []
    assert results(pulling.house.out) == []
    return caught.value


def test_a_missing_model_makes_no_job_and_after_its_pull_the_same_order_runs(
    needy: Pulling,
) -> None:
    client = needy.house.client()
    info = fake(client)
    assert (info.models, info.missing) == (("tiny",), ("tiny",))
    error = refused(needy, client)
    assert isinstance(error, ModelMissing)
    assert re.fullmatch(ASK, error.message)
    assert client.request(Pull(preset="fake", accept_licence=True), Ack).count == 1
    assert needy.wait(client, present)[-1].presets == ("fake",)
    assert fake(client).missing == ()
    job = needy.house.submit(client)
    assert needy.house.finish(client, job).state == "succeeded"


def test_on_the_command_line_it_is_exit_code_4_with_the_command(needy: Pulling) -> None:
    run = run_cli("restore", needy.house.clip(), "-p", "fake", "-o", needy.house.out, "--json")
    assert run.returncode == 4
    assert printed(run)["items"][0]["error"]["code"] == "model_missing"
    assert "voxmend models pull --preset fake" in run.stderr
    assert jobs(needy) == []
    assert "voxmend models pull --preset fake" in run_cli("presets", "list").stdout
    listed = {item["name"]: item for item in printed(run_cli("presets", "list", "--json"))["items"]}
    assert listed["fake"]["missing"] == ["tiny"]
    assert "missing" not in listed["identity"] or listed["identity"]["missing"] == []


def test_a_corrupt_model_makes_no_job_and_a_pull_mends_it(needy: Pulling) -> None:
    client = needy.house.client()
    needy.pull(client, "tiny")
    needy.wait(client, present)
    needy.place().write_bytes(DATA[:-1])
    assert needy.see(client).state == "corrupt"
    assert fake(client).missing == ("tiny",)
    error = refused(needy, client)
    assert isinstance(error, ModelCorrupt)
    assert "net.onnx of tiny is 599,999 bytes long and should be 600,000" in error.message
    assert error.message.endswith("voxmend models pull --preset fake")
    needy.pull(client, "tiny")
    needy.wait(client, present)
    needy.house.submit(client)


def test_a_file_that_nobody_has_proved_is_not_read_by_the_supervisor(needy: Pulling) -> None:
    """It would take a second for a gigabyte; the engine proves it before it opens it."""
    needy.place().parent.mkdir(parents=True)
    needy.place().write_bytes(b"\x08" + bytes(100))
    client = needy.house.client()
    assert fake(client).missing == ()
    job = needy.house.submit(client)
    assert needy.house.finish(client, job).state == "succeeded"
    assert not needy.place().with_name("receipt.json").exists()


def test_a_retry_is_refused_in_the_same_way(needy: Pulling) -> None:
    client = needy.house.client()
    needy.pull(client, "tiny")
    needy.wait(client, present)
    job = needy.house.submit(client, fails="out_of_memory")
    assert needy.house.finish(client, job).state == "failed"
    needy.place().unlink()
    with pytest.raises(ModelMissing, match=ASK):
        client.request(Retry(job, str(uuid.uuid4())), Accepted)
    assert len(jobs(needy)) == 1


def test_an_order_that_was_accepted_stays_so_when_the_model_goes(needy: Pulling) -> None:
    client = needy.house.client()
    needy.pull(client, "tiny")
    needy.wait(client, present)
    order = needy.house.order()
    client.request(order, Accepted)
    needy.house.finish(client, order.job)
    needy.place().unlink()
    assert client.request(order, Accepted).state == "succeeded"


def test_a_preset_that_needs_none_asks_for_none(needy: Pulling) -> None:
    info = next(
        item
        for item in needy.house.client().request(Presets(), PresetList).items
        if item.name == "identity"
    )
    assert (info.models, info.missing) == ((), ())


def test_the_default_preset_comes_first_and_nothing_must_be_fetched_for_it(
    needy: Pulling,
) -> None:
    items = needy.house.client().request(Presets(), PresetList).items
    assert (items[0].name, items[0].models, items[0].missing) == ("quick", ("spleeter",), ())
    assert not {"preview", "light"} & {item.name for item in items}


@pytest.mark.parametrize("old", ["preview", "light"])
def test_an_old_name_of_a_preset_is_taken_and_the_record_warns_and_has_the_new_one(
    house: House, old: str
) -> None:
    own = house.root / "config" / "presets"
    (own / "quick.toml").write_text((own / "fake.toml").read_text())
    house.start()
    client = house.client()
    order = replace(house.order(), preset=old, set={})
    client.request(order, Accepted)
    assert client.request(order, Accepted).job == order.job  # the same order is the same job
    record = house.finish(client, order.job)
    assert (record.state, record.preset) == ("succeeded", "quick")
    assert Path(record.folder or "").name == "clip_quick"
    (warned,) = [one for one in record.warnings if one.code == "preset_renamed"]
    assert warned.message.startswith(f"The preset {old} has been replaced by quick; use that name")
    shown = run_cli("jobs", "show", order.job)
    assert warned.message in shown.stdout + shown.stderr


def test_an_old_name_that_is_the_users_own_preset_means_that(house: House) -> None:
    own = house.root / "config" / "presets"
    (own / "preview.toml").write_text((own / "fake.toml").read_text())
    house.start()
    client = house.client()
    order = replace(house.order(), preset="preview")
    client.request(order, Accepted)
    record = house.finish(client, order.job)
    assert (record.preset, record.warnings) == ("preview", ())


def test_a_pull_for_an_old_name_fetches_what_the_new_one_needs(needy: Pulling) -> None:
    own = needy.house.root / "config" / "presets"
    (own / "quick.toml").write_text((own / "fake.toml").read_text())
    client = needy.house.client()
    assert client.request(Pull(preset="light", accept_licence=True), Ack).count == 1
    needy.wait(client, present)


def test_a_broken_catalogue_stops_only_presets_that_need_models(needy: Pulling) -> None:
    client = needy.house.client()
    needy.catalogue.write_text("[tiny")
    assert needy.house.finish(client, needy.house.submit(client)).state == "succeeded"
    items = {item.name: item for item in client.request(Presets(), PresetList).items}
    assert items["identity"].missing == ()
    needed = ("scnet_large", "mdx_voc_ft")
    assert items["restore"].missing == items["restore"].models == needed
    order = replace(needy.house.order(), preset="restore", set={})
    with pytest.raises(EnvironmentProblem, match=r"models\.toml is not a valid catalogue"):
        client.request(order, Accepted)
    said = run_cli("presets", "list")
    assert said.returncode == 0
    assert "identity" in said.stdout
    assert "models.toml is not a valid catalogue" in said.stderr


def test_a_voice_must_be_there_and_the_preset_must_have_something_to_do_with_it(
    house: House,
) -> None:
    house.start()
    client = house.client()
    assert features.VOICE in client.welcome.features
    here, gone = Clip(str(house.clip())), Clip("/gone/stem.wav")

    def submit(preset: str, voice: Clip) -> Accepted:
        order = replace(house.order(), preset=preset, voice=voice)
        return client.request(order, Accepted)

    with pytest.raises(InputMissing, match=r"stem\.wav"):
        submit("fake", gone)
    with pytest.raises(BadRequest, match="changes nothing, so it takes no voice"):
        submit("diagnose", here)
    assert submit("fake", here).state in ("queued", "running")


def test_the_models_of_separators_are_not_asked_for_where_a_voice_is_given(
    pulling: Pulling,
) -> None:
    """``split`` separates with two networks that are not here, and does nothing else."""
    pulling.house.start()
    client = pulling.house.client()
    order = replace(pulling.house.order(), preset="split", set={})
    with pytest.raises(ModelMissing):
        client.request(order, Accepted)
    given = replace(order, voice=Clip(str(pulling.house.clip())))
    assert client.request(given, Accepted).state in ("queued", "running")
    repaired = replace(given, job=str(uuid.uuid4()), preset="mend")
    with pytest.raises(
        ModelMissing, match=r"which needs none of them: the preset quick\.$"
    ) as caught:
        client.request(repaired, Accepted)
    assert "speechsr48k" in caught.value.message
    assert "scnet" not in caught.value.message


def test_an_order_of_an_earlier_client_which_named_voice_and_band_is_the_same_as_none_named(
    tmp_path: Path,
) -> None:
    """So a folder that was watched before an upgrade has no job twice."""
    now = Submit(str(uuid.uuid4()), Clip(str(tmp_path / "a.wav")), "quick", Output(str(tmp_path)))
    before = replace(now, stems=DEFAULT_STEMS)
    assert payload(now) == payload(before)
    assert payload(now) != payload(replace(now, stems=("vocals",)))


def test_what_a_dry_voice_is_told_is_refused_where_none_is_asked_for(tmp_path: Path) -> None:
    """It would change nothing, and nobody would know."""
    source = tmp_path / "a.wav"
    source.write_bytes(b"RIFF")
    order = Submit(
        str(uuid.uuid4()), Clip(str(source)), "lead", Output(str(tmp_path)),
        set={"reverb.strength": 0.5},
    )  # fmt: skip

    def ask(*stems: str) -> None:
        admit(replace(order, stems=stems or None), tmp_path, lambda _: Store(tmp_path))

    for stems in ((), ("lead", "instrumental")):
        with pytest.raises(BadRequest, match=r"neither dry nor reverb.*--stems dry,reverb$"):
            ask(*stems)
    with pytest.raises(ModelMissing, match="bs_dereverb_anvuew"):
        ask("dry")


PLAN = (
    '{"name": "mine", "input": "mixture", "block": [{"name": "separate.identity", "share": 0.5}]}'
)


def test_a_preset_that_is_brought_needs_no_file_here(house: House) -> None:
    order = replace(house.order(), preset="mine", plan=PLAN, set={}, stems=("vocals",))
    spec = admit(order, house.root / "config" / "presets", lambda _: Store(house.root / "models"))
    assert '"share": 0.5' in spec.plan
    assert spec.submit.preset == "mine"


@pytest.mark.parametrize(
    ("name", "plan"),
    [
        ("other", PLAN),
        ("../mine", PLAN.replace("mine", "../mine")),
        ("mine", "{}"),
        ("mine", PLAN.replace("0.5", '"much"')),
    ],
    ids=["another name", "a way up", "nothing", "a parameter"],
)
def test_a_preset_that_is_brought_and_is_none_makes_no_job(
    house: House, name: str, plan: str
) -> None:
    order = replace(house.order(), preset=name, plan=plan, set={})
    with pytest.raises(BadRequest):
        admit(order, house.root / "config" / "presets", lambda _: Store(house.root / "models"))
