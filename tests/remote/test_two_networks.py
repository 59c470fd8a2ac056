"""Two machines in two networks of their own, and what lies between them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House
from remote import two_networks
from remote.asking import begun, done, order, song
from remote.studio import Studio
from remote.two_networks import Way
from waiting import until

from voxmend.remote.forms import CHUNK
from voxmend_protocol.messages import Accepted

SKIP = two_networks.missing()

pytestmark = [
    pytest.mark.skipif(bool(SKIP), reason=SKIP or "it can"),
    pytest.mark.xdist_group("networks"),
]


@pytest.fixture
def way() -> Iterator[Way]:
    """The network in between."""
    with two_networks.far() as made:
        yield made


@pytest.fixture
def there(way: Way, house: House, tmp_path: Path) -> Iterator[Studio]:
    """A machine in the other network; the laptop is started too."""
    prefix = ("ip", "netns", "exec", two_networks.NAME)
    made = Studio(tmp_path / "far", host=two_networks.THERE, prefix=prefix)
    made.pair(house.root)
    made.start()
    house.start()
    yield made
    made.close()


def test_a_job_goes_from_one_network_into_the_other(
    house: House, there: Studio, tmp_path: Path
) -> None:
    last = done(house, order(house, song(tmp_path)))
    assert last.state == "succeeded", last.error
    there.wait_empty()


def test_lost_packets_delay_and_a_narrow_way_make_it_slow_and_nothing_else(
    house: House, there: Studio, way: Way, tmp_path: Path
) -> None:
    way.loss, way.delay_s, way.rate = 0.01, 0.1, 125_000
    last = done(house, order(house, song(tmp_path, 600_000)))
    assert last.state == "succeeded", last.error
    assert begun(house) == [0]
    assert way.lost > 0


def test_a_cable_that_is_pulled_for_a_while_costs_what_was_under_way(
    house: House, there: Studio, way: Way, tmp_path: Path
) -> None:
    """Longer than anybody waits for an answer: the connection is given up, and made anew."""
    house.close()
    (house.root / "config" / "voxmend.toml").write_text("[remote]\nsilence_s = 2.0\n")
    house.start()
    way.rate = 1_000_000
    client = house.client()
    submit = order(house, song(tmp_path, 12 * CHUNK))
    client.request(submit, Accepted)
    until(lambda: way.passed > 4 * CHUNK)
    way.cut = True
    until(lambda: "remote_lost" in house.log(), lambda: time.sleep(0.05))
    way.cut = False
    assert house.finish(client, submit.job).state == "succeeded"
    first, second = begun(house)
    assert first == 0
    assert second >= 2 * CHUNK
