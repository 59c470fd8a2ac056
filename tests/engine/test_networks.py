"""Tiny networks in a real worker: kept warm from job to job, let go when asked, and short of memory
at each rung. The weights are random: nothing here says how good a separation is."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sounds
from house import House
from waiting import until

from voxmend.bench import weights
from voxmend_protocol import JobRecord
from voxmend_protocol.messages import Accepted, Ack, Release, Submit
from voxmend_protocol.values import Clip, LoadedModel, Output

HUNGRY = str(Path(__file__).parents[1] / "hungry_worker.py")


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with tiny networks, started, one for all tests here."""
    places = weights.Places(tmp_path_factory.mktemp("networks"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOXMEND_HOME", str(places.home))
        weights.write(places, full=False)
        made = House(places.home, (HUNGRY,))
        made.start()
        yield made
        made.close()


def split(house: House, seed: int, **more: Any) -> tuple[JobRecord, dict[str, Any]]:
    """Split a clip that no other test has; its record and its job.json."""
    source = sounds.write(house.root / f"{seed}.wav", sounds.tone(2.0, seed=seed))
    client, job = house.client(), str(uuid.uuid4())
    out = Output(str(house.out))
    client.request(Submit(job, Clip(str(source)), "separation", out, **more), Accepted)
    record = house.finish(client, job)
    facts = {}
    if record.folder:
        facts = json.loads((Path(record.folder) / "job.json").read_text())
    return record, facts


def codes(record: JobRecord) -> list[str]:
    return [warned.code for warned in record.warnings]


def loaded(house: House, count: int) -> tuple[LoadedModel, ...]:
    """What the engine says it holds, once it holds so many."""
    until(lambda: len(house.report().models) == count, otherwise=house.report)
    return house.report().models


def loads(house: House) -> int:
    """How often the engine has loaded a network."""
    return (house.root / "logs" / "engine.log").read_text().count("model_loaded")


def short_of_memory(house: House, times: int) -> None:
    (house.root / "short").write_text(str(times))


def test_stems_of_an_ensemble_of_networks_null_with_the_source(rooms: House) -> None:
    record, facts = split(rooms, 1)
    assert (record.state, codes(record)) == ("succeeded", [])
    assert record.folder is not None
    found = {stem.name: sounds.read(Path(record.folder) / stem.file)[0] for stem in record.stems}
    source, _ = sounds.read(rooms.root / "1.wav")
    assert sounds.peak_db(found["vocals_raw"]) > -80
    assert sounds.peak_db(found["vocals_raw"] + found["instrumental"] - source) < -130
    stages = {stage["block"]: stage for stage in facts["stages"]}
    assert list(stages) == ["separate.htdemucs", "separate.mdx", "separate.ensemble"]
    assert stages["separate.htdemucs"]["runs_on"] == "cpu"
    assert stages["separate.mdx"]["runs_on"] == "CPUExecutionProvider"
    assert facts["device"] == record.device
    assert (record.device or "").startswith("cpu")


def test_networks_stay_loaded_from_one_job_to_the_next(rooms: House) -> None:
    split(rooms, 2)
    first = loaded(rooms, 2)
    before = loads(rooms)
    split(rooms, 3)
    assert {model.name for model in first} == {"separate.htdemucs", "separate.mdx"}
    assert all(model.keep_s == 600 and model.bytes > 100_000 for model in first)
    assert loads(rooms) == before > 0


def test_idle_networks_go_when_that_is_asked_for(rooms: House) -> None:
    split(rooms, 4)
    loaded(rooms, 2)
    rooms.client().request(Release(), Ack)
    assert loaded(rooms, 0) == ()
    assert split(rooms, 5)[0].state == "succeeded"


def test_a_device_that_is_not_there_is_a_warning_in_the_result(rooms: House) -> None:
    record, facts = split(rooms, 6, device="mps")
    assert codes(record) == ["device_absent"]
    assert [warned["code"] for warned in facts["warnings"]] == ["device_absent"]
    assert record.state == "succeeded"


def test_short_of_memory_idle_models_go_first_and_the_job_succeeds(rooms: House) -> None:
    split(rooms, 7)
    loaded(rooms, 2)
    short_of_memory(rooms, 1)
    record, _ = split(rooms, 8)
    assert (record.state, codes(record)) == ("succeeded", ["oom_models_released"])


def test_short_of_memory_to_the_end_the_job_fails_and_the_worker_lives(rooms: House) -> None:
    split(rooms, 9)
    engine = rooms.report().engine_pid
    short_of_memory(rooms, 99)
    record, _ = split(rooms, 10)
    short_of_memory(rooms, 0)
    assert record.error is not None
    assert (record.state, record.error.code, record.error.retryable) == (
        "failed", "out_of_memory", True,
    )  # fmt: skip
    assert split(rooms, 11)[0].state == "succeeded"
    assert rooms.report().engine_pid == engine


def test_the_same_clip_again_runs_no_network(rooms: House) -> None:
    split(rooms, 12)
    _, facts = split(rooms, 12)
    assert facts["stages"] == []
    assert len(facts["cached"]) == 3
    assert facts["first_window_s"] is None


def test_networks_that_nobody_used_for_long_enough_go_by_themselves(
    rooms: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the job's end, or later: two workers with other settings, on the same weights."""
    for minutes, later in (("0", False), ("0.03", True)):
        home = tmp_path / minutes
        shutil.copytree(rooms.root / "models", home / "models")
        shutil.copytree(rooms.root / "config", home / "config")
        monkeypatch.setenv("VOXMEND_HOME", str(home))
        monkeypatch.setenv("VOXMEND_WORKER_KEEP_ALIVE_MIN", minutes)
        house = House(home, (HUNGRY,))
        try:
            house.start()
            assert split(house, 20)[0].state == "succeeded"
            if later:
                assert len(house.report().models) == 2
            assert loaded(house, 0) == ()
        finally:
            house.close()
