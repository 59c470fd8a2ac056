"""Jobs on disk: what was committed is there, a terminal state is final."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from supervisor_jobs import job

from voxmend.supervisor.fit import ROOM, fit, page, size
from voxmend.supervisor.store import Store
from voxmend_protocol.errors import EnvironmentProblem
from voxmend_protocol.values import State, Warned


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "jobs.sqlite3")
    yield made
    made.close()


def test_a_job_comes_back_as_it_was_saved(store: Store) -> None:
    saved = job(1, group="g").with_folder("/out/x.partial", "/out/x")
    store.save(saved)
    assert store.get(saved.id) == saved
    assert store.get("another") is None


def test_each_start_raises_the_epoch_for_good(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        store = Store(tmp_path / "jobs.sqlite3")
        assert store.next_epoch() == expected
        store.close()


def test_a_terminal_state_is_never_written_over(store: Store) -> None:
    ended = replace(job(1), record=replace(job(1).record, state="succeeded", rev=5))
    store.save(ended)
    store.save(replace(ended, record=replace(ended.record, state="queued", rev=6)))
    assert store.get(ended.id) == ended


def test_live_jobs_come_in_the_order_of_submission(store: Store) -> None:
    for number in (3, 1, 2):
        store.save(job(number))
    store.save(replace(job(1), record=replace(job(1).record, state="failed")))
    assert [found.id for found in store.live()] == [job(3).id, job(2).id]


def test_pages_run_backwards_and_miss_nothing(store: Store) -> None:
    for number in range(250):
        store.save(job(number, group="even" if number % 2 == 0 else None))
    seen: list[str] = []
    before: int | None = None
    while True:
        found = page(store.page(None, "even", before, 51), 50)
        seen += [record.job for record in found.items]
        before = found.next
        if before is None:
            break
    assert seen == [job(n).id for n in range(248, -1, -2)]


def test_a_page_holds_only_as_many_records_as_a_message(store: Store) -> None:
    for number in range(20):
        long = job(number, path="/" + "ü" * 1500)
        store.save(long)
    found = page(store.page(None, None, None, 21), 20)
    assert 1 < len(found.items) < 20
    assert sum(map(size, found.items)) <= ROOM
    assert found.next is not None


def test_a_record_too_large_for_a_message_loses_its_last_warnings() -> None:
    warnings = tuple(Warned(f"w{n}", "\N{GRINNING FACE}" * 400) for n in range(12))
    record = replace(job(1).record, warnings=warnings)
    fitted = fit(record)
    assert size(fitted) <= ROOM < size(record)
    assert fitted.warnings == warnings[: len(fitted.warnings)] != ()


def test_clear_and_prune_forget_ended_jobs_only(store: Store) -> None:
    for number in range(10):
        made = job(number)
        state: State = "queued" if number == 0 else "failed" if number % 2 else "succeeded"
        store.save(replace(made, record=replace(made.record, state=state)))
    store.prune(6)
    left = {row.job.id for row in store.page(None, None, None, 100)}
    assert left == {job(n).id for n in (0, 4, 5, 6, 7, 8, 9)}
    assert store.clear("failed") == 3
    assert store.clear(None) == 3
    assert [row.job.id for row in store.page(None, None, None, 100)] == [job(0).id]


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "jobs.sqlite3"
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(EnvironmentProblem, match="newer voxmend"):
        Store(file)


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "jobs.sqlite3"
    file.write_bytes(b"no database " * 1000)
    with pytest.raises(EnvironmentProblem, match=r"jobs\.sqlite3"):
        Store(file)
    assert file.read_bytes().startswith(b"no database")


def test_a_commit_that_fails_is_said_and_remembered(store: Store) -> None:
    store.save(job(1))
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count={pages}")  # as a full disk does
    assert store.lost is None
    many = [job(number, path="/" + "x" * 3000) for number in range(2, 1000)]
    with pytest.raises(EnvironmentProblem, match="full"):
        list(map(store.save, many))
    assert store.lost is not None
    assert store.get(job(1).id) == job(1)


def test_a_database_that_another_process_holds_is_an_environment_problem(tmp_path: Path) -> None:
    store = Store(tmp_path / "jobs.sqlite3")
    store._db.execute("PRAGMA busy_timeout=10")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for change in (store.next_epoch, lambda: store.prune(1), lambda: store.clear(None)):
        with pytest.raises(EnvironmentProblem, match="locked"):
            change()
    other.close()
    store.close()
