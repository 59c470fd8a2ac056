"""Jobs of a laptop for a machine elsewhere."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from house import House
from remote.studio import Studio
from waiting import until

from voxmend_protocol import Client, JobRecord
from voxmend_protocol.codec import Scalar
from voxmend_protocol.messages import Accepted, Submit
from voxmend_protocol.values import Clip


def song(folder: Path, size: int = 300_000, seed: int = 1) -> Path:
    """A sound of noise, of about so many bytes, that no compression makes smaller."""
    file = folder / f"song {seed}.wav"
    if not file.exists():
        noise = np.frombuffer(random.Random(seed).randbytes(size // 2 * 2), "<i2")
        soundfile.write(file, noise, 44_100, "PCM_16")
    return file


def order(laptop: House, file: Path, device: str | None = "studio-box", **script: Scalar) -> Submit:
    """A job of the fake engine there."""
    return replace(laptop.order(**script), clip=Clip(str(file)), device=device)


def done(laptop: House, submit: Submit, client: Client | None = None) -> JobRecord:
    """Have a job done, and wait for its end."""
    client = client or laptop.client()
    client.request(submit, Accepted)
    return laptop.finish(client, submit.job)


def seen(laptop: House, submit: Submit) -> list[JobRecord]:
    """Have a job done; each record on the way."""
    client = laptop.client()
    client.request(submit, Accepted)
    return list(client.follow([submit.job]))


def at_work(laptop: House, studio: Studio, folder: Path) -> tuple[Client, Submit]:
    """Start both machines, and a job there that ends when the laptop's gate opens."""
    studio.start()
    laptop.start()
    client = laptop.client()
    submit = order(laptop, song(folder), until=laptop.gate)
    client.request(submit, Accepted)
    until(lambda: client.job(submit.job).stage == "fake", lambda: time.sleep(0.05))
    return client, submit


def sent(laptop: House) -> list[int]:
    """Bytes of songs that went out for each job that has ended, as the log counts them."""
    lines = [line for line in laptop.log().splitlines() if " remote_done " in line]
    return [int(line.rpartition("sent=")[2]) for line in lines]


def begun(laptop: House) -> list[int]:
    """From which byte each sending of a song began."""
    lines = [line for line in laptop.log().splitlines() if " remote_sends " in line]
    return [int(line.rpartition("begin=")[2]) for line in lines]


def problem(record: JobRecord) -> tuple[str, str]:
    """The code and the sentence of a job that failed."""
    assert record.error is not None, record
    return record.error.code, record.error.message


Facts = dict[str, Any]
