"""Jobs on disk: one sqlite file, one writer, every commit durable before anyone hears of it.

WAL with synchronous FULL: a power cut loses nothing that was committed. The database must lie on
a local disk. After a disk that failed, what was committed is read anew and not guessed: a job that
was refused must not run at the next start. Rows hold the spec and the record as the protocol's
JSON; columns beside them exist for look-up only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxmend_protocol import codec
from voxmend_protocol.errors import EnvironmentProblem, VoxmendError
from voxmend_protocol.values import TERMINAL, JobRecord, State

from .. import safe_files
from ..disk import anchor, private, safely
from ..log import log
from . import refusals
from .events import Job, Spec

_MIGRATIONS = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES ('epoch', 0);
    CREATE TABLE job (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        batch TEXT,
        payload TEXT NOT NULL,
        spec TEXT NOT NULL,
        record TEXT NOT NULL,
        partial TEXT,
        final TEXT
    );
    CREATE INDEX job_state ON job (state);
    CREATE INDEX job_batch ON job (batch);
    """,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A job as stored, with its place in the order of submission."""

    seq: int
    job: Job


class Store:
    """The only writer of the database; used from one thread."""

    def __init__(self, path: Path) -> None:
        """Open or make the database and bring it to this version.

        Raises:
            DiskFull: there is no room for it.
            EnvironmentProblem: it cannot be opened, is damaged, or is of a newer version.
        """
        self.path = path
        self.lost: VoxmendError | None = None
        try:
            private(path.parent)
            with safely():
                self._insist_whole()
                os.close(safe_files.update(path, 0o600))  # sqlite's own would be 0644
            self._db = self._open()
            self._migrate()
            anchor(path)
        except (sqlite3.Error, OSError) as error:
            raise refusals.refused(path, error) from None

    def _insist_whole(self) -> None:
        """Refuse a list that is gone or empty while its log is not: sqlite would throw the log
        away, and the jobs in it.

        Raises:
            EnvironmentProblem: it is so.
        """
        with contextlib.suppress(FileNotFoundError):
            if self.path.stat().st_size:
                return
        with contextlib.suppress(FileNotFoundError):
            if self.path.with_name(f"{self.path.name}-wal").stat().st_size:
                raise refusals.headless(self.path)

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            db.execute(f"PRAGMA {pragma}")
        return db

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(_MIGRATIONS):
            raise EnvironmentProblem(
                f"{self.path} was written by a newer voxmend. Install that version again."
            )
        for number, script in enumerate(_MIGRATIONS[version:], version + 1):
            self._db.executescript(f"BEGIN;{script};PRAGMA user_version={number};COMMIT;")

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def next_epoch(self) -> int:
        """Raise the epoch: once for each start of the supervisor."""
        with self._usable():
            self._db.execute("UPDATE meta SET value = value + 1 WHERE name = 'epoch'")
        ((epoch,),) = self._rows("SELECT value FROM meta WHERE name = 'epoch'")
        return int(epoch)

    def add(self, job: Job) -> None:
        """Commit a new job.

        Raises:
            DiskFull, EnvironmentProblem: it is surely not in the list, and never runs; or, where
                ``lost`` is set, nobody can say whether it is, and the sentence says so.
        """
        self._commit(job, f"Job {job.id}")

    def save(self, job: Job) -> None:
        """Commit a job as it stands, in place of what was stored. A terminal state is never
        written over.

        Raises:
            DiskFull, EnvironmentProblem: it could not be committed. What is in memory is now ahead
                of the disk, so the supervisor ends; the next one begins from what was committed.
        """
        try:
            self._commit(job, f"Job {job.id}, {job.record.state},")
        except VoxmendError as error:
            self.lost = error
            raise

    def _commit(self, job: Job, what: str) -> None:
        """Write a job. After a failing disk the outcome is read: it is repeated where it surely
        did not happen, once."""
        for last in (False, True):
            try:
                self._write(job)
                return
            except sqlite3.Error as error:
                if not refusals.in_doubt(error):
                    raise refusals.refused(self.path, error) from None
                kept = self._kept(job)
                log("commit_failed", logging.ERROR, job=job.id, error=error, kept=kept)
                if kept:
                    return
                if kept is None:
                    self.lost = refusals.doubtful(self.path, error, what)
                    raise self.lost from None
                if last:
                    raise refusals.refused(self.path, error) from None

    def _kept(self, job: Job) -> bool | None:
        """Whether the disk has a job as it stands; None where it does not even say that.

        sqlite takes a commit back whose fsync failed, and yet its frames lie in the log: the next
        start would find them. So the database is opened anew, as that start would do it, and all
        that is in the log is moved into the database: what is read after that is on the disk.
        """
        try:
            self._db.close()
            self._db = self._open()
            (busy, _, _) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                return None
            row = self._db.execute(
                "SELECT record, partial, final FROM job WHERE id = ?", (job.id,)
            ).fetchone()
        except sqlite3.Error:
            return None
        return bool(row == (_text(job.record), job.partial, job.final))

    def _write(self, job: Job) -> None:
        record = job.record
        self._db.execute(
            f"""
            INSERT INTO job (id, state, batch, payload, spec, record, partial, final)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET state = excluded.state, spec = excluded.spec,
                record = excluded.record, partial = excluded.partial, final = excluded.final
            WHERE state NOT IN {TERMINAL}
            """,
            (
                job.id, record.state, record.group, job.spec.payload, _text(job.spec),
                _text(record), job.partial, job.final,
            ),
        )  # fmt: skip

    def get(self, job: str) -> Job | None:
        """The job with that id."""
        rows = self._rows(f"{_SELECT} WHERE id = ?", job)
        return _row(rows[0]).job if rows else None

    def live(self) -> list[Job]:
        """Every job that has not ended, in the order of submission."""
        rows = self._rows(f"{_SELECT} WHERE state IN ('queued','running') ORDER BY seq")
        return [_row(row).job for row in rows]

    def unfinished(self, limit: int) -> list[Job]:
        """Jobs that failed or were cancelled and had claimed a folder, the newest first."""
        rows = self._db.execute(
            f"""{_SELECT} WHERE state IN ('failed', 'cancelled') AND partial IS NOT NULL
            ORDER BY seq DESC LIMIT ?""",
            (limit,),
        )
        return [_row(row).job for row in rows]

    def page(
        self, state: State | None, group: str | None, before: int | None, limit: int
    ) -> list[Row]:
        """Up to ``limit`` jobs, newest first, submitted before ``before``."""
        rows = self._rows(
            f"""{_SELECT} WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR batch = ?2)
            AND (?3 IS NULL OR seq < ?3) ORDER BY seq DESC LIMIT ?4""",
            state, group, before, limit,
        )  # fmt: skip
        return [_row(row) for row in rows]

    def group(self, group: str) -> Iterator[str]:
        """The ids of a group's jobs, in the order of submission."""
        for (job,) in self._rows("SELECT id FROM job WHERE batch = ? ORDER BY seq", group):
            yield job

    def clear(self, state: State | None) -> int:
        """Forget ended jobs, all or those of one state."""
        with self._usable("The clearing"):
            return self._db.execute(
                f"DELETE FROM job WHERE state IN {TERMINAL} AND (?1 IS NULL OR state = ?1)",
                (state,),
            ).rowcount

    def prune(self, keep: int) -> None:
        """Forget the oldest ended jobs beyond ``keep``."""
        with self._usable():
            self._db.execute(
                f"""DELETE FROM job WHERE state IN {TERMINAL} AND seq <= (
                    SELECT seq FROM job WHERE state IN {TERMINAL}
                    ORDER BY seq DESC LIMIT 1 OFFSET ?)""",
                (keep,),
            )

    def _rows(self, select: str, *values: Any) -> list[Any]:
        """What a query finds.

        Raises:
            EnvironmentProblem: the disk fails.
        """
        try:
            return self._db.execute(select, values).fetchall()
        except sqlite3.Error as error:
            raise refusals.refused(self.path, error) from None

    @contextmanager
    def _usable(self, what: str | None = None) -> Iterator[None]:
        """Turn what sqlite says against a change into a sentence. ``what`` is told of where it may
        have happened all the same.

        Raises:
            DiskFull, EnvironmentProblem: there is no room, another process holds the database, or
                the disk fails.
        """
        try:
            yield
        except sqlite3.Error as error:
            if what is not None and refusals.in_doubt(error):
                self.lost = refusals.doubtful(self.path, error, what)
                raise self.lost from None
            raise refusals.refused(self.path, error) from None


_SELECT = "SELECT seq, spec, record, partial, final FROM job"


def _text(value: Spec | JobRecord) -> str:
    return codec.dump(codec.to_dict(value)).decode()


def _row(row: tuple[int, str, str, str | None, str | None]) -> Row:
    seq, spec, record, partial, final = row
    return Row(
        seq,
        Job(
            codec.from_dict(Spec, codec.parse(spec.encode())),
            codec.from_dict(JobRecord, codec.parse(record.encode())),
            partial,
            final,
        ),
    )
