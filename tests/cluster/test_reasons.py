"""What Ray says of an engine that died, read for what it means."""

from __future__ import annotations

import pytest

from voxmend.cluster.driver import _node_died, _reason

NODE = (
    "The actor died unexpectedly before finishing this task.\n\tip: 10.0.0.2\n"
    "The actor died because its node has died. Node Id: 3c39. Terminated unexpectedly."
)
PROCESS = (
    "The actor died unexpectedly before finishing this task.\n\tclass_name: Engine\n\tpid: 3\n"
    "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR Worker "
    "exit detail: Worker unexpectedly exits with a connection error code 2. End of file. The node "
    "may be out of memory."
)


@pytest.mark.parametrize(
    ("said", "node", "reason"),
    [
        (NODE, True, "its node"),
        (PROCESS, False, "“Worker unexpectedly exits with a connection error code 2”"),
        ("The actor is temporarily unavailable", False, "“RuntimeError”"),
    ],
)
def test_a_song_is_blamed_for_its_engine_and_not_for_its_node(
    said: str, node: bool, reason: str
) -> None:
    error = RuntimeError(said)
    assert _node_died(error) is node
    assert _reason(error) == reason
