"""``voxmend bridge BOX --report``: the page that a REAPER asks for, and ``report --open``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import made_job
import pytest
from bridge.host import Host
from house import run_cli
from waiting import until


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "Zoë's REAPER" / "box" / "one")


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's opener of files, which writes down what it is given."""
    if sys.platform != "linux":
        pytest.skip("the opener of this system cannot be stood in for")
    opener, seen = tmp_path / "bin" / "xdg-open", tmp_path / "opened"
    opener.parent.mkdir()
    opener.write_text(f"#!/bin/sh\nprintf '%s' \"$1\" > '{seen}.new'; mv '{seen}.new' '{seen}'\n")
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(opener.parent), prepend=":")
    return seen


def asked(host: Host, **ask: Any) -> dict[str, Any]:
    """What comes of an ask."""
    host.put("report_ask.json", {"id": "{1}", **ask})
    run_cli("bridge", host.box, "--report")
    found: dict[str, Any] = host.read("report.json")
    return found


def test_the_page_is_made_beside_the_stems_and_opened(
    host: Host, tmp_path: Path, browser: Path
) -> None:
    folder = made_job.make(tmp_path / "job ü", made_job.facts(), None).parent
    answer = asked(host, folder=str(folder), open=True)
    page = folder / "report.html"
    assert answer == {"id": "{1}", "page": str(page), "opened": True}
    host.until(browser.exists)
    assert browser.read_text() == str(page)
    browser.unlink()
    page.write_text("an old one")
    assert asked(host, folder=str(folder), open=False)["opened"] is False
    assert page.read_text().startswith("<!doctype html>")
    assert not browser.exists()


def test_a_box_that_is_none_of_ours_is_not_believed(host: Host, tmp_path: Path) -> None:
    folder = made_job.make(tmp_path / "job", made_job.facts(), None).parent
    host.put("report_ask.json", {"id": "{1}", "folder": str(folder)})
    elsewhere = tmp_path / "link"
    elsewhere.symlink_to(host.box)
    ran = run_cli("bridge", elsewhere, "--report")
    assert ran.returncode == 4
    assert "cannot be a mailbox" in ran.stderr
    assert not (folder / "report.html").exists()


def test_what_cannot_be_made_is_an_answer(host: Host, tmp_path: Path) -> None:
    gone = asked(host, folder=str(tmp_path / "gone"))
    assert (gone["id"], gone["error"]["code"]) == ("{1}", "input_missing")
    host.put("report_ask.json", "{")
    run_cli("bridge", host.box, "--report")
    assert host.read("report.json")["error"]["code"] == "bad_request"


def test_report_opens_its_page_where_that_is_asked(tmp_path: Path, browser: Path) -> None:
    file = made_job.make(tmp_path / "job", made_job.facts(), None)
    page = tmp_path / "page.html"
    ran = run_cli("report", file, "--out", page, "--open")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == str(page)
    until(browser.exists)
    assert browser.read_text() == str(page)
