"""The other commands: exit codes, JSON, and that nothing heavy is loaded for a word of help."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sounds
from filelock import FileLock
from house import House, printed, run_cli
from waiting import PATIENCE_S, until

from voxmend import paths
from voxmend.doctor import models
from voxmend.doctor.finding import Case, Finding
from voxmend_protocol import discovery
from voxmend_protocol.messages import Accepted


def test_help_loads_nothing_heavy() -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "voxmend", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "typer" in loaded
    for heavy in ("torch", "numpy", "soundfile", "zmq", "sqlite3", "rich.markdown", "pydantic"):
        assert heavy not in loaded, heavy
    assert "restore" in run.stdout


@pytest.mark.parametrize(
    "command", ["jobs", "presets", "models", "worker", "config", "restore", "doctor"]
)
def test_every_command_has_a_screen_of_help(command: str) -> None:
    run = run_cli(command, "--help")
    assert run.returncode == 0
    assert len(run.stdout.splitlines()) < 40


def test_status_without_a_worker_is_exit_code_3_with_the_next_step(house: House) -> None:
    run = run_cli("worker", "status", "--json")
    assert run.returncode == 3
    assert printed(run)["error"]["code"] == "worker_unreachable"
    assert "voxmend worker start" in run.stderr


def test_a_worker_is_started_stopped_and_restarted(house: House) -> None:
    assert run_cli("worker", "start").returncode == 0
    first = printed(run_cli("worker", "status", "--json"))["pid"]
    assert "already" in run_cli("worker", "start").stderr
    assert run_cli("worker", "restart").returncode == 0
    second = printed(run_cli("worker", "status", "--json"))["pid"]
    assert first != second
    assert run_cli("worker", "stop").returncode == 0
    assert not discovery.worker_file(house.root).exists()
    assert run_cli("worker", "stop").returncode == 0
    assert "worker_started" in run_cli("worker", "logs").stdout


def test_a_stale_worker_file_does_not_stop_a_start(house: House) -> None:
    house.start()
    assert house.process is not None
    house.process.kill()
    house.wait_dead()
    assert discovery.worker_file(house.root).exists()
    run = run_cli("jobs", "list", "--json")
    assert (run.returncode, printed(run)) == (0, {"items": []})
    run_cli("worker", "stop")


def test_two_workers_started_at_once_are_one(house: House) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-m", "voxmend", "worker", "start"]) for _ in range(3)
    ]
    assert [start.wait(PATIENCE_S) for start in starts] == [0, 0, 0]
    assert house.log().count("worker_started") == 1
    run = run_cli("worker", "run")
    assert run.returncode == 0
    assert "running already: tcp://127.0.0.1:" in run.stderr
    run_cli("worker", "stop")


def test_an_idle_worker_ends_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXMEND_WORKER_IDLE_EXIT_MIN", "0.01")
    house.start()
    assert house.wait_dead() == 0
    assert "worker_idle" in house.log()
    assert not discovery.worker_file(house.root).exists()


def test_a_drained_worker_finishes_its_queue_and_takes_nothing_new(house: House) -> None:
    house.start()
    client = house.client()
    jobs = [house.submit(client, until=house.gate) for _ in range(3)]
    stop = subprocess.Popen([sys.executable, "-m", "voxmend", "worker", "stop", "--drain"])
    until(lambda: house.report().draining)
    with pytest.raises(Exception, match="shutting down"):
        client.request(house.order(), Accepted)
    house.let_go()
    assert stop.wait(PATIENCE_S) == 0
    house.start()
    states = {record.job: record.state for record in house.client().records()}
    assert states == dict.fromkeys(jobs, "succeeded")


def test_a_stopped_worker_takes_its_jobs_up_again(house: House) -> None:
    house.start()
    client = house.client()
    job = house.submit(client, until=house.gate)
    until(lambda: client.job(job).fraction is not None)
    assert run_cli("worker", "stop").returncode == 0
    house.start()
    house.let_go()
    assert house.finish(house.client(), job).state == "succeeded"


def test_a_waiting_job_can_be_made_the_next(house: House) -> None:
    house.start()
    client = house.client()
    running, first, second = (house.submit(client, seconds=30.0) for _ in range(3))
    until(lambda: client.job(running).state == "running")
    assert "runs next" in run_cli("jobs", "next", second[:8]).stderr
    assert [client.job(job).position for job in (second, first)] == [0, 1]
    assert "running already" in run_cli("jobs", "next", running).stderr


def test_jobs_can_be_listed_cancelled_retried_and_cleared(house: House) -> None:
    house.start()
    client = house.client()
    first = house.submit(client, fails="out_of_memory")
    house.finish(client, first)
    second = house.submit(client, seconds=30.0)
    items = printed(run_cli("jobs", "list", "--json"))["items"]
    assert [item["job"] for item in items] == [second, first]
    assert (
        printed(run_cli("jobs", "list", "--state", "failed", "--json"))["items"][0]["job"] == first
    )
    assert run_cli("jobs", "cancel", second).returncode == 0
    again = printed(run_cli("jobs", "retry", first[:8], "--json"))["items"][0]["job"]
    assert house.finish(client, again).retry_of == first
    assert printed(run_cli("jobs", "clear", "--json")) == {"cleared": 3}
    assert printed(run_cli("jobs", "list", "--json")) == {"items": []}
    for words in (("jobs", "show", "ffff"), ("jobs", "list", "--state", "lost")):
        run = run_cli(*words)
        assert run.returncode == 2
        assert "Traceback" not in run.stderr


def test_presets_are_listed_and_shown_with_their_parameters(house: House) -> None:
    names = [item["name"] for item in printed(run_cli("presets", "list", "--json"))["items"]]
    assert {"fake", "identity"} <= set(names)
    assert names[0] == "quick"
    assert not {"preview", "light"} & set(names)
    assert "--set separate.speeds=3" in run_cli("presets", "show", "quick").stdout
    restore = run_cli("presets", "show", "restore").stdout
    assert "--set separate.rule=average" in restore
    assert "--set separate.mdx.polarity=false" in restore
    assert "voxmend models pull --preset restore" in restore
    steps = printed(run_cli("presets", "show", "restore", "--json"))["steps"]
    assert [member["block"] for member in steps[0]["members"]] == [
        "separate.scnet_large", "separate.mdx"
    ]  # fmt: skip
    run = run_cli("presets", "show", "none", "--json")
    assert (run.returncode, printed(run)["error"]["code"]) == (2, "unknown_preset")
    (house.root / "config" / "presets" / "bad.toml").write_text("[[block]\n")
    assert "bad: not valid" in run_cli("presets", "list").stderr


def test_a_preset_is_shown_under_its_old_name_with_a_word_on_stderr(house: House) -> None:
    run = run_cli("presets", "show", "preview", "--json")
    assert printed(run)["name"] == "quick"
    assert "preview has been replaced by quick" in run.stderr
    own = house.root / "config" / "presets" / "preview.toml"
    own.write_text('title = "Mine"\n[[block]]\nname = "separate.identity"\n')
    run = run_cli("presets", "show", "preview", "--json")
    assert (printed(run)["title"], run.stderr) == ("Mine", "")


def test_a_pull_for_an_old_name_says_the_new_one(house: House) -> None:
    run = run_cli("models", "pull", "--preset", "light")
    assert run.returncode == 0, run.stderr
    assert "light has been replaced by quick" in run.stderr
    assert "there is nothing to fetch" in run.stderr


@pytest.mark.parametrize("block", ["separate.midside", "separate.repetition"])
def test_a_preset_of_ones_own_with_a_block_that_is_gone_says_what_to_write(
    house: House, block: str
) -> None:
    own = house.root / "config" / "presets" / "mine.toml"
    own.write_text(f'[[block]]\nname = "{block}"\n')
    run = run_cli("presets", "show", "mine", "--json")
    assert (run.returncode, printed(run)["error"]["code"]) == (2, "bad_request")
    assert f"the block {block} is gone. Write separate.spleeter in its place" in run.stderr
    assert str(own) in run.stderr
    assert "mine: not valid" in run_cli("presets", "list").stderr
    house.start()
    asked = run_cli("restore", house.clip(), "-p", "mine", "-o", house.out)
    assert asked.returncode == 2
    assert "is gone" in asked.stderr


def test_config_shows_each_value_with_its_origin(house: House) -> None:
    file = house.root / "config" / "voxmend.toml"
    file.write_text('[restore]\npreset = "split"\n')
    run = run_cli("config", "show", "--json", VOXMEND_WORKER_QUEUE_MAX="7")
    values = {item["key"]: (item["value"], item["origin"]) for item in printed(run)["items"]}
    assert values["restore.preset"] == ("split", str(file))
    assert values["worker.queue_max"] == (7, "VOXMEND_WORKER_QUEUE_MAX")
    assert values["worker.keep_jobs"] == (10_000, "default")
    assert Path(printed(run_cli("config", "path", "--json"))["config"]) == file
    file.write_text("[worker]\nque_max = 3\n")
    run = run_cli("config", "show")
    assert run.returncode == 4
    assert "worker.queue_max?" in run.stderr


def test_a_home_that_cannot_be_written_is_exit_code_4(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.1))
    run = run_cli("restore", source, "--json", VOXMEND_HOME=str(tmp_path / "file" / "home"))
    assert run.returncode == 4, run
    assert printed(run)["error"]["code"] == "environment"
    assert "Traceback" not in run.stderr


def test_the_doctor_finds_this_machine_well(house: House) -> None:
    run = run_cli("doctor", "--quick", "--json")
    assert run.returncode == 0, run.stdout
    items = printed(run)["items"]
    assert {item["health"] for item in items} <= {"ok", "warn"}
    assert {"python", "torch", "worker", "folders"} <= {item["id"] for item in items}
    assert "ok" in run_cli("doctor", "--quick").stdout


def test_the_doctor_names_what_is_broken_and_the_command_that_mends_it(house: House) -> None:
    (house.root / "config" / "voxmend.toml").write_text("[worker]\nnonsense = 1\n")
    run = run_cli("doctor", "--quick", "--json")
    assert run.returncode == 4
    failed = [item for item in printed(run)["items"] if item["health"] == "fail"]
    assert [item["id"] for item in failed] == ["settings"]
    assert "nonsense" in failed[0]["detail"]


def test_the_doctor_names_the_models_that_the_default_preset_lacks(house: House) -> None:
    """This check alone; the command with all of them is asked above."""

    def finding() -> Finding:
        return models.models(Case(paths.find(), measure_s=0.0))

    assert finding().health == "ok"
    (house.root / "config" / "voxmend.toml").write_text('[restore]\npreset = "restore"\n')
    lacking = finding()
    assert (lacking.health, lacking.fix) == ("warn", "voxmend models pull --preset restore")
    assert "scnet_large, mdx_voc_ft" in lacking.detail


def test_status_tells_which_networks_are_loaded(house: House) -> None:
    house.start()
    assert "none loaded" in run_cli("worker", "status").stdout
    house.finish(house.client(), house.submit(house.client()))
    shown = run_cli("worker", "status").stdout
    assert "models   auto, 0 MB on auto, idle for " in shown
    assert "let go after 10 min 00 s" in shown


def test_the_preset_restore_without_its_models_is_exit_code_4_and_no_job(
    house: House,
) -> None:
    house.start()
    run = run_cli("restore", house.clip(), "-p", "restore", "-o", house.out, "--json")
    assert run.returncode == 4
    error = printed(run)["items"][0]["error"]
    assert error["code"] == "model_missing"
    for words in ("restore", "SCNet large", "169 MB", "67 MB", "licence: none stated"):
        assert words in error["message"]
    assert error["message"].endswith("voxmend models pull --preset restore")
    assert printed(run_cli("jobs", "list", "--json")) == {"items": []}
    assert not house.out.exists()


def test_the_cache_is_shown_and_cleared_and_a_second_run_uses_it(
    house: House, tmp_path: Path
) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(1.0))
    words = ("restore", source, "-p", "mending", "-o", tmp_path / "out", "--json")
    first = printed(run_cli(*words))["items"][0]
    filled = printed(run_cli("cache", "stats", "--json"))
    assert filled["entries"] == 4
    second = printed(run_cli(*words))["items"][0]
    facts = json.loads((Path(second["folder"]) / "job.json").read_text())
    assert len(facts["cached"]) == 4
    for one, other in zip(first["stems"], second["stems"], strict=True):
        assert Path(one["path"]).read_bytes() == Path(other["path"]).read_bytes()
    changed = printed(run_cli(*words, "--set", "bandwidth.strength=0.5"))["items"][0]
    facts = json.loads((Path(changed["folder"]) / "job.json").read_text())
    assert len(facts["cached"]) == 3
    assert printed(run_cli("cache", "clear", "--json"))["removed"] == 5
    assert printed(run_cli("cache", "stats", "--json"))["entries"] == 0
    run_cli("worker", "stop")


def test_a_worker_file_that_was_opened_or_deleted_is_written_anew(house: House) -> None:
    house.start()
    file = discovery.worker_file(house.root)
    file.chmod(0o644)
    until(lambda: not file.stat().st_mode & 0o077)
    file.unlink()
    assert run_cli("worker", "start").returncode == 0
    assert house.process is not None
    assert house.process.poll() is None
    house.client()


def test_a_worker_whose_state_was_deleted_ends(house: House) -> None:
    house.start()
    shutil.rmtree(house.root)
    assert house.wait_dead() == 0


def test_a_start_waits_for_a_worker_that_is_still_ending(house: House) -> None:
    lock = house.root / "run" / "worker.lock"
    lock.parent.mkdir(parents=True)
    held = FileLock(lock, thread_local=False)
    held.acquire()
    threading.Timer(1.5, held.release).start()
    assert run_cli("worker", "start").returncode == 0
    assert run_cli("worker", "stop").returncode == 0


def test_stop_with_drain_ends_when_the_worker_was_killed(house: House) -> None:
    house.start()
    house.submit(house.client(), seconds=60.0)
    assert house.process is not None
    threading.Timer(1.5, house.process.kill).start()
    assert run_cli("worker", "stop", "--drain").returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_nobody_else_may_enter_the_state_folder(house: House) -> None:
    shutil.rmtree(house.root)
    mask = os.umask(0)
    try:
        assert run_cli("worker", "start").returncode == 0
    finally:
        os.umask(mask)
    for folder in (house.root, house.root / "run", house.root / "logs", house.root / "cache"):
        assert folder.stat().st_mode & 0o077 == 0, folder
    assert run_cli("worker", "stop").returncode == 0


def closed(stream: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with one of its streams closed."""
    quoted = " ".join(arguments)
    script = f'exec "{sys.executable}" -m voxmend {quoted} {stream}>&-'
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the stream")
def test_a_closed_stream_changes_neither_the_other_one_nor_the_exit_code(house: House) -> None:
    run = closed(2, "worker", "status")
    assert (run.returncode, run.stdout) == (3, "")
    run = closed(1, "config", "path", "--json")
    assert (run.returncode, run.stderr) == (0, "")


