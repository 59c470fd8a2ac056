"""torch's threads wait for each other asleep.

A network is a thousand small pieces of work, each shared among all cores, and whoever is done first
waits for the others. By default it does so awake, for a while that suits a machine with nothing
else to do. Where another program wants the cores, and a DAW does, the one that is waited for cannot
run, since the waiting one has its core: beside one other busy program HTDemucs took 11.6 s for a
window, and takes 3.9 s with this. On a quiet machine it makes no difference: 2.2 s either way.

For the engine, and for commands that measure.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

ASLEEP: Mapping[str, str] = {"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "1"}
"""How often GNU's OpenMP looks before it goes to sleep (torch on Linux), and for how many
milliseconds Intel's and LLVM's (Windows, macOS) do, where 200 is usual."""

OWN = (*ASLEEP, "OMP_WAIT_POLICY")
"""Whoever sets one of these knows what they want."""


def wait_asleep(env: MutableMapping[str, str] = os.environ) -> None:
    """Say so, before torch is loaded."""
    if not any(name in env for name in OWN):
        env.update(ASLEEP)
