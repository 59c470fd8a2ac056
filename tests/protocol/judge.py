"""Judges every vector with the protocol package alone, under any Python from 3.9 on.

    python -I judge.py PROTOCOL_FOLDER VECTORS_FOLDER

prints ``{name: ["valid", object] or [code, sentence]}``. A valid message is encoded again: the
object is what a reader of the new bytes gets.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def verdict(vector: dict[str, Any]) -> list[Any]:
    """What voxmend_protocol makes of one vector."""
    from voxmend_protocol import codec, discovery, envelope, messages
    from voxmend_protocol.conversation import Conversation
    from voxmend_protocol.errors import VoxmendError
    from voxmend_protocol.stamp import CLIENT, WORKER, Stamp

    place = vector["conversation"]
    frames = [bytes.fromhex(frame) for frame in vector["frames_hex"]]
    try:
        if vector["direction"] == "worker_file":
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "worker.json")
                path.touch(mode=0o600)
                path.write_bytes(frames[0])
                return ["valid", codec.to_dict(discovery.read(path))]
        if vector["direction"] == "to_client":
            client = Conversation(vector["key"], place["client"])
            client.turn_to(place["worker"])
            client._heard = place["heard"]
            got = messages.decode(client.unseal(frames))
            sender = WORKER
        else:
            sender = CLIENT
            stamp, body = envelope.unseal(vector["key"], frames, sender)
            if (stamp.client, stamp.worker) != (place["client"], place["worker"]):
                return ["hello_again", ""]
            if stamp.count <= place["heard"]:
                return ["malformed", "The message was heard before."]
            got = messages.decode(codec.parse(body))
        stamp = Stamp(sender, place["client"], place["worker"], 99)
        again = envelope.seal(vector["key"], stamp, messages.encode(got))
        return ["valid", codec.parse(envelope.unseal(vector["key"], again, sender)[1])]
    except VoxmendError as error:
        return [error.code, error.message]


def load(folder: Path) -> list[dict[str, Any]]:
    """All vectors of a folder."""
    files = sorted(folder.glob("*.json"))
    return [vector for file in files for vector in json.loads(file.read_text("utf-8"))]


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    verdicts = {vector["name"]: verdict(vector) for vector in load(Path(sys.argv[2]))}
    sys.stdout.write(json.dumps(verdicts))
