"""What is said and filed about a folder: events, and sentences in ``Errors/``, each once.

The inbox decides, this puts it into words. Nothing here changes what happens to a file, except
that ``away`` moves one to ``Done/``. An ``Errors/`` that cannot be written is itself told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from voxmend_protocol.errors import VoxmendError
from voxmend_protocol.values import Verdict, Warned

from ..disk import shown
from . import names
from .event import Event
from .place import Place
from .registry import Watched

_AGAIN = "When that is done, drop the file here again."
_GOES_ON = "Its files wait, and go on by themselves once this is mended."


@dataclass(slots=True)
class Filing:
    """The words about one folder."""

    folder: Watched
    place: Place
    tell: Callable[[Event], None]
    _said: dict[str, str] = field(default_factory=dict)
    _unknown: dict[str, str] = field(default_factory=dict)

    def taken(self, name: str, preset: str, job: str, same_as: str | None) -> None:
        """The worker has it."""
        words = f"; it holds the same as {shown(same_as)}" if same_as else ""
        self._event(
            Event("taken", f"taken, preset {preset}{words}", preset=preset, job=job), name, same_as
        )

    def done(
        self, name: str, preset: str, job: str, result: str | None,
        warnings: Sequence[Warned] = (), verdict: Verdict | None = None,
    ) -> None:  # fmt: skip
        """It is mended: a sentence about an earlier failure goes, the verdict is told, and what the
        job warned of, one event each."""
        self.place.withdraw(name)
        said = f"done, {shown(result or '')}"
        if verdict:
            told = (verdict.headline, verdict.found, verdict.done, verdict.left, verdict.next)
            said += f". {shown(' '.join(told))}"
        self._event(
            Event("done", said, preset=preset, job=job, result=result, verdict=verdict), name
        )
        for warned in warnings:
            said = shown(warned.message)
            self._event(Event("warning", said, preset=preset, job=job, code=warned.code), name)

    def strange(self, name: str) -> None:
        """It holds sound, and its name does not end like a sound's."""
        self.remark(
            name,
            f"{shown(name)} holds sound and is passed over, for its name does not end like a "
            "sound's. To have it mended, give it an ending such as .wav.",
        )

    def known(self, name: str, job: str, result: str | None) -> None:
        """It was mended before."""
        self.place.withdraw(name)
        self._event(
            Event(
                "known",
                f"was mended before, {shown(result or 'its stems are elsewhere now')}. To mend it "
                f"again: voxmend restore {shown(self.place.path(name))}",
                job=job, result=result,
            ),
            name,
        )  # fmt: skip

    def cancelled(self, name: str, preset: str, job: str) -> None:
        """Somebody cancelled its job."""
        said = "cancelled. To mend it all the same, drop it here again."
        self._event(Event("cancelled", said, preset=preset, job=job), name)

    def failed(self, name: str, error: VoxmendError, preset: str, job: str | None = None) -> None:
        """It is at fault itself."""
        self._complain(name, f"{error.message}\n{_AGAIN} [{error.code}]")
        said = f"{error.message} [{error.code}]"
        self._event(Event("failed", said, preset=preset, job=job, code=error.code), name)

    def held(self, preset: str, error: VoxmendError) -> None:
        """Files of a preset wait."""
        self._complain(preset, f"{_GOES_ON}\n{error.message} [{error.code}]")
        said = f"{preset}: {_GOES_ON} {error.message} [{error.code}]"
        self.tell(Event("held", said, self.folder.path, preset=preset, code=error.code))

    def freed(self, preset: str, held: bool) -> None:
        """They wait no longer."""
        self.place.withdraw(preset)
        if held:
            said = f"{preset}: its files go on."
            self.tell(Event("freed", said, self.folder.path, preset=preset))

    def unknown_preset(self, name: str, presets: Sequence[str]) -> None:
        """A file lies in a sub-folder that is no preset."""
        sub = names.top(name) or ""
        sentence = (
            f"There is no preset “{shown(sub)}”. A sub-folder is named after one: "
            f"{', '.join(presets)}. Rename it, or move its files up for {self.folder.preset}."
        )
        if self._unknown.get(sub) != sentence:
            self._unknown[sub] = sentence
            self._complain(sub, f"{sentence} [unknown_preset]")
            said = f"{shown(sub)}: {sentence}"
            self.tell(Event("failed", said, self.folder.path, sub, code="unknown_preset"))

    def unknown_presets_are(self, subs: Collection[str | None]) -> None:
        """Withdraw what was said of sub-folders that are gone, or presets by now."""
        for sub in [sub for sub in self._unknown if sub not in subs]:
            del self._unknown[sub]
            self.place.withdraw(sub)

    def former_preset(self, sub: str | None, sentence: str) -> None:
        """A sub-folder, or the folder itself (None), names its preset as it was called before."""
        place = self.folder.path if sub is None else f"{self.folder.path}/{sub}"
        self.remark(sub or "", f"{shown(place)}: {sentence}")

    def away(self, name: str) -> None:
        """Move a mended file to ``Done/``."""
        try:
            target = self.place.file_away(name)
        except OSError as error:
            self.remark(
                name,
                f"{shown(name)} cannot be moved to {names.DONE} ({error.strerror}). Move it "
                "yourself.",
            )
            return
        self._event(Event("moved", f"moved to {shown(target)}"), name)

    def remark(self, subject: str, sentence: str) -> None:
        """Something in the way, said once."""
        if self._said.get(subject) != sentence:
            self._said[subject] = sentence
            self.tell(Event("remark", sentence, self.folder.path, subject))

    def _event(self, event: Event, name: str, same_as: str | None = None) -> None:
        message = f"{shown(name)}: {event.message}"
        self.tell(
            replace(event, message=message, folder=self.folder.path, file=name, same_as=same_as)
        )

    def _complain(self, name: str, sentence: str) -> None:
        try:
            self.place.complain(name, sentence)
        except OSError as error:
            self.remark(
                names.ERRORS,
                f"{names.ERRORS} in {shown(self.folder.path)} cannot be written "
                f"({error.strerror}). Give your account the right to, or free some room.",
            )
