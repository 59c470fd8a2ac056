"""What comes out of the page's player, sample by sample: switches and joins without a click or a
gap, sections that end where they end, each source at its level."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made_job
import numpy as np
import numpy.typing as npt
import pytest
import sounds
from chromium import Page
from made_job import facts

from voxmend.report import page as pages
from voxmend.report import sketch
from voxmend.report.facts import read
from voxmend.report.pieces import CODINGS, MARGIN_S, PIECE_S, Coding, usual

RATE, SECONDS = 44_100, 13.0
HERTZ, VOICE, MENDED, BAND = 220.0, 0.2, 0.3, 0.3
LEAD_S = 0.03
"""From the key to the first sample."""
LISTENING = Path(__file__).with_name("listening.js").read_text("utf-8")

Samples = npt.NDArray[np.float64]


def tone(level: float) -> npt.NDArray[np.float32]:
    """One tone for all, in step: what is heard is a level, and any break of it a click."""
    time = np.arange(round(SECONDS * RATE)) / RATE
    wave = level * np.sin(2 * np.pi * HERTZ * time)
    return np.stack([wave, wave]).astype(np.float32)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job whose voice, mended voice and band are one tone at three levels."""
    folder = tmp_path_factory.mktemp("page")
    names = {"vocals_raw": VOICE, "vocals": MENDED, "instrumental": BAND}
    told = facts(stems=[{"name": name, "file": f"{name}.wav"} for name in names])
    told["source"] = {**told["source"], "frames": round(SECONDS * RATE)}
    file = made_job.make(folder / "job", told)
    for name, level in names.items():
        sounds.write(folder / "job" / f"{name}.wav", tone(level))
    return file


def paged(job: Path, coding: Coding) -> Path:
    """Its page."""
    made = job.with_name(f"{coding}.html")
    made.write_text(pages.build(read(job), sketch.Sketch(1.0, {}), coding), "utf-8")
    return made


@pytest.fixture(scope="module")
def file(job: Path) -> Path:
    """Its page as it usually is."""
    return paged(job, usual())


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser for all."""
    made = Page(tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()


def press(key: str) -> str:
    return f"document.dispatchEvent(new KeyboardEvent('keydown', {{key: {key!r}}}))"


def heard(
    browser: Page, file: Path, seconds: float, moments: list[tuple[float, str]], begin: str
) -> tuple[Samples, float]:
    """What is rendered, and its rate.

    Args:
        moments: seconds since the beginning, and a script that runs then.
        begin: the script that starts to play.
    """
    browser.events.clear()
    acts = ", ".join(f"[{at}, () => {{ {script} }}]" for at, script in moments)
    with browser.prepared(f"{LISTENING}; window.listen({seconds}, [{acts}]);"):
        browser.open(file)
    browser.run(f"{begin}; 0")
    browser.wait("Boolean(window.rendered)")
    found: Any = browser.run("({sound: window.rendered, rate: voxmend.told.rate})")
    assert browser.complaints() == []
    return np.array(found["sound"]), float(found["rate"])


def level(sound: Samples, rate: float, at: float, width: float = 0.05) -> float:
    """Amplitude of the tone around a moment."""
    here = sound[round((at - width) * rate) : round((at + width) * rate)]
    return float(np.sqrt(2 * np.mean(here**2)))


def steps(sound: Samples) -> float:
    """The largest jump of the second difference: a click stands out of it, a tone does not."""
    return float(np.abs(np.diff(sound, 2)).max())


def natural(rate: float, amplitude: float) -> float:
    """That of the tone itself."""
    return amplitude * (2 * np.pi * HERTZ / rate) ** 2


def test_each_source_is_at_its_level_and_is_switched_without_click_or_gap(
    browser: Page, file: Path
) -> None:
    moments = [(1.0, press("a")), (2.0, press("b")), (3.0, press("i")), (4.0, press("d")),
               (5.0, press("s"))]  # fmt: skip
    sound, rate = heard(browser, file, 7.0, moments, press(" "))
    truth = {0.5: VOICE + BAND, 1.5: VOICE, 2.5: VOICE, 3.5: BAND, 4.5: MENDED - VOICE,
             5.5: VOICE + BAND}  # fmt: skip
    for at, expected in truth.items():
        assert level(sound, rate, at) == pytest.approx(expected, rel=0.04), at
    body = sound[round(0.1 * rate) : round(6.9 * rate)]
    assert steps(body) < 6 * natural(rate, VOICE + BAND)
    frames = body[: len(body) // 480 * 480].reshape(-1, 480)
    assert np.sqrt(2 * np.mean(frames**2, axis=1)).min() > 0.7 * (MENDED - VOICE)


@pytest.mark.parametrize("coding", CODINGS)
def test_pieces_join_without_a_trace(browser: Page, job: Path, coding: Coding) -> None:
    file = paged(job, coding)
    sound, rate = heard(browser, file, 4.0, [], "voxmend.player.seek(4.5);" + press(" "))
    first = round(LEAD_S * rate)
    inside = sound[first + round(0.05 * rate) : round(3.9 * rate)]
    assert steps(inside) < 3 * natural(rate, VOICE + BAND)
    phase = 2 * np.pi * HERTZ * np.arange(len(inside)) / rate
    fit = np.stack([np.sin(phase), np.cos(phase)])
    weights = np.linalg.lstsq(fit.T, inside, rcond=None)[0]
    rest = inside - weights @ fit
    assert 10 * np.log10(np.mean(inside**2) / np.mean(rest**2)) > 25


def test_a_section_is_heard_from_its_beginning_to_its_end_and_no_further(
    browser: Page, file: Path
) -> None:
    click = "document.querySelector('.go[data-seek=\"6.0\"]').click()"
    sound, rate = heard(browser, file, 3.0, [], click)
    loud = np.flatnonzero(np.abs(sound) > 0.01) / rate
    assert loud[0] == pytest.approx(LEAD_S, abs=0.02)
    assert loud[-1] == pytest.approx(LEAD_S + 1.2, abs=0.02)
    assert steps(sound) < 6 * natural(rate, VOICE + BAND)
    assert not browser.run("voxmend.state().running")
    assert browser.run("voxmend.now()") == pytest.approx(7.2, abs=0.01)


def test_pause_and_seek_while_it_plays_make_no_click(browser: Page, file: Path) -> None:
    moments = [(0.5, press("ArrowRight")), (1.0, press("ArrowLeft")), (1.5, press(" "))]
    sound, rate = heard(browser, file, 2.0, moments, press(" "))
    assert steps(sound) < 8 * natural(rate, VOICE + BAND)
    assert np.abs(sound[round(1.6 * rate) :]).max() < 1e-4


def test_all_tracks_and_pieces_lie_on_one_line_of_time(browser: Page, file: Path) -> None:
    watch = """window.started = [];
      const start = AudioBufferSourceNode.prototype.start;
      AudioBufferSourceNode.prototype.start = function (...given) {
        window.started.push(given);
        return start.apply(this, given);
      };"""
    heard(browser, file, 5.0, [], watch + press(" "))
    started = browser.run("window.started")
    lines = [(when - offset + MARGIN_S - LEAD_S) % PIECE_S for when, offset, _ in started]
    assert len(lines) >= 10
    assert [min(each, PIECE_S - each) for each in lines] == pytest.approx(
        [0] * len(lines), abs=1e-6
    )
