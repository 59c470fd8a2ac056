"""Three frames, one signature: what passes, and what is dropped without a word."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from voxmend_protocol import envelope
from voxmend_protocol.errors import BadRequest, MalformedMessage

KEY = "0f" * 32
MESSAGE = {"type": "ping", "id": "1"}


def test_a_key_is_64_lower_case_hex_digits_and_new_each_time() -> None:
    keys = {envelope.new_key() for _ in range(20)}
    assert len(keys) == 20
    assert all(len(key) == 64 and bytes.fromhex(key).hex() == key for key in keys)


def test_the_frames_are_version_signature_and_json() -> None:
    version, sent, body = envelope.seal(KEY, MESSAGE)
    assert (version, body) == (b"voxmend/1", b'{"type":"ping","id":"1"}')
    assert sent.decode() == hmac.digest(b"\x0f" * 32, b"voxmend/1" + body, hashlib.sha256).hex()


def test_what_is_sealed_is_unsealed() -> None:
    assert envelope.unseal(KEY, envelope.seal(KEY, MESSAGE)) == MESSAGE


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_changed_bit_anywhere_is_malformed(position: int) -> None:
    frames = envelope.seal(KEY, MESSAGE)
    for place in range(len(frames[position])):
        bad = bytearray(frames[position])
        bad[place] ^= 4
        with pytest.raises(MalformedMessage):
            envelope.unseal(KEY, [*frames[:position], bytes(bad), *frames[position + 1 :]])


def test_another_key_is_malformed() -> None:
    with pytest.raises(MalformedMessage, match="signature"):
        envelope.unseal("0e" * 32, envelope.seal(KEY, MESSAGE))


@pytest.mark.parametrize("count", [0, 1, 2, 4, 8])
def test_another_number_of_frames_is_malformed(count: int) -> None:
    frames = (envelope.seal(KEY, MESSAGE) * 3)[:count]
    with pytest.raises(MalformedMessage, match=f"not {count}"):
        envelope.unseal(KEY, frames)


def test_a_body_may_be_as_large_as_the_limit_and_no_larger() -> None:
    body = b'{"x":"' + b"a" * 92 + b'"}'
    frames = [envelope.VERSION_FRAME, envelope.signature(KEY, body), body]
    assert envelope.unseal(KEY, frames, limit=100)["x"] == "a" * 92
    with pytest.raises(MalformedMessage, match="99"):
        envelope.unseal(KEY, frames, limit=99)


def test_the_limits_are_those_of_the_protocol() -> None:
    assert (envelope.MAX_REQUEST, envelope.MAX_REPLY) == (65536, 16384)


def test_a_body_that_is_not_json_is_a_bad_request_only_if_it_is_signed() -> None:
    signed = [envelope.VERSION_FRAME, envelope.signature(KEY, b"hello"), b"hello"]
    with pytest.raises(BadRequest):
        envelope.unseal(KEY, signed)
    with pytest.raises(MalformedMessage):
        envelope.unseal(KEY, [signed[0], b"0" * 64, b"hello"])


def test_bytes_that_are_not_ascii_are_a_bad_signature_and_no_crash() -> None:
    frames = envelope.seal(KEY, MESSAGE)
    with pytest.raises(MalformedMessage):
        envelope.unseal(KEY, [frames[0], b"\xff" * 64, frames[2]])


def test_a_message_that_json_cannot_hold_is_not_signed() -> None:
    with pytest.raises(BadRequest):
        envelope.seal(KEY, {"x": float("nan")})
