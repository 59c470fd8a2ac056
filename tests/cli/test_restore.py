"""``voxmend restore`` as a user runs it: the real worker, the real engine, real files."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds
import supervisor_jobs
from house import House, printed, results, run_cli
from typer.testing import CliRunner

from voxmend import __version__, launch
from voxmend.cli.app import app
from voxmend_protocol import JobRecord, features, messages
from voxmend_protocol.errors import UnknownJob
from voxmend_protocol.values import Clip, Limits, WorkerInfo

STEMS = {"vocals", "vocals_raw", "instrumental"}

pytestmark = pytest.mark.usefixtures("real_house")


def one(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The only item that a command printed."""
    [item] = printed(run)["items"]
    return dict(item)


def test_a_real_song_comes_back_as_stems_that_null_with_it(shared: Path, tmp_path: Path) -> None:
    source = shared / "audio" / "lets_go_fishin.ogg"
    run = run_cli("restore", source, "--end", "8", "--out", tmp_path, "--json")
    assert run.returncode == 0, run.stderr
    found = one(run)
    assert (found["state"], found["preset"]) == ("succeeded", "quick")
    assert {stem["name"] for stem in found["stems"]} == STEMS
    mix, rate = sounds.read(source)
    mix = mix[:, : 8 * rate]
    stems = {stem["name"]: sounds.read(stem["path"]) for stem in found["stems"]}
    for samples, stem_rate in stems.values():
        assert (samples.shape, stem_rate) == (mix.shape, rate)
        assert np.isfinite(samples).all()
        assert -60 < sounds.peak_db(samples) < 6
    rest = stems["vocals_raw"][0] + stems["instrumental"][0] - mix
    assert sounds.peak_db(rest) < -90


@pytest.mark.parametrize("old", ["preview", "light"])
def test_an_old_name_of_a_preset_still_works_and_is_said_so_once(tmp_path: Path, old: str) -> None:
    files = [sounds.write(tmp_path / name, sounds.tone(0.3)) for name in ("a.wav", "b.wav")]
    run = run_cli("restore", *files, "-p", old, "-o", tmp_path / "out", "--json")
    assert run.returncode == 0, run.stderr
    said = f"The preset {old} has been replaced by quick; use that name"
    assert run.stderr.count(said) == 1
    assert [f.name for f in results(tmp_path / "out")] == ["a_quick", "b_quick"]
    again = run_cli("restore", files[0], "-o", tmp_path / "out", VOXMEND_RESTORE_PRESET=old)
    assert again.returncode == 0
    assert run.stderr.count(said) == again.stderr.count(said) == 1
    assert "Traceback" not in run.stderr + again.stderr


@pytest.mark.parametrize(
    ("parameter", "why"),
    [("bandwidth.strength=0.2", ""), ("separate.pan=-0.3", "it belonged to separate.midside")],
)
def test_a_parameter_of_an_old_preset_is_refused_with_those_there_are(
    tmp_path: Path, parameter: str, why: str
) -> None:
    file = sounds.write(tmp_path / "a.wav", sounds.tone(0.3))
    run = run_cli("restore", file, "-p", "light", "--set", parameter, "--json")
    assert run.returncode == 2
    assert "light has been replaced by quick" in run.stderr
    message = printed(run)["error"]["message"]
    assert message.startswith("The preset quick has no parameter")
    assert why in message
    assert message.endswith("It has: denoise.caution, denoise.strength, separate.speeds.")


def test_the_identity_preset_gives_the_source_back(tmp_path: Path) -> None:
    mix = sounds.tone(12.3)
    source = sounds.write(tmp_path / "a.wav", mix)
    run = run_cli("restore", source, "-p", "identity", "-o", tmp_path / "out", "--json")
    for stem in one(run)["stems"]:
        wanted = np.zeros_like(mix) if stem["name"] == "instrumental" else mix
        assert sounds.peak_db(sounds.read(stem["path"])[0] - wanted) < -120


