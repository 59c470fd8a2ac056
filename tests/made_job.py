"""A finished job made by hand: stems, job.json and the arrays of a report, without an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sounds

from voxmend.audio import Signal
from voxmend.audio.spectrogram import picture
from voxmend.damage import NAMES
from voxmend.report import sketch

JOB = "0f0e0d0c-0b0a-4908-8706-050403020100"
SECONDS, RATE, HOP_S = 8.0, 44_100, 0.4

Samples = npt.NDArray[np.float32]


def numbers(**given: float) -> dict[str, float]:
    return {"lag_samples": 0.0, "likeness": 0.993, "harmonic_loss_db": 0.125, **given}


def decision(stage: str, block: str, start: float, reason: str, **given: float) -> dict[str, Any]:
    return {
        "stage": stage, "block": f"{stage}.{block}", "start_s": start, "end_s": start + 2.0,
        "kept": reason == "kept", "reason": reason,
        "numbers": {} if reason == "unchanged" else numbers(**given),
    }  # fmt: skip


DECISIONS = [
    decision("denoise", "deepfilternet", 0.0, "kept", bleed_was=1.234, bleed=-0.456),
    decision("denoise", "deepfilternet", 2.0, "voice_lost"),
    decision("denoise", "deepfilternet", 4.0, "no_gain", rise_db=0.077),
    decision("phase", "mixture", 0.0, "phase_worse", phase_was=0.311, phase=0.402),
    decision("phase", "mixture", 2.0, "unchanged"),
]


def finding(value: float, *spans: tuple[float, float, str], **more: Any) -> dict[str, Any]:
    regions = [
        {"start_s": first, "end_s": last, "value": value + 0.5, "size": size}
        for first, last, size in spans
    ]
    sizes = [span[2] for span in spans]
    size = "strong" if "strong" in sizes else "some" if sizes else "none"
    return {"value": value, "worst": value + 0.5, "size": size, "regions": regions, **more}


def damage(bleed: float, with_mixture: bool = True) -> dict[str, Any]:
    found = {
        "phase": finding(0.211, (2.0, 4.4, "some")),
        "bandwidth": finding(0.014),
        "musical": finding(0.021),
        "bleed": finding(bleed, (0.0, 2.0, "strong"), (6.0, 7.2, "some")),
    }
    if not with_mixture:
        for name in ("phase", "bandwidth"):
            found[name] = finding(0.1, why="no_mixture", edge_hz=7200) | {"size": "unknown"}
    return {"with_mixture": with_mixture, "seconds": SECONDS, "found": found}


def facts(decisions: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """What stands in job.json."""
    decisions = DECISIONS if decisions is None else decisions
    kept = sum(d["kept"] for d in decisions)
    unchanged = sum(d["reason"] == "unchanged" for d in decisions)
    refused = len(decisions) - kept - unchanged
    decided = {"kept": kept, "refused": refused, "unchanged": unchanged}
    return {
        "job": JOB, "state": "succeeded", "voxmend": "0.1.0",
        "clip": {"path": "/songs/Größe <b> & co.wav"},
        "source": {"rate": RATE, "channels": 2, "frames": round(SECONDS * RATE), "digest": "none"},
        "preset": {"name": "restore", "title": "Restore", "input": "mixture", "guarded": True,
                   "block": [{"name": "separate.htdemucs"}]},
        "device": "cpu (test)", "cached": ["phase.mixture"],
        "stages": [{"block": "separate.htdemucs", "runs_on": "cpu", "precision": "fp32",
                    "batch": 1, "windows": 3, "seconds": 1.632}],
        "stems": [
            {"name": "vocals", "file": "vocals.wav"},
            {"name": "vocals_raw", "file": "vocals_raw.wav"},
        ],
        "decided": decided if decisions else None,
        "decisions": decisions,
        "damage": {"window_s": 2.0, "hop_s": HOP_S, "before": damage(1.311), "after": damage(0.7)},
        "warnings": [{"code": "clipped", "message": "Only 30% of this mix sits <there>."}],
        "finished": "2026-01-02T03:04:36Z", "seconds": 12.345,
        **more,
    }  # fmt: skip


def voices() -> tuple[Samples, Samples]:
    """Before, and after: quieter, and without its first second."""
    before = sounds.tone(SECONDS, RATE)
    after = before * 0.5
    after[:, :RATE] = 0
    return before, after


def make(folder: Path, told: dict[str, Any], state: Path | None = None, same: bool = False) -> Path:
    """Write a job into a folder; its job.json."""
    folder.mkdir(parents=True, exist_ok=True)
    before, after = voices()
    after = before if same else after
    for stem in told["stems"]:
        sounds.write(folder / stem["file"], before if stem["name"] == "vocals_raw" else after)
    file = folder / "job.json"
    file.write_text(json.dumps(told), "utf-8")
    if state is not None:
        sketch.write(state, told["job"], drawn(before, after))
    return file


def drawn(before: Samples, after: Samples) -> sketch.Sketch:
    """Arrays as an engine keeps them."""
    count = round(SECONDS / HOP_S)
    line = np.linspace(0, 2, count, dtype=np.float32)
    line[4:6] = np.nan
    curves = {name: line * np.float32((n + 1) / 4) for n, name in enumerate(NAMES)}
    pictures = [
        picture(name, Signal.of(sound, RATE), 1.0)
        for name, sound in (("source", before), ("separate.htdemucs", before),
                            ("denoise.deepfilternet", after))
    ]  # fmt: skip
    return sketch.Sketch(
        HOP_S, curves, {n: c * np.float32(0.5) for n, c in curves.items()}, pictures
    )
