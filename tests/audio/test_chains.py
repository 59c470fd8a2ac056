"""Several sounds in one file: chained Ogg, joined FLAC; and headers that say too little."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import odd_sounds as odd
import pytest
from sounds import Samples

from voxmend.audio import Loaded, load, ogg, probe
from voxmend.audio.decoder import Decoder
from voxmend.audio.joined import channels_as
from voxmend.audio.source import Source
from voxmend.audio.stretch import Stretch
from voxmend_protocol.errors import InputUnreadable

Make = Callable[[bytes], Path]


def loaded(path: Path, start_s: float | None = None, end_s: float | None = None) -> Loaded:
    return load(path, start_s, end_s, path.parent)


def samples(path: Path, start_s: float | None = None, end_s: float | None = None) -> Samples:
    with loaded(path, start_s, end_s).signal as signal:
        return signal.read(0, signal.frames)


def codes(path: Path) -> list[str]:
    return [warned.code for warned in loaded(path).warnings]


CHAINS = [("OGG", "VORBIS", 44_100), ("OGG", "OPUS", 48_000), ("FLAC", "PCM_16", 44_100)]


@pytest.mark.parametrize(("container", "subtype", "rate"), CHAINS)
def test_every_link_is_read(container: str, subtype: str, rate: int, file: Make) -> None:
    links = [odd.encoded(container, subtype, 1.0, rate, seed=seed) for seed in range(4)]
    path = file(b"".join(links))
    wanted = np.concatenate([odd.decoded(link) for link in links], axis=1)
    assert wanted.shape[1] == 4 * rate
    assert probe(path).frames == 4 * rate
    assert np.array_equal(samples(path), wanted)
    assert codes(path) == []
    for start in (0.5, 0.99, 1.0, 1.01, 2.7, 3.999):
        first = round(start * rate)
        assert np.array_equal(samples(path, start, None), wanted[:, first:])


@pytest.mark.parametrize(("container", "subtype", "rate"), CHAINS)
def test_the_same_link_twice_is_twice_the_sound(
    container: str, subtype: str, rate: int, file: Make
) -> None:
    link = odd.encoded(container, subtype, 1.0, rate)
    assert probe(file(link + link)).frames == 2 * rate


@pytest.mark.parametrize(
    ("container", "subtype", "rate", "other"),
    [
        ("OGG", "VORBIS", 44_100, 22_050),
        ("OGG", "VORBIS", 22_050, 48_000),
        ("FLAC", "PCM_16", 48_000, 32_000),
    ],
)
def test_links_of_another_rate_and_with_other_channels_are_made_alike_and_it_is_said(
    container: str, subtype: str, rate: int, other: int, file: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = file(
        odd.encoded(container, subtype, 1.0, rate, 2)
        + odd.encoded(container, subtype, 1.5, other, 1)
        + odd.encoded(container, subtype, 1.0, rate, 2)
    )
    whole = samples(path)
    assert whole.shape == (2, round(3.5 * rate))
    (warned,) = loaded(path).warnings
    assert warned.code == "input_joined"
    assert "from 1.000 s on" in warned.message
    assert np.array_equal(whole[0, rate : 2 * rate], whole[1, rate : 2 * rate])
    first = round(1.7 * rate)
    assert np.array_equal(samples(path, 1.7, 2.6), whole[:, first : first + round(0.9 * rate)])
    monkeypatch.setattr(importlib.import_module("voxmend.audio.decoder"), "BLOCK_VALUES", 3_000)
    assert np.array_equal(samples(path), whole)


def test_vorbis_and_opus_may_follow_each_other(file: Make) -> None:
    path = file(odd.encoded("OGG", "VORBIS", 1.0) + odd.encoded("OGG", "OPUS", 1.0, 48_000))
    assert probe(path).frames == 88_200
    assert codes(path) == ["input_joined"]


def test_a_link_that_is_cut_does_not_take_the_next_one_with_it(file: Make) -> None:
    link = odd.encoded("OGG", "VORBIS", 2.0)
    path = file(link[: len(link) * 3 // 5] + link)
    whole = samples(path)
    assert np.array_equal(whole[:, -88_200:], odd.decoded(link))
    assert codes(path) == ["input_gaps"]


def test_the_last_link_that_was_never_finished_is_said(file: Make) -> None:
    link = odd.encoded("OGG", "VORBIS", 2.0)
    path = file(link + link[: len(link) * 3 // 5])
    assert probe(path).unclosed
    assert codes(path) == ["input_unclosed"]


def test_a_page_lost_in_a_later_link_ends_the_sound_there(file: Make) -> None:
    link = odd.encoded("OGG", "VORBIS", 2.0)
    at = link.rindex(b"OggS", 0, len(link) * 3 // 4)
    path = file(link + link[: at + 100] + bytes(1) + link[at + 101 :] + link)
    found = loaded(path)
    assert 88_200 < found.signal.frames < 2 * 88_200
    assert [warned.code for warned in found.warnings] == ["input_truncated"]


def test_junk_between_links_is_stepped_over(file: Make) -> None:
    link = odd.encoded("OGG", "VORBIS", 1.0)
    path = file(link + b"OggS and more. " * 2_000 + link)
    assert probe(path).frames == 88_200
    assert codes(path) == []


def test_a_link_that_cannot_be_read_is_passed_over_and_said(file: Make) -> None:
    link = odd.encoded("OGG", "VORBIS", 1.0)
    flac = page(b"\x7fFLAC\1\0", 7, first=True) + page(b"sound", 7)
    path = file(link + flac + link)
    assert probe(path).frames == 88_200
    (warned,) = loaded(path).warnings
    assert warned.code == "input_gaps"
    assert "goes on with FLAC at 1.000 s" in warned.message


def test_false_pages_without_end_hold_nobody_up_and_are_said(file: Make) -> None:
    link = odd.encoded("OGG", "VORBIS", 1.0)
    path = file(link + b"OggS\0\0" * 2_000_000 + link)
    assert probe(path).frames == 44_100
    (warned,) = loaded(path).warnings
    assert "goes on with bytes that make no sense at 1.000 s" in warned.message


def test_the_links_of_a_film_say_what_is_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "film.ogv"
    data = page(b"\x80theora\3", 1, first=True) + page(b"\x01vorbis\0", 2, first=True)
    path.write_bytes(data + page(b"rest", 1))
    with Source(path) as source:
        (link,) = ogg.links(Stretch(source, [(0, source.size)]))
    assert link.codings == ("Theora video", "Vorbis")


def test_a_vorbis_span_near_the_end_is_the_whole_files_samples(file: Make) -> None:
    """libsndfile lands too late in the last page of a file whose pages are long."""
    whole_file = odd.encoded("OGG", "VORBIS", 4.0)
    path = file(long_pages(whole_file))
    whole = samples(path)
    assert np.array_equal(whole, odd.decoded(whole_file))
    for start in range(0, 176_400, 9_973):
        assert np.array_equal(samples(path, start / 44_100, None), whole[:, start:]), start


def test_an_opus_span_is_the_whole_files_samples(file: Make) -> None:
    path = file(odd.encoded("OGG", "OPUS", 4.0, 48_000))
    whole = samples(path)
    for start in range(0, 192_000, 9_973):
        assert np.array_equal(samples(path, start / 48_000, None), whole[:, start:]), start


def test_a_flac_whose_header_counts_too_few_is_read_whole(file: Make) -> None:
    data = bytearray(odd.encoded("FLAC", "PCM_16", 2.0))
    data[21] &= 0xF0
    data[22:26] = (50_000).to_bytes(4, "big")
    path = file(bytes(data))
    seen = probe(path)
    assert (seen.frames, seen.unclosed) == (88_200, False)
    assert codes(path) == []


def test_joined_flacs_with_tags_between_are_read(file: Make) -> None:
    link = odd.encoded("FLAC", "PCM_24", 1.0)
    path = file(odd.id3(99) + link + odd.ID3V1 + odd.id3(999) + link + odd.ID3V1)
    assert np.array_equal(samples(path), np.tile(odd.decoded(link), 2))


@pytest.mark.parametrize(
    ("there", "wanted", "made"),
    [
        ([0.5], 2, [0.5, 0.5]),
        ([0.25, 0.75], 1, [0.5]),
        ([0.1, 0.2, 0.4], 2, [0.3, 0.4]),
        ([0.1, 0.2], 3, [0.1, 0.2, 0.0]),
        ([0.1, 0.2], 2, [0.1, 0.2]),
    ],
)
def test_channels_are_shared_out(there: list[float], wanted: int, made: list[float]) -> None:
    block = np.asarray([there], "float32")
    assert channels_as(block, wanted)[0].tolist() == pytest.approx(made)


def page(body: bytes, serial: int, first: bool = False, granule: int = 0) -> bytes:
    """One page of an Ogg, with its checksum."""
    head = b"OggS\0" + bytes((2 if first else 0,)) + granule.to_bytes(8, "little")
    head += serial.to_bytes(4, "little") + bytes(4) + bytes(4) + b"\1" + bytes((len(body),))
    return with_checksum(head + body)


def with_checksum(data: bytes) -> bytes:
    """A page with its checksum in place."""
    value = 0
    for byte in data[:22] + bytes(4) + data[26:]:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 1 << 31 else 0)) & 0xFFFFFFFF
    return data[:22] + value.to_bytes(4, "little") + data[26:]


def long_pages(data: bytes) -> bytes:
    """The same stream in pages as long as pages may be, as ffmpeg and oggenc write them."""
    pages: list[tuple[bytes, bytes, bytes]] = []  # head, table of lengths, body
    at = 0
    while at < len(data):
        table = data[at + 27 : at + 27 + data[at + 26]]
        begin = at + 27 + len(table)
        end = begin + sum(table)
        pages.append((data[at : at + 27], table, data[begin:end]))
        at = end
    made, number, index = b"", 0, 0
    while index < len(pages):
        head, table, body = pages[index]
        index += 1
        granule, flags = head[6:14], head[5]
        while number > 1 and index < len(pages) and len(table) + len(pages[index][1]) < 256:
            more, lengths, held = pages[index]
            table, body, granule, flags = table + lengths, body + held, more[6:14], flags | more[5]
            index += 1
        made += with_checksum(
            b"OggS\0" + bytes((flags,)) + granule + head[14:18] + number.to_bytes(4, "little")
            + bytes(4) + bytes((len(table),)) + table + body
        )  # fmt: skip
        number += 1
    return made


@pytest.mark.parametrize("coding", ["VORBIS", "OPUS"])
def test_a_link_whose_first_packets_are_spoilt_is_refused_before_libsndfile_is_asked(
    coding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = odd.encoded("OGG", coding, 0.2, 48_000)
    file = tmp_path / "a.ogg"
    file.write_bytes(whole)
    assert load(file, None, None, tmp_path).signal.frames > 0
    spoilt = bytearray(whole)
    spoilt[whole.index(b"OggS", 4) + 60] ^= 1  # inside the second page: its checksum is wrong
    file.write_bytes(spoilt)
    monkeypatch.setattr(Decoder, "__init__", lambda *_: pytest.fail("libsndfile was asked"))
    with pytest.raises(InputUnreadable):
        load(file, None, None, tmp_path)
