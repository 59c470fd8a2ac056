"""Presets: TOML lists of blocks and their parameters. No torch here: the supervisor reads them.

A preset names every parameter a user may set for one job (``--set denoise.strength=0.5``), each
with its value. A block that combines others has them as its members, each with parameters of its
own. The user's own presets are files of the same form in the config folder; one of the same name
takes the place of ours. Names that earlier releases had stand in ``former``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from voxmend_protocol.codec import Scalar
from voxmend_protocol.errors import BadRequest, UnknownPreset
from voxmend_protocol.values import DEFAULT_STEMS, PresetInfo, check_stems

from .. import foreign, near, safe_files, targets
from . import former, ranges

DEFAULT = "quick"
"""The preset where none is named, and what is offered where models are missing: it needs none that
must be fetched."""

MENDS = "mend"
"""The preset where a voice is given and no preset is named: a voice that exists is what it is for.
"""

SEPARATION = "separate"
"""The family of the blocks that make a voice of a mixture."""

_OURS = Path(__file__).parent
MOST_BYTES = 256_000
"""Of one preset: a supervisor that reads it has one thread."""

Input = Literal["mixture", "voice"]

MOST = 2**53
"""No number of a parameter is larger."""

MOST_BLOCKS = 32

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_BLOCK = re.compile(r"[a-z]+\.[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Step:
    """One block with its parameters; the family of its name (``denoise``) is the stage's name.

    ``members`` are the blocks it combines; none of them has members itself.
    """

    block: str
    params: Mapping[str, Scalar]
    members: tuple[Step, ...] = ()

    @property
    def stage(self) -> str:
        """The family of the block's name."""
        return self.block.partition(".")[0]

    @property
    def settable(self) -> list[str]:
        """What ``--set`` takes: ``separate.rule``, and of a member ``separate.mdx.polarity``."""
        own = [f"{self.stage}.{param}" for param in self.params]
        return own + [f"{m.block}.{param}" for m in self.members for param in m.params]

    def has(self, key: str) -> bool:
        """Whether it or a member has this parameter. A member is meant by its block's name only:
        the stage's name means the step."""
        return key in self.settable or key in {f"{self.block}.{param}" for param in self.params}

    def with_value(self, key: str, value: Scalar) -> Step:
        """The step with the parameter set wherever it ``has`` it.

        Raises:
            BadRequest: the value is of another kind.
        """
        target, _, param = key.rpartition(".")
        params = self.params
        if target in (self.stage, self.block) and param in params:
            params = {**params, param: _like(params[param], value, key)}
        members = tuple(
            member.with_value(key, value) if target == member.block else member
            for member in self.members
        )
        return replace(self, params=params, members=members)


