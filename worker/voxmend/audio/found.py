"""A sound file by its kind: what it holds, with a decoder that gives all of it.

``probe`` calls ``find`` once the tags are off. MPEG is counted, an Ogg or a FLAC may be several, a
WAV may hold what libsndfile does not decode; what is left is libsndfile's own matter. What always
holds: the frames of a ``Found`` are those that the decoder gives, as far as anybody can know it
without decoding, and a promise is a number that somebody wrote, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from voxmend_protocol.errors import InputUnreadable, VoxmendError
from voxmend_protocol.values import Warned

from ..disk import shown
from . import flac_chain, kinds, mpeg_scan, ogg, remarks
from .decoder import Decoder, Decodes, UnknownCoding
from .foreign import ForeignDecoder, Way
from .headers import Header, read_header
from .joined import Joined, Member
from .mpeg_decoder import MpegDecoder
from .mpeg_part import Part
from .ogg_decoder import OggDecoder
from .resample import resampled_frames
from .source import damaged
from .stretch import Stretch

FFMPEG = "FFMPEG"
"""The subtype of what ffmpeg decodes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is.

    Attributes:
        decoder: at frame 0; the caller closes it.
        promised: frames by somebody's word, at least those that are there.
        container, subtype: see ``Probe``.
        unclosed, unpromised, time_reference, warnings: see ``Probe``.
    """

    decoder: Decodes
    promised: int
    container: str
    subtype: str
    unclosed: bool = False
    unpromised: bool = False
    time_reference: int | None = None
    warnings: tuple[Warned, ...] = ()


def find(file: Stretch, check: Callable[[int, float], None], way: Way) -> Found:
    """Look at a file without its tags.

    Args:
        check: takes channels and rate of a header, before a decoder is asked; raises where they
            are not to be had.
        way: how to decode what only ffmpeg reads.

    Raises:
        InputUnreadable: it is damaged, or no sound.
        UnsupportedAudio: libsndfile lacks its coding, and there is no ffmpeg.
        Cancelled, DiskFull, EnvironmentProblem: as ``ForeignDecoder``.
    """
    if file.size == 0:
        raise empty(file.path)
    magic = file.take(0, 4)
    if magic == b"OggS":
        return _ogg(file, way)
    if magic == b"fLaC":
        return _flac(file)
    kind = kinds.kind(file)
    if kind is not None:
        return _foreign(file, kind.words, kind.demuxer, way)
    header = read_header(file)
    if header is not None:
        check(header.channels, header.rate)
        return _chunked(file, header, way)
    scanned = mpeg_scan.scan(file)
    if scanned is not None:
        return _mpeg(file, scanned)
    if magic[:3] == b"ID3" or (magic[:1] == b"\xff" and magic[1:2] >= b"\xe0"):
        raise damaged(file.path)  # no frame of it is whole
    decoder = Decoder(file)
    return Found(decoder, decoder.frames, decoder.container, decoder.subtype, decoder.counted)


def _chunked(file: Stretch, header: Header, way: Way) -> Found:
    demuxer = {"AIFF": "aiff", "CAF": "caf", "W64": "w64"}.get(header.container, "wav")
    if header.mpeg:
        end = header.sound_at + min(header.promised_bytes, header.there_bytes)
        inner = file.part(header.sound_at, end)
        scanned = mpeg_scan.scan(inner)
        if scanned is None:
            raise damaged(file.path)
        found = _mpeg(inner, scanned)
        promised = max(found.promised, _promised(header, found.decoder.frames))
        return replace(
            found, container=header.container, promised=promised, unclosed=header.unclosed,
            unpromised=False, time_reference=header.time_reference,
        )  # fmt: skip
    if header.coding:
        found = _foreign(file, f"{header.coding} in {header.container}", demuxer, way)
        return replace(
            found, promised=_promised(header, found.decoder.frames), unclosed=header.unclosed,
            unpromised=False, time_reference=header.time_reference,
        )  # fmt: skip
    if header.frame_bytes == 0:
        raise damaged(file.path)
    file.patches = header.patches
    warnings: tuple[Warned, ...] = ()
    try:
        decoder = Decoder(file)
    except UnknownCoding:  # one of those that it reads in other files, and not in this
        found = _foreign(file, f"a coding of its own in {header.container}", demuxer, way)
        return replace(found, unclosed=header.unclosed, time_reference=header.time_reference)
    except InputUnreadable:
        decoder, warnings = _up_to_its_end(file, header)
    else:
        sound = min(header.promised_bytes, header.there_bytes)
        end = header.sound_at + sound
        if decoder.frames * (header.frame_bytes or 0) > sound:  # it took what follows for sound
            decoder.close()
            decoder, warnings = _up_to_its_end(file, header)
        again = file.take(end, 4) == file.take(0, 4)  # one more of its kind
        warnings = (_followed(file, decoder, end),) if again else ()
    return Found(
        decoder,
        max(decoder.frames, _promised(header, decoder.frames)),
        header.container,
        decoder.subtype,
        header.unclosed,
        False,
        header.time_reference,
        warnings,
    )


def _up_to_its_end(file: Stretch, header: Header) -> tuple[Decoder, tuple[Warned, ...]]:
    """A sound that libsndfile does not take with what stands behind it, such as a second WAV: the
    sound without that, and what is to be said of it."""
    file.check()
    end = header.sound_at + min(header.promised_bytes, header.there_bytes)
    if end >= file.size:
        raise damaged(file.path)
    alone = file.part(0, end)
    alone.patches = header.patches
    decoder = Decoder(alone)
    return decoder, (_followed(file, decoder, end),)


def _followed(file: Stretch, decoder: Decodes, end: int) -> Warned:
    name = shown(file.path.name)
    return remarks.followed(name, decoder.frames / decoder.rate, file.size - end)


def _promised(header: Header, frames: int) -> int:
    if header.promised_bytes <= header.there_bytes:
        return frames
    if header.frame_bytes and header.there_bytes // header.frame_bytes == frames:
        return header.promised_bytes // header.frame_bytes
    return frames * header.promised_bytes // max(1, header.there_bytes)


def _mpeg(file: Stretch, scanned: mpeg_scan.Scan) -> Found:
    name, parts = shown(file.path.name), scanned.parts
    members = [
        Member(part.first.rate, part.first.channels, part.frames, _mpeg_opener(file, part))
        for part in parts
        if part.frames
    ]
    warnings = [*_unlike(name, members)]
    missing = [part for part in parts[:-1] if part.promised > part.frames]
    if missing:
        before = parts[: parts.index(missing[0]) + 1]
        warnings.append(
            remarks.short_in_the_middle(
                name,
                sum(part.frames / part.first.rate for part in before),
                sum((part.promised - part.frames) / part.first.rate for part in missing),
            )
        )
    if scanned.gaps:
        warnings.append(remarks.gaps(name, scanned.gaps, scanned.gap_s))
    decoder = _whole(members)
    if scanned.rest:
        seconds = decoder.frames / decoder.rate
        warnings.append(remarks.unread(name, seconds, f"{scanned.rest} bytes that make no sense"))
    last = parts[-1]
    short = resampled_frames(last.promised - last.frames, last.first.rate, decoder.rate)
    subtype = f"MPEG_LAYER_{'I' * parts[0].first.layer}"
    return Found(
        decoder, decoder.frames + short, "MP3", subtype, False, not scanned.counted, None,
        tuple(warnings),
    )  # fmt: skip


def _mpeg_opener(file: Stretch, part: Part) -> Callable[[], Decodes]:
    return lambda: MpegDecoder(file, part)


def _foreign(file: Stretch, words: str, demuxer: str, way: Way) -> Found:
    decoder = ForeignDecoder(file.source, words, demuxer, way)
    name = shown(file.path.name)
    warnings = (remarks.complained(name, decoder.complaint),) if decoder.complaint else ()
    another = kinds.another(file, demuxer)
    if another is not None and not warnings:
        warnings = (_followed(file, decoder, another),)
    cut, said = kinds.is_cut(file, demuxer), kinds.samples(file, demuxer)
    return Found(
        decoder, max(decoder.frames, said or 0), demuxer.upper(), FFMPEG, bool(cut),
        cut is None and said is None, None, warnings,
    )  # fmt: skip


def _ogg(file: Stretch, way: Way) -> Found:
    chain = ogg.links(file)
    if not chain:
        raise damaged(file.path)
    if chain[0].codings not in (("Vorbis",), ("Opus",)):
        found = _foreign(file, f"{_said(chain[0])} in Ogg", "ogg", way)
        last = file.part(chain[-1].start, chain[-1].end)
        others = [link for link in chain if link.codings != chain[0].codings]
        at_s = found.decoder.frames / found.decoder.rate
        more = [remarks.unread(shown(file.path.name), at_s, _said(link)) for link in others[:1]]
        return replace(
            found, unclosed=not ogg.has_end(last, len(chain[-1].codings)), unpromised=False,
            warnings=(*found.warnings, *more),
        )  # fmt: skip
    name = shown(file.path.name)
    members: list[Member] = []
    warnings: list[Warned] = []
    subtype = ""
    for link in chain:
        stretch = file.part(link.start, link.end)
        at_s = sum(member.frames / member.rate for member in members)
        try:
            decoder = OggDecoder(stretch)
        except InputUnreadable:
            file.check()
            if not members and link is chain[-1]:
                raise
            warnings.append(remarks.unread(name, at_s, _said(link)))
            continue
        try:
            subtype = subtype or decoder.subtype
            if decoder.frames > 0:
                members.append(
                    Member(decoder.rate, decoder.channels, decoder.frames, _ogg_opener(stretch))
                )
        finally:
            decoder.close()
        if link is not chain[-1] and not ogg.has_end(stretch):
            at_s += decoder.frames / decoder.rate
            warnings.append(remarks.unended(name, at_s))
    if not members:
        raise empty(file.path)
    joined = _whole(members)
    last = file.part(chain[-1].start, chain[-1].end)
    return Found(
        joined, joined.frames, "OGG", subtype, not ogg.has_end(last), False, None,
        (*_unlike(name, members), *warnings[:1]),
    )  # fmt: skip


def _said(link: ogg.Link) -> str:
    return " with ".join(link.codings)


def _ogg_opener(stretch: Stretch) -> Callable[[], Decodes]:
    return lambda: OggDecoder(stretch)


def _flac(file: Stretch) -> Found:
    places = flac_chain.parts(file)
    if len(places) == 1:
        only = file.part(*places[0])
        only.patches = flac_chain.open_ended(only)
        decoder = Decoder(only)
        unclosed = decoder.counted and not only.patches
        return Found(decoder, decoder.frames, "FLAC", decoder.subtype, unclosed)
    name = shown(file.path.name)
    members, subtype = [], ""
    for start, end in places:
        stretch = file.part(start, end)
        stretch.patches = flac_chain.open_ended(stretch)
        decoder = Decoder(stretch)
        subtype = subtype or decoder.subtype
        rate, channels, frames = decoder.rate, decoder.channels, decoder.frames
        decoder.close()
        members.append(Member(rate, channels, frames, _plain_opener(stretch)))
    joined = _whole(members)
    return Found(
        joined, joined.frames, "FLAC", subtype, False, False, None, tuple(_unlike(name, members))
    )


def _plain_opener(stretch: Stretch) -> Callable[[], Decodes]:
    return lambda: Decoder(stretch)


def _whole(members: list[Member]) -> Decodes:
    return members[0].open() if len(members) == 1 else Joined(members)


def _unlike(name: str, members: list[Member]) -> list[Warned]:
    """The warning that some members were changed, if any was."""
    first, at = members[0], 0.0
    others: list[float] = []
    for member in members:
        if (member.rate, member.channels) != (first.rate, first.channels):
            others.append(at)
        at += member.frames / member.rate
    if not others:
        return []
    return [remarks.joined(name, first.rate, first.channels, len(others), others[0])]


def empty(path: Path) -> VoxmendError:
    """The error for a file without a frame of sound."""
    return InputUnreadable(f"{shown(path.name)} holds no audio; export it again.")
