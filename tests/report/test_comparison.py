"""The page that compares presets: one line of time for all, one loudness for all voices, switched
without a click or a gap, by hand and by keys; without names until they are asked for."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import sounds
from chromium import Page
from report.test_browser import AXE, middle
from report.test_listening import heard as rendered
from report.test_listening import level, press, steps

from voxmend.report import comparison
from voxmend.report.comparison import Version
from voxmend_protocol.errors import InputChanged

RATE, SECONDS, HERTZ = 44_100, 8.0, 220.0
BRIEF_S = 0.5
LEVELS = {
    "quick": (0.05, 0.30),
    "restore": (0.10, 0.25),
    "studio": (0.20, 0.20),
    "boutique": (0.4, 0.1),
}
"""Of each preset: how loud its voice is, and its band."""

VOICE, BAND = (0.10 * 0.20) ** 0.5, (0.25 * 0.20) ** 0.5
"""What all are brought to: the middle of the four, in dB."""

SONG = 0.35


def tone(amplitude: float, seconds: float = SECONDS) -> npt.NDArray[np.float32]:
    """One tone for all, in step: what is heard is a level, and any break of it a click."""
    wave = amplitude * np.sin(2 * np.pi * HERTZ * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


def natural(rate: float, amplitude: float) -> float:
    """The largest second difference of the tone itself."""
    return float(amplitude * (2 * np.pi * HERTZ / rate) ** 2)


def four(folder: Path, seconds: float) -> tuple[Path, list[Version]]:
    """A song, and of it four presets, each with its levels."""
    song, made = sounds.write(folder / "a <song>.wav", tone(SONG, seconds)), []
    for name, (voice, band) in LEVELS.items():
        stems = {
            "vocals": sounds.write(folder / f"{name}_v.wav", tone(voice, seconds)),
            "instrumental": sounds.write(folder / f"{name}_b.wav", tone(band, seconds)),
        }
        facts = {"models": "118 MB", "licences": "free", "took": "3.0 s"}
        made.append(Version(name, name.title(), facts, stems))
    return song, made


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Version]]:
    """Long enough to listen to."""
    return four(tmp_path_factory.mktemp("whole"), SECONDS)


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Version]]:
    """Long enough to look at."""
    return four(tmp_path_factory.mktemp("brief"), BRIEF_S)


def paged(song: Path, versions: list[Version], name: str, **how: Any) -> Path:
    made = comparison.build(song, 0.0, SECONDS, versions, **how)
    file = song.parent / name
    file.write_text(made.text, "utf-8")
    return file


@pytest.fixture(scope="module")
def file(whole: tuple[Path, list[Version]]) -> Path:
    return paged(*whole, "page.html")


@pytest.fixture(scope="module")
def veiled(whole: tuple[Path, list[Version]]) -> Path:
    return paged(*whole, "blind.html", blind=True, order=random.Random(4))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    made = Page(tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()


@pytest.fixture
def page(browser: Page, file: Path) -> Page:
    """The page, freshly opened, light, on a large screen."""
    browser.events.clear()
    browser.prefer("light")
    browser.size(1280, 900)
    browser.open(file)
    return browser


def heard(page: Page) -> str:
    return str(page.run("voxmend.state().heard"))


def pressed(page: Page) -> list[str]:
    return list(
        page.run(
            "[...document.querySelectorAll('.track[aria-pressed=true], .layer[aria-pressed=true]')]"
            ".map(b => b.textContent.trim())"
        )
    )


def test_all_voices_come_to_one_loudness_and_all_bands_to_one(
    brief: tuple[Path, list[Version]],
) -> None:
    song, versions = brief
    made = comparison.build(song, 0.0, BRIEF_S, versions)
    for name, (voice, band) in LEVELS.items():
        gains = made.gains_db[name]
        assert gains[0] == pytest.approx(20 * np.log10(VOICE / voice), abs=0.05)
        assert gains[1] == pytest.approx(20 * np.log10(BAND / band), abs=0.05)
        said = [f"{gain:+.1f} dB" for gain in gains]
        row = made.text[made.text.index(f">{name.title()}<") :].partition("</tr>")[0]
        assert [cell for cell in re.findall(r">([^<>]*dB)<", row)] == said


def test_silence_is_not_made_loud_and_one_preset_is_left_as_it_is(
    brief: tuple[Path, list[Version]],
) -> None:
    song, versions = brief
    still = sounds.write(song.parent / "still.wav", tone(0.0, BRIEF_S))
    silent = Version("still", "Still", versions[0].facts, {**versions[0].stems, "vocals": still})
    gains = comparison.build(song, 0.0, BRIEF_S, [*versions, silent]).gains_db
    assert gains["still"][0] == 0.0
    assert gains["quick"][0] == pytest.approx(20 * np.log10(VOICE / 0.05), abs=0.05)
    assert comparison.build(song, 0.0, BRIEF_S, versions[:1]).gains_db["quick"] == (0.0, 0.0)


def test_stems_of_another_length_are_of_another_song(brief: tuple[Path, list[Version]]) -> None:
    song, versions = brief
    with pytest.raises(InputChanged, match="Run the command again"):
        comparison.build(song, 0.0, BRIEF_S / 2, versions)


def test_four_presets_are_switched_without_a_click_or_a_gap_each_at_one_level(
    browser: Page, file: Path
) -> None:
    moments = [(1.0, "2"), (1.7, "3"), (2.4, "4"), (3.1, "5"), (3.8, "b"), (4.5, "2"), (5.2, "v"),
               (5.9, "1")]  # fmt: skip
    acts = [(at, press(key)) for at, key in moments]
    sound, rate = rendered(browser, file, 6.6, acts, press(" "))
    truth = {0.6: SONG, 1.4: VOICE, 2.1: VOICE, 2.8: VOICE, 3.5: VOICE, 4.2: BAND, 4.9: BAND,
             5.6: VOICE, 6.3: SONG}  # fmt: skip
    for at, expected in truth.items():
        assert level(sound, rate, at) == pytest.approx(expected, rel=0.04), at
    body = sound[round(0.1 * rate) : round(6.5 * rate)]
    assert steps(body) < 6 * natural(rate, SONG)
    frames = body[: len(body) // 480 * 480].reshape(-1, 480)
    assert np.sqrt(2 * np.mean(frames**2, axis=1)).min() > 0.7 * VOICE


def test_keys_choose_versions_and_layers_and_the_clock_goes_on(page: Page) -> None:
    assert pressed(page) == ["1 song", "V voice"]
    page.press(" ")
    page.wait("voxmend.state().running && voxmend.now() > 0")
    last = 0.0
    for key, track in (("2", "2V"), ("5", "5V"), ("b", "5B"), ("3", "3B"), ("1", "1"), ("4", "4B"),
                       ("9", "4B"), ("V", "4V")):  # fmt: skip
        page.press(key)
        now = float(page.run("voxmend.now()"))
        assert heard(page) == track
        assert page.run("voxmend.state().running")
        assert now >= last
        last = now
    assert pressed(page) == ["4 studio", "V voice"]
    page.click(*middle(page, ".layer[data-layer='1']"))
    page.click(*middle(page, ".track[data-track='2']"))
    assert (heard(page), pressed(page)) == ("2B", ["2 quick", "B band"])
    page.press(" ")
    assert not page.run("voxmend.state().running")
    assert page.complaints() == []
    assert len(page.requests()) == 1


def test_a_button_that_was_reached_by_keyboard_is_pressed_by_space(page: Page) -> None:
    page.run("document.querySelector(\".track[data-track='3']\").focus(); 0")
    page.press(" ")
    page.run("document.activeElement.click(); 0")
    assert heard(page) == "3V"
    assert not page.run("voxmend.state().running")
    assert page.run("document.activeElement.dataset.track") == "3"


def test_the_names_are_hidden_until_they_are_asked_for(browser: Page, veiled: Path) -> None:
    text = veiled.read_text("utf-8")
    for name in LEVELS:
        assert not re.search(rf"\b{name}\b", text, re.IGNORECASE), f"{name} can be read"
    browser.events.clear()
    browser.open(veiled)
    assert browser.run("document.querySelectorAll('table').length") == 0
    labels = "[...document.querySelectorAll('.track .name')].map(e => e.textContent)"
    assert browser.run(labels) == ["song", *(f"Version {c}" for c in "ABCD")]
    browser.press("3")
    assert heard(browser) == "3V"
    browser.click(*middle(browser, "#reveal"))
    shown = browser.run(labels)
    order = list(LEVELS)
    random.Random(4).shuffle(order)
    assert order != list(LEVELS)
    assert shown == ["song", *order]
    rows = browser.run(
        "[...document.querySelectorAll('tbody tr')].map(r => r.querySelector('td').textContent)"
    )
    assert rows == [name.title() for name in order]
    assert browser.run("document.getElementById('reveal')") is None
    assert browser.complaints() == []


def test_the_order_is_chance_and_chance_alone_where_names_are_hidden(
    brief: tuple[Path, list[Version]],
) -> None:
    song, versions = brief

    def first(text: str) -> str:
        told = re.search(r'id="told">(.*?)</script>', text, re.DOTALL)
        assert told
        return json.dumps(json.loads(told[1])["gains"])

    kept = {first(comparison.build(song, 0, BRIEF_S, versions).text) for _ in range(2)}
    assert len(kept) == 1
    found = {
        first(
            comparison.build(song, 0, BRIEF_S, versions, blind=True, order=random.Random(seed)).text
        )
        for seed in range(5)
    }
    assert len(found) > 1


def test_what_a_name_holds_ends_no_script_and_no_tag(brief: tuple[Path, list[Version]]) -> None:
    song, versions = brief
    evil = "</script><img src=x>"
    odd = [Version(evil, evil, {"took": evil}, versions[0].stems), *versions[1:2]]
    for blind in (False, True):
        text = comparison.build(song, 0, BRIEF_S, odd, blind=blind).text
        assert evil not in text
        assert "<img" not in text
        assert html.escape("a <song>.wav") in text


@pytest.mark.parametrize("size", [(1280, 900), (390, 844), (320, 640)])
def test_nothing_sticks_out_at_any_width(page: Page, size: tuple[int, int]) -> None:
    page.size(*size, phone=size[0] < 500)
    assert page.run("document.documentElement.scrollWidth") <= size[0]
    outside = page.run(
        f"[...document.querySelectorAll('button, input, td')].filter(e => e.textContent && "
        f"e.getBoundingClientRect().right > {size[0]}).length"
    )
    assert outside == 0


@pytest.mark.parametrize("which", ["named", "veiled", "shown", "dark"])
def test_an_accessibility_checker_finds_nothing_serious(
    browser: Page, file: Path, veiled: Path, which: str
) -> None:
    checker = next((each for each in AXE if each.is_file()), None)
    if checker is None:
        pytest.skip("no axe-core here (npm: axe-core; VOXMEND_AXE names its axe.min.js)")
    browser.size(1280, 900)
    browser.prefer("dark" if which == "dark" else "light")
    browser.events.clear()
    browser.open(file if which in ("named", "dark") else veiled)
    if which == "shown":
        browser.click(*middle(browser, "#reveal"))
    browser.run(checker.read_text("utf-8") + ";0")
    found = browser.run(
        "axe.run().then((r) => r.violations.map((v) => [v.impact, v.id, v.nodes[0].html]))"
    )
    assert [each for each in found if each[0] in ("serious", "critical")] == []