@dataclass(frozen=True, slots=True)
class Preset:
    """A named list of steps.

    Attributes:
        input: "mixture", or "voice" for a preset that mends an isolated vocal.
        guarded: whether proposals are judged before they are taken.
        stems: what it writes where nothing is asked for; empty: voice and band.
        remark: what whoever asked for it is to be told, by each door in its own way; not in the
            dump. Empty unless an old name was used.
    """

    name: str
    title: str
    description: str
    steps: tuple[Step, ...]
    input: Input = "mixture"
    guarded: bool = True
    stems: tuple[str, ...] = ()
    remark: str = ""

    def with_values(self, values: Mapping[str, Scalar]) -> Preset:
        """The preset with some parameters set: ``denoise.strength``, ``denoise.gate.strength``, or
        of a member ``separate.mdx.polarity``.

        Raises:
            BadRequest: no block of this preset has such a parameter, or the value is of another
                kind or out of range.
        """
        steps = self.steps
        for key, value in values.items():
            if not any(step.has(key) for step in steps):
                known = sorted(name for step in steps for name in step.settable)
                gone = former.owner_of(key)
                why = f": it belonged to {gone}, which is gone." if gone else "."
                hint = "" if gone else near.meant(key, known)
                raise BadRequest(
                    f"{self.remark} The preset {self.name} has no parameter “{key[:80]}”{why}"
                    f"{hint} It has: {', '.join(known) or 'none'}.".lstrip()
                )
            steps = tuple(step.with_value(key, value) for step in steps)
        for step in steps:
            for each in (*step.members, step):
                ranges.check(each.block, each.params)
        return replace(self, steps=steps)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of all its blocks, members before the block that combines them, each once."""
        names = (b.block for step in self.steps for b in (*step.members, step))
        return tuple(dict.fromkeys(names))

    @property
    def separators(self) -> tuple[str, ...]:
        """The names of the blocks that take a mixture apart; of what combines them, its members."""
        steps = [step for step in self.steps if step.stage == SEPARATION]
        return tuple(b.block for step in steps for b in (step.members or (step,)))

    def for_targets(self, wanted: Sequence[str], gives: Callable[[str], Collection[str]]) -> Preset:
        """Without what these targets do not take: members of an ensemble that give none of them,
        what takes a voice apart into none of them, and, where the voice is not among them, its
        repairs.

        Args:
            gives: what a separator can be asked for, or what another block makes: the voice, or
                what it takes it apart into.
        """

        def part(step: Step) -> Step:
            of = [n for n, m in enumerate(step.members) if set(gives(m.block)) & set(wanted)]
            params = step.params
            weights = str(params.get("weights", "")).split()
            if len(weights) == len(step.members):
                params = {**params, "weights": " ".join(weights[n] for n in of)}
            return replace(step, params=params, members=tuple(step.members[n] for n in of))

        steps = [
            part(step) if step.members else step
            for step in self.steps
            if step.stage == SEPARATION or set(gives(step.block)) & set(wanted)
        ]
        return replace(self, steps=tuple(steps))

    def after_separation(self) -> Preset:
        """Without its separators: what is left to do for a voice that is there already. It may be
        nothing."""
        return replace(self, steps=tuple(s for s in self.steps if s.stage != SEPARATION))

    def info(
        self,
        models: tuple[str, ...] = (),
        missing: tuple[str, ...] = (),
        gives: tuple[str, ...] = (),
        splits: Sequence[targets.Split] = (),
        use: str | None = None,
    ) -> PresetInfo:
        """What a menu shows; which models a preset needs, what one may do with them, what its
        separators can be asked for, and how it takes a voice apart, the catalogue knows."""
        return PresetInfo(
            self.name, self.title, self.description, self.blocks, models, missing, gives,
            targets.written(self.usual, splits), use,
        )  # fmt: skip

    @property
    def usual(self) -> tuple[str, ...]:
        """The stems where none are asked for."""
        return self.stems or DEFAULT_STEMS

    def plain(self) -> dict[str, Any]:
        """As it stands in job.json, and in what ``dump`` gives."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "input": self.input,
            "guarded": self.guarded,
            **({"stems": list(self.stems)} if self.stems else {}),
            "block": [_plain(step) for step in self.steps],
        }

    def dump(self) -> str:
        """The preset as JSON: the frozen form that a job carries."""
        return json.dumps(self.plain())


def parse(text: str) -> Preset:
    """The preset of a dump.

    Raises:
        BadRequest: it is none.
    """
    with foreign.foreign(lambda why: BadRequest(f"The job's preset cannot be read: {why}.")):
        data = foreign.table(text.encode("utf-8"))
        name = str(data["name"])
        return _build(name, data, name)


def is_name(name: str) -> bool:
    """Whether a preset may be called so."""
    return bool(_NAME.fullmatch(name))


def names(user: Path) -> list[str]:
    """All presets there are, ours and the user's; no old names."""
    files = [*_OURS.glob("*.toml"), *(user.glob("*.toml") if user.is_dir() else ())]
    return sorted({file.stem for file in files})


def named(name: str, user: Path) -> former.Named:
    """Which preset is meant by a name, which may be one of an earlier release."""
    return former.named(name, names(user) if name in former.PRESETS else (name,))


def find(name: str, user: Path) -> Preset:
    """The preset called ``name``, today or before: then it has a ``remark``.

    Raises:
        UnknownPreset: there is none.
        BadRequest: its file is not valid.
    """
    meant = named(name, user)
    if _NAME.fullmatch(name):
        for folder in (user, _OURS):
            file = folder / f"{meant.name}.toml"
            try:
                data = foreign.toml(_bytes(file))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except safe_files.UnsafeError as error:
                raise BadRequest(str(error)) from None
            except (OSError, foreign.ForeignError) as error:
                raise BadRequest(
                    f"{file} is not a valid preset: {foreign.why(error)}. Mend it."
                ) from None
            return replace(_build(meant.name, data, str(file)), remark=meant.remark)
    known = names(user)
    raise UnknownPreset(
        f"There is no preset “{name[:60]}”.{near.meant(name, known)} There are: {', '.join(known)}."
    )


