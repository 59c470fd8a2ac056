"""A job is done on another machine, and all that lies behind it stays as it is."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from house import House, run_cli
from remote.asking import at_work, begun, done, order, problem, seen, sent, song
from remote.studio import Studio
from waiting import until

from voxmend import wire
from voxmend_protocol.errors import BadRequest
from voxmend_protocol.messages import Accepted, Ack, Cancel, Pause, Resume, Retry
from voxmend_protocol.values import Clip


def test_the_stems_land_in_the_local_folder_and_nothing_stays_there_but_the_song(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    studio.start()
    laptop.start()
    file = song(tmp_path)
    submit = order(laptop, file)
    records = seen(laptop, submit)
    last = records[-1]
    assert last.state == "succeeded", last.error
    assert last.device is not None
    assert last.device.endswith("on studio-box")
    assert {record.stage for record in records if record.stage} <= {
        "read", "send", "wait", "fake", "fetch",
    }  # fmt: skip
    fractions = [record.fraction for record in records if record.fraction is not None]
    assert fractions == sorted(fractions)
    folder = Path(str(last.folder))
    assert folder == laptop.out / "song 1_fake"
    assert sorted(os.listdir(folder)) == [
        "instrumental.wav", "job.json", "vocals.wav", "vocals_raw.wav",
    ]  # fmt: skip
    told = json.loads((folder / "job.json").read_text())
    assert told["job"] == submit.job
    assert told["clip"] == {"path": str(file)}
    assert told["created"] == last.created
    assert told["remote"]["name"] == "studio-box"
    assert told["source"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert str(studio.root) not in (folder / "job.json").read_text()
    studio.wait_empty()
    assert studio.held() == [told["source"]["sha256"]]


def test_a_song_that_is_there_is_not_sent_again(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    studio.start()
    laptop.start()
    file = song(tmp_path)
    for _ in range(2):
        assert done(laptop, order(laptop, file)).state == "succeeded"
    until(lambda: len(sent(laptop)) == 2)
    assert sent(laptop) == [file.stat().st_size, 0]


def test_files_are_called_as_they_would_be_here(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    studio.start()
    laptop.start()
    file = song(tmp_path)
    submit = order(laptop, file)
    output = replace(submit.output, files="{song} - {stem} ({preset})", name="Lied für Zoë")
    last = done(laptop, replace(submit, output=output, stems=("vocals", "instrumental")))
    assert last.state == "succeeded", last.error
    assert [stem.file for stem in last.stems] == [
        "Lied für Zoë - vocals (fake).wav", "Lied für Zoë - instrumental (fake).wav",
    ]  # fmt: skip
    assert all((Path(str(last.folder)) / stem.file).is_file() for stem in last.stems)


def test_the_setting_chooses_it_and_a_job_may_choose_this_machine(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    (laptop.root / "config" / "voxmend.toml").write_text('[worker]\ndevice = "studio-box"\n')
    studio.start()
    laptop.start()
    far = done(laptop, order(laptop, song(tmp_path), device=None))
    near = done(laptop, order(laptop, song(tmp_path), device="cpu"))
    assert (far.state, near.state) == ("succeeded", "succeeded")
    assert str(far.device).endswith("on studio-box")
    assert near.device == "fake"


def test_a_job_here_and_two_there_run_at_once(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    studio.configure("[worker]\nengines = 2")
    studio.start()
    laptop.start()
    client = laptop.client()
    submits = [
        order(laptop, song(tmp_path, seed=seed), device, until=laptop.gate)
        for seed, device in enumerate(("cpu", "studio-box", "studio-box"))
    ]
    for submit in submits:
        client.request(submit, Accepted)

    def at_work() -> bool:
        stages = [client.job(submit.job).stage for submit in submits]
        return stages == ["fake", "fake", "fake"]

    until(at_work, lambda: time.sleep(0.05))
    laptop.let_go()
    assert {laptop.finish(client, submit.job).state for submit in submits} == {"succeeded"}


def test_status_has_a_line_for_each_place_where_work_is_done(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    studio.start()
    laptop.start()
    done(laptop, order(laptop, song(tmp_path)))
    lines = run_cli("worker", "status").stdout.splitlines()
    assert "engines  1: absent" in lines
    assert "         17: idle on studio-box" in lines


def test_a_name_that_nobody_has_makes_no_job(laptop: House) -> None:
    laptop.start()
    with pytest.raises(BadRequest, match=r"no remote worker “attic”.*There are: studio-box"):
        laptop.client().request(order(laptop, laptop.clip(), device="attic"), Accepted)


def test_what_fails_there_fails_here_with_the_same_code(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    studio.start()
    laptop.start()
    last = done(laptop, order(laptop, song(tmp_path), fails="out_of_memory"))
    assert problem(last) == ("out_of_memory", "Failed as asked.")
    studio.wait_empty()


def test_a_sentence_names_the_file_of_this_machine(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    studio.start()
    laptop.start()
    file = tmp_path / "no song.wav"
    file.write_bytes(b"RIFF and nothing that follows")
    code, message = problem(done(laptop, order(laptop, file)))
    assert code == "input_unreadable"
    assert "no song.wav" in message
    assert str(studio.root) not in message


def test_warnings_come_along(laptop: House, studio: Studio, tmp_path: Path) -> None:
    studio.start()
    laptop.start()
    last = done(laptop, order(laptop, song(tmp_path), warns=2))
    assert [warned.code for warned in last.warnings] == ["warning_0", "warning_1"]


def test_a_cancel_ends_the_job_on_both_machines(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    client, submit = at_work(laptop, studio, tmp_path)
    client.request(Cancel(submit.job), Ack)
    assert laptop.finish(client, submit.job).state == "cancelled"
    studio.wait_empty()
    until(lambda: "state=cancelled" in studio.log(), lambda: time.sleep(0.05))
    assert not (laptop.out / "song 1_fake.partial").exists()


def test_a_job_that_was_cancelled_there_says_so(
    laptop: House, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, submit = at_work(laptop, studio, tmp_path)
    monkeypatch.setenv("VOXMEND_HOME", str(studio.root))
    with wire.client("house") as there:
        for record in there.records("running"):
            there.request(Cancel(record.job), Ack)
    monkeypatch.setenv("VOXMEND_HOME", str(laptop.root))
    code, message = problem(laptop.finish(client, submit.job))
    assert code == "remote_refused"
    assert "cancelled on studio-box itself" in message


def test_a_laptop_that_is_paused_sends_nothing(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    client, submit = at_work(laptop, studio, tmp_path)
    client.request(Pause(), Ack)
    laptop.let_go()
    until(lambda: "state=succeeded" in studio.log(), lambda: time.sleep(0.05))
    assert client.job(submit.job).state == "running"
    client.request(Resume(), Ack)
    assert laptop.finish(client, submit.job).state == "succeeded"


def test_a_supervisor_that_was_killed_takes_up_the_job_that_runs_there(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    _, submit = at_work(laptop, studio, tmp_path)
    assert laptop.process is not None
    laptop.process.kill()
    laptop.process.wait()
    laptop.start()
    laptop.let_go()
    assert laptop.finish(laptop.client(), submit.job).state == "succeeded"
    assert begun(laptop) == [0]
    assert studio.log().count("job_accepted") == 1


@pytest.mark.parametrize("hard", [True, False], ids=["killed", "ended"])
def test_the_machine_may_be_started_anew_in_the_middle(
    laptop: House, studio: Studio, tmp_path: Path, hard: bool
) -> None:
    client, submit = at_work(laptop, studio, tmp_path)
    studio.stop(hard)
    studio.start()
    laptop.let_go()
    last = laptop.finish(client, submit.job)
    assert last.state == "succeeded", last.error
    assert begun(laptop) == [0]
    assert studio.log().count("job_accepted") == 1


def test_a_retry_is_a_job_like_any_other(laptop: House, studio: Studio, tmp_path: Path) -> None:
    studio.start()
    laptop.start()
    client = laptop.client()
    submit = order(laptop, song(tmp_path), fails="out_of_memory")
    done(laptop, submit, client)
    again = laptop.order().job
    client.request(Retry(submit.job, again), Accepted)
    assert problem(laptop.finish(client, again))[0] == "out_of_memory"
    assert begun(laptop) == [0]


def test_a_song_that_changed_while_it_waited_is_not_sent(
    laptop: House, studio: Studio, tmp_path: Path
) -> None:
    studio.start()
    laptop.start()
    client = laptop.client()
    client.request(Pause(), Ack)
    file = song(tmp_path)
    submit = order(laptop, file)
    client.request(submit, Accepted)
    file.write_bytes(b"something else")
    client.request(Resume(), Ack)
    assert problem(laptop.finish(client, submit.job))[0] == "input_changed"
    assert sent(laptop) == [0]


def test_a_voice_and_its_song_both_travel(laptop: House, studio: Studio, tmp_path: Path) -> None:
    studio.start()
    laptop.start()
    files = [song(tmp_path, seed=seed) for seed in (1, 2)]
    submit = replace(order(laptop, files[0]), voice=Clip(str(files[1])))
    last = done(laptop, submit)
    assert last.state == "succeeded", last.error
    until(lambda: len(sent(laptop)) == 1)
    assert sent(laptop) == [sum(file.stat().st_size for file in files)]
