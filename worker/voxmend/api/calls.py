"""The calls of ``import voxmend``. Each makes a connection of its own, so threads need no care."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

from voxmend_protocol.codec import Scalar

from .batch import alone, batch
from .client import Client
from .finding import Diagnosis
from .links import Links
from .options import File, More, options
from .progress import OnProgress
from .result import Result
from .source import pair, several

if TYPE_CHECKING:
    from .sound import Samples, Stem


@overload
def restore(
    path: File,
    preset: str | None = None,
    *,
    out: File | None = None,
    set: Mapping[str, Scalar] | None = None,
    on_progress: OnProgress | None = None,
    **more: Unpack[More],
) -> Result[Path]: ...
@overload
def restore(
    path: Samples | tuple[Samples, int],
    preset: str | None = None,
    *,
    rate: int | None = None,
    out: File | None = None,
    set: Mapping[str, Scalar] | None = None,
    on_progress: OnProgress | None = None,
    **more: Unpack[More],
) -> Result[Stem]: ...
def restore(
    path: Any,
    preset: str | None = None,
    *,
    rate: int | None = None,
    out: File | None = None,
    set: Mapping[str, Scalar] | None = None,
    on_progress: OnProgress | None = None,
    **more: Unpack[More],
) -> Result[Any]:
    """Take the voice out of a song, mend it, and wait for the stems.

    >>> result = voxmend.restore("song.wav")
    >>> result.vocals.name
    'vocals.wav'
    >>> list(result.stems)
    ['vocals', 'vocals_raw', 'instrumental']

    Args:
        path: the song's file; or its samples, floating point, (frames, channels), full scale at
            ±1, with ``rate``; or both as ``(samples, rate)``, as ``soundfile.read`` gives them.
        preset: its name, as in ``voxmend presets list``; the user's setting where it is not given.
        rate: samples a second, where samples are given.
        out: the folder for the stems, in a folder of their own; not given: ``voxmend`` beside the
            song, and for samples none: the stems come back in memory alone.
        set: parameters of the preset, such as ``{"denoise.strength": 0.3}``.
        on_progress: is called with a ``Progress`` in this thread, about twice a second or more.
        more: ``start``, ``end``, ``voice``, ``stems``, ``format``, ``device``.

    Returns:
        The stems: paths where a path was given, float32 arrays of the same shape where samples
        were.

    Raises:
        VoxmendError: it cannot be done. ``code`` says why, the message what to do next, ``job``
            which job it was. Ctrl-C, and whatever ``on_progress`` raises, cancels the job.
    """
    chosen = options(preset, out, set, more)
    with Links() as links:
        return alone(links, pair(path, rate), chosen, on_progress)


@overload
def restore_many(
    paths: Iterable[File],
    preset: str | None = None,
    *,
    out: File | None = None,
    set: Mapping[str, Scalar] | None = None,
    on_progress: OnProgress | None = None,
    **more: Unpack[More],
) -> Iterator[Result[Path]]: ...
@overload
def restore_many(
    paths: Iterable[tuple[Samples, int]],
    preset: str | None = None,
    *,
    out: File | None = None,
    set: Mapping[str, Scalar] | None = None,
    on_progress: OnProgress | None = None,
    **more: Unpack[More],
) -> Iterator[Result[Stem]]: ...
def restore_many(
    paths: Iterable[Any],
    preset: str | None = None,
    *,
    out: File | None = None,
    set: Mapping[str, Scalar] | None = None,
    on_progress: OnProgress | None = None,
    **more: Unpack[More],
) -> Iterator[Result[Any]]:
    """Restore songs one after another, and give each result as soon as it is there.

    A song that fails stops no other: its result has the ``error``. Leave the loop, and the jobs
    that are still open are cancelled. Songs are taken from ``paths`` when there is room for them,
    at most two wait in the worker, so others who use it are not kept waiting.

    >>> for result in voxmend.restore_many(["song.wav", "gone.wav"]):
    ...     print(result.path.name, "is done" if result.ok else result.error.code)
    gone.wav input_missing
    song.wav is done

    Args:
        paths: files, or pairs ``(samples, rate)``. ``Result.index`` counts them from 0.
        preset, out, set, on_progress, more: as for ``restore``, for all of them.

    Raises:
        VoxmendError: an option is wrong, or there is no worker and none can be started.
    """
    chosen, songs = options(preset, out, set, more), several(paths)

    def results() -> Iterator[Result[Any]]:
        with Links() as links:
            yield from batch(links, songs, chosen, on_progress, uuid.uuid4().hex)

    return results()


def diagnose(
    path: File | Samples | tuple[Samples, int],
    mixture: File | Samples | tuple[Samples, int] | None = None,
    *,
    rate: int | None = None,
    start: float | None = None,
    end: float | None = None,
    on_progress: OnProgress | None = None,
) -> Diagnosis:
    """Say where a vocal that is alone is metallic, muffled, chirping or full of the band.

    >>> found = voxmend.diagnose("vocal.wav", mixture="song.wav")
    >>> list(found.found)
    ['phase', 'bandwidth', 'musical', 'bleed']
    >>> found["bleed"].size in ("none", "some", "strong", "unknown")
    True

    Args:
        path: the vocal: a file, or samples as for ``restore``.
        mixture: the song it came out of, in time with it; more can be told with it.
        rate: of samples, the mixture's among them.
        start, end: seconds; only this stretch, of both.
        on_progress: as for ``restore``.

    Raises:
        VoxmendError: as for ``restore``.
    """
    with Client() as client:
        return client.diagnose(
            path, mixture, rate=rate, start=start, end=end, on_progress=on_progress
        )
