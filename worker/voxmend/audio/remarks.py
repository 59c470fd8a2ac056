"""What the user should know of a file that was read all the same: a code and a sentence each."""

from __future__ import annotations

from voxmend_protocol.values import Warned

INPUT_JOINED = "input_joined"
"""Warning: the file holds several sounds that are not alike; all were made like the first."""

INPUT_GAPS = "input_gaps"
"""Warning: something in the middle of the file is missing or is no sound, and was passed over."""

INPUT_UNSURE = "input_unsure"
"""Warning: what decoded the file complained of it."""


def joined(name: str, rate: int, channels: int, others: int, first_s: float) -> Warned:
    """Some of the sounds in a file have another rate or other channels than the first."""
    what = "one of them was" if others == 1 else f"{others} of them were"
    return Warned(
        INPUT_JOINED,
        f"{name} holds several sounds, one after the other, that are not alike; {what} brought to "
        f"the {rate} Hz and {_channels(channels)} of the first, from {first_s:.3f} s on: check "
        "there.",
    )


def short_in_the_middle(name: str, at_s: float, missing_s: float) -> Warned:
    """A sound that others follow has not all that its header promises."""
    return Warned(
        INPUT_GAPS,
        f"{name} is joined of sounds of which not all are whole: about {missing_s:.3f} s are "
        f"missing, the first at {at_s:.3f} s, and what follows comes earlier; join them again from "
        "whole files.",
    )


def unended(name: str, at_s: float) -> Warned:
    """A sound that others follow was never finished; nobody knows how much of it is missing."""
    return Warned(
        INPUT_GAPS,
        f"{name} is joined of sounds of which not all were finished; some may be missing at "
        f"{at_s:.3f} s: check it there.",
    )


def gaps(name: str, count: int, at_s: float) -> Warned:
    """Bytes between frames make no sense."""
    where = f"at {at_s:.3f} s" if count == 1 else f"at {count} places, the first at {at_s:.3f} s,"
    return Warned(
        INPUT_GAPS,
        f"{name} is damaged {where} and was read over that; what follows may come a little early: "
        "check it there, or export it again.",
    )


def unread(name: str, at_s: float, what: str) -> Warned:
    """From somewhere on the file goes on in a way that cannot be read."""
    return Warned(
        INPUT_GAPS,
        f"{name} goes on with {what} at {at_s:.3f} s, which was passed over; convert it to WAV to "
        "have all of it.",
    )


def followed(name: str, at_s: float, count: int) -> Warned:
    """A sound ends by its own header, and the file goes on."""
    return Warned(
        INPUT_GAPS,
        f"{name} ends at {at_s:.3f} s by its header, and {count} bytes follow that were not read; "
        "if it is made of several files, open it in an audio editor and export it again.",
    )


def complained(name: str, said: str) -> Warned:
    """ffmpeg had something to say."""
    return Warned(
        INPUT_UNSURE,
        f"{name} was read by ffmpeg, which found it damaged ({said}); check the result, or export "
        "it again.",
    )


def _channels(count: int) -> str:
    return {1: "one channel", 2: "two channels"}.get(count, f"{count} channels")
