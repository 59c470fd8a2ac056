"""Four frames, one signature: what passes, and what is dropped without a word."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from voxmend_protocol import codec, envelope
from voxmend_protocol.conversation import Conversation
from voxmend_protocol.errors import BadRequest, MalformedMessage
from voxmend_protocol.stamp import CLIENT, NOBODY, WORKER, Stamp, new_nonce

KEY = "0f" * 32
MESSAGE = {"type": "ping", "id": "1"}
ONE, TWO = "ab" * 16, "cd" * 16
STAMP = Stamp(CLIENT, ONE, TWO, 7)
LINE = b"c " + ONE.encode() + b" " + TWO.encode() + b" 0000000000000007"


def sealed(stamp: Stamp = STAMP) -> list[bytes]:
    return envelope.seal(KEY, stamp, MESSAGE)


def test_a_key_is_64_lower_case_hex_digits_and_new_each_time() -> None:
    keys = {envelope.new_key() for _ in range(20)}
    assert len(keys) == 20
    assert all(len(key) == 64 and bytes.fromhex(key).hex() == key for key in keys)


def test_the_frames_are_version_stamp_signature_and_json() -> None:
    version, line, sent, body = sealed()
    assert (version, line, body) == (b"voxmend/2", LINE, b'{"type":"ping","id":"1"}')
    data = version + line + body
    assert sent.decode() == hmac.digest(b"\x0f" * 32, data, hashlib.sha256).hex()


def test_what_is_sealed_is_unsealed() -> None:
    stamp, body = envelope.unseal(KEY, sealed(), CLIENT)
    assert (stamp, codec.parse(body)) == (STAMP, MESSAGE)


@pytest.mark.parametrize("position", [0, 1, 2, 3])
def test_one_changed_bit_anywhere_is_malformed(position: int) -> None:
    frames = sealed()
    for place in range(len(frames[position])):
        bad = bytearray(frames[position])
        bad[place] ^= 4
        with pytest.raises(MalformedMessage):
            envelope.unseal(KEY, [*frames[:position], bytes(bad), *frames[position + 1 :]], CLIENT)


def test_a_byte_moved_from_one_frame_into_the_next_is_malformed() -> None:
    version, line, sent, body = sealed()
    for frames in (
        [version + line[:1], line[1:], sent, body],
        [version, line + body[:1], sent, body[1:]],
        [version, line[:-1], sent, line[-1:] + body],
    ):
        with pytest.raises(MalformedMessage):
            envelope.unseal(KEY, frames, CLIENT)


def test_another_key_is_malformed() -> None:
    with pytest.raises(MalformedMessage, match="signature"):
        envelope.unseal("0e" * 32, sealed(), CLIENT)


def test_a_message_thrown_back_at_its_sender_is_malformed() -> None:
    with pytest.raises(MalformedMessage, match="came back"):
        envelope.unseal(KEY, sealed(), WORKER)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8])
def test_another_number_of_frames_is_malformed(count: int) -> None:
    frames = (sealed() * 3)[:count]
    with pytest.raises(MalformedMessage, match=f"not {count}"):
        envelope.unseal(KEY, frames, CLIENT)


def test_a_body_may_be_as_large_as_the_limit_and_no_larger() -> None:
    body = b'{"x":"' + b"a" * 92 + b'"}'
    frames = [envelope.VERSION_FRAME, LINE, envelope.signature(KEY, STAMP, body), body]
    assert envelope.unseal(KEY, frames, CLIENT, limit=100)[1] == body
    with pytest.raises(MalformedMessage, match="99"):
        envelope.unseal(KEY, frames, CLIENT, limit=99)


def test_the_limits_are_those_of_the_protocol() -> None:
    assert (envelope.MAX_REQUEST, envelope.MAX_REPLY) == (65536, 16384)


def test_bytes_that_are_not_ascii_are_a_bad_signature_and_no_crash() -> None:
    frames = sealed()
    for place in (1, 2):
        odd = [b"\xff" * len(frame) if n == place else frame for n, frame in enumerate(frames)]
        with pytest.raises(MalformedMessage):
            envelope.unseal(KEY, odd, CLIENT)


def test_a_message_that_json_cannot_hold_is_not_signed() -> None:
    with pytest.raises(BadRequest):
        envelope.seal(KEY, STAMP, {"x": float("nan")})


# --- the password -------------------------------------------------------------------------------


def test_the_password_is_neither_the_key_nor_of_use_elsewhere() -> None:
    here = envelope.password(KEY, "tcp://127.0.0.1:5555")
    label = b"password of voxmend/2 at tcp://127.0.0.1:5555"
    assert here.decode() == hmac.digest(bytes.fromhex(KEY), label, hashlib.sha256).hex()
    assert KEY.encode() not in here
    assert here != envelope.password(KEY, "tcp://127.0.0.1:5556")
    assert here != envelope.password("0e" * 32, "tcp://127.0.0.1:5555")
    frames = sealed()
    for taken_for_the_key in (here.decode(), KEY[::-1]):
        with pytest.raises(MalformedMessage):
            envelope.unseal(KEY, envelope.seal(taken_for_the_key, STAMP, MESSAGE), CLIENT)
    with pytest.raises(MalformedMessage):
        envelope.unseal(KEY, [*frames[:2], here, frames[3]], CLIENT)


# --- a conversation -----------------------------------------------------------------------------


def test_a_stamp_is_read_as_it_was_written() -> None:
    for count in (1, 7, 2**53):
        stamp = Stamp(WORKER, new_nonce(), NOBODY, count)
        assert len(stamp.line()) == 84
        assert Stamp.read(stamp.line()) == stamp


def told(talk: Conversation, worker: str, count: int, **body: object) -> list[bytes]:
    """A message of the worker to a client that has sent something."""
    client = Stamp.read(talk.seal(MESSAGE)[1]).client
    return envelope.seal(KEY, Stamp(WORKER, client, worker, count), {"type": "ack", **body})


def test_each_conversation_has_a_nonce_of_its_own_and_counts_what_it_sends() -> None:
    stamps = [Stamp.read(Conversation(KEY).seal(MESSAGE)[1]) for _ in range(20)]
    assert len({stamp.client for stamp in stamps}) == 20
    assert {(stamp.worker, stamp.count) for stamp in stamps} == {(NOBODY, 1)}
    talk = Conversation(KEY)
    talk.turn_to(TWO)
    assert [Stamp.read(talk.seal(MESSAGE)[1]).count for _ in range(3)] == [1, 2, 3]
    assert Stamp.read(talk.seal(MESSAGE)[1]).worker == TWO


def test_what_was_heard_is_not_heard_again() -> None:
    talk = Conversation(KEY)
    talk.turn_to(TWO)
    third = told(talk, TWO, 3)
    assert talk.unseal(third)["type"] == "ack"
    for again in (third, told(talk, TWO, 3), told(talk, TWO, 2)):
        with pytest.raises(MalformedMessage, match="before"):
            talk.unseal(again)
    assert talk.unseal(told(talk, TWO, 4))["type"] == "ack"


def test_another_conversation_s_messages_are_not_heard() -> None:
    talk = Conversation(KEY)
    talk.turn_to(TWO)
    for frames in (
        told(Conversation(KEY), TWO, 3),
        told(talk, ONE, 3),
        told(talk, NOBODY, 3),
        told(talk, ONE, 3, type="hello_again", nonce=TWO),
        told(Conversation(KEY), ONE, 1, type="hello_again", nonce=ONE),
    ):
        with pytest.raises(MalformedMessage, match="another conversation"):
            talk.unseal(frames)


def test_hello_again_is_heard_under_its_new_nonce() -> None:
    talk = Conversation(KEY)
    for nonce in (ONE, TWO):
        assert talk.unseal(told(talk, nonce, 1, type="hello_again", nonce=nonce))["nonce"] == nonce
        talk.turn_to(nonce)
        assert talk.unseal(told(talk, nonce, 2))["type"] == "ack"
