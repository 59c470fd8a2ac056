"""Bytes from outside have bounds, and what a parser says against them is a short line."""

from __future__ import annotations

import pytest

from voxmend import foreign
from voxmend.foreign import ForeignError
from voxmend_protocol.errors import InputUnreadable, VoxmendError


def refused(why: str) -> VoxmendError:
    return InputUnreadable(f"mine {why}")


class SpeechlessError(Exception):
    def __str__(self) -> str:
        return str(10**5000)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RecursionError("maximum"), "it is nested too deep"),
        (MemoryError(), "it asks for more memory than there is"),
        (PermissionError(13, "Permission denied", "/secret/place"), "Permission denied"),
        (KeyError("klass"), "KeyError: 'klass'"),
        (AssertionError(), "AssertionError"),
        (ValueError("a\x1b[2J\nmore lines"), r"a\\x1b\[2J"),
        (ValueError("x" * 10_000), "x{200}"),
        (SpeechlessError(), "SpeechlessError"),
    ],
)
def test_whatever_is_raised_is_the_files_fault_in_one_line(error: Exception, said: str) -> None:
    with pytest.raises(InputUnreadable, match=f"^mine {said}$"), foreign.foreign(refused):
        raise error


def test_an_error_of_ours_and_a_users_stop_go_on_their_way() -> None:
    for error in (InputUnreadable("ours"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, foreign.foreign(refused):
            raise error
        assert caught.value is error


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"x = " + b"[" * 5000, "nested too deep|Invalid"),
        (b"x = " + b"[" * 100 + b"]" * 100, "nested more than 64 deep"),
        (b"a." * 400 + b"a = 1", "nested more than 64 deep"),
        (b"a." * 4000 + b"a = 1", "more than 1,000 dots"),
        (b"x = 0x" + b"f" * 17, "more than 64 bits"),
        (b"x = " + b"9" * 5000, "limit"),
        (b"x = '\xff'", "not UTF-8 text, at byte 5"),
        (b"\xff\xfex\x00", "not UTF-8"),
        (b"x = 1\0", "Illegal|Expected|Invalid"),
    ],
)
def test_a_toml_without_measure_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ForeignError, match=why):
        foreign.toml(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"[" * 100_000, "nested too deep"),
        (b"[" * 65 + b"]" * 65, "nested more than 64 deep"),
        (b'{"a": 1, "a": 2}', "one thing twice"),
        (b"18446744073709551616", "more than 64 bits"),
        (b"9" * 5000, "limit"),
        (b'"\\ud800"', "half a character"),
        (b'{"\\udfff": 1}', "half a character"),
        (b"nul", "Expecting value"),
    ],
)
def test_a_json_without_measure_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ForeignError, match=why):
        foreign.json(data)


def test_what_is_in_bounds_is_read() -> None:
    assert foreign.toml(b'\xef\xbb\xbf[a]\nb = "\xc3\xa4"\nc = 9223372036854775807') == {
        "a": {"b": "ä", "c": 2**63 - 1}
    }
    assert foreign.json(b"\xef\xbb\xbf[NaN, Infinity, -1e999, 1e300, true]") == [
        None, None, None, 1e300, True,
    ]  # fmt: skip
    assert foreign.json(b'"\\udcff"', surrogates=True) == "\udcff"
    with pytest.raises(ForeignError, match="no JSON object"):
        foreign.table(b"[]")
