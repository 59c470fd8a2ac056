"""Memory must not grow with length. Slow: an hour of sound goes through the disk several times."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

PASS = """
import resource, sys
from pathlib import Path
from voxmend.audio import SlowGain, load, open_stem, resample_signal
source, folder = Path(sys.argv[1]), Path(sys.argv[2])
loaded = load(source, None, None, folder)
with loaded.signal as mix, resample_signal(mix, 48_000, folder) as other:
    gain = SlowGain.of(other)
    with resample_signal(other, mix.rate, folder, frames=mix.frames) as back:
        with open_stem(folder / "back.wav", back.rate, back.channels, back.frames) as stem:
            for start, block in back.blocks():
                stem.write(gain.undo(start, gain.apply(start, block)))
assert stem.written.frames == mix.frames
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs getrusage")
def test_an_hour_takes_little_more_memory_than_a_minute(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (44_100 * 60, 2)).astype(np.float32)
    unit = 1 if sys.platform == "darwin" else 1024
    most: dict[int, float] = {}
    for minutes in (1, 60):
        source = tmp_path / "source.wav"
        with soundfile.SoundFile(source, "w", 44_100, 2, "PCM_16") as file:
            for _ in range(minutes):
                file.write(noise)
        ran = subprocess.run(
            [sys.executable, "-c", PASS, str(source), str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
        )
        most[minutes] = int(ran.stdout) * unit / 1e6
        os.remove(tmp_path / "back.wav")
        os.remove(source)
    print(f"peak memory: 1 min {most[1]:.0f} MB, 1 h {most[60]:.0f} MB")
    assert list(tmp_path.iterdir()) == []
    assert most[60] - most[1] < 100