def test_several_files_give_an_item_each_in_order_and_one_bad_one_spoils_no_other(
    tmp_path: Path,
) -> None:
    good = sounds.write(tmp_path / "good.wav", sounds.tone())
    bad = tmp_path / "bad.wav"
    bad.write_text("not a sound")
    files = [good, bad, tmp_path / "none.wav", good]
    run = run_cli("restore", *files, "-p", "identity", "-o", tmp_path / "out", "--json")
    assert run.returncode == 1
    items = printed(run)["items"]
    assert [item["state"] for item in items] == ["succeeded", "failed", "failed", "succeeded"]
    assert [item.get("error", {}).get("code") for item in items] == [
        None, "input_unreadable", "input_missing", None,
    ]  # fmt: skip
    assert [f.name for f in results(tmp_path / "out")] == ["good_identity", "good_identity_2"]


def broken(kind: str, folder: Path) -> Path:
    """A source that cannot be restored."""
    file = folder / f"{kind}.wav"
    sound = sounds.tone(0.2)
    if kind == "text":
        file.write_text("This is not audio, whatever its name says.\n" * 20)
    elif kind == "no_frames":
        sounds.write(file, sound[:, :0])
    elif kind == "nan":
        sound[1, 3000] = np.nan
        sounds.write(file, sound)
    elif kind == "inf":
        sound[0, 0] = -np.inf
        sounds.write(file, sound)
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "no_channels":
        file.write_bytes(sounds.header(channels=0) + bytes(400))
    elif kind == "many_channels":
        file.write_bytes(sounds.header(channels=65535) + bytes(400))
    elif kind == "no_rate":
        file.write_bytes(sounds.header(rate=0) + bytes(400))
    elif kind == "4_ghz":
        file.write_bytes(sounds.header(rate=4_000_000_000) + bytes(400))
    elif kind == "no_bits":
        file.write_bytes(sounds.header(bits=0) + bytes(400))
    elif kind == "fifo":
        os.mkfifo(file)
    return file


BROKEN = {
    "text": "input_unreadable",
    "no_frames": "input_unreadable",
    "nan": "unsupported_audio",
    "inf": "unsupported_audio",
    "empty": "input_unreadable",
    "missing": "input_missing",
    "no_channels": None,
    "many_channels": None,
    "no_rate": None,
    "4_ghz": None,
    "no_bits": None,
    "fifo": "input_unreadable",
}


