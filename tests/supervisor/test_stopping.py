"""The end of a worker, as who asked for it sees it."""

from __future__ import annotations

from typing import Any

import pytest
from house import House

from voxmend import launch
from voxmend_protocol import Client
from voxmend_protocol.errors import WorkerUnreachable
from voxmend_protocol.messages import Shutdown


def test_a_worker_that_ends_before_its_answer_is_heard_was_running(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.start()
    ask = Client.request

    def unheard(self: Client, body: Any, answer: Any) -> Any:
        heard = ask(self, body, answer)
        if isinstance(body, Shutdown):
            raise WorkerUnreachable("The worker closed the connection.")
        return heard

    monkeypatch.setattr(Client, "request", unheard)
    assert launch.stop()
    assert not launch.running()