def test_a_name_the_terminal_cannot_show_is_no_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "é"))
    run = run_cli("config", "path", PYTHONIOENCODING="ascii")
    assert (run.returncode, run.stderr) == (0, "")
    assert "\\xe9" in run.stdout


@pytest.mark.parametrize("home", ["~nobody-of-that-name/x"])
def test_a_home_that_cannot_be_found_is_one_sentence(home: str) -> None:
    for command in (("worker", "status"), ("jobs", "list"), ("config", "show")):
        run = run_cli(*command, VOXMEND_HOME=home)
        assert run.returncode == 4
        assert len(run.stderr.splitlines()) == 1
        assert "VOXMEND_HOME" in run.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKER_LOG_LEVEL", "verbose"),
        ("CACHE_BUDGET_GB", "inf"),
        ("WORKER_KEEP_JOBS", "99999999999999999999"),
        ("WORKER_QUEUE_MAX", "-1"),
        ("WORKER_IDLE_EXIT_MIN", "nan"),
    ],
)
def test_a_setting_out_of_range_is_named(house: House, name: str, value: str) -> None:
    run = run_cli("worker", "run", **{f"VOXMEND_{name}": value})
    assert run.returncode == 4
    assert f"VOXMEND_{name}" in run.stderr
    assert "defect" not in run.stderr


def test_detached_jobs_are_named_even_where_the_first_one_runs_already(house: House) -> None:
    house.start()
    run = run_cli(
        "restore", house.clip(), house.clip(), "-p", "fake", "--out", house.out, "--detach"
    )
    assert run.returncode == 0
    assert len(run.stdout.split()) == 2
