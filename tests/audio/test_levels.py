from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

import voxmend.audio
from voxmend.audio import FLOOR_DB, db, peak, rms_db


def test_decibels_have_a_floor_and_know_no_sign() -> None:
    assert db(1.0) == 0.0
    assert db(-0.5) == pytest.approx(-6.0206, abs=1e-4)
    assert db(0.0) == db(1e-30) == FLOOR_DB
    assert math.isnan(db(math.nan))


def test_a_square_wave_is_at_zero_and_a_sine_three_decibels_below() -> None:
    time = np.arange(48_000) / 48_000
    sine = np.sin(2 * np.pi * 1000 * time).astype(np.float32)
    assert rms_db(np.sign(sine + 1e-3)[None]) == pytest.approx(0.0, abs=1e-6)
    assert rms_db(np.stack([sine, sine])) == pytest.approx(-3.0103, abs=1e-4)
    assert rms_db(np.stack([sine, 0 * sine])) == pytest.approx(-6.0206, abs=1e-4)


def test_a_quiet_offset_is_summed_without_loss_over_a_long_clip() -> None:
    clip = np.full((1, 5_000_000), 1e-4, dtype=np.float32)
    assert rms_db(clip) == pytest.approx(-80.0, abs=1e-5)


def test_the_peak_is_the_largest_magnitude() -> None:
    assert peak(np.array([[0.25, -2.5], [1.0, 0.0]], dtype=np.float32)) == 2.5
    assert peak(np.zeros((2, 0), dtype=np.float32)) == 0.0
    assert rms_db(np.zeros((2, 0), dtype=np.float32)) == FLOOR_DB


def test_the_public_face_is_sorted_and_there() -> None:
    face = voxmend.audio.__all__
    capitals_first = sorted(face, key=lambda name: (not name.isupper(), name.islower(), name))
    assert face == capitals_first
    assert all(hasattr(voxmend.audio, name) for name in face)


def test_importing_it_brings_no_torch_no_socket_no_database_and_no_resampler() -> None:
    code = (
        "import sys, voxmend.audio; print(*{'torch', 'zmq', 'sqlite3', 'soxr'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
