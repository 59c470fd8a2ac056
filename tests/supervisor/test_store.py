"""Jobs on disk: what was committed is there, a terminal state is final."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from supervisor_jobs import job

from voxmend.supervisor import refusals
from voxmend.supervisor.fit import ROOM, fit, page, size
from voxmend.supervisor.store import Store
from voxmend_protocol.errors import DiskFull, EnvironmentProblem, VoxmendError
from voxmend_protocol.values import State, Stem, Verdict, Warned


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


def test_the_longest_names_and_the_most_stems_fit_a_message_without_a_verdict() -> None:
    """Two paths of the greatest length, sixteen stems with a long name and long files."""
    path = "/" + "x" * 4000
    stems = tuple(
        Stem(f"s{n:02}".ljust(32, "a"), f"{n:02}".ljust(235, "f"), 10**8, 10**9, 192_000, 2,
             0.123456789012345, 1.123456, "RF64 PCM_24")
        for n in range(16)
    )  # fmt: skip
    verdict = Verdict("better", *["A sentence of some length, as they are. " * 4] * 5)
    record = replace(
        job(1, path=path).record, folder=path + "/" + "f" * 255, stems=stems, verdict=verdict,
        device="cuda " * 10,
    )  # fmt: skip
    fitted = fit(record)
    assert size(fitted) <= ROOM < size(record)
    assert [stem.file for stem in fitted.stems] == [stem.file for stem in stems]
    assert fit(replace(record, stems=stems[:1])).verdict == verdict


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
    with pytest.raises(EnvironmentProblem, match=r"jobs\.sqlite3.*keep the file.*submitted again"):
        Store(file)
    assert file.read_bytes().startswith(b"no database")


@pytest.mark.parametrize("fate", ["emptied", "gone"])
def test_a_list_that_is_gone_while_its_log_is_not_loses_no_job(tmp_path: Path, fate: str) -> None:
    file, log = tmp_path / "jobs.sqlite3", tmp_path / "jobs.sqlite3-wal"
    store = Store(file)
    store.add(job(1))
    kept = file.read_bytes(), log.read_bytes()
    assert kept[1], "the job is not in the log"
    store.close()
    file.write_bytes(b"")
    if fate == "gone":
        file.unlink()
    log.write_bytes(kept[1])
    with pytest.raises(EnvironmentProblem, match=r"keep the file.*-wal"):
        Store(file)
    assert log.read_bytes() == kept[1]
    file.write_bytes(kept[0])
    assert [found.id for found in Store(file).live()] == [job(1).id]


class Failing(sqlite3.Connection):
    """A connection to a disk that fails at chosen statements.

    ``wrong`` maps the beginning of a statement to the errors of its next calls: the name of
    sqlite's code, and whether it was carried out before, as where only the fsync has failed.
    """

    wrong: ClassVar[dict[str, list[tuple[str, bool]]]] = {}

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        for start, errors in self.wrong.items():
            if sql.strip().startswith(start) and errors:
                name, done = errors.pop(0)
                if done:
                    super().execute(sql, values)
                error = sqlite3.OperationalError(f"{name} as asked")
                error.sqlite_errorcode = getattr(sqlite3, name)
                raise error
        return super().execute(sql, values)


@pytest.fixture
def failing(store: Store, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[str, bool]]]:
    """What goes wrong in the store from now on."""
    connect = sqlite3.connect
    monkeypatch.setattr(Failing, "wrong", {})
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Failing, **k))
    store._db.close()
    store._db = store._open()
    return Failing.wrong


FSYNC = "SQLITE_IOERR_FSYNC"


def test_a_commit_whose_fsync_failed_and_that_is_there_has_happened(
    store: Store, failing: dict[str, list[tuple[str, bool]]]
) -> None:
    failing["INSERT"] = [(FSYNC, True)]
    store.add(job(1))
    assert store.lost is None
    assert store.get(job(1).id) == job(1)


@pytest.mark.parametrize("change", ["add", "save"])
def test_a_commit_that_failed_and_is_not_there_is_tried_once_more(
    store: Store, failing: dict[str, list[tuple[str, bool]]], change: str
) -> None:
    failing["INSERT"] = [(FSYNC, False)]
    getattr(store, change)(job(1))
    assert store.get(job(1).id) == job(1)
    failing["INSERT"] = [(FSYNC, False), (FSYNC, False)]
    with pytest.raises(EnvironmentProblem, match=r"disk failed.*Leave the file"):
        getattr(store, change)(job(2))
    assert store.get(job(2).id) is None
    assert (store.lost is not None) == (change == "save")


def test_where_the_disk_does_not_say_whether_it_has_a_job_that_is_said(
    store: Store, failing: dict[str, list[tuple[str, bool]]]
) -> None:
    failing.update({"INSERT": [(FSYNC, True)], "PRAGMA wal_checkpoint": [(FSYNC, False)]})
    with pytest.raises(EnvironmentProblem, match=f"{job(1).id} may have been .* or not"):
        store.add(job(1))
    assert store.lost is not None, "the supervisor must end: it does not know its own list"


def test_an_end_whose_fsync_failed_is_read_as_it_is(
    store: Store, failing: dict[str, list[tuple[str, bool]]]
) -> None:
    store.add(job(1))
    ended = replace(job(1), record=replace(job(1).record, state="succeeded", rev=5))
    failing["INSERT"] = [(FSYNC, True)]
    store.save(ended)
    assert store.get(ended.id) == ended
    assert store.lost is None


def test_a_clearing_whose_commit_failed_may_have_happened(
    store: Store, failing: dict[str, list[tuple[str, bool]]]
) -> None:
    failing["DELETE"] = [(FSYNC, True)]
    with pytest.raises(EnvironmentProblem, match="clearing may have been"):
        store.clear(None)
    assert store.lost is not None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("SQLITE_IOERR_READ", "check the disk"), ("SQLITE_CANTOPEN", "rights"),
        ("SQLITE_READONLY", "rights"), ("SQLITE_BUSY", "Another program"),
        ("SQLITE_FULL", "no room"), ("SQLITE_ERROR", "Leave it where it is"),
        ("SQLITE_NOMEM", "Leave it where it is"),
    ],
)  # fmt: skip
def test_nothing_but_a_list_that_is_none_is_ever_to_be_put_aside(
    store: Store, failing: dict[str, list[tuple[str, bool]]], code: str, words: str
) -> None:
    for start in ("PRAGMA journal_mode", "SELECT", "DELETE"):
        failing[start] = [(code, False)]
    for doing in (lambda: Store(store.path), store.live, lambda: store.clear(None)):
        with pytest.raises(VoxmendError) as met:
            doing()
        assert words in met.value.message or "may have been" in met.value.message
        assert not re.search("another folder|ove it|elete|emove", met.value.message)


def test_a_full_disk_is_told_by_what_the_disk_says_not_by_sqlites_code(
    store: Store, failing: dict[str, list[tuple[str, bool]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "crowded", lambda folder: folder == store.path.parent)
    for code in ("SQLITE_IOERR_SHMSIZE", "SQLITE_CANTOPEN", "SQLITE_READONLY"):
        failing["PRAGMA journal_mode"] = [(code, False)]
        with pytest.raises(DiskFull, match="no room left"):
            Store(store.path)


def test_a_commit_that_fails_is_said_and_remembered(store: Store) -> None:
    store.save(job(1))
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count={pages}")  # as a full disk does
    assert store.lost is None
    many = [job(number, path="/" + "x" * 3000) for number in range(2, 1000)]
    with pytest.raises(DiskFull, match=re.escape(str(store.path.parent))):
        list(map(store.add, many))
    assert store.lost is None, "a job that was refused ends no other"
    assert store.get(job(1).id) == job(1)
    with pytest.raises(DiskFull):
        list(map(store.save, many))
    assert store.lost is not None


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
