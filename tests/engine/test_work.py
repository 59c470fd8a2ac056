"""One job in the engine, without a pipe around it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sounds
from engine_orders import means, orders_for
from work_alone import do

from voxmend import targets
from voxmend.engine import orders
from voxmend.engine.work import Line
from voxmend.testing import IDENTITY
from voxmend_protocol.errors import (
    Cancelled,
    InputChanged,
    InputMissing,
    InputUnreadable,
    VoxmendError,
)
from voxmend_protocol.values import DEFAULT_STEMS


def order(source: Path, folder: Path, stems: tuple[str, ...] = DEFAULT_STEMS) -> orders.Run:
    """A run of the identity preset."""
    run = orders_for(source, folder, "identity")
    return replace(run, submit=replace(run.submit, stems=stems))


def voice(said: list[Any], cancelled: bool = False) -> Line:
    return Line(said.append, lambda: cancelled)


def test_job_json_is_written_last_and_whole(tmp_path: Path) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.5))
    said: list[Any] = []
    done = do(order(source, tmp_path / "x.partial"), voice(said), means(tmp_path / "cache"))
    folder = tmp_path / "x.partial"
    files = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert set(files) == {"vocals.wav", "vocals_raw.wav", "instrumental.wav", "job.json"}
    assert files["job.json"] >= max(files.values())
    facts = json.loads((folder / "job.json").read_text())
    assert facts["state"] == "succeeded"
    assert [stem["name"] for stem in facts["stems"]] == [stem.name for stem in done.stems]
    fractions = [message.fraction for message in said if isinstance(message, orders.Progress)]
    assert fractions == sorted(fractions)


def test_what_an_earlier_run_left_is_gone_and_the_owners_name_is_not(tmp_path: Path) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.2))
    run = order(source, tmp_path / "x.partial")
    folder = Path(run.partial)
    (folder / "half.wav").write_bytes(b"x")
    (folder / "sub").mkdir()
    (folder / "sub" / "more").write_bytes(b"x")
    with pytest.raises(Cancelled):
        do(run, voice([], cancelled=True), means(tmp_path / "cache"))
    assert [file.name for file in folder.iterdir()] == ["job.json"]
    assert json.loads((folder / "job.json").read_text())["state"] == "running"


def test_a_source_that_changed_while_it_waited_is_not_used(tmp_path: Path) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.2))
    run = order(source, tmp_path / "x.partial")
    sounds.write(source, sounds.tone(0.4))
    with pytest.raises(InputChanged):
        do(run, voice([]), means(tmp_path / "cache"))


def test_a_source_that_is_gone_is_named(tmp_path: Path) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.2))
    run = order(source, tmp_path / "x.partial")
    source.unlink()
    with pytest.raises(InputMissing, match=r"a\.wav"):
        do(run, voice([]), means(tmp_path / "cache"))


def test_only_the_stems_asked_for_are_written(tmp_path: Path) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.2))
    run = order(source, tmp_path / "x.partial", stems=("vocals",))
    assert [stem.name for stem in do(run, voice([]), means(tmp_path / "cache")).stems] == ["vocals"]
    assert not (Path(run.partial) / "instrumental.wav").exists()


def test_a_result_is_the_same_every_time(tmp_path: Path) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(1.0))
    both = []
    for name in ("x", "y"):
        run = order(source, tmp_path / f"{name}.partial")
        do(run, voice([]), means(tmp_path / "cache"))
        both.append((Path(run.partial) / "vocals.wav").read_bytes())
    assert both[0] == both[1]


def test_every_failure_is_one_of_ours(tmp_path: Path) -> None:
    source = tmp_path / "a.wav"
    source.write_text("nothing")
    with pytest.raises(VoxmendError):
        do(order(source, tmp_path / "x.partial"), voice([]), means(tmp_path / "cache"))


def test_the_instrumental_is_the_source_less_the_raw_voice_not_the_mended_one(
    tmp_path: Path,
) -> None:
    clean = sounds.tone(6.0)
    clean[:, : 3 * 44_100] *= np.linspace(0, 1, 3 * 44_100, dtype=np.float32)
    hiss = np.random.default_rng(1).standard_normal(clean.shape).astype(np.float32) * 0.01
    source = sounds.write(tmp_path / "a.wav", clean + hiss)
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "hiss.toml").write_text(
        "guarded = false\n" + IDENTITY + '[[block]]\nname = "denoise.gate"\nstrength = 1.0\n'
    )
    run = orders_for(source, tmp_path / "x.partial", "hiss")
    run = replace(run, submit=replace(run.submit, stems=targets.OF_VOICE))
    stems = {s.name: s.file for s in do(run, voice([]), means(tmp_path / "cache")).stems}
    found = {name: sounds.read(Path(run.partial) / file)[0] for name, file in stems.items()}
    mix, _ = sounds.read(source)
    assert sounds.peak_db(found["vocals"] - found["vocals_raw"]) > -60, "the gate did nothing"
    assert sounds.peak_db(found["vocals_raw"] + found["instrumental"] - mix) < -120
    assert sounds.peak_db(found["vocals"] + found["instrumental_mended"] - mix) < -120


def test_a_source_written_anew_with_the_same_length_is_another_source(tmp_path: Path) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.2))
    run = order(source, tmp_path / "x.partial")
    size = source.stat().st_size
    sounds.write(source, sounds.tone(0.2, seed=7))
    os.utime(source, ns=(int(run.mtime_ns) + 10**9,) * 2)
    assert source.stat().st_size == size
    with pytest.raises(InputChanged):
        do(run, voice([]), means(tmp_path / "cache"))


def test_the_end_of_a_clip_is_heeded_and_what_reading_warns_of_is_told(tmp_path: Path) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(1.0))
    run = order(source, tmp_path / "x.partial")
    clip = replace(run.submit.clip, start_s=0.25, end_s=0.5)
    (first, *_) = do(
        replace(run, submit=replace(run.submit, clip=clip)), voice([]), means(tmp_path / "cache")
    ).stems
    assert (first.start_frame, first.frames) == (11_025, 11_025)
    again = order(source, tmp_path / "y.partial")
    clip = replace(again.submit.clip, start_s=0.25, end_s=2.0)
    told = voice([])
    do(replace(again, submit=replace(again.submit, clip=clip)), told, means(tmp_path / "cache"))
    assert [warned.code for warned in told.warnings] == ["span_cut"]
    facts = json.loads((tmp_path / "y.partial" / "job.json").read_text())
    assert [warned["code"] for warned in facts["warnings"]] == ["span_cut"]


def test_what_the_settings_and_the_job_say_reaches_the_cascade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voxmend.cascade import runner
    from voxmend.cascade.context import Context
    from voxmend.engine import device

    heard: list[Context] = []
    whole = runner.run

    def run(plan: Any, source: Any, context: Context, _: None) -> Any:
        heard.append(context)
        return whole(plan, source, context)

    monkeypatch.setattr(runner, "run", run)
    monkeypatch.setattr(device, "batch", lambda _: 3)
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.2))
    settings = replace(means(tmp_path / "cache"), settings=orders.Configure("mps", "fp32", 600.0))
    by_setting, by_job = voice([]), voice([])
    do(order(source, tmp_path / "x.partial"), by_setting, settings)
    assert [warned.code for warned in by_setting.warnings] == ["device_absent"]
    assert (heard[0].precision, heard[0].batch) == ("fp32", 3)
    asked = order(source, tmp_path / "y.partial")
    asked = replace(asked, submit=replace(asked.submit, device="cpu"))
    do(asked, by_job, settings)
    assert by_job.warnings == []


def test_the_record_names_where_each_stage_really_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voxmend.cascade import runner

    whole = runner.run

    def run(plan: Any, source: Any, context: Any, _: None) -> Any:
        outcome = whole(plan, source, context)
        elsewhere = replace(outcome.ran[0], block="separate.mdx", runs_on="CUDAExecutionProvider")
        return replace(outcome, ran=(elsewhere,))

    monkeypatch.setattr(runner, "run", run)
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.2))
    said: list[Any] = []
    do(order(source, tmp_path / "x.partial"), voice(said), means(tmp_path / "cache"))
    facts = json.loads((tmp_path / "x.partial" / "job.json").read_text())
    assert facts["device"].endswith("; separate.mdx on cuda")
    assert said[-1].device == facts["device"]


def test_a_source_that_may_not_be_looked_at_is_not_told_as_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sounds.write(tmp_path / "a.wav", sounds.tone(0.2))
    run = order(source, tmp_path / "x.partial")
    stat = os.stat

    def forbidden(path: Any, **how: Any) -> os.stat_result:
        if str(path) == str(source):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **how)

    monkeypatch.setattr("voxmend.clip_file.os.stat", forbidden)
    with pytest.raises(InputUnreadable, match=r"a\.wav may not be read"):
        do(run, voice([]), means(tmp_path / "cache"))
