"""``voxmend jobs``: what was done, what is under way, what comes."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from voxmend_protocol import Client, JobRecord, VoxmendError, codec
from voxmend_protocol.errors import BadRequest, UnknownJob
from voxmend_protocol.messages import Accepted, Ack, Cancel, Clear, Next, Retry
from voxmend_protocol.values import State

from .. import speech
from . import proposals
from .screen import (
    Json,
    complain,
    error_object,
    exit_code,
    guarded,
    hint,
    not_one_of,
    put,
    say,
    show,
)

app = typer.Typer(
    help="List, show, reorder, cancel and retry jobs.", no_args_is_help=True, rich_markup_mode=None
)

JobId = Annotated[
    str,
    typer.Argument(help="A job's id, or enough of its beginning.", autocompletion=proposals.jobs),
]
OneState = Annotated[
    str | None,
    typer.Option(
        "--state",
        help="queued, running, succeeded, failed or cancelled.",
        autocompletion=proposals.states,
    ),
]


@app.command("list")
@guarded
def list_(
    state: OneState = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """List jobs, newest first."""
    found: list[JobRecord] = []
    wanted = _state(state)
    with _client() as client:
        for record in client.records(wanted):
            found.append(record)
            if len(found) >= limit:
                break
    if json:
        show({"items": [codec.to_dict(record) for record in found]})
        return
    if not found:
        say("No jobs. Try: voxmend demo")
        return
    for record in found:
        put(_line(record))


@app.command("show")
@guarded
def show_(job: JobId, json: Json = False) -> None:
    """Show one job with its stems, warnings and error."""
    with _client() as client:
        record = client.job(full(client, job))
    if json:
        show(codec.to_dict(record))
        return
    put(_line(record))
    facts: dict[str, Any] = {
        "job": record.job, "source": record.clip.path, "preset": record.preset,
        "stage": record.stage, "device": record.device, "attempt": record.attempt,
        "created": record.created, "started": record.started, "finished": record.finished,
        "folder": record.folder,
    }  # fmt: skip
    for name, value in facts.items():
        if value is not None:
            put(f"  {name:9} {value}")
    for stem in record.stems:
        put(f"  stem      {stem.name}: {stem.file}, {stem.frames / stem.rate:.2f} s")
    if record.verdict:
        put(f"  verdict   {record.verdict.headline}")
        for name in ("found", "done", "left", "next", "counts"):
            if text := getattr(record.verdict, name):
                put(f"  {name:9} {text}")
    for warned in record.warnings:
        hint(f"  warning   {warned.message} [{warned.code}]")
    if record.error:
        hint(f"  error     {record.error.message} [{record.error.code}]")


@app.command()
@guarded
def cancel(job: JobId) -> None:
    """Stop a job; what it has written so far is removed."""
    with _client() as client:
        found = full(client, job)
        client.request(Cancel(found), Ack)
        speech.doing("waiting for the job to let go")
        for record in client.follow([found]):
            if record.terminal:
                say(f"{Path(record.clip.path).name}: {record.state}")


@app.command("next")
@guarded
def next_(job: JobId) -> None:
    """Run a waiting job before all others that wait."""
    with _client() as client:
        found = full(client, job)
        before = client.job(found)
        if before.state == "queued":
            client.request(Next(found), Ack)
        record = client.job(found)
    name = Path(record.clip.path).name
    if before.state == "queued":
        say(f"{name}: {'runs now' if record.state == 'running' else 'runs next'}")
    else:
        say(f"{name}: {record.state} already, so its turn stays as it is.")


@app.command()
@guarded
def retry(
    jobs: Annotated[
        list[str] | None,
        typer.Argument(help="Ids of jobs, or enough of their beginnings.", metavar="[JOB]..."),
    ] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="All that are so: failed or cancelled.")
    ] = None,
    json: Json = False,
) -> None:
    """Queue failed or cancelled jobs again."""
    if bool(jobs) == (state is not None):
        raise BadRequest("Name jobs, or all that are failed: voxmend jobs retry --state failed")
    wanted = _state(state)
    if wanted not in (None, "failed", "cancelled"):
        raise BadRequest(f"--state {state}: only failed and cancelled jobs can be retried")
    items: list[dict[str, Any]] = []
    codes: list[int] = []
    with _client(new_job=True) as client:
        for job in jobs or _not_retried(client, wanted):
            item: dict[str, Any] = {"retry_of": job}
            items.append(item)
            try:
                item["retry_of"] = full(client, job)
                accepted = client.request(Retry(item["retry_of"], str(uuid.uuid4())), Accepted)
            except VoxmendError as error:
                item["error"] = error_object(error)
                codes.append(exit_code(error))
                complain(f"{job}: {error.message} [{error.code}]")
            else:
                item.update(job=accepted.job, state=accepted.state)
                if not json:
                    put(accepted.job)
    if json:
        show({"items": items})
    elif not items:
        say(f"No job is {state}, or each was retried before.")
    if codes:
        raise typer.Exit(codes[0])


def _not_retried(client: Client, state: State | None) -> list[str]:
    """The jobs that are so and were not retried yet, in the order in which they were made."""
    records = list(client.records())
    retried = {record.retry_of for record in records}
    found = [record.job for record in records if record.state == state]
    return [job for job in reversed(found) if job not in retried]


@app.command()
@guarded
def clear(state: OneState = None, json: Json = False) -> None:
    """Forget jobs that have ended. Their stems stay where they are."""
    wanted = _state(state)
    with _client() as client:
        count = client.request(Clear(wanted), Ack).count or 0
    if json:
        show({"cleared": count})
    else:
        say(f"Forgot {count} jobs.")


def _client(new_job: bool = False) -> Client:
    from .. import launch

    return launch.connect(new_job=new_job)


def _state(state: str | None) -> State | None:
    known: tuple[State, ...] = ("queued", "running", "succeeded", "failed", "cancelled")
    for name in known:
        if name == state:
            return name
    if state is not None:
        raise BadRequest(not_one_of("--state", state, known))
    return None


def full(client: Client, start: str) -> str:
    """The one id that begins so."""
    if len(start) == 36:
        return start
    hits = [record.job for record in client.records() if record.job.startswith(start)]
    if len(hits) > 1:
        raise BadRequest(f"{len(hits)} jobs begin with {start}. Write more of the id.")
    if not hits:
        raise UnknownJob(f"There is no job {start}. See: voxmend jobs list")
    return hits[0]


def _line(record: JobRecord) -> str:
    done = (
        f" {100 * record.fraction:.0f} %" if record.state == "running" and record.fraction else ""
    )
    name = Path(record.clip.path).name
    return f"{record.job[:8]}  {record.state + done:14} {record.preset:10} {name}"
