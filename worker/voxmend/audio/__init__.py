"""Sound files in and out, sample rates, levels: the only place where numpy holds the sound.

Files come in through ``probe`` and ``load``, sound is handed on as a ``Signal``, and goes out
through ``choose`` and ``open_stem``; everything is (channels, frames) float32 with full scale at
1.0. No torch, no sockets, no database here.
"""

from .form import STAMP_LOST, STEM_AS_FLOAT, STEM_AS_WAV, Form, choose
from .levels import FLOOR_DB, db, peak, rms_db
from .probe import Probe, probe
from .read import INPUT_TRUNCATED, INPUT_UNCLOSED, SPAN_CUT, Loaded, load
from .resample import resample, resample_signal, resampled_frames
from .signal import Signal
from .slow_gain import SlowGain
from .true_peak import TruePeak
from .write import StemWriter, Written, open_stem, write_stem

__all__ = [
    "FLOOR_DB",
    "INPUT_TRUNCATED",
    "INPUT_UNCLOSED",
    "SPAN_CUT",
    "STAMP_LOST",
    "STEM_AS_FLOAT",
    "STEM_AS_WAV",
    "Form",
    "Loaded",
    "Probe",
    "Signal",
    "SlowGain",
    "StemWriter",
    "TruePeak",
    "Written",
    "choose",
    "db",
    "load",
    "open_stem",
    "peak",
    "probe",
    "resample",
    "resample_signal",
    "resampled_frames",
    "rms_db",
    "write_stem",
]
