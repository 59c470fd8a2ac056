"""Names for codings that libsndfile does not decode, so that a healthy file is not called damaged.

``headers`` asks with what a header says: a WAVE tag, an AIFF-C or CAF type. Only those are named
that libsndfile 1.2 lacks; "" means that it is worth a try.
"""

from __future__ import annotations

MPEG_TAGS = (0x0050, 0x0055)
"""MPEG audio inside a WAV; ``mpeg_scan`` counts it."""

_WAVE_READ = (0x01, 0x02, 0x03, 0x06, 0x07, 0x11, 0x31, 0x38, 0x40, *MPEG_TAGS)
_WAVE = {
    0x0000: "an unknown coding", 0x0008: "DTS", 0x000A: "WMA Voice", 0x0010: "OKI ADPCM",
    0x0017: "Dialogic ADPCM", 0x0020: "Yamaha ADPCM", 0x0022: "TrueSpeech", 0x0042: "G.723.1",
    0x0045: "G.726", 0x0064: "G.726", 0x0061: "Duck DK4 ADPCM",
    0x0062: "Duck DK3 ADPCM", 0x0069: "Xbox ADPCM", 0x0092: "AC-3",
    0x00FF: "AAC", 0x0130: "ACELP.net", 0x0160: "WMA", 0x0161: "WMA", 0x0162: "WMA Pro",
    0x0163: "WMA Lossless", 0x0200: "Creative ADPCM", 0x0270: "ATRAC3", 0x028E: "MPEG audio",
    0x0500: "On2 AVC", 0x1600: "AAC", 0x1601: "AAC", 0x1602: "AAC", 0x1610: "AAC",
    0x2000: "AC-3", 0x2001: "DTS", 0x2048: "Sonic", 0x4143: "AC-3", 0x566F: "Vorbis",
    0x674F: "Vorbis", 0x6750: "Vorbis", 0x6751: "Vorbis", 0x676F: "Vorbis", 0x6770: "Vorbis",
    0x6771: "Vorbis", 0x704F: "Opus", 0xA106: "AAC", 0xA109: "Speex", 0xF1AC: "FLAC",
}  # fmt: skip

_AIFF_READ = (
    b"NONE", b"twos", b"sowt", b"raw ", b"in24", b"in32", b"42ni", b"23ni", b"fl32", b"FL32",
    b"fl64", b"FL64", b"ulaw", b"ULAW", b"alaw", b"ALAW", b"GSM ", b"ima4", b"DWVW", b"ADP4",
)  # fmt: skip
_AIFF = {
    b"MAC3": "MACE 3:1", b"MAC6": "MACE 6:1", b"QDM2": "QDesign 2", b"QDMC": "QDesign",
    b"Qclp": "QCELP", b"G722": "G.722", b"G726": "G.726", b"G728": "G.728", b".mp3": "MP3",
    b"ac-3": "AC-3", b"alac": "Apple Lossless",
}  # fmt: skip

_CAF_READ = (b"lpcm", b"alaw", b"ulaw", b"alac")
_CAF = {
    b"ima4": "IMA ADPCM", b"aac ": "AAC", b"aace": "AAC", b"aach": "AAC", b"aacl": "AAC",
    b"aacp": "AAC", b".mp1": "MP1", b".mp2": "MP2", b".mp3": "MP3", b"ac-3": "AC-3",
    b"opus": "Opus", b"flac": "FLAC", b"ilbc": "iLBC", b"samr": "AMR", b"Qclp": "QCELP",
    b"MAC3": "MACE 3:1", b"MAC6": "MACE 6:1", b"QDM2": "QDesign 2", b"QDMC": "QDesign",
    b"ms\x00\x11": "IMA ADPCM", b"ms\x00\x02": "Microsoft ADPCM", b"ms\x00\x31": "GSM",
}  # fmt: skip


def wave(tag: int) -> str:
    """The name of a WAVE coding."""
    return "" if tag in _WAVE_READ else _WAVE.get(tag, f"coding 0x{tag:04X}")


def aiff(kind: bytes) -> str:
    """The name of an AIFF-C coding."""
    return "" if kind in _AIFF_READ else _AIFF.get(kind, f"coding {_text(kind)}")


def caf(kind: bytes) -> str:
    """The name of a CAF coding."""
    return "" if kind in _CAF_READ else _CAF.get(kind, f"coding {_text(kind)}")


def _text(kind: bytes) -> str:
    return kind.decode("ascii") if kind.isalnum() else f"0x{kind.hex().upper()}"
