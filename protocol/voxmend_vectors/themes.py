"""All vectors by theme, and the files they stand in."""

from __future__ import annotations

from pathlib import Path

from .documents import discovery
from .frames import bad_auth, bad_json, limits, replayed
from .replies import answers, errors, hello_again, records, welcome
from .requests import hello, requests, submit
from .vector import Vector, pretty

FOLDER = Path(__file__).resolve().parents[1] / "vectors"


def build() -> dict[str, list[Vector]]:
    """All vectors by theme. A name occurs once in all of them."""
    return {
        "hello": hello() + hello_again() + welcome(),
        "submit": submit(),
        "requests": requests(),
        "records": records(),
        "answers": answers(),
        "errors": errors(),
        "bad_auth": bad_auth(),
        "bad_json": bad_json(),
        "replayed": replayed(),
        "limits": limits(),
        "discovery": discovery(),
    }


def files() -> dict[str, bytes]:
    """Each file's name and bytes."""
    return {f"{theme}.json": pretty(vectors) for theme, vectors in build().items()}


def write(folder: Path = FOLDER) -> None:
    """Write all files, and remove those of themes that are gone."""
    folder.mkdir(exist_ok=True)
    made = files()
    for path in folder.glob("*.json"):
        if path.name not in made:
            path.unlink()
    for name, data in made.items():
        (folder / name).write_bytes(data)
