"""What the worker sends: welcome, records, answers and errors, and what a client must drop."""

from __future__ import annotations

from .vector import TO_CLIENT, UUID, UUID2, Message, Vector, changed, dropped, good, tell, without

RECORD: Message = {
    "job": UUID,
    "state": "queued",
    "epoch": 3,
    "rev": 1,
    "clip": {"path": "/music/song.wav"},
    "preset": "restore",
    "attempt": 1,
    "created": "2026-01-02T03:04:05.678Z",
}
SOUND = {
    **dict.fromkeys(["phase", "musical", "bleed"], "none"),
    "bandwidth": "unknown",
    "regions": 0,
}
FULL = {
    **RECORD,
    "state": "succeeded",
    "rev": 9007199254740992,
    "clip": {"path": "C:\\Music\\Süd\\song.wav", "start_s": 0, "end_s": 12.5},
    "attempt": 2,
    "group": "click-7",
    "stage": "write",
    "stage_index": 3,
    "stages": 4,
    "fraction": 1,
    "device": "cuda:0",
    "cancelling": False,
    "warnings": [{"code": "cpu_fallback", "message": "The stage ran on the CPU."}],
    "folder": "C:\\Music\\stems\\song_restore",
    "stems": [
        {
            "name": "vocals",
            "file": "vocals.wav",
            "start_frame": 0,
            "frames": 600000,
            "rate": 48000,
            "channels": 2,
            "peak": 0.98,
        }
    ],
    "damage": {
        "before": {**SOUND, "phase": "some", "bleed": "strong", "regions": 3, "worst": "bleed"},
        "after": SOUND,
    },
    "verdict": {
        "code": "better",
        "headline": "Repaired in part: some damage is left.",
        "found": "The voice was slightly metallic. Much of the band was audible in the voice.",
        "done": "Noise and bleed were reduced in 3 of 5 sections.",
        "left": "The voice is still slightly metallic.",
        "next": "Try the preset “studio”: a stronger separator often leaves less damage.",
        "counts": "5 checks: 3 repaired, 1 rejected, 1 left as they were.",
        "try_preset": "studio",
    },
    "started": "2026-01-02T03:04:06Z",
    "finished": "2026-01-02T03:04:36Z",
    "retry_of": UUID2,
}
NO_ROOM = {"code": "disk_full", "message": "There is no room in /music.", "retryable": True}
FAILED = {**RECORD, "state": "failed", "error": NO_ROOM}


def welcome() -> list[Vector]:
    answer = tell(
        "welcome",
        protocol=2,
        worker={"version": "0.1.0", "pid": 4711},
        limits={"queue_max": 1000, "heartbeat_s": 5, "records_per_s": 10.0, "message_max": 16384},
    )
    return [
        good("welcome", TO_CLIENT, answer),
        good("welcome with features", TO_CLIENT, {**answer, "features": ["pull", "later"]}),
    ]


def records() -> list[Vector]:
    running = {
        **RECORD,
        "state": "running",
        "fraction": 0,
        "eta_s": 7,
        "cancelling": True,
        "stage": "separate",
    }
    return [
        good("a queued record", TO_CLIENT, tell("record", record={**RECORD, "position": 0})),
        good("a running record", TO_CLIENT, tell("record", record=running)),
        good("a record with all fields", TO_CLIENT, tell("record", record=FULL)),
        good("a failed record", TO_CLIENT, tell("record", record=FAILED)),
        good(
            "a cancelled record", TO_CLIENT, tell("record", record={**RECORD, "state": "cancelled"})
        ),
        good("a record of a later worker", TO_CLIENT, tell("record", record={**RECORD, "mos": 4})),
        good("an empty page", TO_CLIENT, tell("page", items=[])),
        good("a page", TO_CLIENT, tell("page", items=[FULL, FAILED], next=12)),
        dropped("a record without rev", tell("record", record=without(RECORD, "rev"))),
        good(
            "a record in a state unheard of",
            TO_CLIENT,
            tell("record", record={**RECORD, "state": "paused"}),
        ),
        good(
            "a stem unheard of",
            TO_CLIENT,
            tell("record", record=changed(FULL, "stems", [{**FULL["stems"][0], "name": "drums"}])),
        ),
        dropped("a record in no state", tell("record", record=without(RECORD, "state"))),
        dropped("a record whose state is a number", tell("record", record={**RECORD, "state": 7})),
        dropped("a record that is null", tell("record", record=None)),
        good(
            "damage of a size unheard of",
            TO_CLIENT,
            tell("record", record=changed(FULL, "damage.before.phase", "huge")),
        ),
        good(
            "a verdict unheard of",
            TO_CLIENT,
            tell("record", record=changed(FULL, "verdict.code", "finer")),
        ),
        dropped("a verdict of nothing", tell("record", record=changed(FULL, "verdict", {}))),
        dropped("a page with a string", tell("page", items=["record"])),
        dropped("a record with a null", tell("record", record={**RECORD, "group": None})),
        dropped("a stem of nothing", tell("record", record=changed(FULL, "stems", [{}]))),
    ]


