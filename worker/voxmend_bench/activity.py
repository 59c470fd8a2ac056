"""Trains ``dsp.voice_activity`` on songs whose voice is known, and judges it on songs left out.

``python -m voxmend_bench.activity SONGS --voice V … --band B … --stems FOLDER [--write]``: SONGS is
a folder of multitracks, as ``voxmend bench songs`` takes it; dry voices and further bands are put
together with each other and with the songs' bands, and each song's voice with the bands of the
others. Spleeter takes the voice out of all of it, and the stems are kept in FOLDER, so that a
second run only trains. Each song is judged by a network that never heard its voice or its band.
``--write`` trains on all and stores the weights. Seeded: the same files give the same weights.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from voxmend import paths
from voxmend.bench.damage.material import read, resampled
from voxmend.bench.quality.lender import lender
from voxmend.bench.quality.metrics import si_sdr
from voxmend.bench.quality.separated import separator
from voxmend.bench.songs import readings
from voxmend.bench.songs.multitrack import Files, Multitrack, every, find, load, placed
from voxmend.blocks.denoise.gaps import decided
from voxmend.dsp.band_levels import BANDS, STEP_S, BandLevels, band_levels, frames_of, reach
from voxmend.dsp.curves import decibel
from voxmend.dsp.fades import gain
from voxmend.dsp.voice_activity import DILATIONS, INPUTS, WEIGHTS, Activity, inputs

RATE = 44_100
SECONDS, REMIX_S = 60, 45
LEVELS_DB = (0, -3, -6, -9, -12)
TOWARDS = (0.0, 0.2, 0.5, 0.8)
"""How far stems are moved towards the true voice, beside as they are: better separators."""

SUNG_DB, SOFT_DB = -35.0, 5.0
"""A frame of the true voice is sung down to this under its loud level, and how soft that is."""

HIDDEN, STEPS, BATCH, FRAMES, RATE_OF_LEARNING, DECAY = 16, 1100, 10, 1200, 5e-3, 1e-2
SEED = 0

GAIN_DB = -6.0
"""What the presets lower a gap by."""


@dataclass(frozen=True, slots=True)
class Example:
    """One stem as the network hears it.

    Attributes:
        voice, band: the names of what it is made of.
        heard: Shape: (INPUTS, frames).
        levels: what that was made from.
        sung: level of the true voice under its loud level, dB. Shape: (frames,).
    """

    voice: str
    band: str
    toward: float
    heard: Tensor
    levels: BandLevels
    sung: Tensor

    @property
    def whole(self) -> bool:
        """A song as it was mixed."""
        return self.voice == self.band


def songs(folder: Path, voices: Sequence[Path], bands: Sequence[Path]) -> Iterator[Multitrack]:
    """All that is trained on, named ``voice`` or ``voice+band``."""
    chance = random.Random(SEED)
    whole = {files.name: placed(load(files), "as-is") for files in find(folder)}
    yield from whole.values()
    further = {file.stem: _band(file) for file in bands}
    played = {**further, **{name: song.band for name, song in whole.items()}}
    for file in voices:
        for name in played:
            made = replace(load(Files(file.stem, (file,), (file,))), name=f"{file.stem}+{name}")
            voice = resampled(made.voice, made.rate, RATE)[:, : SECONDS * RATE]
            yield _mixed(made.name, voice, played[name], chance)
    for song in whole.values():
        for name, band in played.items():
            if name != song.name:
                length = REMIX_S * RATE
                start = chance.randrange(max(1, song.voice.shape[1] - length))
                voice = song.voice[:, start : start + length]
                if bool(voice.any()):
                    yield _mixed(f"{song.name}+{name}", voice, band, chance)


def _mixed(name: str, voice: Tensor, band: Tensor, chance: random.Random) -> Multitrack:
    samples = voice.shape[1]
    start = chance.randrange(max(1, band.shape[1] - samples))
    part = band[:, start : start + samples]
    part = torch.cat([part, band[:, : samples - part.shape[1]]], dim=1)
    where = chance.choice(("as-is", "as-is", "half", "doubled"))
    return placed(Multitrack(name, voice, part, RATE), where, chance.choice(LEVELS_DB))  # type: ignore[arg-type]


def _band(file: Path) -> Tensor:
    sound, rate = read(file)
    return resampled(sound, rate, RATE).expand(2, -1)


def examples(songs: Iterator[Multitrack], stems: Path) -> Iterator[Example]:
    """Each song as Spleeter takes it apart, and moved towards the truth."""
    stems.mkdir(parents=True, exist_ok=True)
    separate = separator(lender(paths.find()))
    for song in songs:
        kept = stems / f"{song.name}.npy"
        if not kept.exists():
            print(f"{song.name}: separating", flush=True)
            np.save(kept, separate(song.mix, song.rate).numpy())
        stem = torch.from_numpy(np.load(kept))
        voice, _, band = song.name.partition("+")
        for toward in TOWARDS:
            levels = read_levels(torch.lerp(stem, song.voice, toward), song.mix)
            sung = under_loud(song.voice, levels.voice.shape[1])
            yield Example(voice, band or voice, toward, inputs(levels), levels, sung)


def read_levels(voice: Tensor, mix: Tensor) -> BandLevels:
    """Of a whole clip. Shape of each: (2, samples)."""
    beside, frames = (reach(RATE), reach(RATE) + RATE), frames_of(voice.shape[1], RATE)
    return band_levels(F.pad(voice, beside), F.pad(mix, beside), RATE, 0, frames)


def under_loud(voice: Tensor, frames: int) -> Tensor:
    """Level of each frame of a true voice under its loud level, dB. Shape: (frames,)."""
    step = round(STEP_S * RATE)
    power = F.pad(voice.square().mean(0)[None, None], (step, 2 * step))
    level = decibel(F.avg_pool1d(power, 2 * step, step)[0, 0, :frames], 1e-12)
    return level - level.quantile(0.95)


def fit(made: Sequence[Example], seed: int = SEED) -> Activity:
    """Train a network; the last step is scaled on what it was trained on."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    weights = _fresh()
    network = Activity(weights)
    optimiser = torch.optim.AdamW(weights.values(), 1e-3, weight_decay=DECAY)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE_OF_LEARNING, STEPS)
    share = np.array([
        min(len(each.sung), 6000) * (3.0 if each.whole else 1.0) * (1.0 if each.toward else 2.0)
        for each in made
    ])  # fmt: skip
    share /= share.sum()
    mean = {name: value.detach().clone() for name, value in weights.items()}
    for step in range(STEPS):
        drawn = [_cut(made[n], chance) for n in chance.choice(len(made), BATCH, p=share)]
        heard, sung = (torch.stack(each) for each in zip(*drawn, strict=True))
        wanted = ((sung - SUNG_DB + SOFT_DB) / (2 * SOFT_DB)).clamp(0, 1)
        known = (sung > -190).float()
        loss = F.binary_cross_entropy_with_logits(network.score(heard), wanted, reduction="none")
        optimiser.zero_grad()
        ((loss * known).sum() / known.sum()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        pace.step()
        for name, value in weights.items():
            mean[name].lerp_(value.detach(), 0.02 if step > 0.6 * STEPS else 1.0)
    return Activity({**mean, "scale": torch.tensor([1.0, 0.0])})


def scaled(network: Activity, told: Tensor, sung: Tensor) -> Activity:
    """The network with its last step fitted (Platt, 1999): 0.7 is a voice in 7 frames of 10.

    Args:
        told: of frames that it was not trained on, ``sung`` whether somebody sings there.
    """
    line = torch.tensor([1.0, 0.0], requires_grad=True)
    optimiser = torch.optim.LBFGS([line], max_iter=50)

    def loss() -> float:
        optimiser.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(line[0] * told + line[1], sung)
        wrong.backward()  # type: ignore[no-untyped-call]
        return float(wrong.detach())

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return Activity({**network.weights, "scale": line.detach()})


def _fresh() -> dict[str, Tensor]:
    shapes = {"first": (HIDDEN, INPUTS, 1), "last": (1, HIDDEN, 1)}
    shapes |= {str(n): (HIDDEN, HIDDEN, 3) for n in range(len(DILATIONS))}
    found = {}
    for name, shape in shapes.items():
        reach = (shape[1] * shape[2]) ** -0.5
        found[f"{name}.weight"] = (2 * torch.rand(shape) - 1) * reach
        found[f"{name}.bias"] = (2 * torch.rand(shape[0]) - 1) * reach
    return {name: value.requires_grad_() for name, value in found.items()}


def _cut(example: Example, chance: np.random.Generator) -> tuple[Tensor, Tensor]:
    """A stretch, coloured and levelled anew: no microphone and no mix shall be learnt by heart."""
    frames = len(example.sung)
    start = int(chance.integers(0, max(1, frames - FRAMES)))
    heard = example.heard[:, start : start + FRAMES].clone()
    sung = example.sung[start : start + FRAMES]
    lacking = FRAMES - len(sung)
    if lacking:
        heard, sung = F.pad(heard, (0, lacking)), F.pad(sung, (0, lacking), value=-200.0)
    for first, scale in ((0, 15), (2 * BANDS, 15)):
        colour = np.interp(np.arange(BANDS), (0, 5, 10, 15), chance.normal(0, 3, 4)) / scale
        heard[first : first + BANDS] += torch.from_numpy(colour).float()[:, None]
    heard[BANDS : 2 * BANDS] += float(chance.normal(0, 0.2))
    level = float(chance.normal(0, 0.25))
    heard[:BANDS] += level / 1.5
    heard[-1] += level
    return heard, sung


def auc(told: Tensor, sung: Tensor) -> float:
    """Area under the curve: how often a sung frame is told more surely than one that is not."""
    order = told.argsort().argsort().double() + 1
    yes = float(sung.sum())
    no = len(sung) - yes
    return (float(order[sung].sum()) - yes * (yes + 1) / 2) / max(yes * no, 1.0)


@torch.no_grad()
def judge(network: Activity, example: Example) -> tuple[float, float]:
    """Over all frames, and without those between -45 and -25 dB."""
    told, sung = network.told(example.levels), example.sung > SUNG_DB
    clear = (example.sung > -25) | (example.sung < -45)
    return auc(told, sung), auc(told[clear], sung[clear])


def heard(network: Activity, song: Multitrack, stem: Tensor) -> Iterator[str]:
    """What ``denoise.gaps`` does with the network to the stem of a song that it never heard: whole,
    and each 20 s with voice."""
    for toward in TOWARDS:
        raw = replace(song, band=torch.lerp(stem, song.voice, toward))
        for what, parts in (("whole", [raw]), ("20 s", every(raw))):
            changes, done = [], []
            for part in parts:
                truth, before, mix = part.voice, part.band, song.mix
                first = round((part.start_s - song.start_s) * RATE)
                levels = read_levels(before, mix[:, first : first + before.shape[1]])
                with torch.no_grad():
                    faded = decided(levels, network(levels), GAIN_DB)
                curve = gain(faded.fades, 0, before.shape[1], RATE, before.shape[1])
                after = before if curve is None else before * curve
                changes.append(si_sdr(after, truth) - si_sdr(before, truth))
                if curve is not None:
                    done.append(readings.read(before, after, truth, RATE))
            yield (
                f"{song.name} +{toward:.0%} {what}: {len(done)} of {len(parts)} changed, "
                f"SI-SDR {np.mean(changes):+.3f}, worst {min(changes):+.3f}; {_harm(done)}"
            )


def _harm(done: Sequence[readings.Readings]) -> str:
    if not done:
        return "nothing lowered"
    gaps = [each.gaps for each in done if each.gaps.count]
    count = sum(each.count for each in gaps)
    change, oracle = (
        sum(getattr(each, name) * each.count for each in gaps) / max(count, 1)
        for name in ("change_db", "oracle_db")
    )
    worst = max((each.worst_db for each in gaps), default=0.0)
    phrase = min((each.phrase_db for each in done if each.phrase_db <= 0), default=0.0)
    moved, moves = max(each.moved_db for each in done), max(each.moves for each in done)
    return (
        f"{count} gaps {change:+.2f} dB (oracle {oracle:+.1f}), worst {worst:+.2f}; phrase "
        f"{phrase:+.2f}, recall {min(each.recall for each in done):.4f}, moves by "
        f"{moved:.1f} dB, {moves:.1f} a minute"
    )


def main(words: Sequence[str] | None = None) -> None:
    """Train, judge, and store where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("songs", type=Path)
    parser.add_argument("--voice", type=Path, action="append", default=[])
    parser.add_argument("--band", type=Path, action="append", default=[])
    parser.add_argument("--stems", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args(words)
    made = list(examples(songs(asked.songs, asked.voice, asked.band), asked.stems))
    left_out = [each for each in made if each.whole and each.toward == 0]
    networks = {each.voice: fit([e for e in made if each.voice not in (e.voice, e.band)])
                for each in left_out}  # fmt: skip
    told = {}
    with torch.no_grad():
        for each in left_out:
            sung = (each.sung > SUNG_DB).float()
            told[each.voice] = networks[each.voice].told(each.levels), sung
    figures = {each.voice: judge(networks[each.voice], each) for each in left_out}
    for name, (whole, clear) in figures.items():
        print(f"{name}: AUC {whole:.3f}, without -45 to -25 dB {clear:.3f}")
    both = np.array(list(figures.values()))
    print(f"mean {both.mean(0).round(3)}, least {both.min(0).round(3)}", flush=True)
    for files in find(asked.songs):
        others = [each for name, each in told.items() if name != files.name]
        network = scaled(
            networks[files.name], *(torch.cat(each) for each in zip(*others, strict=True))
        )
        stem = torch.from_numpy(np.load(asked.stems / f"{files.name}.npy"))
        print("\n".join(heard(network, placed(load(files), "as-is"), stem)), flush=True)
    if not asked.write:
        return
    network = scaled(fit(made), *(torch.cat(each) for each in zip(*told.values(), strict=True)))
    stored = {
        "trained_on": f"{len(left_out)} songs, {len(made)} stems in all; seed {SEED}",
        "songs_left_out": {name: [round(v, 3) for v in each] for name, each in figures.items()},
        "weights": {
            name: np.round(value.numpy().astype(float), 5).tolist()
            for name, value in network.weights.items()
        },
    }
    WEIGHTS.write_text(json.dumps(stored, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
