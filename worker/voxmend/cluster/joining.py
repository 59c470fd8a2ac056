"""How a driver joins a cluster, and who may speak to one.

Ray runs what it is sent, and its processes listen on every interface, ``::`` too, whatever address
a node was given. So a cluster of our own always has a token, made for it and known to its processes
alone, and one of somebody else without a token is joined only where the user has said that this is
meant. Ray's reports to its makers are off.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, MutableMapping
from typing import Any

from voxmend_protocol.errors import EnvironmentProblem, WorkerUnreachable

from .messages import LOCAL

MODE, TOKEN, REPORTS = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_USAGE_STATS_ENABLED"
MISSING = (
    "--ray needs Ray, which is not installed. Install voxmend with the extra ray: voxmend[ray]. Or "
    "leave --ray away: the same command then runs on this machine's worker."
)
NO_TOKEN = (
    "The Ray cluster at {} asks nobody for a token: whoever reaches it may run programs on it. "
    "Start it with RAY_AUTH_MODE=token and put the token into ~/.ray/auth_token here (ray "
    "get-auth-token --generate makes one). If only people you trust can reach it, set "
    "RAY_AUTH_MODE=disabled here."
)
OPEN = (
    "Nobody who reaches the Ray cluster at {} is asked for a token. Ray listens on all of a node's "
    "addresses: keep it behind a firewall."
)
PLAIN = (
    "Songs travel to the Ray cluster at {} unencrypted unless RAY_USE_TLS=1 is set up. Use it only "
    "in a network that you trust."
)


def prepare(address: str, env: MutableMapping[str, str] = os.environ) -> None:
    """Set what Ray reads when it is imported."""
    env[REPORTS] = "0"
    env.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    env.setdefault("RAY_DEDUP_LOGS", "0")
    if address == LOCAL:
        env[MODE], env[TOKEN] = "token", secrets.token_hex(32)


def judge(
    address: str, token: bool, say: Callable[[str], object], env: MutableMapping[str, str]
) -> None:
    """Refuse a cluster that anybody may use, or warn.

    Args:
        token: whether it is joined with one.

    Raises:
        EnvironmentProblem: it has none, and the user has not said that this is meant.
    """
    if address == LOCAL:
        return
    if not token:
        if env.get(MODE, "").lower() != "disabled":
            raise EnvironmentProblem(NO_TOKEN.format(address))
        say(OPEN.format(address))
    if not _loopback(address) and env.get("RAY_USE_TLS", "0") in ("", "0"):
        say(PLAIN.format(address))


def _loopback(address: str) -> bool:
    host = address.rpartition("://")[2].rpartition(":")[0].strip("[]")
    return host in ("localhost", "::1") or host.startswith("127.")


def join(address: str, folder: str, say: Callable[[str], object]) -> Any:
    """Ray, joined.

    Args:
        folder: for a cluster of our own: where its files lie.

    Raises:
        EnvironmentProblem: Ray is not installed, or the cluster lets anybody in.
        WorkerUnreachable: there is no such cluster.
    """
    prepare(address)
    try:
        import ray
    except ImportError:
        raise EnvironmentProblem(MISSING) from None
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    try:
        if address == LOCAL:
            ray.init("local", include_dashboard=False, _temp_dir=folder, **quiet)
            return ray
        token = _has_token()
        judge(address, token, say, os.environ)
        ray.init(address, **quiet)
    except EnvironmentProblem:
        raise
    except Exception as error:  # noqa: BLE001  Ray raises whatever its parts raise
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise WorkerUnreachable(
            f"The Ray cluster ({address}) cannot be joined: {said}. Check the address, and that "
            "this machine has the same version of Ray and Python."
        ) from None
    return ray


def _has_token() -> bool:
    """Whether Ray will use a token."""
    from ray._private.authentication.authentication_token_setup import (
        maybe_enable_token_auth_if_token_available,
    )

    return bool(maybe_enable_token_auth_if_token_available(warn_if_disabled=False))
