"""Debian's Chromium, driven through a pipe: the DevTools protocol as JSON between two NULs.

No driver, no socket, no package: ``--remote-debugging-pipe`` reads on descriptor 3 and writes on 4.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_S

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

BECOME = """
import fcntl, os, sys
high = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for place, each in zip((3, 4), high):
    os.dup2(each, place)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Puts the pipes where the browser looks for them, and becomes it."""

LOUD = ("error", "warning", "assert")
"""What a page may not say on its console."""

SLOW_S = PATIENCE_S
"""A busy machine starts a browser in half a minute."""


class Page:
    """A page in a browser of its own. What it logged and asked for is kept in ``events``."""

    def __init__(
        self, folder: Path, width: int = 1280, height: int = 900, *, free: bool = True
    ) -> None:
        """
        Args:
            free: a page may sound before anybody has touched it; a user's browser forbids that.
        """
        program = next((p for p in map(shutil.which, PROGRAMS) if p), None)
        if program is None:
            pytest.skip("no Chromium here (Debian: chromium)")
        into, self._out = os.pipe()
        self._in, out = os.pipe()
        sounds = "no-user-gesture-required" if free else "document-user-activation-required"
        switches = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
            f"--autoplay-policy={sounds}", "--mute-audio", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking",
            f"--window-size={width},{height}", f"--user-data-dir={folder}", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-c", BECOME, str(into), str(out), program, *switches],
            pass_fds=(into, out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(into)
        os.close(out)
        self._left, self._id, self._session = b"", 0, ""
        self.events: list[dict[str, Any]] = []
        targets = self._ask("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.do(f"{domain}.enable")

    def do(self, method: str, **given: Any) -> dict[str, Any]:
        """A command of the protocol; its answer."""
        return self._ask(method, **given)

    def open(self, file: Path) -> float:
        """Show a file; seconds until it was loaded."""
        began = time.monotonic()
        self.do("Page.navigate", url=file.as_uri())
        self.wait(lambda: any(e["method"] == "Page.loadEventFired" for e in self.events))
        return time.monotonic() - began

    @contextlib.contextmanager
    def prepared(self, script: str) -> Iterator[None]:
        """Pages that are opened meanwhile run this before their own scripts."""
        added = self.do("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"]
        try:
            yield
        finally:
            self.do("Page.removeScriptToEvaluateOnNewDocument", identifier=added)

    def run(self, script: str, *, touched: bool = True) -> Any:
        """The value of a script, awaited. ``touched``: as if a user had done it."""
        found = self.do(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True,
            userGesture=touched,
        )  # fmt: skip
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, true: Any, seconds: float = SLOW_S) -> None:
        """Until something holds: a function, or a script."""
        deadline = time.monotonic() + seconds
        while not (self.run(true) if isinstance(true, str) else true()):
            assert time.monotonic() < deadline, f"never came true: {true}"
            self.do("Runtime.evaluate", expression="0")
            time.sleep(0.05)

    def press(self, key: str, shift: bool = False) -> None:
        """A key as a person presses it."""
        names = {
            " ": ("Space", 32),
            "ArrowLeft": ("ArrowLeft", 37),
            "ArrowRight": ("ArrowRight", 39),
        }
        code, number = names[key] if key in names else (f"Key{key.upper()}", ord(key.upper()))
        given = {"key": key, "code": code, "windowsVirtualKeyCode": number,
                 "modifiers": 8 if shift else 0}  # fmt: skip
        text = {"text": key} if len(key) == 1 else {}
        self.do("Input.dispatchKeyEvent", type="keyDown", **given, **text)
        self.do("Input.dispatchKeyEvent", type="keyUp", **given)

    def click(self, x: float, y: float) -> None:
        """A click of the left button."""
        for kind in ("mousePressed", "mouseReleased"):
            self.do(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1,
            )  # fmt: skip

    def size(self, width: int, height: int, phone: bool = False) -> None:
        """Another size of the window."""
        self.do(
            "Emulation.setDeviceMetricsOverride", width=width, height=height,
            deviceScaleFactor=2 if phone else 1, mobile=phone,
        )  # fmt: skip

    def prefer(self, scheme: str) -> None:
        """What the system prefers: ``light`` or ``dark``."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.do("Emulation.setEmulatedMedia", features=[feature])

    def picture(self, file: Path, whole: bool = False) -> None:
        """A screenshot."""
        shot = self.do("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """Errors and warnings on the console, and exceptions."""
        said = []
        for event in self.events:
            if event["method"] == "Runtime.exceptionThrown":
                said.append(str(event["params"]["exceptionDetails"].get("text")))
            elif event["method"] == "Log.entryAdded":
                said.append(event["params"]["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled" and event["params"]["type"] in LOUD:
                said.append(json.dumps(event["params"]["args"]))
        return said

    def requests(self) -> list[str]:
        """What the page asked for, data in the page left out."""
        sent = (e for e in self.events if e["method"] == "Network.requestWillBeSent")
        urls = (event["params"]["request"]["url"] for event in sent)
        return [url for url in urls if not url.startswith("data:")]

    def close(self) -> None:
        """End the browser."""
        with contextlib.suppress(OSError, AssertionError):
            self._session = ""
            self._ask("Browser.close")
        os.close(self._out)
        os.close(self._in)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, method: str, **given: Any) -> dict[str, Any]:
        self._id += 1
        told: dict[str, Any] = {"id": self._id, "method": method, "params": given}
        if self._session:
            told["sessionId"] = self._session
        os.write(self._out, json.dumps(told).encode() + b"\0")
        while True:
            heard = self._hear()
            if heard.get("id") == self._id:
                assert "error" not in heard, (method, heard["error"])
                found: dict[str, Any] = heard["result"]
                return found
            if "method" in heard:
                self.events.append(heard)

    def _hear(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            piece = os.read(self._in, 1 << 20)
            assert piece, "the browser has ended"
            self._left += piece
        text, _, self._left = self._left.partition(b"\0")
        heard: dict[str, Any] = json.loads(text)
        return heard
