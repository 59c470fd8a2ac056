"""How long a page takes from a key to sound, in Chromium, some seconds after it was opened:
``python tests/report/time_to_sound.py PAGE [SECONDS]``.

Prints milliseconds from the key to the first sample that is not silence, for the first key and for
later ones at other places. The key is a real one and the browser lets no page sound before it, as a
user's does. Figures, and no test: they depend on what else the machine does, and the first also on
how long the browser takes to open its sound device.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chromium import Page

HEAR = """
(() => {
  const connect = AudioNode.prototype.connect;
  window.ears = null;
  window.took = null;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to === this.context.destination) {
      window.ears = window.ears || new AnalyserNode(this.context, { fftSize: 2048 });
      connect.call(this, window.ears);
    }
    return connect.call(this, to, ...rest);
  };
  document.addEventListener("keydown", (event) => {
    const samples = new Float32Array(2048);
    window.took = null;
    const look = () => {
      if (window.ears) {
        window.ears.getFloatTimeDomainData(samples);
        if (samples.some((each) => Math.abs(each) > 1e-4)) {
          window.took = Math.round(performance.now() - event.timeStamp);
          return;
        }
      }
      setTimeout(look, 1);
    };
    look();
  }, true);
})()
"""


def pressed(page: Page) -> int:
    """Milliseconds from the key to sound."""
    page.press(" ")
    page.wait("window.took !== null")
    return int(page.run("window.took"))


def main(file: Path, wait: float) -> None:
    """Open the page, wait for some seconds as a reader does, press, listen."""
    page = Page(Path(tempfile.mkdtemp()), free=False)
    loaded = page.open(file)
    page.run(HEAR, touched=False)
    time.sleep(wait)
    print(f"opened in {1000 * loaded:.0f} ms, {file.stat().st_size / 1e6:.1f} MB")
    print(f"first key, after {wait:g} s: {pressed(page)} ms")
    for place in (60, 120, 31.4):
        page.press(" ")
        time.sleep(0.4)
        page.run(f"voxmend.player.seek({place}); 0")
        print(f"at {place} s: {pressed(page)} ms")
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
