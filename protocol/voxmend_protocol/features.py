"""What a worker can do beyond the first version of its protocol: the ``features`` it welcomes with.

A client looks there first: an earlier worker ignores a field that it does not know, or refuses a
word.
"""

from typing import Collection, Tuple

from .errors import UnsupportedVersion
from .messages import Submit
from .values import DEVICE, VOICE_STEMS

VOICE = "voice"
"""It heeds the ``voice`` of a submit. An earlier one would take the song for the voice."""

STEMS = "stems"
"""It takes any part which a preset gives for a stem. An earlier one knows the voice's four."""

FILES = "files"
"""It heeds the ``files`` of an output, and writes MP3."""

PAUSE = "pause"
"""It can be paused: it knows ``pause`` and ``resume``."""


CARDS = "cards"
"""It takes one card of several for a device, such as "cuda:1"."""

REMOTE = "remote"
"""It takes the name of a remote worker for a device, and heeds ``plan`` and ``realm``."""


def needed(submit: Submit) -> Tuple[str, ...]:
    """What a worker must be able to do for this."""
    voice = (VOICE,) if submit.voice is not None else ()
    stems = (STEMS,) if set(submit.stems or ()) - set(VOICE_STEMS) else ()
    output = submit.output
    files = (FILES,) if output.files is not None or output.format == "mp3" else ()
    cards = (CARDS,) if ":" in (submit.device or "") else ()
    afar = submit.device is not None and not DEVICE.fullmatch(submit.device)
    remote = (REMOTE,) if afar or submit.plan is not None or submit.realm is not None else ()
    return (*voice, *stems, *files, *cards, *remote)


def check(submit: Submit, features: Collection[str]) -> None:
    """Refuse to ask an earlier worker for what it cannot do.

    Raises:
        UnsupportedVersion: it lacks one of the features.
    """
    if any(feature not in features for feature in needed(submit)):
        raise UnsupportedVersion(
            "The worker is of an earlier version and cannot do this. Start it anew: voxmend worker "
            "restart"
        )
