"""Packages as an installer leaves them, in a folder of a test's own: files, and what a package
says of itself."""

from __future__ import annotations

import importlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.depot import ROW, sha, weights

from voxmend.models.catalogue import Catalogue, parse
from voxmend.models.model import Model
from voxmend.models.state import ModelState
from voxmend.models.store import Store

DATA, MORE = weights(seed=3), weights(200_000, seed=4)

PACKAGE = f"""{ROW}
[tiny.package]
distribution = "Tiny-Weights"
version = "1.0"
"""


def row(*files: dict[str, Any], archive: bytes | None = None) -> Catalogue:
    """A model whose files come inside the package Tiny-Weights 1.0."""
    text = PACKAGE
    if archive is not None:
        place = {"path": "tiny_weights/all.tar.gz", "size": len(archive), "sha256": sha(archive)}
        text += "".join(["[tiny.package.archive]\n", *_words(place)])
    for file in files:
        text += "".join(["[[tiny.file]]\n", *_words(file)])
    return parse(text)


def file(data: bytes = DATA, name: str = "net.onnx", **more: Any) -> dict[str, Any]:
    """A file of that row: by its path, unless something else is said."""
    place = {} if "member" in more else {"path": f"tiny_weights/{name}"}
    return {"name": name, "size": len(data), "sha256": sha(data), **place, **more}


def _words(row: dict[str, Any]) -> list[str]:
    return [f"{key} = {json.dumps(value)}\n" for key, value in row.items()]


def packed(**members: bytes | tarfile.TarInfo) -> bytes:
    """A tar.gz of files under ``deep/``, or of what stands there in place of one."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            info = tarfile.TarInfo(f"deep/{name}.onnx")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


@dataclass
class Parcel:
    """A package, and a store over a catalogue that knows it."""

    root: Path
    catalogue: Catalogue = field(default_factory=lambda: row(file()))

    def __post_init__(self) -> None:
        (self.root / "site").mkdir(parents=True)

    @property
    def store(self) -> Store:
        return Store(self.root / "models", self.catalogue)

    @property
    def model(self) -> Model:
        return self.catalogue.models[0]

    @property
    def state(self) -> ModelState:
        return self.store.state(self.model)

    @property
    def places(self) -> Path:
        """Where the package's files lie."""
        return self.root / "site" / "tiny_weights"

    @property
    def made(self) -> list[str]:
        """What lies in the folder of working copies."""
        folder = self.root / "models" / "tiny" / "made"
        return sorted(each.name for each in folder.glob("*"))

    def install(self, files: Mapping[str, bytes] | None = None, version: str = "1.0") -> None:
        """Put it there. Importing it is a failure."""
        self.places.mkdir(exist_ok=True)
        (self.places / "__init__.py").write_text("raise AssertionError('imported')")
        for name, data in ({"net.onnx": DATA} if files is None else files).items():
            (self.places / name).write_bytes(data)
        for old in self.root.glob("site/*.dist-info/METADATA"):
            old.unlink()
            old.parent.rmdir()
        info = self.root / "site" / f"tiny_weights-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: tiny-weights\nVersion: {version}\n"
        )
        importlib.invalidate_caches()


CKPT = b"PK\x03\x04" + weights(50_000, seed=5)
BAD = DATA[:-1] + bytes([DATA[-1] ^ 1])
SAFE = b"safe: "


def turned(data: bytes) -> bytes:
    """Stands for the converter."""
    return SAFE + data[:1000]


def to_turn() -> dict[str, Any]:
    """A checkpoint that becomes a safetensors file."""
    return file(CKPT, "net.ckpt", becomes="voice.safetensors")


def with_checkpoint(parcel: Parcel) -> Parcel:
    """A package with a checkpoint in it."""
    parcel.catalogue = row(to_turn())
    parcel.install({"net.ckpt": CKPT})
    return parcel


def with_archive(parcel: Parcel) -> Parcel:
    """A package with two files in an archive."""
    whole = packed(net=DATA, more=MORE)
    files = [file(member="deep/net.onnx"), file(MORE, "more.onnx", member="deep/more.onnx")]
    parcel.catalogue = row(*files, archive=whole)
    parcel.install({"all.tar.gz": whole})
    return parcel
