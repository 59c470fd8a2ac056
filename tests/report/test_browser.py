"""The page in a real browser: it plays, switches and seeks in step, by hand and by keyboard, in any
size and light, and asks nobody for anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made_job
import pytest
from chromium import Page
from made_job import RATE, SECONDS, facts

from voxmend.report import page as pages
from voxmend.report import sketch
from voxmend.report.facts import read
from voxmend.report.pieces import MARGIN_S, PIECE_S

ROOT = Path(__file__).resolve().parents[2]

AXE = (
    Path(os.environ.get("VOXMEND_AXE", "")),
    ROOT / ".venv" / "share" / "axe-core" / "axe.min.js",
)
"""Where the accessibility checker may lie."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a job with everything."""
    folder = tmp_path_factory.mktemp("page")
    told = read(made_job.make(folder / "job", facts(), folder))
    made = folder / "page.html"
    made.write_text(pages.build(told, sketch.read(folder, made_job.JOB)), "utf-8")
    return made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser for all."""
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


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.run(
        "(() => { const s = voxmend.state(); return {running: s.running, heard: s.heard, "
        "at: voxmend.now()}; })()"
    )
    return found


def at(page: Page) -> float:
    return float(state(page)["at"])


def middle(page: Page, selector: str, share: float = 0.5) -> tuple[float, float]:
    """A place in an element, scrolled into view."""
    box = page.run(
        f"(() => {{ const e = document.querySelector({selector!r}); e.scrollIntoView("
        "{block: 'center'}); const b = e.getBoundingClientRect(); "
        "return [b.x, b.y, b.width, b.height]; })()"
    )
    return box[0] + share * box[2], box[1] + 0.5 * box[3]


def playing(page: Page) -> None:
    page.wait("voxmend.state().running && voxmend.now() > 0")


def test_it_opens_quietly_and_asks_nobody_for_anything(page: Page, file: Path) -> None:
    page.click(*middle(page, "#play"))
    playing(page)
    page.press("b")
    page.press("ArrowRight")
    page.press(" ")
    assert page.complaints() == []
    assert page.requests() == [file.as_uri()]


def test_play_and_pause_by_mouse_and_by_space(page: Page) -> None:
    page.click(*middle(page, "#play"))
    playing(page)
    before = at(page)
    page.wait(f"voxmend.now() > {before + 0.1}")
    assert page.run("document.getElementById('play').textContent") == "Pause"
    page.press(" ")
    stopped = state(page)
    assert not stopped["running"]
    page.run("new Promise(done => setTimeout(done, 200))")
    assert at(page) == stopped["at"]
    page.run("document.activeElement.blur()")
    page.press(" ")
    page.wait("voxmend.state().running")


def test_the_tracks_are_one_length_and_the_difference_is_exact_in_time(page: Page) -> None:
    found = page.run(
        """(async () => {
          const all = await Promise.all(["A", "B", "D"].map((key) => voxmend.player.piece(key, 0)));
          const [a, b, d] = all.map((buffer) => buffer.getChannelData(0));
          let best = 0, where = null, power = 0, rest = 0;
          for (let lag = -400; lag <= 400; lag += 1) {
            let sum = 0;
            for (let n = 8000; n < a.length - 8000; n += 7) sum += (b[n] - a[n]) * d[n + lag];
            if (sum > best) { best = sum; where = lag; }
          }
          for (let n = 8000; n < a.length - 8000; n += 1) {
            power += d[n] ** 2; rest += (b[n] - a[n] - d[n]) ** 2;
          }
          const lengths = all.map((each) => each.duration);
          return { where, db: 10 * Math.log10(power / rest), lengths };
        })()"""
    )
    assert found["where"] == 0
    assert found["db"] > 15
    assert found["lengths"] == pytest.approx([PIECE_S + 2 * MARGIN_S] * 3, abs=2 / RATE)


def test_a_b_and_d_choose_and_time_goes_on(page: Page) -> None:
    page.press(" ")
    playing(page)
    last = at(page)
    for key in ("b", "d", "A"):
        page.press(key)
        now = state(page)
        assert now["heard"] == key.upper()
        assert now["running"]
        assert now["at"] >= last
        last = now["at"]
        pressed = page.run(
            "[...document.querySelectorAll('.track[aria-pressed=true]')].map(b => b.dataset.track)"
        )
        assert pressed == [key.upper()]
    page.click(*middle(page, ".track[data-track=B]"))
    assert state(page)["heard"] == "B"


def test_arrows_slider_pictures_and_stretches_seek(page: Page) -> None:
    page.press("ArrowRight")
    assert at(page) == 5
    page.press("ArrowRight", shift=True)
    assert at(page) == 6
    page.press("ArrowLeft")
    assert at(page) == 1
    page.run(
        "(() => { const s = document.getElementById('place'); s.value = 3; "
        "s.dispatchEvent(new Event('input')); })()"
    )
    assert at(page) == 3
    assert page.run("document.getElementById('place').getAttribute('aria-valuetext')") == "0:03.0"
    page.click(*middle(page, ".tall", 0.5))
    assert at(page) == pytest.approx(SECONDS / 2, abs=0.05)
    head = page.run("parseFloat(document.querySelector('.head').style.left)")
    assert head == pytest.approx(50, abs=1)
    head = page.run("document.querySelectorAll('.first .head').length")
    assert head == 1
    page.click(*middle(page, ".go[data-seek='6.0']"))
    page.wait("voxmend.state().running")
    assert at(page) >= 6 - 0.05


def test_it_stops_at_the_end_and_begins_anew(page: Page) -> None:
    page.run("document.querySelector('#place').value = 7.8; 0")
    page.run("document.querySelector('#place').dispatchEvent(new Event('input'))")
    page.press(" ")
    page.wait("voxmend.now() > 7.95 && !voxmend.state().running")
    assert at(page) == pytest.approx(SECONDS, abs=0.05)
    page.press(" ")
    page.wait("voxmend.state().running")
    assert at(page) < 7


@pytest.mark.parametrize("size", [(1280, 900), (800, 600), (390, 844), (320, 640)])
def test_nothing_sticks_out_at_any_width(page: Page, size: tuple[int, int]) -> None:
    page.size(*size, phone=size[0] < 500)
    assert page.run("document.documentElement.scrollWidth") <= size[0]
    width = page.run("document.querySelector('.plot').getBoundingClientRect().width")
    assert width > 0.6 * size[0]


def test_a_phone_shows_every_column_of_every_table(page: Page) -> None:
    page.size(390, 844, phone=True)
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; }); 0")
    hidden = page.run(
        """[...document.querySelectorAll("td, tbody th")].filter((cell) => {
          const box = cell.getBoundingClientRect();
          return cell.textContent && (box.right > 390 || box.width < 20 || box.height < 10);
        }).map((cell) => cell.textContent)"""
    )
    assert hidden == []
    unnamed = page.run(
        """[...document.querySelectorAll("td")].filter((cell) => cell.textContent
          && !getComputedStyle(cell, "::before").content.includes(cell.dataset.label)).length"""
    )
    assert unnamed == 0
    assert page.run("document.querySelectorAll('td').length") > 20


def test_a_page_whose_sound_cannot_be_decoded_says_what_to_do(page: Page) -> None:
    page.run("OfflineAudioContext.prototype.decodeAudioData = () => Promise.reject('no'); 0")
    page.run("voxmend.player.seek(7); 0")
    page.press(" ")
    page.wait("document.getElementById('said').textContent !== ''")
    said = page.run("document.getElementById('said').textContent")
    assert "--sound mp3" in said
    assert not state(page)["running"]


def test_dark_by_the_system_and_by_hand(page: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.run(paper)
    page.prefer("dark")
    dark = page.run(paper)
    assert light == "rgb(255, 255, 255)"
    assert dark != light
    page.click(*middle(page, "#theme"))
    assert page.run(paper) == light
    page.prefer("light")
    page.click(*middle(page, "#theme"))
    assert page.run(paper) == dark
    assert page.run("document.getElementById('theme').getAttribute('aria-pressed')") == "true"


def test_the_keyboard_reaches_everything(page: Page) -> None:
    found = page.run(
        """[...document.querySelectorAll("button, input, summary, a")]
           .filter((each) => each.tabIndex < 0 || each.disabled).length"""
    )
    assert found == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_checker_finds_nothing_serious(page: Page, scheme: str) -> None:
    checker = next((each for each in AXE if each.is_file()), None)
    if checker is None:
        pytest.skip("no axe-core here (npm: axe-core; VOXMEND_AXE names its axe.min.js)")
    page.prefer(scheme)
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true; }); 0")
    page.run(checker.read_text("utf-8") + ";0")
    found = page.run(
        "axe.run().then((r) => r.violations.map((v) => [v.impact, v.id, v.nodes[0].html]))"
    )
    assert [each for each in found if each[0] in ("serious", "critical")] == []
