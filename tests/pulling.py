"""A worker whose catalogue points at a depot of the test's own: models over the protocol."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from house import House
from models.depot import Depot, Handler, weights
from waiting import until

from voxmend_protocol import Client
from voxmend_protocol.messages import Ack, ModelList, Models, Pull
from voxmend_protocol.values import ModelInfo

DATA = weights(600_000)
TERMS = "Only on Sundays."
ROW = """
[{name}]
title = "{title}"
stage = "separate"
purpose = "For tests."
licence = "own"
terms = "{terms}"
source = "https://example.org"
citation = "Nobody."
blocks = {blocks}
[[{name}.file]]
name = "net.onnx"
urls = ["{url}"]
{more}
"""


def row(
    name: str, url: str, blocks: tuple[str, ...] = (), more: str = "", terms: str = TERMS
) -> str:
    """A model of one file in the user's own catalogue."""
    return ROW.format(
        name=name, title=name.title(), terms=terms, blocks=list(blocks), url=url, more=more
    )


def drip(pause: float = 0.02) -> Callable[[Handler, bytes], None]:
    """20,000 bytes at a time, from where it is asked to begin."""

    def manner(handler: Handler, data: bytes) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        tag = handler.depot.tags[handler.path]
        if asked:
            span = f"bytes {start}-{len(data) - 1}/{len(data)}"
            handler.head(206, Content_Range=span, Content_Length=len(data) - start, ETag=tag)
        else:
            handler.head(200, Content_Length=len(data), ETag=tag)
        for at in range(start, len(data), 20_000):
            handler.body(data[at : at + 20_000])
            handler.wfile.flush()
            time.sleep(pause)

    return manner


@dataclass
class Pulling:
    """A house, a depot, and what the house's own catalogue says."""

    house: House
    depot: Depot
    rows: list[str] = field(default_factory=list)

    def know(self, *rows: str) -> None:
        """Put rows into the user's own catalogue."""
        self.rows += rows
        self.catalogue.write_text("".join(self.rows))

    @property
    def catalogue(self) -> Path:
        return self.house.root / "config" / "models.toml"

    def place(self, model: str = "tiny") -> Path:
        """Where the file of a model belongs."""
        return self.house.root / "models" / model / "net.onnx"

    def part(self, model: str = "tiny") -> Path:
        """What has come of it."""
        return self.place(model).with_name("net.onnx.part")

    def pull(self, client: Client, *models: str, accept: bool = True) -> int | None:
        return client.request(Pull(models, accept_licence=accept), Ack).count

    def see(self, client: Client, model: str = "tiny") -> ModelInfo:
        """How a model stands."""
        after = None
        while True:
            listed = client.request(Models(after), ModelList)
            for item in listed.items:
                if item.id == model:
                    return item
            after = listed.next
            assert after is not None, f"{model} is not listed"

    def wait(
        self, client: Client, good: Callable[[ModelInfo], bool], model: str = "tiny"
    ) -> list[ModelInfo]:
        """Poll until a model is as wanted; all that was seen on the way."""
        seen = [self.see(client, model)]
        until(
            lambda: good(seen[-1]),
            meanwhile=lambda: seen.append(self.see(client, model)),
            otherwise=lambda: seen[-1],
        )
        return seen


def present(model: ModelInfo) -> bool:
    return model.state == "present"


def begun(model: ModelInfo) -> bool:
    """Some of it has come."""
    return (model.got or 0) >= 40_000


def settled(model: ModelInfo) -> bool:
    """Nothing is under way any more."""
    return model.state not in ("pulling", "waiting")
