"""What clients send: hello, submit and the short requests, right and wrong."""

from __future__ import annotations

from .vector import TO_WORKER, UUID, UUID2, Vector, ask, bad, changed, good, text, without

CLIENT = {"name": "reaper-lua", "version": "0.1.0"}
HELLO = ask("hello", protocol_min=2, protocol_max=2, client=CLIENT)
SUBMIT = ask(
    "submit",
    job=UUID,
    clip={"path": "/music/song.wav", "start_s": 1.5, "end_s": 20.25},
    preset="restore",
    output={"folder": "/music/stems"},
)


def hello() -> list[Vector]:
    return [
        good("hello", TO_WORKER, HELLO),
        good("hello with a pid", TO_WORKER, changed(HELLO, "client.pid", 4242)),
        good("hello with unknown fields", TO_WORKER, {**HELLO, "mood": None, "more": {"a": [1]}}),
        good("hello of a later client", TO_WORKER, changed(HELLO, "protocol_max", 9)),
        good("an id of 64 characters", TO_WORKER, {**HELLO, "id": "é" * 64}),
        bad("hello without a client", without(HELLO, "client")),
        bad("a version that is a string", changed(HELLO, "protocol_min", "1")),
        bad("a version that is true", changed(HELLO, "protocol_min", True)),
        bad("a version with a fraction", changed(HELLO, "protocol_min", 1.0)),
        bad("a client that is a list", changed(HELLO, "client", ["reaper-lua"])),
        bad("a client without a version", changed(HELLO, "client", {"name": "reaper-lua"})),
        bad("a pid that is null", changed(HELLO, "client.pid", None)),
        bad("an integer beyond 2^53", changed(HELLO, "client.pid", 2**53 + 1)),
        bad("an integer below -2^53", changed(HELLO, "protocol_min", -(2**53) - 1)),
        bad("no type", without(HELLO, "type")),
        bad("a type that is a number", {**HELLO, "type": 1}),
        bad("no id", without(HELLO, "id")),
        bad("an empty id", {**HELLO, "id": ""}),
        bad("an id of 65 characters", {**HELLO, "id": "x" * 65}),
        bad("an empty re", {**HELLO, "re": ""}),
        bad("an unknown type", ask("sing"), "unknown_type"),
        bad("a type in upper case", {**HELLO, "type": "Hello"}, "unknown_type"),
    ]


