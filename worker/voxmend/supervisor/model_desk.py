"""One answer for each request about models, and the question whether a preset has all of its.

Nothing here reads weights: it only glances at the store, so it may be asked by the broker's thread.
The user's own catalogue is read anew each time, so that a change needs no restart.
"""

from __future__ import annotations

from pathlib import Path

from voxmend_protocol import messages
from voxmend_protocol.values import ModelInfo, ModelState

from .. import presets
from ..models import licence, needs
from ..models import store as stores
from ..models import use as uses
from ..models.model import Model
from ..models.store import Store
from ..paths import Paths
from ..presets import Preset
from .fit import model_list, preset_list
from .pulls import Pulls


class ModelDesk:
    """Answers requests about models; knows no socket."""

    def __init__(self, paths: Paths, pulls: Pulls) -> None:
        self._paths, self._pulls = paths, pulls

    @property
    def store(self) -> Store:
        """The store with the catalogue as it stands now.

        Raises:
            EnvironmentProblem: the user's own catalogue is not valid.
        """
        return stores.of(self._paths)

    def store_for(self, preset: Preset) -> Store:
        """The store, for a job of this preset.

        Raises:
            EnvironmentProblem: it needs models, and the user's own catalogue is not valid.
        """
        return stores.for_blocks(self._paths, preset.blocks)

    def presets(self) -> messages.PresetList:
        """Every preset with the models it needs and lacks."""
        return preset_list(needs.listed(presets.menu(self._user), self._paths))

    def models(self, asked: messages.Models) -> messages.ModelList:
        """The models behind ``after``, as many as fit.

        Raises:
            BadRequest: there is no model ``after``.
        """
        store = self.store
        users = needs.users(store.catalogue, self._user)
        rest = list(store.catalogue.models)
        if asked.after is not None:
            del rest[: rest.index(store.catalogue.find(asked.after)) + 1]
        return model_list(self._info(store, model, users[model.id]) for model in rest)

    def pull(self, asked: messages.Pull) -> messages.Ack:
        """Begin to fetch.

        Raises:
            BadRequest, UnknownPreset: there is no such model or preset.
            LicenceNotAccepted: a licence was not accepted now or before.
            EnvironmentProblem: no address may be asked, or the store cannot be written.
        """
        store = self.store
        models = {name: store.catalogue.find(name) for name in asked.models}
        if asked.preset is not None:
            preset = presets.find(asked.preset, self._user)
            models.update({m.id: m for m in needs.usual(preset, store.catalogue)})
        looks = [store.glance(model) for model in models.values()]
        # What nobody has proved may be wrong, and is then fetched.
        wanted = [now.model for now in looks if now.state != "present" or not now.proved]
        strange = licence.not_accepted(store.root, wanted)
        if strange and not asked.accept_licence:
            raise licence.refusal(strange)
        if strange:
            licence.accept(store.root, strange)
        return messages.Ack(count=self._pulls.ask(store, list(models.values())))

    @property
    def pulling(self) -> bool:
        """Whether anything is fetched or waits for it."""
        return self._pulls.busy

    def stop_pull(self) -> messages.Ack:
        """Fetch nothing more."""
        return messages.Ack(count=self._pulls.stop())

    @property
    def _user(self) -> Path:
        return self._paths.presets

    def _info(self, store: Store, model: Model, users: tuple[str, ...]) -> ModelInfo:
        course = self._pulls.course(model.id)
        state: ModelState = store.glance(model).state
        if course is not None:
            state = "waiting" if course.waiting else "pulling"
        return ModelInfo(
            model.id, model.title, model.stage, model.purpose, model.licence, model.terms, state,
            model.bytes or None,
            got=course.got if course else None,
            total=course.total if course else None,
            error=self._pulls.error(model.id),
            presets=users,
            use=uses.of_grant(model.grant),
        )  # fmt: skip
