"""This machine's pair of keys (Curve25519, as ZeroMQ's CURVE has it), and how a key is shown.

The secret one never leaves its file, which only its owner can read. The public one goes to the
other machine on a card, one line of text; that it came through whole, and from whom it should, is
seen by comparing fingerprints.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import dataclass
from pathlib import Path

import zmq
from zmq.utils import z85

from voxmend_protocol.errors import BadRequest, EnvironmentProblem
from voxmend_protocol.values import REMOTE

from .. import foreign, safe_files
from ..disk import private, safely
from ..paths import Paths

CARD = "voxmend-key"
MOST_BYTES = 4096

_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Pair:
    """Both keys, 32 bytes each in hex."""

    public: str
    secret: str


@dataclass(frozen=True, slots=True)
class Card:
    """A machine's name for itself, and its public key in hex."""

    name: str
    key: str

    def __str__(self) -> str:
        return f"{CARD}:{self.name}:{self.key}"


def own(paths: Paths) -> Pair:
    """This machine's keys, made when they are first asked for.

    Raises:
        EnvironmentProblem: their file is another's, open to others, or is no such file.
        OSError: it cannot be read or written.
    """
    file = paths.remote / "key.json"
    private(paths.state)
    private(paths.remote)
    if not file.exists():
        public, secret = (z85.decode(key).hex() for key in zmq.curve_keypair())
        with safely():
            safe_files.put_new(
                file, json.dumps({"public": public, "secret": secret}).encode(), 0o600
            )
    with safely():
        data = safe_files.read(file, MOST_BYTES)
    try:
        found = foreign.table(data)
        pair = Pair(str(found["public"]), str(found["secret"]))
        if zmq.curve_public(z85.encode(bytes.fromhex(pair.secret))) != wired(pair.public):
            raise ValueError("its two keys do not belong together")
    except (foreign.ForeignError, KeyError, ValueError) as error:
        raise EnvironmentProblem(
            f"{file} holds no pair of keys ({foreign.why(error)}). Remove it: the next command "
            "makes a new one, and every machine must be paired anew."
        ) from None
    return pair


def wired(key: str) -> bytes:
    """A key as ZeroMQ's options take it."""
    return bytes(z85.encode(bytes.fromhex(key)))


def check(key: str) -> None:
    """Raise BadRequest unless this is a key in hex."""
    if not _KEY.fullmatch(key):
        raise BadRequest("A key is 64 hex digits. Take the whole line that the other one shows.")


def mark(key: str) -> str:
    """The fingerprint of a public key: 32 hex digits."""
    return hashlib.sha256(b"voxmend remote key\n" + bytes.fromhex(key)).hexdigest()[:32]


def fingerprint(key: str) -> str:
    """The same for people, in groups of four."""
    digits = mark(key)
    return " ".join(digits[n : n + 4] for n in range(0, len(digits), 4))


def same(typed: str, key: str) -> bool:
    """Whether somebody has typed the fingerprint of this key, however grouped."""
    return re.sub(r"[\s:.-]", "", typed).lower() == mark(key)


def card(paths: Paths) -> Card:
    """This machine's card.

    Raises:
        EnvironmentProblem, OSError: as ``own``.
    """
    name = re.sub("[^a-z0-9]+", "-", platform.node().partition(".")[0].lower()).strip("-")[:32]
    return Card(name if REMOTE.fullmatch(name) else "machine", own(paths).public)


def read_card(given: str) -> Card:
    """The card that a user gives: the line itself, or a file that holds it.

    Raises:
        BadRequest: it is neither.
    """
    text = given.strip()
    if not text.startswith(f"{CARD}:"):
        try:
            text = safe_files.read(Path(given), MOST_BYTES, "named").decode().strip()
        except (OSError, ValueError):
            raise BadRequest(
                f"{given[:80]} is neither a key nor a file with one. On the other machine type: "
                "voxmend remote pair"
            ) from None
    word, _, rest = text.partition(":")
    name, _, key = rest.partition(":")
    if word != CARD or not REMOTE.fullmatch(name):
        raise BadRequest(
            "That is no key of voxmend. On the other machine type: voxmend remote pair"
        )
    check(key)
    return Card(name, key)