def submit() -> list[Vector]:
    full = {
        **SUBMIT,
        "output": {"folder": "/music/stems", "name": "Lied (live) №1"},
        "set": {"denoise.strength": 0.5, "denoise.on": True, "limit": 3, "mode": "soft"},
        "stems": ["vocals", "vocals_raw", "instrumental", "instrumental_mended"],
        "group": "g" * 64,
        "device": "cuda",
    }
    given = {**SUBMIT, "preset": "mend", "voice": {"path": "/music/stem.mp3", "start_s": 1.5}}
    pair = {**SUBMIT, "preset": "diagnose", "mixture": {"path": "/music/mix.wav", "end_s": 30}}
    windows = changed(SUBMIT, "clip.path", "D:\\Aufnahmen\\Ärger & Söhne\\take 3.wav")
    share = changed(SUBMIT, "clip.path", "\\\\server\\share\\a.wav")
    song = changed(SUBMIT, "clip.path", "/音楽/🎤 café.wav")
    escaped = text(SUBMIT).replace(b"/music/song", b"\\/m\\u00fcsic\\/\\ud83c\\udfa4")
    paths = [
        ("a relative path", "music/song.wav"),
        ("a path with NUL", "/music/a\0b.wav"),
        ("an empty path", ""),
        ("a drive without a folder", "C:song.wav"),
        ("a path in the home folder", "~/song.wav"),
        ("a path that is a number", 7),
        ("a path that is null", None),
    ]
    names = ["", "a/b", "a\\b", "a:b", "x" * 201, "é" * 101]
    return [
        good("submit, least", TO_WORKER, changed(SUBMIT, "clip", {"path": "/a.wav"})),
        good("submit, all fields", TO_WORKER, full),
        good("submit for one card", TO_WORKER, changed(SUBMIT, "device", "cuda:1")),
        good("submit with a mixture", TO_WORKER, pair),
        good("submit with a voice", TO_WORKER, given),
        good("a Windows path", TO_WORKER, windows),
        good("a Windows path with slashes", TO_WORKER, changed(SUBMIT, "clip.path", "c:/a.wav")),
        good("a Windows share", TO_WORKER, share),
        good("a Unicode path", TO_WORKER, song),
        good("escapes", TO_WORKER, changed(SUBMIT, "clip.path", "/müsic/🎤.wav"), escaped),
        good("integers for seconds", TO_WORKER, changed(SUBMIT, "clip.start_s", 1)),
        good("a name of 200 bytes", TO_WORKER, changed(SUBMIT, "output.name", "é" * 100)),
        good("submit with unknown fields", TO_WORKER, changed(SUBMIT, "clip.gain", {"db": -3})),
        *(bad(name, changed(SUBMIT, "clip.path", path)) for name, path in paths),
        bad("a relative output folder", changed(SUBMIT, "output.folder", "stems")),
        *(bad(f"output name {n}", changed(SUBMIT, "output.name", x)) for n, x in enumerate(names)),
        bad("start after end", changed(SUBMIT, "clip.start_s", 21)),
        bad("start at the end", changed(SUBMIT, "clip.start_s", 20.25)),
        bad("an end at 0", changed(SUBMIT, "clip", {"path": "/a.wav", "end_s": 0})),
        bad("a start before the file", changed(SUBMIT, "clip.start_s", -0.5)),
        bad("seconds as a string", changed(SUBMIT, "clip.start_s", "1.5")),
        bad("seconds as true", changed(SUBMIT, "clip.start_s", True)),
        bad("seconds of 400 digits", changed(SUBMIT, "clip.end_s", 10**400)),
        bad("submit without a preset", without(SUBMIT, "preset")),
        bad("submit without a clip", without(SUBMIT, "clip")),
        bad("a clip that is a string", changed(SUBMIT, "clip", "/music/song.wav")),
        bad("a clip without a path", changed(SUBMIT, "clip", {"start_s": 1})),
        bad("a mixture that is a string", {**pair, "mixture": "/music/mix.wav"}),
        bad("a relative mixture", changed(pair, "mixture.path", "mix.wav")),
        bad("a voice that is a string", {**given, "voice": "/music/stem.mp3"}),
        bad("a relative voice", changed(given, "voice.path", "stem.mp3")),
        bad("a mixture and a voice", {**pair, "voice": {"path": "/music/stem.mp3"}}),
        bad("a job that is no UUID", changed(SUBMIT, "job", "job-1")),
        bad("a UUID in upper case", changed(SUBMIT, "job", UUID.upper())),
        good(
            "any part of a mixture", TO_WORKER, changed(SUBMIT, "stems", ["drums", "x9_", "rest"])
        ),
        good("16 stems", TO_WORKER, changed(SUBMIT, "stems", [f"s{n}" for n in range(16)])),
        bad("17 stems", changed(SUBMIT, "stems", [f"s{n}" for n in range(17)])),
        bad("a stem in upper case", changed(SUBMIT, "stems", ["Drums"])),
        bad("a stem with a path", changed(SUBMIT, "stems", ["a/b"])),
        bad("a stem with a point", changed(SUBMIT, "stems", ["vocals.wav"])),
        bad("a stem of 33 letters", changed(SUBMIT, "stems", ["x" * 33])),
        bad("a stem without a name", changed(SUBMIT, "stems", [""])),
        bad("no stems", changed(SUBMIT, "stems", [])),
        bad("a stem twice", changed(SUBMIT, "stems", ["vocals", "vocals"])),
        bad("stems as a string", changed(SUBMIT, "stems", "vocals")),
        bad("stems as an object", changed(SUBMIT, "stems", {})),
        bad("set as a list", changed(SUBMIT, "set", [])),
        bad("a list in set", changed(SUBMIT, "set", {"a": [1]})),
        bad("a null in set", changed(SUBMIT, "set", {"a": None})),
        good("a remote worker", TO_WORKER, changed(SUBMIT, "device", "studio-box-2")),
        bad("a remote worker in upper case", changed(SUBMIT, "device", "Studio")),
        bad("a remote worker with an address", changed(SUBMIT, "device", "tcp://studio:7471")),
        bad("a remote worker that ends in a hyphen", changed(SUBMIT, "device", "studio-")),
        bad("a remote worker of 33 letters", changed(SUBMIT, "device", "x" * 33)),
        good("a preset of its own", TO_WORKER, {**SUBMIT, "plan": '{"name":"mine"}'}),
        bad("a preset of its own as an object", {**SUBMIT, "plan": {"name": "mine"}}),
        bad("a preset of its own of 32769 characters", {**SUBMIT, "plan": "x" * 32769}),
        good("a cache of its own", TO_WORKER, {**SUBMIT, "realm": "a" * 64}),
        bad("a cache of its own without a name", {**SUBMIT, "realm": ""}),
        bad("a device without its number", changed(SUBMIT, "device", "cuda:")),
        bad("a processor with a number", changed(SUBMIT, "device", "cpu:0")),
        bad("a group of 65 characters", changed(SUBMIT, "group", "g" * 65)),
    ]


