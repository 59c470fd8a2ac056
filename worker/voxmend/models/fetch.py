"""Brings one file from wherever it can be had, and hands it over only when it is proved good.

Mirrors come first (``VOXMEND_MODEL_MIRROR``: one or more addresses, parted by blanks, laid out
like the models folder itself: ``MIRROR/<model>/<file>``; ``file:///folder`` will do), then the
catalogue's own addresses. Each is tried again while it makes progress. ``VOXMEND_OFFLINE=1``:
nothing leaves this machine.
"""

from __future__ import annotations

import functools
import os
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from voxmend_protocol.errors import EnvironmentProblem, ModelCorrupt

from .. import safe_files
from ..log import log
from . import package
from .hashes import Digest, digest_of, fault
from .model import File
from .part import Part
from .transfer import CutError, RefusedError, Transfer, free_bytes, http_opener, writing

MIRROR, OFFLINE = "VOXMEND_MODEL_MIRROR", "VOXMEND_OFFLINE"
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one file is. ``total`` is None where nobody says."""

    model: str
    file: str
    done: int
    total: int | None


Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Fetcher:
    """How files are fetched.

    Attributes:
        mirrors: addresses asked before the catalogue's.
        offline: whether only ``file:`` mirrors may be used.
        tries: exchanges in a row that bring nothing new until an address is given up.
        timeout: seconds without a byte until an exchange counts as cut.
        note: takes words on what is waited for, which can be long: who is asked, who does not
            answer, when it is tried again.
    """

    mirrors: tuple[str, ...] = ()
    offline: bool = False
    tries: int = 5
    timeout: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    note: Callable[[str], None] = lambda _: None
    room: Callable[[Path], int] = free_bytes
    opener: urllib.request.OpenerDirector = field(default_factory=http_opener)

    @property
    def transfer(self) -> Transfer:
        """How one exchange is made."""
        return Transfer(self.opener, self.timeout, self.room)

    def addresses(self, model: str, file: File) -> list[str]:
        """Where to ask, in order; nothing if offline forbids all."""
        mirrored = [f"{mirror.rstrip('/')}/{model}/{file.name}" for mirror in self.mirrors]
        return [
            url for url in (*mirrored, *file.urls) if not self.offline or url.startswith("file:")
        ]

    def refuse_if_offline(self, model: str, file: File) -> None:
        """Say at once that it cannot be had.

        Raises:
            EnvironmentProblem: no address may be asked.
        """
        if not file.urls and not self.mirrors and file.package is not None:
            raise EnvironmentProblem(
                f"{file.name} of {model} is not fetched: it comes inside "
                f"{package.words(file.package)}. {package.remedy(file.package)}"
            )
        if not file.urls and not self.mirrors:
            raise EnvironmentProblem(
                f"{file.name} of {model} has no address in the catalogue. If you have it: "
                "voxmend models import FILE"
            )
        if not self.addresses(model, file):
            raise EnvironmentProblem(
                f"{file.name} of {model} is not here, and voxmend is offline. Fetch it elsewhere "
                "and run: voxmend models import FOLDER — or go online without --offline "
                f"and {OFFLINE}."
            )

    def fetch(self, model: str, file: File, part: Part, recorded: str | None, tell: Tell) -> Digest:
        """Bring the file to ``part`` and prove it.

        Args:
            recorded: sha256 of the file when it first came, if it ever did.

        Raises:
            EnvironmentProblem: no address gives it.
            ModelCorrupt: addresses gave something else; it is gone again.
            DiskFull: there is no room; what has come is kept.
        """
        self.refuse_if_offline(model, file)
        reasons: list[str] = []
        wrong = False
        for url in self.addresses(model, file):
            host = urlsplit(url).netloc or url
            self.note(f"asking {host} for {file.name}")
            while True:
                resumed = part.size > 0
                try:
                    self._whole(model, url, part, file, tell)
                except (RefusedError, CutError) as error:
                    log("model_address_failed", model=model, file=file.name, url=url, why=error)
                    reasons.append(f"{host} {error}")
                    break
                digest = digest_of(part.path)
                why = fault(file, digest, recorded)
                if why is None:
                    return digest
                part.drop()
                log("model_file_wrong", model=model, file=file.name, url=url, why=why)
                if resumed:
                    continue  # perhaps only the pieces did not fit: once more, from the start
                wrong = True
                reasons.append(f"what {host} sends {why}")
                break
        raise _given_up(model, file, reasons, wrong, recorded)

    def _whole(self, model: str, url: str, part: Part, file: File, tell: Tell) -> None:
        def say(done: int, total: int | None) -> None:
            tell(Progress(model, file.name, done, total))

        if url.startswith("file:"):
            self._copy(url, part, say)
            return
        most, idle = part.size, 0
        while True:
            try:
                self.transfer.rest(url, part, file, say)
                return
            except CutError as error:
                idle = 0 if part.size > most else idle + 1
                most = max(most, part.size)
                if idle >= self.tries:
                    raise
                wait = min(2.0**idle, _LONGEST_WAIT) if error.wait is None else error.wait
                log("model_fetch_again", model=model, file=file.name, why=error, have=part.size)
                wait = min(wait, _LONGEST_WAIT)
                host = urlsplit(url).netloc
                self.note(
                    f"{host} {error}; trying again in {wait:.0f} s ({idle + 1} of {self.tries})"
                )
                self.sleep(wait)

    def _copy(self, url: str, part: Part, say: Callable[[int, int | None], None]) -> None:
        where = urlsplit(url)
        source = Path(urllib.request.url2pathname(where.path))
        part.drop()
        try:
            size = source.stat().st_size
            self.transfer.make_sure(part.path.parent, size)
            with (
                os.fdopen(safe_files.opened(source, "named"), "rb") as reading,
                os.fdopen(safe_files.update(part.path, empty=True), "wb") as target,
            ):
                for piece in iter(functools.partial(reading.read, 1 << 20), b""):
                    with writing(part.path):
                        target.write(piece)
                    say(target.tell(), size)
        except OSError as error:
            part.drop()
            raise RefusedError(f"cannot be copied ({error.strerror or error})") from None


def from_environment(offline: bool = False, env: Mapping[str, str] | None = None) -> Fetcher:
    """The fetcher that the environment asks for.

    Raises:
        EnvironmentProblem: a mirror is not an address.
    """
    env = os.environ if env is None else env
    mirrors = tuple(env.get(MIRROR, "").split())
    for mirror in mirrors:
        where = urlsplit(mirror)
        local = where.scheme == "file" and where.netloc in ("", "localhost") and where.path
        if not local and not (where.scheme in ("http", "https") and where.netloc):
            raise EnvironmentProblem(
                f"{MIRROR} must hold addresses such as https://mirror.example/models or "
                f"file:///media/models, not {mirror}. Mend it."
            )
    no = ("", "0", "false", "no", "off")
    return Fetcher(mirrors, offline or env.get(OFFLINE, "").strip().lower() not in no)


def _given_up(
    model: str, file: File, reasons: list[str], wrong: bool, recorded: str | None
) -> EnvironmentProblem:
    what = f"{file.name} of {model}"
    said = "; ".join(reasons)
    if wrong:
        again = (
            f"To take the new one all the same: voxmend models remove {model}, then pull again."
            if recorded and not file.whole
            else "Try again later, or fetch it elsewhere and run: voxmend models import FILE"
        )
        return ModelCorrupt(f"{what} came wrong and was thrown away: {said}. {again}")
    return EnvironmentProblem(
        f"{what} cannot be fetched: {said}. Check the connection (a proxy: HTTPS_PROXY=URL), name "
        f"a mirror ({MIRROR}=URL), or fetch it elsewhere and run: voxmend models import FILE"
    )
