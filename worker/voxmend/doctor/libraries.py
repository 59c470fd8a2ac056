"""The libraries written in C that stand between foreign bytes and voxmend, and whether they are
old enough to have holes that are known.

They lie inside Python packages, or are the system's where a package was built on it, so that no
list of packages tells their version. What Python packages must be at least, pyproject.toml says
and the installer holds; a floor here is for what no installer can see. SECURITY.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .finding import Case, Finding, reinstall


@dataclass(frozen=True, slots=True)
class Library:
    """One of them, as it runs here.

    Attributes:
        carrier: the Python package that brings it.
        floor: the oldest version that voxmend takes to be safe.
    """

    name: str
    version: str
    carrier: str
    floor: str

    @property
    def old(self) -> bool:
        """Whether it is older than its floor."""
        return _numbers(self.version) < _numbers(self.floor)


def native() -> tuple[Library, ...]:
    """libzmq, which reads what any program of this machine sends, and libsndfile, which reads
    sound files."""
    import soundfile
    import zmq

    return (
        Library("libzmq", zmq.zmq_version(), "pyzmq", "4.3.5"),
        Library("libsndfile", soundfile.__libsndfile_version__, "soundfile", "1.2.2"),
    )


def libraries(_: Case) -> Finding:
    """Whether each is new enough."""
    return judge(native())


def judge(seen: Sequence[Library]) -> Finding:
    """What to say of these."""
    old = [library for library in seen if library.old]
    detail = ", ".join(f"{library.name} {library.version}" for library in seen)
    if not old:
        return Finding("libraries", "Libraries", "ok", detail)
    named = " and ".join(f"{library.name} before {library.floor}" for library in old)
    return Finding(
        "libraries", "Libraries", "warn", detail,
        f"{named} can be harmed by bad files or messages.", reinstall(),
    )  # fmt: skip


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of each part: "1.2.2-beta" is 1, 2, 2."""
    return tuple(
        int("".join(c for c in part if c.isdecimal()) or 0)
        for part in version.partition("-")[0].split(".")
    )
