"""Who may be joined: a cluster that asks for a token, or one that the user has vouched for."""

from __future__ import annotations

import pytest

from voxmend.cluster.joining import MODE, REPORTS, TOKEN, judge, prepare
from voxmend_protocol.errors import EnvironmentProblem


def said(address: str, token: bool, **env: str) -> list[str]:
    remarks: list[str] = []
    judge(address, token, remarks.append, env)
    return remarks


def test_a_cluster_of_our_own_has_a_token_that_nobody_else_knows() -> None:
    one: dict[str, str] = {}
    other: dict[str, str] = {}
    prepare("local", one)
    prepare("local", other)
    assert one[MODE] == "token"
    assert len(one[TOKEN]) >= 64
    assert one[TOKEN] != other[TOKEN]
    assert said("local", False) == []


@pytest.mark.parametrize("address", ["local", "10.0.0.1:6379", "auto"])
def test_reports_to_ray_s_makers_are_off(address: str) -> None:
    env = {REPORTS: "1"}
    prepare(address, env)
    assert env[REPORTS] == "0"
    assert (TOKEN in env) == (address == "local")


@pytest.mark.parametrize("address", ["10.0.0.1:6379", "127.0.0.1:6379", "auto", "ray://head:10001"])
def test_a_cluster_without_a_token_is_refused_with_the_next_step(address: str) -> None:
    with pytest.raises(EnvironmentProblem, match="RAY_AUTH_MODE=token") as caught:
        said(address, False)
    assert address in caught.value.message


def test_one_that_the_user_has_vouched_for_is_joined_with_a_warning() -> None:
    (open_,) = said("127.0.0.1:6379", False, RAY_AUTH_MODE="disabled")
    assert "firewall" in open_
    assert len(said("10.0.0.1:6379", False, RAY_AUTH_MODE="disabled")) == 2


def test_songs_that_travel_unencrypted_are_a_warning() -> None:
    (plain,) = said("10.0.0.1:6379", True)
    assert "unencrypted" in plain
    assert said("10.0.0.1:6379", True, RAY_USE_TLS="1") == []
    assert said("127.0.0.1:6379", True) == []
    assert said("localhost:6379", True) == []
