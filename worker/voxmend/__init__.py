"""voxmend mends vocals: it separates the voice from a mix and repairs what separation broke.

For scripts: ``voxmend.restore("song.wav").vocals`` is the whole of it, docs/python.md the page.
Importing voxmend loads none of it: each name is fetched from ``voxmend.api`` when it is asked for.
"""

import os
from typing import TYPE_CHECKING, Any

# From 1.29 on, onnxruntime tells its maker which networks are loaded, and keeps a number for this
# machine in the user's cache, unless it is told not to before it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from .version import __version__

if TYPE_CHECKING:
    from .api import (
        Client,
        Diagnosis,
        Job,
        Progress,
        Result,
        VoxmendError,
        diagnose,
        restore,
        restore_many,
    )

__all__ = [
    "Client",
    "Diagnosis",
    "Job",
    "Progress",
    "Result",
    "VoxmendError",
    "__version__",
    "diagnose",
    "restore",
    "restore_many",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import api

    found = globals()[name] = getattr(api, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
