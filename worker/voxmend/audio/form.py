"""What a stem's file is: container and coding, and what they become where the sound does not fit.

The engine chooses with ``choose``, once the stem's peak is known, and ``write`` obeys. Nothing is
clipped or scaled: a stem that goes over full scale is written as float. Integers are always 24
bit: a mended stem of a 16-bit file is no longer a 16-bit sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voxmend_protocol.values import Warned

Container = Literal["wav", "flac", "aiff", "mp3"]
Encoding = Literal["float", "pcm24", "pcm16", "auto-int", "layer3"]

STEM_AS_FLOAT = "stem_as_float"
"""Warning: the stem goes over full scale, so it was written as float, not as integers."""

STEM_AS_WAV = "stem_as_wav"
"""Warning: the container that was asked for cannot hold the stem, so it is a WAV."""

STAMP_LOST = "time_stamp_lost"
"""Warning: the container has no place for the Broadcast-WAV time stamp."""

_CHANNELS: dict[Container, int] = {"flac": 8, "mp3": 2}
_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_AIFF_BYTES = (1 << 32) - 4096  # its sizes have 32 bits, and the header wants some


@dataclass(frozen=True, slots=True)
class Form:
    """A container and the coding in it.

    Attributes:
        container: "wav" (RF64 from 4 GiB on), "flac", "aiff" (AIFF-C for floats) or "mp3".
        encoding: "float" (32 bit), or an integer: "pcm24", "pcm16" and "auto-int" are all
            written with 24 bit; or "layer3", which only an MP3 has.
    """

    container: Container = "wav"
    encoding: Encoding = "float"

    def __post_init__(self) -> None:
        if self.container == "flac" and self.encoding == "float":
            raise ValueError("FLAC holds no floats")
        if (self.container == "mp3") != (self.encoding == "layer3"):
            raise ValueError("MP3 has a coding of its own")

    @property
    def integer(self) -> bool:
        return self.encoding not in ("float", "layer3")

    @property
    def bounded(self) -> bool:
        """Whether nothing over full scale can be written in it."""
        return self.encoding != "float"

    @property
    def sample_bytes(self) -> int:
        return 3 if self.integer else 4

    @property
    def suffix(self) -> str:
        """How the file's name ends: ".wav", ".flac", ".aiff", ".mp3"."""
        return f".{self.container}"

    @property
    def subtype(self) -> str:
        """In libsndfile's words."""
        if self.encoding == "layer3":
            return "MPEG_LAYER_III"
        return "PCM_24" if self.integer else "FLOAT"


def choose(
    form: Form,
    name: str,
    peak: float,
    *,
    channels: int,
    frames: int,
    rate: int = 44_100,
    time_reference: int | None = None,
) -> tuple[Form, tuple[Warned, ...]]:
    """The form a stem is written in, and what the user should know about it.

    Args:
        form: what was asked for.
        name: the stem's name, for the sentence.
        peak: its largest magnitude, linear.
        channels, frames, rate: its shape.
        time_reference: the Broadcast-WAV time stamp it is to carry.
    """
    container, encoding = form.container, form.encoding
    warnings = []
    if form.bounded and peak > 1.0:
        encoding = "float"
        container = "aiff" if container == "aiff" else "wav"
        plain = "integers" if form.integer else "its own coding"
        warnings.append(
            Warned(
                STEM_AS_FLOAT,
                f"{name} goes over full scale, so it was written as a {container.upper()} of "
                f"32-bit floats, not as a {form.container.upper()} of {plain}; nothing was "
                "clipped.",
            )
        )
    sample_bytes = 4 if encoding == "float" else 3
    if limit := _limit(container, channels, frames * sample_bytes, rate):
        warnings.append(
            Warned(
                STEM_AS_WAV,
                f"{_a(container)} {limit}, so {name} was written as a WAV.",
            )
        )
        encoding = "float" if container == "mp3" else encoding
        container = "wav"
    if container != "wav" and time_reference is not None:
        warnings.append(
            Warned(
                STAMP_LOST,
                f"{_a(container)} has no place for the time stamp of the source, so {name} has "
                "none; choose WAV to keep it.",
            )
        )
    return Form(container, encoding), tuple(warnings)


def _limit(container: Container, channels: int, bytes_each: int, rate: int) -> str:
    """What a container cannot hold of a stem, as the middle of a sentence; empty if it can."""
    most = _CHANNELS.get(container)
    if most is not None and channels > most:
        return f"holds {most} channels at most"
    if container == "aiff" and channels * bytes_each > _AIFF_BYTES:
        return "holds 4 GiB at most"
    if container == "mp3" and rate not in _MP3_RATES:
        return f"has no sample rate of {rate} Hz"
    return ""


def _a(container: Container) -> str:
    return f"{'An' if container in ('aiff', 'mp3') else 'A'} {container.upper()}"
