"""The models: those that the default preset needs, and whether those that are here are whole."""

from __future__ import annotations

from collections.abc import Sequence

from voxmend_protocol.errors import EnvironmentProblem, VoxmendError

from .. import config, presets
from ..models import needs, store
from ..models.state import ModelState
from .finding import Case, Finding

_READ_AT_MOST = 2_000_000_000
"""Bytes that the doctor reads to prove weights; beyond, a glance must do."""


def models(case: Case) -> Finding:
    """The models of the preset that is used where none is named."""
    paths = case.paths
    try:
        chosen, _ = config.load(paths.config_file)
    except VoxmendError:  # named by the check of the settings
        return Finding(
            "models", "Models", "warn", "not known before the settings are mended",
            "The default preset stands there.", "voxmend config show",
        )  # fmt: skip
    preset = presets.find(chosen.restore.preset, paths.presets)
    name = preset.name
    try:
        shelf = store.of(paths)
        info = needs.info(preset, shelf)
    except EnvironmentProblem as error:
        return Finding(
            "models", "Models", "fail", error.message,
            "Until then no preset that needs models can run.", "voxmend models list",
        )  # fmt: skip
    if info.missing:
        return Finding(
            "models", "Models", "warn", f"{name} lacks {', '.join(info.missing)}",
            "The preset that is used where none is named cannot run.",
            _fix(needs.lacking(map(shelf.catalogue.find, info.models), shelf), f"--preset {name}"),
        )  # fmt: skip
    here = ", ".join(info.models)
    return Finding("models", "Models", "ok", f"{name} has {here or 'no need of any'}")


def weights(case: Case) -> Finding:
    """Whether the weights that are here are what they should be, byte by byte."""
    shelf = store.of(case.paths)
    seen = [shelf.glance(model) for model in shelf.catalogue.models]
    here = [state for state in seen if state.size]
    if not here:
        return Finding("weights", "Weights", "ok", "none on this machine")
    total = sum(state.size for state in here)
    thorough = total <= _READ_AT_MOST
    if thorough:
        here = [shelf.state(state.model, thorough=True) for state in here]
    facts = {"models": {state.model.id: state.state for state in here}, "bytes": total}
    bad = [state.model.id for state in here if state.state == "corrupt"]
    part = [state.model.id for state in here if state.state == "partial"]
    how = "every byte read" if thorough else "sizes only; all of it: voxmend models verify"
    if bad:
        return Finding(
            "weights", "Weights", "fail", f"{', '.join(bad)}: not what was published",
            "A preset that needs them ends before it starts.",
            _fix([state for state in here if state.state == "corrupt"], " ".join(bad)), facts,
        )  # fmt: skip
    if part:
        return Finding(
            "weights", "Weights", "warn", f"{', '.join(part)}: only a part is here",
            "The rest was not fetched.", f"voxmend models pull {' '.join(part)}", facts,
        )  # fmt: skip
    names = ", ".join(state.model.id for state in here)
    return Finding("weights", "Weights", "ok", f"{names} ({how})", facts=facts)


def _fix(bad: Sequence[ModelState], pull: str) -> str:
    """The command that mends these: first what no pull does."""
    for state in bad:
        if not state.fetchable:
            return state.remedy.command
    return f"voxmend models pull {pull}"
