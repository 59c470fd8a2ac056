"""``voxmend bridge`` between a mailbox and a real supervisor with the fake engine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import another_user
import psutil
import pytest
from another_user import as_other, needs_root, shared_by_all
from bridge.host import Host
from house import House, run_cli
from waiting import PATIENCE_S, until

from voxmend import launch
from voxmend.bridge import run as bridge_run
from voxmend.bridge.carrier import Carrier
from voxmend.bridge.mailbox import Mailbox
from voxmend_protocol import Client, discovery, messages
from voxmend_protocol.errors import EnvironmentProblem


@pytest.fixture
def host(house: House, tmp_path: Path) -> Iterator[Host]:
    """A box whose path has blanks and letters beyond ASCII."""
    made = Host(tmp_path / "Zoë's box" / "boxes" / "one")
    yield made
    made.close()


def test_a_job_goes_through_and_its_records_come_back(house: House, host: Host) -> None:
    house.start()
    host.start()
    job = host.submit(house)
    host.until(lambda: host.state(job) == "succeeded")
    assert host.read("news.json")["records"][job] >= 1
    assert not list((host.box / "ask").iterdir())
    assert stat.S_IMODE(host.box.stat().st_mode) == 0o700


def test_the_worker_is_started_where_there_is_none(house: House, host: Host) -> None:
    host.start()
    try:
        assert host.answer(host.ask(messages.Status()))["type"] == "report"
        assert host.read("bridge.json")["state"] == "ready"
    finally:
        run_cli("worker", "stop")


def test_errors_come_back_as_answers_and_stop_nothing(house: House, host: Host) -> None:
    house.start()
    host.start()
    unknown = host.ask({"type": "dance"})
    bad = host.ask({"type": "cancel"})
    host.put("ask/half.json", '{"type":')
    host.put("ask/large.json", json.dumps({"type": "ping", "x": "y" * 70_000}))
    assert host.answer(unknown)["code"] == "unknown_type"
    assert host.answer(bad)["code"] == "bad_request"
    assert host.answer("half")["code"] == "bad_request"
    assert host.answer("large")["code"] == "bad_request"
    assert host.answer(host.ask(messages.Job("0" * 8)))["code"] in ("unknown_job", "bad_request")
    assert host.answer(host.ask(messages.Ping()))["type"] == "pong"


def test_links_and_odd_names_are_left_alone(house: House, host: Host, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"type":"ping"}')
    (host.box / "ask" / "link.json").symlink_to(secret)
    (host.box / "ask" / "odd name.json").write_text('{"type":"ping"}')
    (host.box / "ask" / "part.json.tmp").write_text('{"type":"ping"}')
    assert Mailbox(host.box).asks() == []


def test_a_second_bridge_ends_at_once(house: House, host: Host) -> None:
    house.start()
    host.start()
    host.until(lambda: host.read("bridge.json").get("state") == "ready")
    pid = host.read("bridge.json")["pid"]
    assert host.start().wait(PATIENCE_S) == 0
    assert host.read("bridge.json")["pid"] == pid


def test_a_killed_bridge_loses_nothing(house: House, host: Host) -> None:
    house.start()
    first = host.start()
    job = host.submit(house, until=house.gate)
    first.kill()
    first.wait()
    count = host.read("news.json").get("records", {}).get(job, 0)
    late = host.ask(messages.Watch(jobs=(job,)))
    host.start()
    assert host.answer(late)["count"] == 1
    house.let_go()
    host.until(lambda: host.state(job) == "succeeded")
    assert host.read("news.json")["records"][job] > count


def test_an_answer_without_its_ask_removed_is_given_again(house: House, host: Host) -> None:
    house.start()
    order = house.order()
    asked = host.ask(order)
    host.put(f"answer/{asked}.json", {"type": "accepted", "re": asked, "old": True})
    host.start()
    host.until(lambda: not list((host.box / "ask").iterdir()))
    assert "old" not in host.read(f"answer/{asked}.json")
    assert house.client().job(order.job).job == order.job


def test_jobs_are_followed_over_a_restart_of_the_worker(house: House, host: Host) -> None:
    house.start()
    host.start()
    job = host.submit(house, until=house.gate)
    assert house.process is not None
    bridge = psutil.Process(host.processes[-1].pid)
    bridge.suspend()  # it sees a lost connection at once, and would start a worker of its own
    house.process.kill()
    house.process.wait()
    house.start()
    bridge.resume()
    house.let_go()
    host.until(lambda: host.state(job) == "succeeded")


def test_many_jobs_are_followed_at_once(house: House, host: Host) -> None:
    house.start()
    host.start()
    orders = [house.order() for _ in range(40)]
    asked = [host.ask(order) for order in orders]
    assert all(host.answer(name)["type"] == "accepted" for name in asked)
    jobs = tuple(order.job for order in orders)
    assert host.answer(host.ask(messages.Watch(jobs=jobs)))["count"] == len(jobs)
    host.until(lambda: all(host.state(job) == "succeeded" for job in jobs))


def test_a_worker_of_another_version_is_told_in_bridge_json(
    house: House, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.start()
    asked = host.ask(messages.Ping())
    monkeypatch.setattr(messages, "PROTOCOL", 3)
    monkeypatch.setattr("voxmend.launch.foreign", lambda: False)
    bridge_run.run(host.box)
    found = host.read("bridge.json")
    assert found["state"] == "failed"
    assert found["error"]["code"] == "unsupported_version"
    assert host.answer(asked)["code"] == "unsupported_version"


def test_it_ends_when_nobody_needs_it(
    house: House, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.start()
    monkeypatch.setattr("voxmend.bridge.carrier.ALONE_S", 0.5)
    bridge_run.run(host.box)
    assert host.read("bridge.json")["state"] == "ended"


def test_a_full_disk_loses_no_answer(
    house: House, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.start()
    asked = host.ask(messages.Ping())
    monkeypatch.setattr("voxmend.bridge.carrier.ALONE_S", PATIENCE_S)
    put, full = Mailbox.put, [3]

    def failing(self: Mailbox, name: str, body: dict[str, object]) -> None:
        if name.startswith("answer/") and full[0]:
            full[0] -= 1
            raise OSError(28, "No space left on device")
        put(self, name, body)
        if name.startswith("answer/"):
            monkeypatch.setattr("voxmend.bridge.carrier.ALONE_S", 0.0)

    monkeypatch.setattr(Mailbox, "put", failing)
    bridge_run.run(host.box)
    assert full == [0]
    assert host.read(f"answer/{asked}.json")["type"] == "pong"


def test_a_folder_of_another_user_is_refused(host: Host) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(host.box, 12345, 12345)
    with pytest.raises(EnvironmentProblem, match="another user"):
        Mailbox(host.box)


def test_boxes_of_hosts_long_gone_are_swept(host: Host) -> None:
    old, fresh = Host(host.box.parent / "old"), Host(host.box.parent / "fresh")
    month_ago = time.time() - bridge_run.STALE_S - 1
    os.utime(old.box / "beat", (month_ago, month_ago))
    bridge_run.sweep(host.box.parent, host.box)
    assert not old.box.exists()
    assert fresh.box.exists()


def test_the_home_folder_comes_from_the_pointer(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (host.box.parent.parent / "install.json").write_text(json.dumps({"home": str(tmp_path / "h")}))
    monkeypatch.delenv("VOXMEND_HOME")
    bridge_run.home_of(host.box)
    assert discovery.home() == tmp_path / "h"
    monkeypatch.delenv("VOXMEND_HOME")


def test_it_loads_nothing_heavy() -> None:
    code = "import sys, voxmend.bridge.run; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(ran.stdout.split()) & {"torch", "numpy", "soundfile", "typer", "rich"}


def test_a_carrier_needs_a_client_of_its_own(host: Host) -> None:
    def refused() -> Client:
        raise EnvironmentProblem("There is no worker here.")

    asked = host.ask(messages.Ping())
    Carrier(Mailbox(host.box), refused).run()
    assert host.answer(asked)["message"] == "There is no worker here."


@needs_root
@pytest.mark.parametrize("name", ["ask", "answer", "record"])
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_sub_folder_that_another_user_made_while_the_box_was_open_is_refused(
    kind: str, name: str, tmp_path: Path
) -> None:
    box = shared_by_all(tmp_path / "boxes" / "one")
    (tmp_path / "boxes" / "two").mkdir()
    if kind == "folder":
        as_other(another_user.folder, box / name)
    else:
        as_other(another_user.link, box / name, tmp_path / "boxes" / "two")
    with pytest.raises(EnvironmentProblem, match=r"cannot be a mailbox.*(another user|link)"):
        Mailbox(box)
    assert os.listdir(tmp_path / "boxes" / "two") == []


@needs_root
def test_what_another_user_laid_into_an_open_box_is_no_ask_and_overwrites_nothing(
    tmp_path: Path,
) -> None:
    box = shared_by_all(tmp_path / "boxes" / "one")
    asks = shared_by_all(box / "ask")
    secret = tmp_path / "secret"
    secret.write_text("mine")
    as_other(another_user.write, asks / "a.json", b'{"type": "shutdown", "drain": false}')
    as_other(another_user.pipe, box / "beat")
    for link in (".bridge.json.new", "news.json", "bridge.json"):
        as_other(another_user.link, box / link, secret)
    mailbox = Mailbox(box)
    assert mailbox.asks() == []
    assert mailbox.beat() == ""
    mailbox.put("bridge.json", {"state": "ready"})
    assert secret.read_text() == "mine"
    assert json.loads((box / "bridge.json").read_bytes()) == {"state": "ready"}
    for folder in (box, asks):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_box_whose_folder_others_may_write_is_refused_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "boxes" / "one").mkdir(parents=True)
    (tmp_path / "boxes").chmod(0o777)
    with pytest.raises(EnvironmentProblem, match="chmod go-w"):
        Mailbox(tmp_path / "boxes" / "one")


def test_a_pointer_that_others_may_write_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VOXMEND_HOME", raising=False)
    pointer = tmp_path / "install.json"
    pointer.write_text(json.dumps({"home": str(tmp_path / "theirs")}))
    pointer.chmod(0o666)
    with pytest.raises(EnvironmentProblem, match=r"install\.json can be written by everybody"):
        bridge_run.home_of(tmp_path / "box" / "one")
    assert "VOXMEND_HOME" not in os.environ


@pytest.fixture
def stopped_worker(house: House) -> Iterator[None]:
    """A worker that was there and was told to stop; whatever is started after that ends."""
    house.start()
    assert launch.stop_for_good()
    house.wait_dead()
    yield
    launch.stop()


@pytest.mark.usefixtures("stopped_worker")
def test_a_worker_that_was_stopped_is_not_started_by_a_question(host: Host) -> None:
    asked = host.ask(messages.Jobs())
    host.start()
    assert host.answer(asked)["code"] == "worker_unreachable"
    until(lambda: host.read("bridge.json").get("state") == "failed")
    assert "was stopped" in host.read("bridge.json")["error"]["message"]
    assert not launch.running()


@pytest.mark.usefixtures("stopped_worker")
@pytest.mark.parametrize("by", ["a new job", "the user"])
def test_a_worker_that_was_stopped_is_started_by_a_new_job_and_by_the_user(
    host: Host, by: str
) -> None:
    other = host.ask(messages.Jobs())
    if by == "the user":
        (host.box / "start").write_text("1")
    else:
        host.ask(messages.Retry(str(uuid.uuid4()), str(uuid.uuid4())))
    host.start()
    assert host.answer(other)["type"] == "page"
    assert not (host.box / "start").exists()


def test_a_bridge_whose_worker_is_stopped_says_so_and_ends(house: House, host: Host) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate)
    process = host.start()
    host.answer(host.ask(messages.Watch(jobs=(job,))))
    assert launch.stop_for_good()
    until(lambda: host.read("bridge.json").get("state") == "failed", meanwhile=host.beat)
    process.wait(PATIENCE_S)
    assert not launch.running()
