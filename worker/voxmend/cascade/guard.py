"""No block may make things worse: each proposal is weighed region by region, or thrown away.

The rules that need no detector: in no run of three or more voiced frames may the voice lose more
than 3 dB of its harmonics; no band may rise above the mixture + 1 dB (without a mixture: above the
voice's own envelope + 6 dB); the proposal must lie where the voice lies, at lag 0. Detectors plug
in beside them: a proposal must better its own damage and worsen no other. What is refused is the
present voice, bit for bit.

All levels are relative to the region, so a decision does not depend on the clip's gain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from ..blocks.contract import NO_GAIN
from ..diagnosis.look import Look
from ..dsp.bands import third_octaves
from ..dsp.curves import FRAME_S, Ramp, decibel
from .detectors import Detectors
from .regions import longest_run

RUN = 3
"""Voiced frames in a row that may not all lose too much."""

LOSS_DB = 3.0
DRY_LOSS_DB = 6.0
"""The same where reverb is taken off: a room as loud as half of the voice lifts single frames of a
held note by 3 dB and more, and a dry voice is without that."""

FALL_DB_PER_S = 10.0
FALL_FRAMES = 5, 10, 20
"""A line of the spectrum that stands so much lower than so many frames ago, at 10 dB a second,
falls as a tail does: the longest tail that is looked for takes 6 s."""

RISE_DB = 1.0
RISE_ALONE_DB = 6.0
"""How far a band may rise over what the voice itself had there, where there is no mixture."""

RISE_SHARE = 0.1
"""Share of a band's frames that may rise further: an STFT leaks, a note's onset moves, voice and
band may cancel each other for a syllable, where even a true voice stood 2.4 dB higher."""

SMOOTH = 25
"""Frames over which a band's power is averaged: voice and band cancel each other for some
hundredths of a second, so that for so long even the true voice stands over the mixture."""

AUDIBLE_DB = 60.0
"""Bands further below the region's loudest are not heard beside it."""

KEPT = "kept"

UNCHANGED = "unchanged"
"""The reason of a verdict where there was nothing to decide."""

SAME = 1e-6
"""A difference of −120 dB is arithmetic, no proposal: the voice passes bit for bit."""

NEAR = 6, 15
"""Bins and columns each way over which coherence is read: 300 Hz by 0.3 s."""

COHERENCE = Ramp(0.1, 0.3)
"""Coherence that says nothing, and enough. Over three voices, cells in which a true voice takes
band away from masks with 8 dB of error read .18 to .36 (median), .48 to .61 weighed by power; cells
of a voice brought down by half .00 to .02, beside a mid-side separator's own bleed .08 to .20, and
.02 to .15 weighed by power."""

LAG_S = 0.02
"""Shifts looked for, each way."""

WHITEN = 0.8
FAINT = 1e-7
"""Part of the strongest line's power below which a line is rounding, and is not whitened up: above
a cut edge there is nothing else."""

FIRST_BIN = 2.0
"""Where the lowest third of an octave begins: 50 Hz."""

FIT = 0.2
"""Share of a perfect fit below which two sounds are too unlike to speak of a shift."""

WINDOW_S = 0.04

BESIDE, PEAK = 10, 2.0
"""Bins each way whose median a peak stands over, 250 Hz, and by how much, 6 dB: harmonics do, noise
does not."""

SILENT = 1e-6
"""A frame whose peaks lie 60 dB under the loudest frame's has none to lose."""

MOST_DB = 60.0
"""No loss or gain of a frame counts for more."""

NOTHING = 1e-37
"""The least power that a quotient is formed with."""

BESIDE_DB = 12.0
"""A channel further below all of them together holds more band than voice: what it loses does not
count, what it gains does."""