def _bytes(file: Path) -> bytes:
    """A preset's text. Ours lies where voxmend was installed; one of the user's must be theirs."""
    if file.parent == _OURS:
        return file.read_bytes()
    return safe_files.read(file, MOST_BYTES)


def all_of(user: Path) -> list[Preset]:
    """Every valid preset. A user's file that is not valid is left out; ``find`` says why."""
    found = []
    for name in names(user):
        try:
            found.append(find(name, user))
        except BadRequest:
            continue
    return found


def menu(user: Path) -> list[Preset]:
    """Every valid preset in the order in which they are offered: the default first."""
    return sorted(all_of(user), key=lambda preset: preset.name != DEFAULT)


def _build(name: str, data: Mapping[str, Any], where: str) -> Preset:
    blocks = data.get("block", [])
    wanted = data.get("input", "mixture")
    if not blocks and wanted != "voice":  # a voice may also be looked at only
        raise BadRequest(f"{where} needs at least one [[block]]. Mend it.")
    steps = _steps(blocks, where, "block")
    guarded = data.get("guarded", True)
    if wanted not in ("mixture", "voice") or type(guarded) is not bool:
        raise BadRequest(f'{where}: input is "mixture" or "voice", guarded true or false. Mend it.')
    title, about = data.get("title", name), data.get("description", "")
    if not isinstance(title, str) or not isinstance(about, str):
        raise BadRequest(f"{where}: title and description are text. Mend it.")
    if len(steps) > MOST_BLOCKS:
        raise BadRequest(f"{where} has more than {MOST_BLOCKS} blocks. Mend it.")
    return Preset(name, title, about, steps, wanted, guarded, _stems(data.get("stems", []), where))


def _stems(names: object, where: str) -> tuple[str, ...]:
    """What a preset writes unasked."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRequest(f'{where}: stems is a list such as ["drums", "bass"]. Mend it.')
    if names:
        try:
            check_stems(tuple(names))
        except BadRequest as wrong:
            raise BadRequest(f"{where}: {wrong} Mend it.") from None
    return tuple(names)


def _steps(tables: object, where: str, kind: str) -> tuple[Step, ...]:
    """The steps of ``[[block]]`` tables, or the members of ``[[block.member]]`` tables."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadRequest(f"{where}: write each {kind} as a table of its own: [[{kind}]]. Mend it.")
    steps = []
    for table in tables:
        params = dict(table)
        name = params.pop("name", None)
        if not isinstance(name, str) or not _BLOCK.fullmatch(name):
            raise BadRequest(f"{where}: a [[{kind}]] needs a name such as denoise.gate. Mend it.")
        if name in former.BLOCKS:
            raise BadRequest(
                f"{where}: the block {name} is gone. Write {former.BLOCKS[name]} in its place, "
                "without the old one's parameters."
            )
        members = params.pop("member", []) if kind == "block" else []
        for key, value in params.items():
            if type(value) not in (str, int, float, bool):
                raise BadRequest(f"{where}: {name}.{key[:60]} must be one value. Mend it.")
        ranges.check(name, params, f"{where}: ")
        steps.append(Step(name, params, _steps(members, where, "block.member")))
    return tuple(steps)


def _plain(step: Step) -> dict[str, Any]:
    """A step as it stands in a dump: what ``_steps`` reads."""
    members = {"member": [_plain(member) for member in step.members]} if step.members else {}
    return {"name": step.block, **step.params, **members}


def _like(old: Scalar, new: Scalar, key: str) -> Scalar:
    if type(old) is float and type(new) is int:
        return float(new) if abs(new) < MOST else math.inf if new > 0 else -math.inf
    if type(old) is not type(new):
        point = " Write a fraction with a point, such as 0.5." if "," in str(new) else ""
        raise BadRequest(
            f"{key} must be {ranges.NAMES[type(old)]}, not {ranges.said(new)}; its value in the "
            f"preset is {ranges.said(old)}.{point}"
        )
    return new