@pytest.fixture(scope="module")
def refused(
    real_house: House, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One command with all of them, and where its stems would be."""
    folder = tmp_path_factory.mktemp("broken")
    files = [broken(kind, folder) for kind in BROKEN]
    return run_cli("restore", *files, "-p", "identity", "-o", folder / "out", "--json"), folder


@pytest.mark.parametrize("kind", BROKEN)
def test_a_source_that_cannot_be_used_gets_a_code_and_a_sentence(
    refused: tuple[subprocess.CompletedProcess[str], Path], kind: str
) -> None:
    run, folder = refused
    assert run.returncode == 1, run
    item = printed(run)["items"][list(BROKEN).index(kind)]
    assert Path(item["file"]).name == f"{kind}.wav"
    said = "\n".join(line for line in run.stderr.splitlines() if f"{kind}.wav" in line)
    _is_a_plain_error(said, item, BROKEN[kind])
    assert "Traceback" not in run.stderr
    assert results(folder / "out") == []


@pytest.mark.parametrize("where", ["a_file/out", "/proc/voxmend"])
def test_an_output_that_cannot_be_written_gets_a_code_and_a_sentence(
    tmp_path: Path, where: str
) -> None:
    (tmp_path / "a_file").write_text("x")
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.3))
    run = run_cli("restore", source, "-p", "identity", "-o", tmp_path / where, "--json")
    assert run.returncode == 1
    _is_a_plain_error(run.stderr, one(run), "output_unwritable")
    assert {f.name for f in tmp_path.iterdir()} == {"a.wav", "a_file"}


def _is_a_plain_error(stderr: str, found: dict[str, Any], code: str | None) -> None:
    error = found["error"]
    assert set(error) == {"code", "message", "retryable"}
    assert error["code"] == code or (
        code is None and error["code"] in ("input_unreadable", "unsupported_audio")
    )
    assert f"[{error['code']}]" in stderr
    assert error["message"].rstrip().endswith((".", "FOLDER"))
    assert "Traceback" not in stderr
    assert found.get("stems", []) == []


def test_a_header_that_promises_too_much_is_restored_with_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "cut.wav"
    frames = 30_000
    body = (sounds.tone(1.0).T[:frames] * 20_000).astype("<i2").tobytes()
    file.write_bytes(sounds.header(promised=400_000) + body)
    run = run_cli("restore", file, "-p", "identity", "-o", tmp_path / "out", "--json")
    assert run.returncode == 0, run.stderr
    found = one(run)
    assert "input_truncated" in [warning["code"] for warning in found["warnings"]]
    assert {stem["frames"] for stem in found["stems"]} == {frames}
    assert "warning:" in run.stderr


def test_one_frame_is_enough(tmp_path: Path) -> None:
    file = sounds.write(tmp_path / "one.wav", sounds.tone(0.1)[:, :1])
    run = run_cli("restore", file, "-p", "quick", "-o", tmp_path / "out", "--json")
    assert run.returncode == 0, run.stderr
    assert {stem["frames"] for stem in one(run)["stems"]} == {1}


def test_a_stretch_of_a_file_says_where_it_began(tmp_path: Path) -> None:
    mix = sounds.tone(3.0)
    file = sounds.write(tmp_path / "a.wav", mix)
    options = ("-p", "identity", "-o", tmp_path / "out", "--json")
    run = run_cli("restore", file, "--start", "0.5", "--end", "1.25", *options)
    assert run.returncode == 0, run.stderr
    stems = {stem["name"]: stem for stem in one(run)["stems"]}
    assert stems["vocals"]["start_frame"] == 22_050
    found = sounds.read(stems["vocals"]["path"])[0]
    assert sounds.peak_db(found - mix[:, 22_050:55_125]) < -120


def test_a_relative_file_and_odd_names_work(tmp_path: Path) -> None:
    name = "ünïcode ♪ [x] %s; 'q'.wav"
    sounds.write(tmp_path / name, sounds.tone(0.3))
    run = run_cli("restore", os.path.relpath(tmp_path / name), "-p", "identity", "--json")
    assert run.returncode == 0, run.stderr
    stem = one(run)["stems"][0]
    assert Path(stem["path"]).parent == tmp_path / "voxmend" / (name[:-4] + "_identity")


def test_a_name_that_is_not_unicode_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.wav")
    sounds.write(tmp_path / "a.wav", sounds.tone(0.1)).rename(tmp_path / name)
    run = run_cli("restore", tmp_path / name, "-p", "identity", "--json")
    assert run.returncode == 1
    _is_a_plain_error(run.stderr, one(run), "input_unreadable")


def test_restoring_twice_overwrites_nothing(tmp_path: Path) -> None:
    file = sounds.write(tmp_path / "a.wav", sounds.tone(0.3))
    for _ in range(2):
        assert run_cli("restore", file, "-p", "identity", "-o", tmp_path / "out").returncode == 0
    assert [f.name for f in results(tmp_path / "out")] == ["a_identity", "a_identity_2"]


def test_stdout_holds_only_paths_without_json(tmp_path: Path) -> None:
    file = sounds.write(tmp_path / "a.wav", sounds.tone(0.3))
    run = run_cli("restore", file, "-p", "identity", "-o", tmp_path / "out")
    assert {Path(line).name for line in run.stdout.splitlines()} == {f"{s}.wav" for s in STEMS}
    assert all(Path(line).is_file() for line in run.stdout.splitlines())


def test_the_mended_instrumental_is_the_mix_less_the_mended_voice(tmp_path: Path) -> None:
    mix = sounds.tone(2.0)
    file = sounds.write(tmp_path / "a.wav", mix)
    options = ("-p", "mending", "-o", tmp_path / "out", "--mended-instrumental", "--json")
    stems = {s["name"]: s["path"] for s in one(run_cli("restore", file, *options))["stems"]}
    found = sounds.read(stems["instrumental_mended"])[0] + sounds.read(stems["vocals"])[0]
    assert sounds.peak_db(found - mix) < -90


def test_job_json_tells_what_was_done(tmp_path: Path) -> None:
    file = sounds.write(tmp_path / "a.wav", sounds.tone(0.5))
    options = ("-p", "mending", "--set", "denoise.strength=0.2", "-o", tmp_path / "out", "--json")
    found = one(run_cli("restore", file, *options))
    facts = json.loads((Path(found["folder"]) / "job.json").read_text())
    assert facts["job"] == found["job"]
    assert facts["preset"]["block"][1]["strength"] == 0.2
    assert facts["source"]["rate"] == 44_100
    assert facts["device"] == found["device"]
    assert [stem["name"] for stem in facts["stems"]] == [stem["name"] for stem in found["stems"]]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("-p", "nonsense"), "unknown_preset"),
        (("-p", "../../etc/passwd"), "unknown_preset"),
        (("--set", "denoise.power=1"), "bad_request"),
        (("--set", "denoise.strength=loud"), "bad_request"),
        (("--set", "strength"), "bad_request"),
        (("--device", "cuda:x"), "bad_request"),
        (("--set", "separate.spleeter.rule=max"), "bad_request"),
        (("--start", "5", "--end", "2"), "bad_request"),
        (("--start", "-1"), "bad_request"),
    ],
)
def test_bad_options_end_with_exit_code_2(
    tmp_path: Path, options: tuple[str, ...], code: str
) -> None:
    file = sounds.write(tmp_path / "a.wav", sounds.tone(0.2))
    words = ("restore", file, *options, "-o", tmp_path / "out", "--json")
    run = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(run.exception, SystemExit), run.exception
    assert run.exit_code == 2, run.output
    assert json.loads(run.stdout)["error"]["code"] == code


def test_a_detached_job_is_found_in_the_list_and_can_be_followed(
    tmp_path: Path, real_house: House
) -> None:
    file = sounds.write(tmp_path / "a.wav", sounds.tone(0.3))
    run = run_cli("restore", file, "-p", "identity", "-o", tmp_path / "out", "--detach", "--json")
    job = one(run)["job"]
    assert real_house.finish(real_house.client(), job).state == "succeeded"
    assert job in [item["job"] for item in printed(run_cli("jobs", "list", "--json"))["items"]]
    shown = printed(run_cli("jobs", "show", job[:8], "--json"))
    assert shown["state"] == "succeeded"
    assert len(shown["stems"]) == 3


@pytest.mark.parametrize(("words", "device"), [((), None), (("--device", "cpu"), "cpu")])
def test_a_job_carries_the_device_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], device: str | None
) -> None:
    asked = Asked()
    monkeypatch.setattr(launch, "connect", lambda: asked)
    file = str(sounds.write(tmp_path / "a.wav", sounds.tone(0.1)))
    for command in (("restore", file, "--detach"), ("demo", "--out", str(tmp_path / "demo"))):
        CliRunner().invoke(app, [*command, *words])
    assert len(asked.devices) == 3  # the demo asks for two
    assert set(asked.devices) == {device}


class Interrupted:
    """A client whose user presses Ctrl-C while the second job is submitted."""

    def __init__(self) -> None:
        self.submitted: list[str] = []
        self.cancelled: list[str] = []

    def __enter__(self) -> Interrupted:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @property
    def welcome(self) -> messages.Welcome:
        """What the worker said."""
        return messages.Welcome(1, WorkerInfo(__version__, 1), Limits(9, 5.0, 10.0, 16384))

    def records(self, _: str) -> list[JobRecord]:
        """It knows no earlier jobs."""
        return []

    def follow(self, jobs: tuple[str, ...]) -> list[JobRecord]:
        """All of them are cancelled."""
        record = supervisor_jobs.job().record
        return [replace(record, job=job, state="cancelled") for job in jobs]

    def request(self, body: messages.Submit | messages.Cancel, _: type) -> messages.Accepted:
        """Take a request."""
        if isinstance(body, messages.Cancel):
            self.cancelled.append(body.job)
            raise UnknownJob("It never arrived.")
        self.submitted.append(body.job)
        if len(self.submitted) == 2:
            raise KeyboardInterrupt
        return messages.Accepted(body.job, "running")


class Asked(Interrupted):
    """A client that notes where its jobs shall run, and takes none."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: list[str | None] = []

    def request(self, body: messages.Submit | messages.Cancel, _: type) -> messages.Accepted:
        """Take a request."""
        assert isinstance(body, messages.Submit)
        self.devices.append(body.device)
        raise UnknownJob("Not today.")


def test_ctrl_c_while_jobs_are_submitted_cancels_those_that_may_have_arrived(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client = Interrupted()
    monkeypatch.setattr(launch, "connect", lambda: client)
    files = [str(sounds.write(tmp_path / f"{n}.wav", sounds.tone(0.1))) for n in range(3)]
    for more in ([], ["--detach"]):
        CliRunner().invoke(app, ["restore", *files, *more])
        assert client.cancelled == client.submitted
        client.cancelled.clear()
        client.submitted.clear()


class Given(Asked):
    """A client of a worker that heeds a voice; it notes what is submitted."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[messages.Submit] = []

    @property
    def welcome(self) -> messages.Welcome:
        """What the worker said."""
        return replace(super().welcome, features=(features.VOICE,))

    def request(self, body: messages.Submit | messages.Cancel, _: type) -> messages.Accepted:
        """Take a request."""
        assert isinstance(body, messages.Submit)
        self.orders.append(body)
        raise UnknownJob("Not today.")


def test_a_voice_goes_with_one_song_and_with_mend_unless_a_preset_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client = Given()
    monkeypatch.setattr(launch, "connect", lambda: client)
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    stem = str(tmp_path / "stem.mp3")
    for more in ([], ["--preset", "quick"]):
        CliRunner().invoke(app, ["restore", "song.wav", "--voice", stem, *more])
    assert [order.preset for order in client.orders] == ["mend", "quick"]
    assert [order.voice for order in client.orders] == [Clip(stem)] * 2
    several = CliRunner().invoke(app, ["restore", "a.wav", "b.wav", "--voice", stem])
    assert several.exit_code == 2
    assert len(client.orders) == 2


def test_a_folder_that_a_real_engine_has_done_is_known_again(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for n in range(2):
        sounds.write(tmp_path / "in" / f"{n}.wav", sounds.tone(0.3, seed=n))
    words = ("restore", tmp_path / "in", "-p", "mending", "-o", tmp_path / "out", "--json")
    for more in (("--format", "mp3", "--name", "{song} - {stem}"), ("--end", "0.2")):
        first = run_cli(*words, *more)
        assert first.returncode == 0, first.stderr
        assert [item["state"] for item in printed(first)["items"]] == ["succeeded"] * 2
        again = run_cli(*words, *more)
        assert [item["state"] for item in printed(again)["items"]] == ["skipped"] * 2
    made = sorted(file.name for file in (tmp_path / "out" / "0_mending").iterdir())
    assert made == [
        "0 - instrumental.mp3", "0 - vocals.mp3", "0 - vocals_raw.mp3", "job.json",
    ]  # fmt: skip
    mix, _ = sounds.read(tmp_path / "in" / "0.wav")
    stem, _ = sounds.read(tmp_path / "out" / "0_mending" / "0 - vocals.mp3")
    assert stem.shape == mix.shape
