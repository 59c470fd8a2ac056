"""What a stem's file is: container and coding, and what they become where the sound does not fit.

The engine chooses with ``choose``, once the stem's peak is known, and ``write`` obeys. Nothing is
clipped or scaled: a stem that goes over full scale is written as float. Integers are always 24
bit: a mended stem of a 16-bit file is no longer a 16-bit sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voxmend_protocol.values import Warned

Container = Literal["wav", "flac", "aiff"]
Encoding = Literal["float", "pcm24", "pcm16", "auto-int"]

STEM_AS_FLOAT = "stem_as_float"
"""Warning: the stem goes over full scale, so it was written as float, not as integers."""

STEM_AS_WAV = "stem_as_wav"
"""Warning: the container that was asked for cannot hold the stem, so it is a WAV."""

STAMP_LOST = "time_stamp_lost"
"""Warning: the container has no place for the Broadcast-WAV time stamp."""

_FLAC_CHANNELS = 8
_AIFF_BYTES = (1 << 32) - 4096  # its sizes have 32 bits, and the header wants some


@dataclass(frozen=True, slots=True)
class Form:
    """A container and the coding in it.

    Attributes:
        container: "wav" (RF64 from 4 GiB on), "flac" or "aiff" (AIFF-C for floats).
        encoding: "float" (32 bit), or an integer: "pcm24", "pcm16" and "auto-int" are all
            written with 24 bit.
    """

    container: Container = "wav"
    encoding: Encoding = "float"

    def __post_init__(self) -> None:
        if self.container == "flac" and self.encoding == "float":
            raise ValueError("FLAC holds no floats")

    @property
    def integer(self) -> bool:
        return self.encoding != "float"

    @property
    def sample_bytes(self) -> int:
        return 3 if self.integer else 4

    @property
    def suffix(self) -> str:
        """How the file's name ends: ".wav", ".flac", ".aiff"."""
        return f".{self.container}"

    @property
    def subtype(self) -> str:
        """In libsndfile's words."""
        return "PCM_24" if self.integer else "FLOAT"


def choose(
    form: Form,
    name: str,
    peak: float,
    *,
    channels: int,
    frames: int,
    time_reference: int | None = None,
) -> tuple[Form, tuple[Warned, ...]]:
    """The form a stem is written in, and what the user should know about it.

    Args:
        form: what was asked for.
        name: the stem's name, for the sentence.
        peak: its largest magnitude, linear.
        channels, frames: its shape.
        time_reference: the Broadcast-WAV time stamp it is to carry.
    """
    container, encoding = form.container, form.encoding
    warnings = []
    if form.integer and peak > 1.0:
        encoding = "float"
        container = "wav" if container == "flac" else container
        warnings.append(
            Warned(
                STEM_AS_FLOAT,
                f"{name} goes over full scale, so it was written as a {container.upper()} of "
                f"32-bit floats, not as a {form.container.upper()} of integers; nothing was "
                "clipped.",
            )
        )
    sample_bytes = 4 if encoding == "float" else 3
    wide = container == "flac" and channels > _FLAC_CHANNELS
    long = container == "aiff" and channels * frames * sample_bytes > _AIFF_BYTES
    if wide or long:
        limit = f"{_FLAC_CHANNELS} channels" if wide else "4 GiB"
        warnings.append(
            Warned(
                STEM_AS_WAV,
                f"A {container.upper()} holds {limit} at most, so {name} was written as a WAV.",
            )
        )
        container = "wav"
    if container != "wav" and time_reference is not None:
        warnings.append(
            Warned(
                STAMP_LOST,
                f"A {container.upper()} has no place for the time stamp of the source, so {name} "
                "has none; choose WAV to keep it.",
            )
        )
    return Form(container, encoding), tuple(warnings)
