"""A network that delays, is narrow, breaks off or falls silent; and machines that are not there."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from house import House
from remote.asking import at_work, begun, done, order, problem, sent, song
from remote.proxy import Proxy
from remote.studio import Studio, free_port
from waiting import until

from voxmend.remote.forms import CHUNK
from voxmend_protocol.messages import Accepted, Ack, Cancel

FRAME = 1000
"""Bytes about a message and in handshakes, at most."""


def configure(laptop: House, text: str) -> None:
    (laptop.root / "config" / "voxmend.toml").write_text(text)


def test_what_breaks_off_at_half_goes_on_from_there(
    laptop: House, studio: Studio, proxy: Proxy, tmp_path: Path
) -> None:
    file = song(tmp_path, 8 * CHUNK)
    size = file.stat().st_size
    proxy.cut_after, proxy.rate = size // 2, 4_000_000
    studio.start()
    laptop.start()
    last = done(laptop, order(laptop, file))
    assert last.state == "succeeded", last.error
    first, second = begun(laptop)
    assert first == 0
    # What lay in the pipe when it broke is not there, and no more than that.
    assert size // 2 - CHUNK - FRAME <= second <= size // 2
    assert size <= sum(proxy.sent[:2]) <= size + CHUNK + 20 * FRAME


def test_a_far_and_narrow_way_that_breaks_often_is_only_slow(
    laptop: House, studio: Studio, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.delay_s, proxy.rate = 0.1, 125_000 * 4
    proxy.cut_after, proxy.most_cuts = 150_000, 3
    studio.start()
    laptop.start()
    last = done(laptop, order(laptop, song(tmp_path, 600_000)))
    assert last.state == "succeeded", last.error
    assert proxy.cuts == 3


def test_stems_that_break_off_go_on_too(
    laptop: House, studio: Studio, proxy: Proxy, tmp_path: Path
) -> None:
    client, submit = at_work(laptop, studio, tmp_path)
    laptop.let_go()
    for _ in range(5):
        proxy.break_off()
        time.sleep(0.1)
    assert laptop.finish(client, submit.job).state == "succeeded"


def test_a_machine_that_is_busy_for_long_is_not_taken_for_gone(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    configure(laptop, "[remote]\nwait_min = 0.02\n")  # 1.2 s
    studio.start()
    laptop.start()
    last = done(laptop, order(laptop, song(tmp_path), seconds=4.0))
    assert last.state == "succeeded", last.error


def test_nobody_there_is_said_after_the_time_that_the_settings_give(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    configure(laptop, "[remote]\nwait_min = 0.02\n")
    laptop.start()
    last = done(laptop, order(laptop, song(tmp_path)))
    code, message = problem(last)
    assert code == "remote_unreachable"
    assert last.error is not None
    assert last.error.retryable
    assert f"studio-box ({studio.endpoint}) cannot be reached: nobody listens there" in message
    assert not (laptop.out / "song 1_fake.partial").exists()


def test_a_machine_that_comes_in_time_is_waited_for(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    laptop.start()
    client = laptop.client()
    submit = order(laptop, song(tmp_path))
    client.request(submit, Accepted)
    until(lambda: "remote_lost" in laptop.log(), lambda: time.sleep(0.05))
    studio.start()
    assert laptop.finish(client, submit.job).state == "succeeded"


def test_silence_is_told_from_work(
    laptop: House, studio: Studio, proxy: Proxy, tmp_path: Path
) -> None:
    """Nothing is broken off here: what is sent goes nowhere, as with a cable that was pulled."""
    configure(laptop, "[remote]\nwait_min = 0.02\nsilence_s = 1.0\n")
    client, submit = at_work(laptop, studio, tmp_path)
    proxy.silent = True
    code, message = problem(laptop.finish(client, submit.job))
    assert code == "remote_unreachable"
    assert "has said nothing for 1 s" in message or "nobody answers there" in message


def test_where_the_user_has_set_it_this_machine_does_the_work_and_says_so(
    laptop: House, tmp_path: Path
) -> None:
    configure(laptop, "[remote]\nwait_min = 0.02\nfallback = true\n")
    laptop.start()
    last = done(laptop, order(laptop, song(tmp_path)))
    assert last.state == "succeeded", last.error
    assert last.device == "fake"
    (warned,) = last.warnings
    assert warned.code == "remote_fallback"
    assert "studio-box" in warned.message
    assert warned.message.endswith("So this machine did the work.")


def test_a_cancel_in_the_middle_of_a_song_leaves_nothing_there(
    laptop: House, studio: Studio, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.rate = 200_000
    studio.start()
    laptop.start()
    client = laptop.client()
    submit = order(laptop, song(tmp_path, 20 * CHUNK))
    client.request(submit, Accepted)
    until(lambda: any(name.endswith(".part") for name in studio.held()))
    client.request(Cancel(submit.job), Ack)
    assert laptop.finish(client, submit.job).state == "cancelled"
    proxy.rate = 0
    until(lambda: not studio.held(), lambda: time.sleep(0.05))


def test_a_cancel_that_nobody_hears_is_said_later(
    laptop: House, studio: Studio, proxy: Proxy, tmp_path: Path
) -> None:
    client, submit = at_work(laptop, studio, tmp_path)
    studio.point(laptop.root, free_port())
    proxy.close()
    client.request(Cancel(submit.job), Ack)
    assert laptop.finish(client, submit.job).state == "cancelled"
    studio.point(laptop.root, studio.port)
    laptop.let_go()
    assert done(laptop, order(laptop, song(tmp_path, seed=2)), client).state == "succeeded"
    studio.wait_empty()


def test_a_listener_that_dies_is_started_anew(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    client, submit = at_work(laptop, studio, tmp_path)
    studio.listener().kill()
    laptop.let_go()
    assert laptop.finish(client, submit.job).state == "succeeded"
    assert studio.process is not None
    assert studio.process.poll() is None
    assert begun(laptop) == [0]


def test_the_log_says_why_it_does_not_listen_any_more(studio: Studio) -> None:
    studio.configure("")
    studio.start()
    listener = studio.listener()
    listener.kill()
    listener.wait()
    with socket.create_server((studio.host, studio.port)):
        until(
            lambda: f"Nothing can listen at {studio.endpoint}" in studio.log(),
            otherwise=studio.log,
        )
    until(studio.listens, otherwise=studio.log)


def test_an_address_that_is_taken_is_said_at_the_start(
    laptop: House, studio: Studio, proxy: Proxy
) -> None:
    import subprocess
    import sys

    studio.port = proxy.own
    studio.configure("")
    ran = subprocess.run(
        [sys.executable, "-m", "voxmend", "worker", "run"],
        env={**os.environ, "VOXMEND_HOME": str(studio.root)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 4, ran.stderr
    assert f"Nothing can listen at tcp://127.0.0.1:{proxy.own}" in ran.stderr
    assert "[environment]" in ran.stderr
    assert sent(laptop) == []


def test_a_cancel_ends_a_job_whose_network_is_silent(
    laptop: House, studio: Studio, proxy: Proxy, tmp_path: Path
) -> None:
    client, submit = at_work(laptop, studio, tmp_path)
    proxy.silent = True
    client.request(Cancel(submit.job), Ack)
    assert laptop.finish(client, submit.job).state == "cancelled"
    studio.point(laptop.root, studio.port)
    laptop.let_go()
    assert done(laptop, order(laptop, song(tmp_path, seed=2)), client).state == "succeeded"


def test_two_jobs_may_send_the_same_song_at_once(
    laptop: House, studio: Studio, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.rate = 2_000_000
    studio.start()
    laptop.start()
    client = laptop.client()
    file = song(tmp_path, 20 * CHUNK)
    submits = [order(laptop, file) for _ in range(2)]
    for submit in submits:
        client.request(submit, Accepted)
    assert {laptop.finish(client, submit.job).state for submit in submits} == {"succeeded"}
    assert "remote_lost" not in laptop.log()
    assert len(studio.held()) == 1
