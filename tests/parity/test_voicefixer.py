"""The same random weights through VoiceFixer's own code and through ours, both halves at full size,
on one window. Random weights: this proves the same arithmetic, nothing about the sound.

Upstream runs in a process whose home is a temporary folder with these weights: nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from parity.upstream_voicefixer import asked
from rack import CPU, snr, song

from voxmend.networks.voicefixer.network import VoiceFixer, load
from voxmend.networks.voicefixer.vocoder import LAG

SIZES = [
    pytest.param(0.5, id="0.5 s"),
    pytest.param(29.0, id="29 s", marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
]


@pytest.fixture(scope="module")
def ours(voicefixer_files: list[Path]) -> VoiceFixer:
    return load(voicefixer_files, CPU)


@pytest.fixture(scope="module", params=SIZES)
def both(
    request: pytest.FixtureRequest,
    voicefixer_files: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[torch.Tensor, Mapping[str, Any]]:
    """A sound, and what upstream makes of it."""
    sound = song(request.param)[0]
    folder = tmp_path_factory.mktemp("upstream")
    found = asked(voicefixer_files, sound.numpy(), folder)
    return sound, {name: torch.from_numpy(value) for name, value in found.items()}


def test_the_first_half_is_upstreams(
    ours: VoiceFixer, both: tuple[torch.Tensor, Mapping[str, Any]]
) -> None:
    sound, theirs = both
    first, _ = ours._halves
    with torch.no_grad():
        heard, mel = first.mel(sound[None]), first(sound[None])  # type: ignore[operator]
    found = {
        "heard": snr(theirs["heard"], heard),
        "mel": snr(theirs["mel"], mel),
        "mel in dB": snr(theirs["mel"].log10(), mel.log10()),
    }
    print(f"\nparity voicefixer, analysis, {len(sound) / 44_100:g} s: {found}")
    assert snr(theirs["heard"], theirs["mel"]) < 20  # the network does something
    assert min(found.values()) >= 80


def test_the_second_half_is_upstreams(
    ours: VoiceFixer, both: tuple[torch.Tensor, Mapping[str, Any]]
) -> None:
    sound, theirs = both
    with torch.no_grad():
        made = ours._halves[1](theirs["mel"])
    found = snr(theirs["sound"], made)
    print(f"\nparity voicefixer, vocoder, {len(sound) / 44_100:g} s: {found:.1f} dB")
    assert made.std() > 0.01
    assert found >= 80


def test_the_whole_is_upstreams_vocoder_less_its_lag(
    ours: VoiceFixer, both: tuple[torch.Tensor, Mapping[str, Any]]
) -> None:
    """And so, if that lag is what it was measured to be, in place."""
    sound, theirs = both
    made = ours(sound[None, None])[0, 0]
    found = snr(theirs["sound"][0, LAG : LAG + len(sound)], made)
    print(f"\nparity voicefixer, whole, {len(sound) / 44_100:g} s: {found:.1f} dB")
    assert found >= 80


def test_upstreams_restore_gives_the_same_voice_too_early(
    ours: VoiceFixer, both: tuple[torch.Tensor, Mapping[str, Any]]
) -> None:
    """It cuts half of what is too long from the front, whatever the length."""
    sound, theirs = both
    made = ours(sound[None, None])[0, 0]
    restored = theirs["restored"][0]
    early = (theirs["sound"].shape[1] - len(sound)) // 2 - LAG
    print(f"\nvoicefixer, {len(sound) / 44_100:g} s: upstream's restore is {early} samples early")
    assert early == 301  # as its own pair of files has it
    assert snr(restored[:-early], made[early:]) >= 80
