"""Sound files in and out, sample rates, levels: the only place where numpy holds the sound.

Files come in through ``probe`` and ``read`` and go out through ``write_stem``; everything is
(channels, frames) float32 with full scale at 1.0. No torch, no sockets, no database here.
"""

from .levels import FLOOR_DB, db, peak, rms_db
from .probe import Probe, probe
from .read import INPUT_TRUNCATED, INPUT_UNCLOSED, SPAN_CUT, Clip, read
from .resample import resample, resampled_frames
from .write import Written, write_stem

__all__ = [
    "FLOOR_DB",
    "INPUT_TRUNCATED",
    "INPUT_UNCLOSED",
    "SPAN_CUT",
    "Clip",
    "Probe",
    "Written",
    "db",
    "peak",
    "probe",
    "read",
    "resample",
    "resampled_frames",
    "rms_db",
    "write_stem",
]
