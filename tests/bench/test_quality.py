"""``voxmend bench quality``: the distances, the chains, and what the command prints."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sounds
import torch
from torch import Tensor
from typer.testing import CliRunner
from waiting import PATIENCE_S

from voxmend import presets
from voxmend.bench.damage.material import Material, together
from voxmend.bench.damage.rows import ROWS, case
from voxmend.bench.quality import chains, metrics
from voxmend.cli.app import app
from voxmend.demo import song

RATE = song.RATE


@pytest.fixture(scope="module")
def clean() -> Material:
    voice, backing = sounds.song(6.0)
    dry = torch.from_numpy(voice).float().mean(0)
    return together(dry, torch.from_numpy(backing).float(), RATE, RATE / 2)


def noise(like: Tensor, db: float) -> Tensor:
    random = torch.randn(like.shape, generator=torch.Generator().manual_seed(3))
    return random * like.square().mean().sqrt() / random.square().mean().sqrt() * 10 ** (db / 20)


def test_the_truth_is_at_no_distance_from_itself(clean: Material) -> None:
    voice = clean.voice
    assert metrics.si_sdr(voice, voice) == metrics.BEST_DB
    assert metrics.multi_mel_snr(voice, voice, RATE) == metrics.BEST_DB
    assert metrics.mr_stft(voice, voice) == 0
    assert metrics.lsd_above(voice, voice, RATE, 5000) == 0
    assert metrics.level_change_db(voice, voice, clean.sounds, RATE) == 0


def test_si_sdr_is_the_level_of_what_was_added_and_does_not_see_a_gain(clean: Material) -> None:
    worse = clean.voice + noise(clean.voice, -20)
    assert metrics.si_sdr(worse, clean.voice) == pytest.approx(20, abs=0.1)
    assert metrics.si_sdr(0.1 * worse, clean.voice) == pytest.approx(20, abs=0.1)
    assert metrics.mr_stft(worse, clean.voice) > metrics.mr_stft(
        clean.voice + noise(clean.voice, -40), clean.voice
    )


def test_missing_highs_are_a_log_spectral_distance_and_a_floor_bounds_it(clean: Material) -> None:
    from voxmend.bench.damage.kinds import cut_highs

    bright = clean.voice + noise(clean.voice, -30)
    found = metrics.lsd_above(cut_highs(bright, RATE, 7000), bright, RATE, 7500)
    assert 1 < found < -metrics.FLOOR_DB / 10
    assert metrics.lsd_above(cut_highs(bright, RATE, 7000), bright, RATE, 3000) < found


def test_gaps_hold_what_is_left_in_them_and_levels_count_the_voice_alone(clean: Material) -> None:
    left = clean.voice + noise(clean.voice, -30)
    assert metrics.gap_residual_db(left, clean.voice, clean.sounds, RATE) == pytest.approx(
        -30, abs=0.5
    )
    half = 0.5 * clean.voice
    assert metrics.level_change_db(half, clean.voice, clean.sounds, RATE) == pytest.approx(
        -6.02, abs=0.01
    )
    everywhere = torch.ones_like(clean.sounds)
    assert math.isnan(metrics.gap_residual_db(half, clean.voice, everywhere, RATE))


def test_the_inverse_undoes_one_constant_of_the_backing(clean: Material) -> None:
    row = next(row for row in ROWS if row.damage == "calibration")
    bled = case(row, clean, lambda mix, _: mix)
    gained = metrics.si_sdr(chains.inverted(bled), clean.voice) - 20
    assert gained > 10


def test_a_presets_repair_is_measured_block_by_block_and_as_a_whole() -> None:
    found = chains.plans(presets.find("mend", Path("/nowhere")))
    assert list(found) == [
        "naive", "denoise.deepfilternet", "phase.mixture", "bandwidth.speechsr", "denoise.gaps",
        "adaptive",
    ]  # fmt: skip
    assert [run.block.name for run in found["adaptive"].runs] == list(found)[1:-1]
    assert found["adaptive"].guarded
    assert not found["adaptive"].from_voice
    assert not found["naive"].guarded


def bench(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxmend", "bench", "quality", *map(str, arguments)]
    environment = {**os.environ, "VOXMEND_HOME": str(home)}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, timeout=PATIENCE_S
    )


def test_without_the_networks_of_the_naive_chain_it_says_what_to_fetch(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path))
    files = ["--voice", str(shared / "audio/vctk_speech_48k.wav")]
    files += ["--backing", str(shared / "audio/vibe_ace.ogg")]
    words = ["bench", "quality", *files, "--preset", "mend", "--rows", "none, dry"]
    run = CliRunner().invoke(app, words)
    assert isinstance(run.exception, SystemExit), run.exception
    assert run.exit_code == 4
    assert "voxmend models" in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr


def test_a_row_on_real_voices_with_real_weights_has_every_figure(
    tmp_path: Path, shared: Path, weights: Path
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    for file in [*weights.glob("deepfilternet3/*"), *weights.glob("speechsr48k/*")]:
        shutil.copy(file, folder)
    environment = {**os.environ, "VOXMEND_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "voxmend", "models", "import", str(folder)]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    run = bench(
        tmp_path, "--voice", shared / "audio/vctk_speech_48k.wav",
        "--backing", shared / "audio/vibe_ace.ogg", "--preset", "mend",
        "--rows", "1 rad", "--json",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    rows = json.loads(run.stdout)["rows"]
    assert {(row["damage"], row["size"]) for row in rows} == {
        ("phase", "1 rad"), ("phase", "1 rad, a third of it"),
    }  # fmt: skip
    for row in rows:
        assert list(row)[3:] == [
            "nothing", "inverse", "naive", "denoise.deepfilternet", "phase.mixture",
            "bandwidth.speechsr", "denoise.gaps", "adaptive",
        ]  # fmt: skip
        gain_db = 2 if row["size"] == "1 rad" else 1
        assert row["adaptive"]["si_sdr"] > row["nothing"]["si_sdr"] + gain_db
        assert row["adaptive"]["si_sdr"] > row["naive"]["si_sdr"]
        assert row["adaptive"]["phase"] < row["nothing"]["phase"]
        assert row["nothing"]["lsd_above"] is None
