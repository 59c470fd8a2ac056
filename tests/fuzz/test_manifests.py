"""What programs leave for each other, spoilt: job.json for the report, the watch folder and the
recovery; receipts, pointers and lists. Each is read, or is as good as not there, or is refused with
a code; nothing outside its folder is touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fuzz import odd
from made_job import JOB, facts

from voxmend.bridge import mailbox
from voxmend.cli import bridge as bridge_command
from voxmend.models import receipt as model_receipt
from voxmend.models.part import Part
from voxmend.reaper import pointer, receipt, resource, scripts
from voxmend.report import audio, page, sketch
from voxmend.report.facts import read
from voxmend.supervisor import folders
from voxmend.watch import memory, registry
from voxmend.watch.place import Folder

HASH = "ab" * 32
STEM = {"name": "vocals", "file": "vocals.wav", "start_frame": 0, "frames": 1, "rate": 44100,
        "channels": 2, "peak": 0.5}  # fmt: skip
JOBS = [facts(), facts(decisions=[]), facts(stems=[STEM], decided={"kept": 1}),
        facts(source={"rate": 8000, "channels": 1, "frames": 8000 * 3600})]  # fmt: skip
RECEIPT = {"schema": 1, "version": "0.1.0", "files": {"voxmend_a.lua": HASH, "lib/b.lua": HASH},
           "ids": ["RS1"], "keymap": {"before": "", "after": HASH}, "menu": None,
           "commands": ["_RS1"]}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "mp3", lambda *_: b"mp3")


def job(tmp_path: Path) -> tuple[list[Any], Callable[[bytes], object]]:
    folder = tmp_path / "Restored" / "a_quick"
    folder.mkdir(parents=True)
    (tmp_path / "vocals.wav").write_bytes(b"")
    place = Folder(str(tmp_path))

    def attempt(data: bytes) -> object:
        (folder / "job.json").write_bytes(data)
        place.result("a.wav", "quick", JOB)
        folders.owner(folder)
        done = folders.kept(folder, JOB)
        for stem in done.stems if done else ():
            assert (folder / stem.file).parent == folder
        told = read(folder)
        return page.build(told, sketch.read(tmp_path, told.text("job")))

    return JOBS, attempt


def of_reaper(tmp_path: Path) -> tuple[list[Any], Callable[[bytes], object]]:
    outside = tmp_path / "outside.lua"
    outside.write_text("mine")

    def attempt(data: bytes) -> object:
        (tmp_path / receipt.NAME).write_bytes(data)
        last = receipt.read(tmp_path)
        if last is not None:
            scripts.compare(tmp_path / "Scripts", last.files)
            scripts.remove(tmp_path / "Scripts", last.files)
        assert outside.read_text() == "mine"
        return last

    return [RECEIPT], attempt


def of_models(tmp_path: Path) -> tuple[list[Any], Callable[[bytes], object]]:
    entry = {"size": 3, "mtime_ns": 4, "sha256": HASH, "made_of": ""}
    part = Part.of(tmp_path / "net.onnx")

    def attempt(data: bytes) -> object:
        (tmp_path / model_receipt.NAME).write_bytes(data)
        (tmp_path / "licences.json").write_bytes(data)
        part.path.with_name(part.path.name + ".json").write_bytes(data)
        model_receipt.accepted(tmp_path, {"mdx": "MIT"})
        part.version("https://example.org")
        return [e.fits(tmp_path / "x") for e in model_receipt.read(tmp_path).values()]

    return [{"net.onnx": entry, "b": entry}, {"mdx": "MIT"}, {"url": "u", "version": "1"}], attempt


def of_watch(tmp_path: Path) -> tuple[list[Any], Callable[[bytes], object]]:
    line = {"name": "a/b.wav", "stamp": [1, 2, 3], "digest": HASH, "recipe": "r", "attempt": 1,
            "job": JOB, "state": "done", "result": "/out"}  # fmt: skip
    folder = {"path": "/songs", "preset": "quick", "set": {"denoise.strength": 0.5}, "done": True}

    def attempt(data: bytes) -> object:
        file = tmp_path / "memory.jsonl"
        file.write_bytes(data)
        kept = memory.Memory(file)
        for entry in kept:
            assert ".." not in entry.name.split("/")
        kept.close()
        (tmp_path / "watch.json").write_bytes(data)
        return registry.load(tmp_path / "watch.json")

    return [line, {"folders": [folder]}], attempt


def of_bridge(tmp_path: Path) -> tuple[list[Any], Callable[[bytes], object]]:
    (tmp_path / "box").mkdir()
    box = mailbox.Mailbox(tmp_path / "box")

    def attempt(data: bytes) -> object:
        for name in ("report_ask.json", "news.json", "ask/0001.json"):
            (box.folder / name).parent.mkdir(exist_ok=True)
            (box.folder / name).write_bytes(data)
        (tmp_path / pointer.NAME).write_bytes(data)
        (tmp_path / "reaper.json").write_bytes(data)
        pointer.problem(tmp_path, tmp_path)
        resource.find(tmp_path / "reaper.json", [])
        box._old_news()
        box.asks()
        return bridge_command._ask(box.folder)

    known = {"schema": 1, "version": "0.1.0", "command": ["/bin/sh"], "data": "/d", "home": "/h"}
    news = {"seq": 3, "records": {JOB: 2}}
    return [known, news, {"id": 1, "folder": "/x", "open": True}, {"resources": ["/r"]}], attempt


@pytest.mark.parametrize(
    ("make", "whole", "short"),
    [(job, 12_000, 200), (of_reaper, 1000, 60), (of_models, 1000, 60), (of_watch, 1500, 60),
     (of_bridge, 1000, 60)],
)  # fmt: skip
def test_a_spoilt_manifest_is_read_or_refused_and_reaches_nothing_outside(
    tmp_path: Path, make: Callable[[Path], Any], whole: int, short: int
) -> None:
    told, attempt = make(tmp_path)
    seeds = [json.dumps(each).encode() for each in told]
    kind = f"json_{make.__name__}"
    odd_ones = (odd.of_json(told), odd.each_place(told), odd.each_place(told[:1]))
    assert odd.judge(odd.cases(kind, seeds, whole, short, *odd_ones), attempt) > 0
