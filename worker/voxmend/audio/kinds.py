"""Sound that libsndfile does not read, known by its first bytes: for ffmpeg, and for a refusal.

The look is our own, so that ffmpeg is told what a file is and never asked: a playlist that calls
itself a film is no film. What each container says of its own end is read here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .stretch import Stretch

_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")
_MOST_BOXES = 4096
_VOICE = b"Creative Voice File\x1a"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes:
        words: what it is called.
        demuxer: ffmpeg's name for what reads it.
    """

    words: str
    demuxer: str


_MOV = Kind("MP4 or QuickTime", "mov")
_MATROSKA = Kind("Matroska or WebM", "matroska")
_BEGINNINGS = (
    (b"\x1a\x45\xdf\xa3", _MATROSKA),
    (_ASF, Kind("Windows Media", "asf")),
    (b"wvpk", Kind("WavPack", "wv")),
    (b"MAC ", Kind("Monkey's Audio", "ape")),
    (b"TTA1", Kind("True Audio", "tta")),
    (b"tBaK", Kind("TAK", "tak")),
    (b"MPCK", Kind("Musepack", "mpc8")),
    (b"MP+", Kind("Musepack", "mpc")),
    (b"ajkg", Kind("Shorten", "shn")),
    (b"DSD ", Kind("DSD", "dsf")),
    (b"FRM8", Kind("DSD", "iff")),
    (b"#!AMR", Kind("AMR", "amr")),
    (b"FLV\x01", Kind("Flash video", "flv")),
    (b".RMF", Kind("RealMedia", "rm")),
    (b".ra\xfd", Kind("RealAudio", "rm")),
    (b"\x00\x00\x01\xba", Kind("an MPEG film", "mpeg")),
    (b"\x7f\xfe\x80\x01", Kind("DTS", "dts")),
    (b"\xfe\x7f\x01\x80", Kind("DTS", "dts")),
)


def kind(file: Stretch) -> Kind | None:
    """What a file is, where libsndfile does not read it; None where it may, or nobody does.

    Raises:
        InputUnreadable: the disk fails.
    """
    head = file.take(0, 600)
    if head.startswith(_VOICE):
        return Kind("Creative Voice in several blocks", "voc") if _blocks(file) > 1 else None
    for beginning, found in _BEGINNINGS:
        if head.startswith(beginning):
            return found
    if head[4:8] in _BOXES:
        return _MOV
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return Kind("an AVI film", "avi")
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return Kind("an MPEG transport stream", "mpegts")
    if _adts(file):
        return Kind("AAC", "aac")
    if head[:2] == b"\x0b\x77" and len(head) > 6 and head[5] >> 3 <= 16:
        return Kind("Dolby Digital", "eac3" if head[5] >> 3 > 10 else "ac3")
    if head[:2] == b"\x56\xe0" or (head[:1] == b"\x56" and len(head) > 3 and _loas(file)):
        return Kind("AAC", "loas")
    return None


def is_cut(file: Stretch, demuxer: str) -> bool | None:
    """Whether bytes are missing at a file's end by its own word; None where it gives none."""
    if demuxer == "mov":
        return _cut_boxes(file)
    if demuxer == "matroska":
        return _cut_segment(file)
    if demuxer == "asf":
        head = file.take(0, 1 << 16)
        at = head.find(_ASF_FILE)
        said = int.from_bytes(head[at + 40 : at + 48], "little") if at >= 0 else 0
        return said > file.size if said else None
    return None


def another(file: Stretch, demuxer: str) -> int | None:
    """Where a second file of the kind begins, which ffmpeg does not read; None where none does."""
    if demuxer == "asf":
        head = file.take(0, 1 << 16)
        at = head.find(_ASF_FILE)
        said = int.from_bytes(head[at + 40 : at + 48], "little") if at >= 0 else 0
        return said if said and file.take(said, 16) == _ASF else None
    if demuxer == "mov":
        begun = [at for at, name, _ in _boxes(file) if name == b"ftyp"]
        return begun[1] if len(begun) > 1 else None
    return None


def samples(file: Stretch, demuxer: str) -> int | None:
    """Frames of sound by a file's own word; None where it gives none that is simple to read."""
    head = file.take(0, 32)
    if demuxer == "wv" and len(head) == 32:
        said = int.from_bytes(head[12:16], "little")
        return said if said != 0xFFFFFFFF else None
    if demuxer == "tta" and len(head) >= 18:
        return int.from_bytes(head[14:18], "little")
    return None


def _adts(file: Stretch) -> bool:
    """Two frames of AAC in a row, or one that ends with the file."""
    at = 0
    for number in range(2):
        head = file.take(at, 7)
        if number and at == file.size:
            return True
        if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
            return False
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        if size < 7:
            return False
        at += size
    return True


def _blocks(file: Stretch) -> int:
    """Blocks of a Creative Voice file that are not its end: libsndfile takes the heads of all but
    the first with sound for sound."""
    head = file.take(0, 26)
    at, count = int.from_bytes(head[20:22], "little"), 0
    while count < 2:
        block = file.take(at, 4)
        if len(block) < 4 or block[0] == 0:
            break
        count += block[0] in (1, 2, 3, 6, 7, 9)
        at += 4 + int.from_bytes(block[1:], "little")
    return count


def _loas(file: Stretch) -> bool:
    head = file.take(0, 3)
    if head[1] & 0xE0 != 0xE0:
        return False
    after = file.take(3 + ((head[1] & 0x1F) << 8 | head[2]), 2)
    return len(after) == 2 and after[0] == 0x56 and after[1] & 0xE0 == 0xE0


def _cut_boxes(file: Stretch) -> bool:
    """Whether a box of an MP4 reaches beyond the file, or the one that says all is not there."""
    described = False
    for at, name, size in _boxes(file):
        described = described or name in (b"moov", b"moof")
        if size < 8 or at + size > file.size:
            return True
    return not described


def _boxes(file: Stretch) -> Iterator[tuple[int, bytes, int]]:
    """Where the boxes of an MP4 begin, their names and sizes, as far as they make sense."""
    at = 0
    for _ in range(_MOST_BOXES):
        head = file.take(at, 16)
        if len(head) < 8:
            return
        size = int.from_bytes(head[:4], "big")
        if size == 1 and len(head) == 16:
            size = int.from_bytes(head[8:], "big")
        if size == 0:  # up to the end of the file
            size = file.size - at
        yield at, head[4:8], size
        if size < 8:
            return
        at += size


def _cut_segment(file: Stretch) -> bool | None:
    """Whether a Matroska's segment reaches beyond the file; None where it does not know."""
    head = file.take(0, 1 << 12)
    at = head.find(b"\x18\x53\x80\x67", 4)
    if at < 0 or at + 12 > len(head):
        return None
    length = 8 - head[at + 4].bit_length() + 1
    if length > 8:
        return None
    raw = int.from_bytes(head[at + 4 : at + 4 + length], "big") & (1 << 7 * length) - 1
    if raw == (1 << 7 * length) - 1:
        return None
    return at + 4 + length + raw > file.size
