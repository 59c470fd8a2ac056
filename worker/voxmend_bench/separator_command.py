"""audio-separator's own command, started where two things that it never uses here may be absent.
What is measured stays upstream's.

Its MDX module imports onnx2torch at the top and calls it only for windows of another length than
the network's own: an empty module stands in. Its constructor refuses to begin without ffmpeg, which
a .wav needs neither for reading nor, with ``--use_soundfile``, for writing: that question is
skipped.

onnxruntime does not read OMP_NUM_THREADS, torch does. Where it is set, onnxruntime is told the
number, so that both sides work with as many threads.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from types import ModuleType
from typing import Any


def prepare() -> None:
    """Put in place what is absent; before anything of audio-separator is imported."""
    if importlib.util.find_spec("onnx2torch") is None:
        sys.modules["onnx2torch"] = ModuleType("onnx2torch")
    if shutil.which("ffmpeg") is None:
        from audio_separator.separator import Separator

        Separator.check_ffmpeg_installed = lambda _: None
    if os.environ.get("OMP_NUM_THREADS", "").isdecimal():
        _hold_threads(int(os.environ["OMP_NUM_THREADS"]))


def _hold_threads(count: int) -> None:
    import onnxruntime

    made = onnxruntime.SessionOptions

    def options() -> Any:
        held = made()
        held.intra_op_num_threads = count
        return held

    onnxruntime.SessionOptions = options


def main() -> None:
    """Be the command ``audio-separator``."""
    prepare()
    from audio_separator.utils.cli import main as command

    command()


if __name__ == "__main__":
    main()