def requests() -> list[Vector]:
    plain = ["unwatch", "status", "presets", "release", "cache", "ping", "shutdown"]
    plain += ["jobs", "clear", "models", "stop_pull", "pause", "resume"]
    recording = {"hold": "reaper-1f0a", "lease_s": 10, "why": "REAPER is recording"}
    full_page = ask("jobs", state="failed", group="click-7", before=17, limit=200)
    return [
        *(good(kind, TO_WORKER, ask(kind)) for kind in [*plain, "watch"]),
        good("cancel", TO_WORKER, ask("cancel", job=UUID)),
        good("next", TO_WORKER, ask("next", job=UUID)),
        good("retry", TO_WORKER, ask("retry", job=UUID, new_job=UUID2)),
        good("job", TO_WORKER, ask("job", job=UUID)),
        good("jobs, all fields", TO_WORKER, full_page),
        good("clear one state", TO_WORKER, ask("clear", state="cancelled")),
        good("watch jobs", TO_WORKER, ask("watch", jobs=[UUID, UUID2])),
        good("watch a group", TO_WORKER, ask("watch", group="click-7")),
        good("models after one", TO_WORKER, ask("models", after="deepfilternet3")),
        good("pull a model", TO_WORKER, ask("pull", models=["deepfilternet3"])),
        good("pull for a preset", TO_WORKER, ask("pull", preset="restore", accept_licence=True)),
        good("shutdown after the queue", TO_WORKER, ask("shutdown", drain=True)),
        good("pause with a lease", TO_WORKER, ask("pause", **recording)),
        good("resume one hold", TO_WORKER, ask("resume", hold="reaper-1f0a")),
        bad("pause without a name", ask("pause", hold="")),
        bad("pause with a name of 65 characters", ask("pause", hold="h" * 65)),
        bad("pause with a lease of no time", ask("pause", lease_s=0)),
        bad("pause with a lease of a day", ask("pause", lease_s=86400)),
        bad("pause with a lease in words", ask("pause", lease_s="10 s")),
        bad("pause for a reason of 201 characters", ask("pause", why="w" * 201)),
        bad("resume a number", ask("resume", hold=7)),
        bad("watch a number", ask("watch", jobs=[1])),
        bad("cancel nothing", ask("cancel")),
        bad("next of nothing", ask("next")),
        bad("next of a number", ask("next", job=1)),
        bad("retry without a new id", ask("retry", job=UUID)),
        bad("retry with a bad new id", ask("retry", job=UUID, new_job="again")),
        bad("pull nothing", ask("pull", accept_licence=True)),
        bad("pull no models", ask("pull", models=[])),
        bad("pull a string", ask("pull", models="htdemucs")),
        bad("pull 101 models", ask("pull", models=["htdemucs"] * 101)),
        bad("a licence accepted with a word", ask("pull", preset="a", accept_licence="yes")),
        bad("an unknown state", ask("jobs", state="asleep")),
        bad("a state that is null", ask("jobs", state=None)),
        bad("a limit with a fraction", ask("jobs", limit=50.5)),
        bad("drain as a string", ask("shutdown", drain="true")),
        bad("drain as a number", ask("shutdown", drain=1)),
    ]
