"""A reference renderer for null tests: an RPP file becomes numpy at its own rate, with as many
channels as its widest track.

It is the judge of what the scripts leave behind, so it shares no code with them nor with the
stand-in for REAPER. Called by the null tests and by `test_mixdown.py`, which judges the judge.
Order of one take: source → rate, pitch, stretch markers → channel mode → polarity, volume,
envelopes, pan → fades → track: effect, fader, pan → folder. The master's own fader is not played.
Positions between samples are played there (a sub-sample shift shows in the null), and an item
sounds on project samples n with position ≤ n / rate < position + length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from reaper.mixdown_gain import Array, EnvelopeTime, envelope_at, fade_gain, pan_gain
from reaper.mixdown_project import Item, Project, Refused, Send, Take, Track, read_project
from reaper.mixdown_sound import Stretcher, take_sound, track_channels

Chooser = Callable[[Track, Item], Take | None]
Wanted = Callable[[Track, Item], bool]
Region = tuple[float, float]

ON_GRID = 1e-6


@dataclass(frozen=True, slots=True)
class Options:
    """How to play.

    choose: the take to hear instead of the active one; want: the items that take part;
    muted_too: play muted items (an original after the import) as if they were not;
    envelope_time: what a take envelope's time means: seconds of the item, or those × play rate.
    """

    choose: Chooser | None = None
    want: Wanted | None = None
    stretcher: Stretcher = "linear"
    muted_too: bool = False
    envelope_time: EnvelopeTime = "take"


def render(
    source: Path | Project, options: Options | None = None, end_s: float | None = None
) -> Array:
    """The mix as (channels, samples) from time 0 to end_s (default: the last item's end)."""
    options = options or Options()
    project = read_project(source) if isinstance(source, Path) else source
    if project.refusals:
        raise Refused(f"{project.path.name}: " + ", ".join(project.refusals))
    if end_s is None:
        end_s = max((item.position + item.length for _, item in project.items()), default=0.0)
    length = first_sample(end_s, project.rate)
    parents = parents_of(project.tracks)
    soloing = any(track.solo for track in project.tracks)
    heard: list[bool] = []
    buses: list[Array | None] = [None] * len(project.tracks)
    width = max([2, *(track.channels for track in project.tracks)])
    mix = np.zeros((width, length))
    for track, parent in zip(project.tracks, parents, strict=True):
        heard.append(not soloing or track.solo or (parent is not None and heard[parent]))
    for index, track in enumerate(project.tracks):
        if heard[index]:
            buses[index] = track_sound(project, track, length, options, width)
    if soloing and any(track.receives for track in project.tracks):
        raise Refused("solo and sends")
    # A track is full when all that goes into it has been sent: its children and its receives.
    for index in order_of(project.tracks, parents):
        track, bus, parent = project.tracks[index], buses[index], parents[index]
        if bus is None or track.muted:
            continue
        if track.refusals:
            raise Refused(f"track '{track.name}' has " + ", ".join(track.refusals))
        bus = played(track, bus)
        sent = through(track, bus, project.law)
        up = moved(sent, 0, track.channels, track.parent_channel)
        if track.to_parent and parent is None:
            mix += up
        elif track.to_parent and parent is not None:
            buses[parent] = added(buses[parent], up)
        for send in track.outputs:  # whoever listens there hears it, too
            mix += through_send(send, bus, sent)
        for to, other in enumerate(project.tracks):
            for send in other.receives:
                if send.source == index:
                    buses[to] = added(buses[to], through_send(send, bus, sent))
    return mix


def order_of(tracks: Sequence[Track], parents: Sequence[int | None]) -> list[int]:
    """Tracks so that each comes before those it goes into; children and senders first."""
    order: list[int] = []
    under_way: set[int] = set()

    def put(index: int) -> None:
        if index in order:
            return
        if index in under_way:
            raise Refused("sends in a circle")
        under_way.add(index)
        for child in reversed(range(len(tracks))):
            if parents[child] == index:
                put(child)
        for send in tracks[index].receives:
            if send.source is not None:
                put(send.source)
        order.append(index)

    for index in reversed(range(len(tracks))):
        put(index)
    return order


def added(bus: Array | None, more: Array) -> Array:
    return more if bus is None else bus + more


def moved(sound: Array, first: int, count: int, to: int) -> Array:
    """`count` channels from `first` on, at the channels from `to` on; the others are silent."""
    out = np.zeros_like(sound)
    count = min(count, len(sound) - max(first, to))
    out[to : to + count] = sound[first : first + count]
    return out


def sides(left: Array | float, right: Array | float, channels: int) -> Array:
    """Gains by channel: those of odd number are left ones. Shape: (channels, …)."""
    return np.stack([left if n % 2 == 0 else right for n in range(channels)])


def played(track: Track, bus: Array) -> Array:
    """What a track has before its fader: its own channels, through its effect."""
    own = moved(bus, 0, track.channels, 0)
    return own if track.drive is None else np.tanh(track.drive * own)


def through_send(send: Send, before: Array, behind: Array) -> Array:
    """before, behind: the fader. A send's pan has no law of its own here."""
    left, right = pan_gain(send.pan, 1.0)
    gain = 0.0 if send.muted else -send.volume if send.inverted else send.volume
    taken = moved(behind if send.mode == 0 else before, send.first, send.count, send.to)
    return taken * (gain * sides(left, right, len(taken))[:, None])


def first_sample(time: float, rate: int) -> int:
    """The first project sample at or after a time."""
    return int(np.ceil(time * rate - ON_GRID))


def parents_of(tracks: Sequence[Track]) -> list[int | None]:
    """Index of each track's folder. A depth of +1 opens a folder below the track; −n closes n."""
    open_folders: list[int] = []
    parents: list[int | None] = []
    for index, track in enumerate(tracks):
        parents.append(open_folders[-1] if open_folders else None)
        if track.depth > 0:
            open_folders.append(index)
        for _ in range(-track.depth):
            if open_folders:
                open_folders.pop()
    return parents


def through(track: Track, bus: Array, law: float) -> Array:
    left, right = pan_gain(track.pan, law if track.law < 0 else track.law)
    gain = -track.volume if track.inverted else track.volume
    return bus * (gain * sides(left, right, len(bus))[:, None])


def track_sound(
    project: Project, track: Track, length: int, options: Options, width: int = 2
) -> Array | None:
    """Sum of the track's items before its effect; None when none takes part."""
    wanted = [
        item
        for item in track.items
        if (options.muted_too or not item.muted)
        and (options.want is None or options.want(track, item))
    ]
    if not wanted:
        return None
    bus = np.zeros((width, length))
    for item in wanted:
        begin = max(first_sample(item.position, project.rate), 0)
        end = min(first_sample(item.position + item.length, project.rate), length)
        if end <= begin:
            continue
        u = np.arange(begin, end) / project.rate - item.position
        for take in takes_of(track, item, options):
            heard = heard_take(project, item, take, u, options, track.channels)
            bus[: len(heard), begin:end] += heard
    return bus


def takes_of(track: Track, item: Item, options: Options) -> list[Take]:
    if options.choose is not None:
        chosen: Iterable[Take | None] = [options.choose(track, item)]
    else:
        chosen = item.takes if item.all_takes else [item.take]
    return [take for take in chosen if take is not None and (take.refusals or has_sound(take))]


def has_sound(take: Take) -> bool:
    return take.source is not None and take.source.path is not None


def heard_take(
    project: Project, item: Item, take: Take, u: Array, options: Options, channels: int = 2
) -> Array:
    """One take with all its gains at item times u. Shape: (2 or more channels, len(u))."""
    refusals = [*item.refusals, *take.refusals]
    if refusals:
        raise Refused(f"take '{take.name}' at {item.position} s has " + ", ".join(refusals))
    sound = take_sound(take, item.loop, u, options.stretcher)
    sound = track_channels(sound, take.channels, channels)
    gain = item.volume * take.volume * fade_gain(u, item.length, item.fade_in, item.fade_out)
    # PANENV: +1 is left, as REAPER draws and stores it; it adds to the take's own pan.
    pan: Array | float = take.pan
    t = u * take.rate if options.envelope_time == "take" else u
    for name, envelope in take.envelopes.items():
        if not envelope.times:
            continue
        value = envelope_at(envelope, t)
        if name == "VOLENV":
            gain = gain * value
        elif name == "MUTEENV":
            gain = gain * (value >= 0.5)
        else:
            pan = pan - value
    left, right = pan_gain(pan, project.law if take.law < 0 else take.law)
    across = np.broadcast_arrays(left, right, u)
    panned: Array = sound * gain * sides(across[0], across[1], len(sound))
    return panned


def take_named(ending: str) -> Chooser:
    """Chooses the take whose name ends so, active or not; the active one where there is none."""

    def choose(track: Track, item: Item) -> Take | None:
        for take in item.takes:
            if take is not None and take.name.endswith(ending):
                return take
        return item.take

    return choose


def only_items(guids: Iterable[str]) -> Wanted:
    kept = {guid.upper() for guid in guids}
    return lambda track, item: item.guid.upper() in kept


def without_items(guids: Iterable[str]) -> Wanted:
    left_out = {guid.upper() for guid in guids}
    return lambda track, item: item.guid.upper() not in left_out


def only_tracks(guids: Iterable[str]) -> Wanted:
    kept = {guid.upper() for guid in guids}
    return lambda track, item: track.guid.upper() in kept


def region(item: Item) -> Region:
    return item.position, item.position + item.length


def depth_db(original: Array, other: Array, rate: int, regions: Sequence[Region]) -> list[float]:
    """For each region: level of the difference against the original's level there, in dB.

    −inf is no difference at all; +inf a difference where the original is silent. Of two mixes of
    unequal length the shorter one counts as silent at its end.
    """
    length = max(original.shape[1], other.shape[1])
    padded = [np.pad(mix, ((0, 0), (0, length - mix.shape[1]))) for mix in (original, other)]
    depths = []
    for start, end in regions:
        span = slice(max(first_sample(start, rate), 0), first_sample(end, rate))
        kept = padded[0][:, span]
        wrong = float(np.sum((kept - padded[1][:, span]) ** 2))
        level = float(np.sum(kept**2))
        if wrong == 0.0:
            depths.append(-np.inf)
        elif level == 0.0:
            depths.append(np.inf)
        else:
            depths.append(float(10.0 * np.log10(wrong / level)))
    return depths
