"""The host's side of a mailbox, written from PROTOCOL.md, chapter 17, and a bridge process."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from house import House
from waiting import until

from voxmend_protocol import codec, messages


@dataclass
class Host:
    """One box with as many bridges as are started on it."""

    box: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    beats: int = 0

    def __post_init__(self) -> None:
        for name in ("ask", "answer", "record"):
            (self.box / name).mkdir(parents=True, exist_ok=True)
        self.put("host.json", {"mailbox": 1, "protocol_min": 1, "protocol_max": 1})
        self.beat()

    def beat(self) -> None:
        self.beats += 1
        (self.box / "beat").write_text(str(self.beats))

    def put(self, name: str, body: Any) -> None:
        new = self.box / f"{name}.tmp"
        new.write_text(body if isinstance(body, str) else json.dumps(body), "utf-8")
        new.rename(self.box / name)

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "voxmend", "bridge", str(self.box)]
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
        return self.processes[-1]

    def ask(self, body: Any) -> str:
        """Lay down an ask; a message of the protocol or a plain object."""
        name = uuid.uuid4().hex
        if not isinstance(body, dict):
            body = messages.encode(messages.Envelope(name, body))
        self.put(f"ask/{name}.json", {**body, "id": name})
        return name

    def read(self, name: str) -> dict[str, Any]:
        """A file of the bridge's; nothing where there is none."""
        try:
            found: dict[str, Any] = json.loads((self.box / name).read_bytes())
        except FileNotFoundError:
            return {}
        return found

    def answer(self, name: str) -> dict[str, Any]:
        self.until(lambda: bool(self.read(f"answer/{name}.json")))
        return self.read(f"answer/{name}.json")

    def state(self, job: str) -> str:
        return str(self.read(f"record/{job}.json").get("state", ""))

    def submit(self, house: House, **script: codec.Scalar) -> str:
        order = house.order(**script)
        assert self.answer(self.ask(order))["type"] == "accepted"
        assert self.answer(self.ask(messages.Watch(jobs=(order.job,))))["count"] == 1
        return order.job

    def until(self, holds: Callable[[], bool]) -> None:
        until(holds, otherwise=lambda: self.read("bridge.json"))

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
