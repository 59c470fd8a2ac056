"""Models fetched over the protocol, by a real worker from a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from models.depot import Bench, Depot, Handler, catalogue, cut, plain, sha, status
from pulling import DATA, TERMS, Pulling, begun, drip, present, row, settled
from waiting import PATIENCE_S, until

from voxmend import launch
from voxmend.models.fetch import Fetcher
from voxmend.paths import Paths
from voxmend.supervisor.model_desk import ModelDesk
from voxmend.supervisor.pulls import Pulls
from voxmend_protocol.errors import (
    BadRequest,
    EnvironmentProblem,
    LicenceNotAccepted,
    ShuttingDown,
    UnknownPreset,
)
from voxmend_protocol.messages import (
    Ack,
    ModelList,
    Models,
    PresetList,
    Presets,
    Pull,
    Shutdown,
    StopPull,
)

PROOF = f'sha256 = "{sha(DATA)}"'


@pytest.fixture
def tiny(pulling: Pulling) -> Pulling:
    """A started worker that knows one model, which comes in drips."""
    pulling.know(row("tiny", pulling.depot.give("/net", DATA, drip(0.04)), more=PROOF))
    pulling.house.start()
    return pulling


def silent(handler: Handler, data: bytes) -> None:
    """The beginning, then nothing until the peer is gone."""
    handler.head(200, Content_Length=len(data), ETag='"one"')
    handler.body(data[:60_000])
    handler.wfile.flush()
    handler.depot.released.wait(PATIENCE_S)  # type: ignore[attr-defined]


@pytest.fixture
def stuck(pulling: Pulling) -> Iterator[Pulling]:
    """A started worker whose server falls silent."""
    released = threading.Event()
    pulling.depot.released = released  # type: ignore[attr-defined]
    pulling.know(row("tiny", pulling.depot.give("/net", DATA, silent), more=PROOF))
    pulling.house.start()
    yield pulling
    released.set()


def test_the_progress_of_a_pull_is_seen_to_rise(tiny: Pulling) -> None:
    client = tiny.house.client()
    before = tiny.see(client)
    assert (before.state, before.got, before.total, before.error) == ("absent", None, None, None)
    assert tiny.pull(client, "tiny") == 1
    seen = tiny.wait(client, settled)
    moving = [model for model in seen if model.state == "pulling"]
    got = [model.got or 0 for model in moving]
    assert got == sorted(got)
    assert len(set(got)) >= 4
    assert {model.total for model in moving[1:]} <= {None, len(DATA)}
    assert moving[-1].total == len(DATA)
    assert (seen[-1].state, seen[-1].got, seen[-1].error) == ("present", None, None)
    assert tiny.place().read_bytes() == DATA
    assert tiny.pull(client, "tiny") == 0


def test_the_worker_answers_others_while_it_fetches(stuck: Pulling) -> None:
    """The server is silent all the while, and nobody waits for it."""
    client = stuck.house.client()
    stuck.pull(client, "tiny")
    stuck.wait(client, begun)
    job = stuck.house.submit(client)
    assert stuck.house.finish(client, job).state == "succeeded"
    assert stuck.see(client).state == "pulling"


def test_a_pull_that_was_cut_goes_on_where_it_was(pulling: Pulling) -> None:
    url = pulling.depot.give("/net", DATA, cut(150_000), plain)
    pulling.know(row("tiny", url, more=PROOF))
    pulling.house.start()
    client = pulling.house.client()
    pulling.pull(client, "tiny")
    pulling.wait(client, present)
    assert pulling.depot.bytes_out == len(DATA)
    assert [sent.headers.get("Range") for sent in pulling.depot.sent] == [None, "bytes=150000-"]


def test_a_pull_that_is_stopped_keeps_what_came_and_the_next_brings_the_rest(tiny: Pulling) -> None:
    client = tiny.house.client()
    tiny.pull(client, "tiny")
    tiny.wait(client, begun)
    assert client.request(StopPull(), Ack).count == 1
    stopped = tiny.see(client)
    assert (stopped.state, stopped.got, stopped.error) == ("partial", None, None)
    with FileLock(tiny.house.root / "models" / ".lock", timeout=PATIENCE_S):  # it has let go
        kept = tiny.part().stat().st_size
    assert 40_000 <= kept < len(DATA)
    time.sleep(0.2)
    assert tiny.part().stat().st_size == kept
    assert client.request(StopPull(), Ack).count == 0
    assert tiny.pull(client, "tiny", accept=False) == 1
    tiny.wait(client, present)
    assert tiny.depot.sent[1].headers["Range"] == f"bytes={kept}-"
    assert tiny.place().read_bytes() == DATA


def test_a_stop_does_not_wait_for_a_silent_server_and_another_pull_may_follow(
    stuck: Pulling,
) -> None:
    other = stuck.depot.give("/other", DATA)
    stuck.know(row("other", other))
    client = stuck.house.client()
    stuck.pull(client, "tiny")
    stuck.wait(client, begun)
    assert client.request(StopPull(), Ack).count == 1
    assert stuck.see(client).state == "partial"
    assert stuck.pull(client, "other") == 1
    assert stuck.wait(client, lambda model: model.state == "waiting", "other")
    stuck.depot.released.set()  # type: ignore[attr-defined]
    stuck.wait(client, present, "other")


def test_a_licence_must_be_accepted_once(tiny: Pulling) -> None:
    client = tiny.house.client()
    with pytest.raises(LicenceNotAccepted, match=TERMS) as refused:
        tiny.pull(client, "tiny", accept=False)
    assert "tiny: own. " in refused.value.message
    assert "voxmend models pull tiny --accept-licence" in refused.value.message
    assert tiny.see(client).state == "absent"
    assert tiny.depot.sent == []
    tiny.pull(client, "tiny")
    tiny.wait(client, present)
    tiny.place().unlink()
    assert tiny.pull(client, "tiny", accept=False) == 1
    tiny.wait(client, present)
    tiny.place().unlink()
    tiny.rows.clear()
    tiny.know(row("tiny", tiny.depot.url + "/net", more=PROOF, terms="Ask again."))
    with pytest.raises(LicenceNotAccepted, match=r"Ask again\."):
        tiny.pull(client, "tiny", accept=False)


def test_two_clients_that_pull_at_once_are_one_download(tiny: Pulling) -> None:
    clients = [tiny.house.client() for _ in range(2)]
    assert [tiny.pull(client, "tiny") for client in clients] == [1, 1]
    tiny.wait(clients[1], begun)
    assert tiny.pull(clients[0], "tiny", "tiny") == 1
    for client in clients:
        tiny.wait(client, present)
    assert len(tiny.depot.sent) == 1
    assert tiny.depot.bytes_out == len(DATA)


def test_a_worker_that_was_killed_in_the_middle_brings_the_rest_next_time(tiny: Pulling) -> None:
    client = tiny.house.client()
    tiny.pull(client, "tiny")
    tiny.wait(client, begun)
    assert tiny.house.process is not None
    tiny.house.process.kill()
    tiny.house.wait_dead()
    kept = tiny.part().stat().st_size
    assert not tiny.place().exists()
    tiny.house.start()
    client = tiny.house.client()
    assert tiny.see(client).state == "partial"
    assert tiny.pull(client, "tiny", accept=False) == 1
    tiny.wait(client, present)
    assert tiny.depot.sent[-1].headers["Range"] == f"bytes={kept}-"
    assert tiny.place().read_bytes() == DATA


def test_models_wait_for_each_other_and_one_that_fails_holds_up_none(pulling: Pulling) -> None:
    depot = pulling.depot
    pulling.know(
        row(
            "bad",
            depot.give("/bad", DATA, drip(0.005), status(404)),
            more='sha256 = "' + "0" * 64 + '"',
        ),
        row("tiny", depot.give("/net", DATA, drip()), more=PROOF),
    )
    pulling.house.start()
    client = pulling.house.client()
    assert pulling.pull(client, "bad", "tiny") == 2
    assert pulling.see(client).state == "waiting"
    failed = pulling.wait(client, lambda model: model.error is not None, "bad")[-1]
    assert failed.error is not None
    assert failed.error.code == "model_corrupt"
    assert failed.state == "absent"
    pulling.wait(client, present)
    assert pulling.see(client, "bad").error == failed.error
    pulling.pull(client, "bad")
    again = pulling.wait(client, settled, "bad")[-1]
    assert again.error is not None
    assert again.error.code == "environment"
    assert "404" in again.error.message
    assert again.error.message.endswith("voxmend models import FILE")
    depot.give("/bad", DATA, drip())
    pulling.pull(client, "bad")
    coming = pulling.wait(client, begun, "bad")[-1]
    assert coming.error is None


def test_a_pull_keeps_an_idle_worker_alive_and_no_longer(
    pulling: Pulling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_WORKER_IDLE_EXIT_MIN", "0.005")
    pulling.know(row("tiny", pulling.depot.give("/net", DATA, drip(0.06)), more=PROOF))
    pulling.house.start()
    pulling.pull(pulling.house.client(), "tiny")
    assert pulling.house.wait_dead() == 0
    assert pulling.place().read_bytes() == DATA
    assert "worker_idle" in pulling.house.log()


@pytest.mark.parametrize("drain", [False, True])
def test_a_worker_that_is_told_to_end_leaves_a_silent_server_at_once(
    stuck: Pulling, drain: bool
) -> None:
    client = stuck.house.client()
    stuck.pull(client, "tiny")
    stuck.wait(client, begun)
    client.request(Shutdown(drain), Ack)
    assert stuck.house.wait_dead() == 0
    assert stuck.part().stat().st_size == 60_000
    assert not stuck.place().exists()


def test_a_worker_that_drains_fetches_nothing_new(tiny: Pulling) -> None:
    client = tiny.house.client()
    tiny.house.submit(client, seconds=30.0)
    client.request(Shutdown(drain=True), Ack)
    with pytest.raises(ShuttingDown):
        tiny.pull(client, "tiny")


def test_who_waits_for_another_at_the_store_is_shown_so_and_can_be_stopped(tiny: Pulling) -> None:
    client = tiny.house.client()
    store = tiny.house.root / "models"
    store.mkdir()
    with FileLock(store / ".lock"):
        tiny.pull(client, "tiny")
        tiny.wait(client, lambda model: model.state == "waiting")
        time.sleep(0.2)
        assert tiny.see(client).state == "waiting"
        assert tiny.depot.sent == []
        assert client.request(StopPull(), Ack).count == 1
        assert tiny.see(client).state == "absent"
        time.sleep(0.3)  # the one that was stopped has given up by now
        tiny.pull(client, "tiny")
        tiny.wait(client, lambda model: model.state == "waiting")
    tiny.wait(client, present)
    assert len(tiny.depot.sent) == 1


def test_what_cannot_be_pulled_is_an_error_and_the_worker_goes_on(tiny: Pulling) -> None:
    client = tiny.house.client()
    with pytest.raises(BadRequest, match="Did you mean tiny"):
        tiny.pull(client, "tinny")
    with pytest.raises(UnknownPreset):
        client.request(Pull(preset="none"), Ack)
    assert client.request(Pull(preset="identity"), Ack).count == 0
    good = tiny.catalogue.read_text()
    tiny.catalogue.write_text("[tiny]\n")
    for body, answer in ((Pull(("tiny",)), Ack), (Models(), ModelList)):
        with pytest.raises(EnvironmentProblem, match=str(tiny.catalogue)):
            client.request(body, answer)
    tiny.catalogue.write_text(good)
    assert tiny.see(client).state == "absent"


def test_a_worker_that_is_offline_says_so_at_once(
    pulling: Pulling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_OFFLINE", "1")
    pulling.know(row("tiny", pulling.depot.give("/net", DATA), more=PROOF))
    pulling.house.start()
    with pytest.raises(EnvironmentProblem, match="offline"):
        pulling.pull(pulling.house.client(), "tiny")
    assert pulling.depot.sent == []


def test_a_file_put_there_by_hand_is_proved_by_a_pull_and_replaced_if_it_is_wrong(
    tiny: Pulling,
) -> None:
    tiny.place().parent.mkdir(parents=True)
    tiny.place().write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
    client = tiny.house.client()
    assert tiny.see(client).state == "present"
    assert tiny.pull(client, "tiny") == 1
    tiny.wait(client, lambda model: model.state == "pulling")
    tiny.wait(client, settled)
    assert tiny.place().read_bytes() == DATA
    assert tiny.pull(client, "tiny") == 0


# --- without a worker ---------------------------------------------------------------------------


def finished(pulls: Pulls) -> None:
    """Wait until nothing is under way."""
    until(lambda: not pulls.busy)


def test_a_defect_becomes_the_model_s_error_and_the_next_model_is_fetched(
    tmp_path: Path, depot: Depot
) -> None:
    bench = Bench(tmp_path, catalogue(depot.give("/net", DATA), sha256=sha(DATA)))

    class Broken(Fetcher):
        def fetch(self, *_: object) -> None:  # type: ignore[override]
            raise ZeroDivisionError

    makers = [Broken(), bench.fetcher()]
    pulls = Pulls(lambda: makers.pop(0))
    (model,) = bench.catalogue.models
    assert pulls.ask(bench.store, [model]) == 1
    finished(pulls)
    error = pulls.error("tiny")
    assert error is not None
    assert (error.code, error.message.endswith("voxmend worker logs")) == ("internal", True)
    assert pulls.ask(bench.store, [model]) == 1
    finished(pulls)
    assert (pulls.error("tiny"), bench.state()) == (None, "present")
    pulls.close()


def test_a_retry_that_waits_is_cut_short_by_a_stop(tmp_path: Path, depot: Depot) -> None:
    url = depot.give("/net", DATA, status(503, Retry_After=30))
    bench = Bench(tmp_path, catalogue(url, sha256=sha(DATA)))
    pulls = Pulls(lambda: Fetcher(timeout=5.0))
    pulls.ask(bench.store, bench.catalogue.models)
    until(lambda: depot.sent)
    time.sleep(0.1)  # it most likely waits by now
    pulls.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "pulls"]


def test_a_wrong_file_put_there_by_hand_is_not_replaced_before_its_licence_is_accepted(
    tiny: Pulling,
) -> None:
    client = tiny.house.client()
    tiny.place().parent.mkdir(parents=True)
    tiny.place().write_bytes(DATA[:-1] + b"x")
    with pytest.raises(LicenceNotAccepted):
        tiny.pull(client, "tiny", accept=False)
    assert tiny.depot.sent == []
    assert tiny.pull(client, "tiny") == 1
    tiny.wait(client, lambda model: settled(model) and tiny.place().read_bytes() == DATA)


def test_what_came_with_voxmend_is_present_and_a_pull_asks_nothing_of_it(tmp_path: Path) -> None:
    where = Paths(tmp_path, tmp_path / "config", tmp_path / "cache")
    desk = ModelDesk(where, Pulls())
    for asked in (Pull(models=("spleeter",)), Pull(models=("deepfilternet3", "spleeter"))):
        assert desk.pull(asked) == Ack(count=0)
    assert not desk.pulling
    states = {model.id: model.state for model in desk.models(Models()).items}
    assert (states["spleeter"], states["deepfilternet3"]) == ("present", "present")
    assert not where.models.exists(), "nothing was read, and nothing noted"


def test_a_refusal_of_many_long_licences_keeps_its_command(pulling: Pulling) -> None:
    names = [f"net_{number}" for number in range(9)]
    pulling.know(*(row(name, "http://127.0.0.1:9/", terms="long " * 200) for name in names))
    pulling.house.start()
    with pytest.raises(LicenceNotAccepted) as caught:
        pulling.pull(pulling.house.client(), *names, accept=False)
    assert caught.value.message.endswith(f"{' '.join(names[:6])} --accept-licence")
    assert "And 3 more" in caught.value.message


def test_a_damaged_receipt_is_none(tiny: Pulling) -> None:
    tiny.place().parent.mkdir(parents=True)
    tiny.place().write_bytes(DATA)
    receipt = '{"net.onnx": {"size": "x", "mtime_ns": 1, "sha256": 5}}'
    tiny.place().with_name("receipt.json").write_text(receipt)
    client = tiny.house.client()
    assert tiny.see(client).state == "present"
    assert tiny.pull(client, "tiny") == 1


def test_a_long_preset_or_model_hides_no_other(pulling: Pulling) -> None:
    own = pulling.house.root / "config" / "presets"
    members = "".join(f'[[block.member]]\nname = "a.{"b" * 150}{n}"\n' for n in range(100))
    (own / "aaa.toml").write_text(f'[[block]]\nname = "separate.ensemble"\n{members}')
    (own / "aab.toml").write_text(f'title = "{"t" * 20_000}"\n[[block]]\nname = "a.b"')
    (own / "aac.toml").write_text(f'[[block]]\nname = "a.{"b" * 20_000}"')
    pulling.know(row("tiny", "http://127.0.0.1:9/").replace('"separate"', f'"{"s" * 70_000}"'))
    pulling.house.start()
    client = pulling.house.client()
    listed = {item.name for item in client.request(Presets(), PresetList).items}
    assert listed >= {"aaa", "aab", "fake", "quick", "studio"}
    assert pulling.see(client).state == "absent"


def test_a_worker_of_another_version_is_not_replaced_while_it_fetches(
    tiny: Pulling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "foreign", lambda: True)
    assert tiny.house.process is not None
    client = tiny.house.client()
    tiny.pull(client, "tiny")
    assert tiny.house.report().pulling
    with launch.connect() as other:
        assert other.welcome.worker.pid == tiny.house.process.pid
    tiny.wait(client, present)
    assert not tiny.house.report().pulling
