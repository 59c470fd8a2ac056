"""Heads of the files we write, and samples as bytes: WAV, RF64, AIFF, AIFF-C.

Only ``write`` calls this. The heads are our own because all is known before the first byte: no
seeking back, the Broadcast-WAV time stamp has its place, and the system's reason for a failed
write is not lost in a library. Formats: EBU Tech 3306 (RF64), EBU Tech 3285 (bext), AIFF-C draft
1991.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from .form import Form

_RIFF_LIMIT = 0xFFFFFFFF - 1  # all ones means "see ds64"
_CODES = 1 << 23


def head(
    form: Form, channels: int, frames: int, rate: int, time_reference: int | None = None
) -> bytes:
    """Everything before the first sample. An odd number of bytes is followed by a pad byte."""
    if form.container == "aiff":
        return _aiff(form, channels, frames, rate)
    return _wav(form, channels, frames, rate, time_reference)


def encode(form: Form, block: npt.NDArray[np.float32]) -> bytes:
    """Samples as they stand in the file. Shape: (channels, frames)."""
    big = form.container == "aiff"
    if not form.integer:
        return np.ascontiguousarray(block.T, dtype=">f4" if big else "<f4").tobytes()
    four = np.ascontiguousarray(codes(block).T, dtype=">i4" if big else "<i4")
    bytes_of = four.view(np.uint8).reshape(-1, 4)
    return (bytes_of[:, 1:] if big else bytes_of[:, :3]).tobytes()


def codes(block: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """24-bit integers, rounded to nearest, of samples within full scale.

    Without dither: the error is −149 dBFS, 25 dB under the noise of the best converters, and
    dither would turn silence into noise and two equal stems into different ones. +1.0, which two's
    complement has not, becomes the largest code, one step (−138 dB) below.
    """
    steps = np.rint(block * np.float32(_CODES))  # exact: a power of two
    highest: npt.NDArray[np.float32] = np.minimum(steps, np.float32(_CODES - 1))
    return highest.astype(np.int32)


def _wav(form: Form, channels: int, frames: int, rate: int, time_reference: int | None) -> bytes:
    """RIFF, or RF64 if its 32 bits cannot hold the sizes.

    The plain tags are used for any number of channels: which speaker a channel feeds is the
    DAW's business, and the tag for it (EXTENSIBLE) would have to invent an answer.
    """
    frame = channels * form.sample_bytes
    data = frames * frame
    body = b""
    if time_reference is not None:  # version 1; the texts stay empty
        bext = bytes(256) + b"voxmend".ljust(32, b"\0") + bytes(32 + 10 + 8)
        bext += struct.pack("<QH", time_reference, 1) + bytes(254)
        body += b"bext" + _u32(len(bext)) + bext
    fields = struct.pack("<HIIHH", channels, rate, rate * frame, frame, 8 * form.sample_bytes)
    if form.integer:
        body += b"fmt " + struct.pack("<IH", 16, 1) + fields
    else:
        body += b"fmt " + struct.pack("<IH", 18, 3) + fields + bytes(2)
        body += b"fact" + struct.pack("<II", 4, min(frames, 0xFFFFFFFF))
    total = 4 + len(body) + 8 + data + data % 2
    if total <= _RIFF_LIMIT:
        return b"RIFF" + _u32(total) + b"WAVE" + body + b"data" + _u32(data)
    total += 36
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, total, data, frames, 0)
    return b"RF64" + _u32(0xFFFFFFFF) + b"WAVE" + ds64 + body + b"data" + _u32(0xFFFFFFFF)


def _aiff(form: Form, channels: int, frames: int, rate: int) -> bytes:
    data = frames * channels * form.sample_bytes
    bits = rate.bit_length()  # the rate is an 80-bit float
    extended = struct.pack(">HQ", 16383 + bits - 1, rate << (64 - bits))
    comm = struct.pack(">HIH", channels, frames, 8 * form.sample_bytes) + extended
    kind, version = b"AIFF", b""
    if not form.integer:
        kind, version = b"AIFC", b"FVER" + struct.pack(">II", 4, 0xA2805140)
        comm += b"fl32" + b"\0\0"  # an empty name, padded
    body = kind + version + b"COMM" + struct.pack(">I", len(comm)) + comm
    body += b"SSND" + struct.pack(">III", 8 + data, 0, 0)
    return b"FORM" + struct.pack(">I", len(body) + data + data % 2) + body


def _u32(value: int) -> bytes:
    return struct.pack("<I", value)