def answers() -> list[Vector]:
    report = {
        "version": "0.1.0",
        "pid": 4711,
        "started": "2026-01-02T03:04:05Z",
        "queued": 2,
        "engine": "busy",
        "clients": 1,
    }
    more = {
        "running": UUID,
        "stage": "separate",
        "device": "mps",
        "engine_pid": 4712,
        "reason": "exit code 70",
        "draining": True,
        "refused_frames": 4,
        "paused": [
            {"hold": "user", "by": "cli", "since": "2026-01-02T03:04:05.678Z"},
            {
                "hold": "reaper-1f0a",
                "by": "reaper-lua",
                "since": "2026-01-02T03:04:05.678Z",
                "left_s": 9.5,
                "why": "REAPER is recording",
            },
        ],
        "priority": "nice 19, autogroup 19, disk low",
        "threads": 2,
        "memory_limit": 4000000000,
        "engines": [
            {
                "number": 1,
                "state": "busy",
                "device": "cuda:0",
                "pid": 4712,
                "job": UUID,
                "stage": "separate",
                "priority": "nice 19, autogroup 19, disk low",
                "threads": 2,
                "memory_limit": 4000000000,
            },
            {"number": 2, "state": "broken", "device": "cuda:1", "reason": "exit code 70"},
            {"number": 3, "state": "absent"},
        ],
        "models": [
            {"name": "mdx_voc_ft", "bytes": 66762490, "device": "CPUExecutionProvider"},
            {"name": "htdemucs", "bytes": 84000000, "device": "mps", "idle_s": 3, "keep_s": 600.0},
        ],
    }
    preset = {
        "name": "restore",
        "title": "Restore",
        "description": "Separates and mends.",
        "blocks": ["separate.htdemucs", "denoise.deepfilternet"],
    }
    model = {
        "id": "htdemucs",
        "title": "HTDemucs",
        "stage": "separate",
        "purpose": "Takes the voice out of a mix.",
        "licence": "none stated",
        "terms": "For scientific purposes only.",
        "state": "absent",
    }
    coming = {
        **model,
        "state": "pulling",
        "bytes": 84000000,
        "got": 1048576,
        "total": 84141911,
        "presets": ["restore", "split"],
    }
    broken = {**model, "state": "partial", "error": {**NO_ROOM, "code": "environment"}}
    missing = {**preset, "models": ["htdemucs"], "missing": ["htdemucs"]}
    return [
        good("accepted", TO_CLIENT, tell("accepted", job=UUID, state="queued", position=3)),
        good("accepted again", TO_CLIENT, tell("accepted", job=UUID, state="succeeded")),
        good("ack", TO_CLIENT, tell("ack")),
        good("ack of a watch", TO_CLIENT, tell("ack", count=1, unknown=[UUID2])),
        good("report", TO_CLIENT, tell("report", **report)),
        good("report with all fields", TO_CLIENT, tell("report", **report, **more)),
        good("preset_list", TO_CLIENT, tell("preset_list", items=[preset, missing])),
        good("model_list", TO_CLIENT, tell("model_list", items=[model, coming, broken])),
        good("a list of models that goes on", TO_CLIENT, tell("model_list", items=[], next="a")),
        good(
            "a model in a state unheard of",
            TO_CLIENT,
            tell("model_list", items=[{**model, "state": "warm"}]),
        ),
        dropped("a model in no state", tell("model_list", items=[without(model, "state")])),
        dropped("a model without terms", tell("model_list", items=[without(model, "terms")])),
        dropped("a model that has half a byte", tell("model_list", items=[{**model, "got": 0.5}])),
        good("cache_report", TO_CLIENT, tell("cache_report", entries=3, bytes=9, budget=10)),
        good("pong", TO_CLIENT, tell("pong", watching=2)),
        good("pong without a count", TO_CLIENT, tell("pong")),
        good(
            "report in an engine state unheard of",
            TO_CLIENT,
            tell("report", **{**report, "engine": "warm"}),
        ),
        good(
            "accepted in a state unheard of", TO_CLIENT, tell("accepted", job=UUID, state="later")
        ),
        dropped("report in no engine state", tell("report", **without(report, "engine"))),
        dropped("accepted without a state", tell("accepted", job=UUID)),
        dropped("an epoch as a string", {**tell("ack"), "epoch": "3"}),
    ]


def hello_again() -> list[Vector]:
    body = tell("hello_again", nonce="0" * 32)
    return [
        dropped("hello_again without a nonce", without(body, "nonce")),
        dropped("hello_again with a short nonce", {**body, "nonce": "0" * 31}),
        dropped("hello_again with a nonce in upper case", {**body, "nonce": "A" * 32}),
        dropped("hello_again with a number", {**body, "nonce": 7}),
    ]


def errors() -> list[Vector]:
    known = {"code": "queue_full", "message": "10 jobs are waiting.", "retryable": True}
    news = {"code": "of_a_later_version", "message": "Something new.", "retryable": False}
    return [
        good("error", TO_CLIENT, tell("error", **known)),
        good("an error with an unknown code", TO_CLIENT, tell("error", **news)),
        good("an error that answers nothing", TO_CLIENT, without(tell("error", **known), "re")),
        dropped("an error without a code", without(tell("error", **known), "code")),
        dropped("an error that may be retried", tell("error", **{**known, "retryable": "yes"})),
    ]