INVERTED = -0.2
"""Correlation with the present voice below which a channel counts as inverted."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says of one region, with the numbers that decided. ``unchanged`` is neither
    kept nor refused: there was nothing to decide."""

    kept: bool
    reason: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One region of a clip, as it is before a repair.

    Attributes:
        voice: the present voice. Shape: (channels, samples).
        mix: the mixture, same shape, or None.
        voiced: where the voice surely sings. Shape: (frames,), bool, 10 ms.
        rate: samples per second.
        held: where it sings with its consonants and breaths, for the detectors; ``voiced`` if None.
        sung_power: mean square of the voice where it sings, over the clip; 0 = read it from here.
    """

    voice: Tensor
    mix: Tensor | None
    voiced: Tensor
    rate: int
    held: Tensor | None = None
    sung_power: float = 0.0

    @property
    def look(self) -> Look:
        """For the detectors."""
        held = self.voiced if self.held is None else self.held
        return Look(self.voice, self.mix, held, self.rate, self.sung_power)


def judge(
    stretch: Stretch,
    proposal: Tensor,
    mends: Sequence[str],
    spares: Sequence[str] = (),
    detectors: Detectors | None = None,
    dries: bool = False,
) -> Verdict:
    """Weigh a proposal over one region.

    Args:
        proposal: what a repair offers in place of the voice, same shape.
        mends, spares: what the repair says of itself, for the detectors.
        detectors: None = only the rules that need none.
        dries: it takes reverb off: what falls as a tail does counts for no voice, and more of the
            rest may go.
    """
    voice = stretch.voice
    if float((proposal - voice).abs().max()) <= SAME * float(voice.abs().max()):
        return Verdict(False, UNCHANGED)
    numbers: dict[str, float] = {}
    was = stretch.look
    if detectors is not None and detectors.nothing_to_mend(mends, was):
        return Verdict(False, NO_GAIN, numbers)
    broken = _broken_rule(stretch, proposal, numbers, dries)
    if broken:
        return Verdict(False, broken, numbers)
    if detectors is None:
        return Verdict(True, KEPT, numbers)
    return Verdict(*detectors.verdict(mends, spares, was, was.of(proposal), numbers), numbers)


def _broken_rule(stretch: Stretch, proposal: Tensor, numbers: dict[str, float], dries: bool) -> str:
    """The first rule that a proposal breaks, of those that need no detector; empty = none.

    Args:
        numbers: gets what each rule measured.
    """
    voice, mix, voiced, rate = stretch.voice, stretch.mix, stretch.voiced, stretch.rate
    lag = lag_of(voice, proposal, rate)
    numbers["lag_samples"] = float(lag)
    if lag != 0:
        return "shifted"
    numbers["likeness"] = likeness(voice, proposal)
    if numbers["likeness"] < INVERTED:
        return "inverted"
    present, offered = columns(voice, rate), columns(proposal, rate)
    before, after = present.abs(), offered.abs()
    heard = rest = bleed = None
    if mix is not None:
        band = columns(mix, rate) - present
        heard, rest = (present + band).abs(), band.abs()
        bleed = bleed_taken(present - offered, band)
    # What stands over the mixture was never heard there: to bring it down is no loss.
    own = before if heard is None else torch.minimum(before, heard)
    if dries:
        own = own * ~falls(own.square())
    lost = harmonic_loss_db(own, after, rest, bleed)
    runs = lost[: len(voiced)] > (DRY_LOSS_DB if dries else LOSS_DB)
    numbers["harmonic_loss_db"] = _worst_run(lost[: len(voiced)], voiced)
    if longest_run((runs & voiced[: len(lost)]).tolist()) >= RUN:
        return "voice_lost"
    numbers["rise_db"] = rise_db(before, after, heard, rest)
    if numbers["rise_db"] > (RISE_DB if mix is not None else RISE_ALONE_DB):
        return "band_risen"
    return ""


def spectrum(sound: Tensor, rate: int) -> Tensor:
    """Magnitude, channels together, one column each 10 ms. Shape: (bins, frames)."""
    return spectra(sound, rate).square().sum(0).sqrt()


def likeness(voice: Tensor, proposal: Tensor) -> float:
    """The least correlation of a channel with itself, of the channels that hold voice: -1..1."""
    one, other = voice.double(), proposal.double()
    own, new = one.square().sum(1), other.square().sum(1)
    heard = (own > own.max() * 10 ** (-BESIDE_DB / 10)) & (new > 0)
    found = (one * other).sum(1) / (own * new).sqrt().clamp_min(1e-300)
    return float(torch.where(heard, found, torch.ones_like(found)).min())


def spectra(sound: Tensor, rate: int) -> Tensor:
    """Magnitude of each channel, one column each 10 ms. Shape: (channels, bins, frames)."""
    return columns(sound, rate).abs()


def columns(sound: Tensor, rate: int) -> Tensor:
    """Spectrum of each channel, one column each 10 ms. Shape: (channels, bins, frames), complex."""
    size = max(16, round(WINDOW_S * rate))
    hop = max(1, round(FRAME_S * rate))
    # Column n is centred on the middle of frame n; a region shorter than a window is padded.
    lead = (size - hop) // 2
    padded = F.pad(sound, (lead, size))
    window = torch.hann_window(size, device=sound.device)
    found = torch.stft(padded, size, hop, window=window, center=False, return_complex=True)
    frames = max(1, round(sound.shape[-1] / hop))
    return found[..., :frames]


def bleed_taken(taken: Tensor, band: Tensor) -> Tensor:
    """Power of what is taken from the voice that was the band's: it is coherent with what the voice
    leaves of the mixture, as a voice that is taken away is not. Shape: (channels, bins, frames),
    complex, to the same, real.
    """
    common = (taken * band.conj()).sum(0)
    size, other = (s.abs().square().sum(0) for s in (taken, band))
    real, imag, one, two = (_near(s) for s in (common.real, common.imag, size, other))
    shared = (real.square() + imag.square()) / (one * two).clamp_min(NOTHING)
    return COHERENCE(shared) * taken.abs().square()


def harmonic_loss_db(
    before: Tensor, after: Tensor, rest: Tensor | None = None, bleed: Tensor | None = None
) -> Tensor:
    """How much of the voice's spectral peaks each frame loses, in dB; 0 where there is none.

    Peaks are looked for in all channels together; the channel that loses most counts, of those that
    hold voice. A peak under what the voice leaves of the mixture, ``rest``, is bleed's as soon as
    the voice's, and does not count; nor does the power of ``bleed_taken``. Shape: (bins, frames),
    or (channels, bins, frames), to (frames,).
    """
    before, after = (s[None] if s.ndim == 2 else s for s in (before, after))
    joint = before.square().sum(0).sqrt()
    padded = F.pad(joint[None, None], (0, 0, BESIDE, BESIDE), mode="reflect")
    around = F.unfold(padded, (2 * BESIDE + 1, 1))  # (1, neighbours, bins·frames)
    peaks = joint > PEAK * around.median(1).values.view(joint.shape)
    if rest is not None:
        peaks &= joint.square() > rest.square().sum(0)
    held = after.square() if bleed is None else after.square() + bleed
    power, left = ((s * peaks).sum(1) for s in (before.square(), held))
    whole, whole_left = power.sum(0), left.sum(0)
    quiet = whole <= SILENT * whole.max().clamp_min(NOTHING)
    faint = power <= 10 ** (-BESIDE_DB / 10) * whole
    loss = decibel(power.clamp_min(NOTHING) / left.clamp_min(NOTHING))
    worst = torch.where(faint, torch.full_like(loss, -MOST_DB), loss).max(0).values
    together = decibel(whole.clamp_min(NOTHING) / whole_left.clamp_min(NOTHING))
    worst = torch.maximum(worst, together)
    return torch.where(quiet, torch.zeros_like(worst), worst.clamp(-MOST_DB, MOST_DB))


def falls(power: Tensor) -> Tensor:
    """Which cells are so much weaker than a while ago, alone or all of their frame together, that a
    tail may be all there is: single cells of a tail rise and fall. Shape: (channels, bins, frames),
    to the same, bool."""
    found = torch.zeros_like(power, dtype=torch.bool)
    for cells in (power, power.sum((0, 1))[None, None]):
        mean = F.avg_pool1d(cells, 3, 1, 1, count_include_pad=False)
        for frames in FALL_FRAMES:
            ago = F.pad(mean, (frames, 0))[..., : mean.shape[-1]]
            found |= mean < ago * 10 ** (-FALL_DB_PER_S * frames * FRAME_S / 10)
    return found


def rise_db(before: Tensor, after: Tensor, mix: Tensor | None, rest: Tensor | None = None) -> float:
    """The most that a band rises over what is allowed to be there, in dB.

    Bands of a third of an octave, frames smoothed over a quarter of a second. A band that does not
    rise over the present voice breaks no rule, whatever the mixture holds. Each channel has its own
    limit, the audible begins below the loudest of all. Voice and band may cancel each other in the
    mixture for as long as both hold a note, so what the voice leaves of it, ``rest``, is added to
    it. Shape: (bins, frames), or (channels, bins, frames).
    """
    bins = before.shape[-2]
    bands = third_octaves(bins, FIRST_BIN, bins, before.device)
    old, new = (_smooth((bands @ s.square()).flatten(0, -2)) for s in (before, after))
    limit = old
    if mix is not None:
        held = mix.square() if rest is None else mix.square() + rest.square()
        limit = torch.maximum(old, _smooth((bands @ held).flatten(0, -2)))
    loudest = torch.maximum(limit.max(), new.max()).clamp_min(NOTHING)
    floor = loudest * 10 ** (-AUDIBLE_DB / 10)
    rise = decibel((new + floor) / (limit + floor))
    # Not the single worst cell but what one cell in ten of a band exceeds.
    rank = max(1, int((1 - RISE_SHARE) * rise.shape[1]))
    return max(0.0, float(rise.kthvalue(rank, dim=1).values.max()))


def lag_of(voice: Tensor, proposal: Tensor, rate: int) -> int:
    """Samples by which the proposal comes late: 0 unless another lag fits clearly better.

    Cross-correlation, whitened (GCC-PHAT: Knapp, Carter, IEEE Trans. ASSP 24, 1976) by a power of
    0.8 so that a voice's low partials do not hide a single sample while its silence does not count.
    """
    a, b = voice.sum(0), proposal.sum(0)
    reach = min(round(LAG_S * rate), len(a) - 1)
    size = 1 << (2 * len(a) - 1).bit_length()
    cross = torch.fft.rfft(b, size) * torch.fft.rfft(a, size).conj()
    power = cross.abs()
    if not reach or float(power.max()) == 0.0:
        return 0
    cross = cross / (power / power.max() + FAINT).pow(WHITEN)
    fit = torch.fft.irfft(cross, size)
    whole = float(torch.fft.irfft(cross.abs().to(cross.dtype), size)[0])
    near = torch.cat([fit[size - reach :], fit[: reach + 1]])
    best = int(near.argmax()) - reach
    clear = float(near.max()) > max(1.05 * float(fit[0]), FIT * whole)
    return best if clear else 0


def _near(cells: Tensor) -> Tensor:
    """Mean over the cells within ``NEAR``. Shape: (bins, frames), kept."""
    bins, frames = NEAR
    tall = F.avg_pool2d(cells[None], (2 * bins + 1, 1), 1, (bins, 0), count_include_pad=False)
    return F.avg_pool2d(tall, (1, 2 * frames + 1), 1, (0, frames), count_include_pad=False)[0]


def _worst_run(loss: Tensor, voiced: Tensor) -> float:
    """The largest loss that a whole run of voiced frames shares."""
    kept = torch.where(voiced[: len(loss)], loss, torch.zeros_like(loss))
    if len(kept) < RUN:
        return 0.0
    return max(0.0, float(kept.unfold(0, RUN, 1).min(1).values.max()))


def _smooth(power: Tensor) -> Tensor:
    if power.shape[1] < SMOOTH:
        return power.mean(1, keepdim=True).expand_as(power)
    return F.avg_pool1d(power[None], SMOOTH, 1, SMOOTH // 2, count_include_pad=False)[0]
