"""One folder as a machine: what is sent, what is filed, whose fault it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from watch.world import PRESETS, ROOT, Moment, World, copied, renamed_in, settle_down

from voxmend.watch.filing import Filing
from voxmend.watch.holds import FIRST_S
from voxmend.watch.inbox import Inbox
from voxmend.watch.look import Look
from voxmend.watch.memory import Memory
from voxmend.watch.registry import Watched
from voxmend.watch.settle import LOCAL
from voxmend_protocol.errors import (
    BadRequest,
    InputUnreadable,
    JobConflict,
    ModelMissing,
    QueueFull,
    UnknownPreset,
    VoxmendError,
)
from voxmend_protocol.messages import Accepted, Submit
from voxmend_protocol.values import ErrorBody, JobRecord, Warned


def refusing(world: World, monkeypatch: pytest.MonkeyPatch, error: VoxmendError) -> dict[str, Any]:
    """Let the worker refuse every submit, until ``now["error"]`` is None."""
    now: dict[str, Any] = {"error": error, "asked": 0}
    real = world.submit

    def submit(order: Submit) -> Accepted:
        now["asked"] += 1
        if now["error"] is not None:
            raise now["error"]
        return real(order)

    monkeypatch.setattr(world, "submit", submit)
    return now


def test_a_sub_folder_names_the_preset_and_the_root_has_its_own(world: World) -> None:
    world.folder = replace(world.folder, preset="studio", set={"denoise.strength": 0.5})
    world.scripts = {"a.wav": copied(0, "a"), "quick/b.wav": copied(0, "b")}
    settle_down(world, world.inbox())
    orders = {order.clip.path: order for order in world.orders.values()}
    assert orders["/exports/a.wav"].preset == "studio"
    assert orders["/exports/a.wav"].set == {"denoise.strength": 0.5}
    assert orders["/exports/quick/b.wav"].preset == "quick"
    assert not orders["/exports/quick/b.wav"].set


def test_no_more_jobs_are_given_than_there_is_room_for(world: World) -> None:
    world.scripts = {f"{n}.wav": renamed_in(0, str(n)) for n in range(10)}
    inbox, most = world.inbox(), 0
    for _ in range(60):
        world.turn(inbox)
        most = max(most, inbox.flying)
    assert most == 2
    assert len(world.runs) == 10


def test_room_is_asked_for_as_many_stems_as_are_written(world: World) -> None:
    """A stem needs 100 bytes here, and with drums comes what is left."""
    world.folder = replace(world.folder, stems=("vocals", "drums"))
    world.room = 299
    world.scripts["a.wav"] = copied(0, "a")
    settle_down(world, world.inbox())
    assert not world.runs
    assert "needs 0.00 GB" in world.errors["quick"]
    world.room = 300
    settle_down(world, world.inbox())
    assert len(world.runs) == 1


def test_a_failed_file_waits_until_it_is_dropped_again_and_gets_the_next_try(world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    world.verdicts["a.wav"] = ErrorBody("unsupported_audio", "It has 99 channels. Mix it.", False)
    inbox = world.inbox()
    settle_down(world, inbox)
    for _ in range(200):
        world.turn(inbox)
    inbox = world.inbox()
    settle_down(world, inbox)
    assert world.runs == [world.id_of("a.wav", "a")]
    assert "It has 99 channels" in world.errors["a.wav"]
    assert "drop the file here again" in world.errors["a.wav"]

    del world.verdicts["a.wav"]
    world.scripts["a.wav"] = renamed_in(world.now, "a")
    settle_down(world, inbox)
    assert world.runs[1:] == [world.id_of("a.wav", "a", attempt=2)]
    assert "a.wav" not in world.errors


def test_tries_that_only_the_worker_remembers_are_not_taken_for_this_one(world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    world.verdicts["a.wav"] = ErrorBody("internal", "A defect.", False)
    settle_down(world, world.inbox())
    world.memory_file.unlink()
    del world.verdicts["a.wav"]
    settle_down(world, world.inbox())
    assert world.runs == [world.id_of("a.wav", "a", n) for n in (1, 2)]
    assert world.told("done") == ["a.wav"]


def test_a_mended_file_that_is_dropped_again_is_known(world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    inbox = world.inbox()
    settle_down(world, inbox)
    world.scripts["a.wav"] = renamed_in(world.now, "a")
    settle_down(world, inbox)
    assert len(world.runs) == 1
    assert world.told("known") == ["a.wav"]
    assert "voxmend restore /exports/a.wav" in world.events[-1].message


def test_other_contents_under_the_same_name_are_mended_too(world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    inbox = world.inbox()
    settle_down(world, inbox)
    world.scripts["a.wav"] = renamed_in(world.now, "b")
    settle_down(world, inbox)
    assert world.runs == [world.id_of("a.wav", "a"), world.id_of("a.wav", "b")]


def test_the_same_contents_under_another_name_are_mended_and_recognised(world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    world.scripts["b.wav"] = copied(20, "a")
    settle_down(world, world.inbox())
    assert world.runs == [world.id_of("a.wav", "a"), world.id_of("b.wav", "a")]
    assert [e.same_as for e in world.events if e.kind == "taken"] == [None, "a.wav"]


def test_a_file_that_changes_before_its_turn_is_sent_as_it_is_then(world: World) -> None:
    world.scripts["a.wav"] = [*copied(0, "a"), *copied(6, "b")]
    world.verdicts["a.wav"] = ErrorBody("input_changed", "It has changed.", True)
    world.job_s = 10
    inbox = world.inbox()
    for _ in range(12):
        world.turn(inbox)
    assert list(world.orders) == [world.id_of("a.wav", "a")]
    world.turn(inbox, 5)
    del world.verdicts["a.wav"]
    settle_down(world, inbox)
    assert world.runs == [world.id_of("a.wav", "a"), world.id_of("a.wav", "b")]
    assert not world.errors
    assert world.told("failed") == []


def test_a_file_that_changes_while_it_is_looked_at_is_not_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, looks = world.look, 0

    def look(name: str) -> Look:
        nonlocal looks
        looks += 1
        seen = real(name)
        return replace(seen, after=replace(seen.after, size=999)) if looks == 1 else seen

    monkeypatch.setattr(world, "look", look)
    world.scripts["a.wav"] = renamed_in(0, "a")
    inbox = world.inbox()
    for _ in range(5):
        world.turn(inbox)
    assert looks == 1
    assert not world.orders
    settle_down(world, inbox)
    assert world.told("done") == ["a.wav"]


def test_a_touched_file_whose_job_says_changed_is_tried_again(world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    world.verdicts["a.wav"] = ErrorBody("input_changed", "It has changed.", True)
    inbox = world.inbox()
    while not world.runs:
        world.turn(inbox)
    del world.verdicts["a.wav"]
    settle_down(world, inbox)
    assert world.runs == [world.id_of("a.wav", "a", n) for n in (1, 2)]


def test_an_end_in_a_state_unheard_of_is_said_as_it_is_and_not_begun_again(world: World) -> None:
    """A worker of a later version may say such a thing; it is no success and was not cancelled."""
    world.scripts["a.wav"] = copied(0, "a")
    parked: Any = "parked"

    def record(job: str, real: Any = world.record) -> JobRecord:
        seen: JobRecord = real(job)
        return replace(seen, state=parked, finished="now") if seen.terminal else seen

    world.record = record  # type: ignore[method-assign]
    settle_down(world, world.inbox())
    settle_down(world, world.inbox())
    assert len(world.runs) == 1
    assert (world.told("failed"), world.told("cancelled"), world.told("done")) == (
        ["a.wav"],
        [],
        [],
    )
    assert "“parked”" in world.errors["a.wav"]


def test_a_cancelled_job_is_not_begun_again_by_itself(world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    world.verdicts["a.wav"] = ErrorBody("cancelled", "Stopped.", False)
    inbox = world.inbox()
    settle_down(world, inbox)
    for _ in range(100):
        world.turn(inbox)
    settle_down(world, world.inbox())
    assert len(world.runs) == 1
    assert world.told("cancelled") == ["a.wav"]
    assert not world.errors


def test_a_missing_model_holds_the_preset_back_and_one_file_at_a_time_tries(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = "restore needs models. Fetch them: voxmend models pull --preset restore"
    now = refusing(world, monkeypatch, ModelMissing(sentence))
    world.scripts = {f"restore/{n}.wav": copied(0, str(n)) for n in range(5)}
    inbox = world.inbox()
    for _ in range(int(FIRST_S)):
        world.turn(inbox)
    assert now["asked"] == 1
    assert sentence in world.errors["restore"]
    assert [e.kind for e in world.events] == ["held"]
    for _ in range(10):
        world.turn(inbox)
    assert now["asked"] == 2
    now["error"] = None
    for _ in range(200):
        world.turn(inbox)
    assert len(world.runs) == 5
    assert not world.errors
    assert [e.kind for e in world.events].count("freed") == 1


def test_another_preset_goes_on_meanwhile(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = world.submit

    def submit(order: Submit) -> Accepted:
        if order.preset == "studio":
            raise ModelMissing("No model.")
        return real(order)

    monkeypatch.setattr(world, "submit", submit)
    world.scripts = {"studio/a.wav": copied(0, "a"), "quick/b.wav": copied(0, "b")}
    settle_down(world, world.inbox())
    assert world.runs == [world.id_of("quick/b.wav", "b")]


@pytest.mark.parametrize(
    "code", ["disk_full", "output_unwritable", "model_corrupt", "bad_request", "unknown_preset"]
)
def test_a_job_that_failed_for_its_place_is_tried_again_by_itself(code: str, world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    world.verdicts["a.wav"] = ErrorBody(code, "There is no room. Free some.", True)
    inbox = world.inbox()
    while not world.runs:
        world.turn(inbox)
    assert "There is no room" in world.errors["quick"]
    del world.verdicts["a.wav"]
    for _ in range(int(FIRST_S) + 10):
        world.turn(inbox)
    assert world.runs == [world.id_of("a.wav", "a", n) for n in (1, 2)]
    assert not world.errors


def test_a_disk_without_room_is_seen_before_a_job_is_made(world: World) -> None:
    world.room = 10
    world.scripts["a.wav"] = copied(0, "a")
    inbox = world.inbox()
    for _ in range(20):
        world.turn(inbox)
    assert not world.orders
    assert "Free some room" in world.errors["quick"]
    world.room = 10**9
    for _ in range(int(FIRST_S) + 5):
        world.turn(inbox)
    assert world.told("done") == ["a.wav"]


def test_a_preset_that_is_broken_holds_its_files_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(world, monkeypatch, UnknownPreset("There is no preset."))
    world.scripts["a.wav"] = copied(0, "a")
    inbox = world.inbox()
    settle_down(world, inbox, 30)
    assert world.told("failed") == []
    assert inbox.stuck == 1


def test_a_hold_is_withdrawn_when_nobody_waits_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(world, monkeypatch, ModelMissing("No model."))
    world.scripts["a.wav"] = [*copied(0, "a"), Moment(20, 0, None)]
    inbox = world.inbox()
    for _ in range(15):
        world.turn(inbox)
    assert world.errors
    for _ in range(10):
        world.turn(inbox)
    assert not world.errors


def test_a_worker_that_cannot_take_jobs_is_the_callers_matter_and_loses_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = refusing(world, monkeypatch, QueueFull("1000 jobs are waiting."))
    world.scripts["a.wav"] = copied(0, "a")
    inbox = world.inbox()
    with pytest.raises(QueueFull):
        settle_down(world, inbox)
    now["error"] = None
    settle_down(world, inbox)
    assert world.told("done") == ["a.wav"]


def test_a_file_the_worker_cannot_read_is_at_fault_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(world, monkeypatch, InputUnreadable("It may not be read. Give yourself the right."))
    world.scripts["a.wav"] = copied(0, "a")
    settle_down(world, world.inbox())
    assert world.told("failed") == ["a.wav"]
    assert "may not be read" in world.errors["a.wav"]


def test_an_id_that_exists_with_other_contents_is_the_next_try(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.submit

    def submit(order: Submit) -> Accepted:
        if order.job == world.id_of("a.wav", "a"):
            raise JobConflict("It exists with other contents.")
        return real(order)

    monkeypatch.setattr(world, "submit", submit)
    world.scripts["a.wav"] = copied(0, "a")
    settle_down(world, world.inbox())
    assert world.runs == [world.id_of("a.wav", "a", attempt=2)]


def test_a_file_in_a_sub_folder_with_an_old_name_is_mended_and_the_name_is_told_once(
    world: World,
) -> None:
    world.scripts = {f"preview/{n}.wav": copied(0, str(n)) for n in range(3)}
    settle_down(world, world.inbox())
    assert len(world.runs) == 3
    assert {event.preset for event in world.events if event.kind == "taken"} == {"quick"}
    (told,) = [event.message for event in world.events if event.kind == "remark"]
    assert told.startswith("/exports/preview: The preset preview has been replaced by quick; use")
    assert not world.errors


def test_a_folder_registered_with_an_old_name_goes_on_and_mends_nothing_again(
    world: World,
) -> None:
    world.folder = Watched(ROOT, "light")
    world.presets = ("light", *PRESETS)
    world.scripts["a.wav"] = copied(0, "a")
    settle_down(world, world.inbox())
    world.presets = PRESETS  # the release in which it was renamed
    world.scripts["b.wav"] = copied(world.now, "b")
    settle_down(world, world.inbox())
    assert world.runs == [world.id_of(f"{n}.wav", n, preset="light") for n in "ab"]
    (told,) = [event.message for event in world.events if event.kind == "remark"]
    assert told.startswith("/exports: The preset light has been replaced by quick; use that name")


def test_a_parameter_that_the_folders_preset_has_no_more_says_how_to_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.folder = Watched(ROOT, "light", {"denoise.strength": 0.5})

    def submit(order: Submit) -> Accepted:
        raise BadRequest("The preset quick has no parameter “denoise.strength”.")

    monkeypatch.setattr(world, "submit", submit)
    world.scripts = {"a.wav": copied(0, "a")}
    inbox = world.inbox()
    for _ in range(10):
        world.turn(inbox)
    assert world.errors["quick"].endswith(
        "has no parameter “denoise.strength”. To watch the folder without it: "
        "voxmend watch add /exports --preset quick [bad_request]"
    )
    assert inbox.stuck == 1


def test_an_unknown_sub_folder_is_told_once_with_the_presets_there_are(world: World) -> None:
    world.scripts = {f"Album/{n}.wav": copied(0, str(n)) for n in range(3)}
    inbox = world.inbox()
    for _ in range(60):
        world.turn(inbox)
    assert set(world.errors) == {"Album"}
    assert "quick, restore, studio" in world.errors["Album"]
    assert len(world.events) == 1
    assert inbox.waiting == 0
    assert inbox.stuck == 3


def test_an_unknown_sub_folder_that_is_emptied_is_no_longer_complained_of(world: World) -> None:
    world.scripts["Album/a.wav"] = [*copied(0, "a"), Moment(20, 0, None)]
    inbox = world.inbox()
    for _ in range(10):
        world.turn(inbox)
    assert world.errors
    for _ in range(20):
        world.turn(inbox)
    assert not world.errors


def test_an_empty_unknown_sub_folder_is_nobodys_business(world: World) -> None:
    world.scripts["Album/a.wav"] = [Moment(1e9, 0, None)]
    inbox = world.inbox()
    for _ in range(60):
        world.turn(inbox)
    assert not world.errors


def test_a_file_without_an_ending_is_mended_if_it_is_sound_and_else_left_alone(
    world: World,
) -> None:
    world.scripts = {
        "Mix": copied(0, "a"),
        "LICENSE": [Moment(0, 10, "x", "wrong")],
        "half": [Moment(0, 10, "y", "unfinished")],
        "Nobody/README": [Moment(0, 10, "z", "wrong")],  # in a folder that is no preset
    }
    settle_down(world, world.inbox())
    assert world.told("done") == ["Mix"]
    assert not world.errors
    assert not world.told("failed")
    settle_down(world, world.inbox())
    assert len(world.runs) == 1


def test_sound_under_an_ending_of_nobodys_is_passed_over_and_told_once(world: World) -> None:
    world.scripts = {"Mix.xyz": copied(0, "a"), "data.qqq": [Moment(0, 10, "x", "wrong")]}
    inbox = world.inbox()
    settle_down(world, inbox)
    settle_down(world, inbox)
    assert not world.runs
    assert [e.message for e in world.events] == [
        "Mix.xyz holds sound and is passed over, for its name does not end like a sound's. "
        "To have it mended, give it an ending such as .wav."
    ]


def test_what_a_job_warned_of_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = Warned("input_truncated", "a.wav breaks off; export it again.")
    asked = world.record
    monkeypatch.setattr(world, "record", lambda job: replace(asked(job), warnings=(warned,)))
    world.scripts["a.wav"] = copied(0, "a")
    settle_down(world, world.inbox())
    told = [(e.kind, e.file, e.code) for e in world.events]
    assert told[-2:] == [("done", "a.wav", None), ("warning", "a.wav", "input_truncated")]
    assert world.events[-1].message == "a.wav: a.wav breaks off; export it again."


@pytest.mark.parametrize(("verdict", "seconds"), [("wrong", 15), ("unfinished", 120)])
def test_what_never_becomes_sound_is_complained_of_after_a_while_and_once(
    verdict: str, seconds: int, world: World
) -> None:
    world.scripts["a.wav"] = [Moment(0, 10, "x", verdict)]  # type: ignore[arg-type]
    inbox = world.inbox()
    for _ in range(seconds - 1):
        world.turn(inbox)
    assert not world.errors
    for _ in range(200):
        world.turn(inbox)
    settle_down(world, world.inbox())
    assert world.told("failed") == ["a.wav"]
    assert set(world.errors) == {"a.wav"}


def test_one_that_was_complained_of_too_early_is_mended_once_it_is_whole(world: World) -> None:
    world.scripts["a.wav"] = [Moment(0, 10, "x", "unfinished"), Moment(150, 1000, "a")]
    settle_down(world, world.inbox())
    assert world.told("done") == ["a.wav"]
    assert not world.errors


def test_a_mended_file_goes_to_done_where_that_is_asked_for_and_also_after_a_crash(
    world: World,
) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    settle_down(world, world.inbox())
    assert not world.away
    world.folder = replace(world.folder, done=True)
    settle_down(world, world.inbox())
    assert world.away == {"a.wav": "/exports/Done/a.wav"}
    assert world.told("moved") == ["a.wav"]


def test_a_failed_file_is_not_moved(world: World) -> None:
    world.folder = replace(world.folder, done=True)
    world.scripts["a.wav"] = copied(0, "a")
    world.verdicts["a.wav"] = ErrorBody("internal", "A defect.", False)
    settle_down(world, world.inbox())
    assert not world.away


def test_jobs_that_the_worker_has_forgotten_are_found_in_restored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    settle_down(world, world.inbox())
    world.jobs.clear()
    world.orders.clear()
    world.memory_file.unlink()
    wanted = world.id_of("a.wav", "a")
    monkeypatch.setattr(
        world, "result", lambda name, preset, job: "/there" if job == wanted else None
    )
    settle_down(world, world.inbox())
    assert len(world.runs) == 1
    assert [e.result for e in world.events if e.kind == "known"] == ["/there"]


def test_a_job_that_the_worker_forgot_under_way_is_sent_again(world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    world.job_s = 1000
    inbox = world.inbox()
    while not world.orders:
        world.turn(inbox)
    world.jobs.clear()
    world.orders.clear()
    world.job_s = 1
    settle_down(world, inbox)
    assert world.runs == [world.id_of("a.wav", "a")]


def test_a_changed_preset_of_the_folder_mends_its_files_anew(world: World) -> None:
    world.scripts["a.wav"] = copied(0, "a")
    settle_down(world, world.inbox())
    world.folder = replace(world.folder, preset="studio")
    settle_down(world, world.inbox())
    assert world.runs == [world.id_of("a.wav", "a", preset=p) for p in ("quick", "studio")]


def test_where_the_disk_knows_one_spelling_a_file_renamed_in_case_is_the_same(
    world: World,
) -> None:
    memory = Memory(world.memory_file)
    filing = Filing(world.folder, world, world.events.append)

    def inbox() -> Inbox:
        return Inbox(
            world.folder, world, memory, lambda: ("quick",), LOCAL, filing, one_spelling=True
        )

    world.scripts["Song.wav"] = copied(0, "a")
    settle_down(world, inbox())
    world.scripts = {"SONG.WAV": world.scripts["Song.wav"]}
    settle_down(world, inbox())
    assert len(world.runs) == 1


def test_what_is_known_is_thinned_out_by_what_is_there_but_never_by_an_empty_folder(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pruned: list[set[str]] = []
    monkeypatch.setattr(Memory, "prune", lambda memory, present: pruned.append(present))
    inbox = world.inbox()
    world.turn(inbox)
    assert pruned == []
    world.scripts["a.wav"] = renamed_in(0, "a")
    world.turn(inbox)
    assert pruned == [{"a.wav"}]


def test_an_errors_folder_that_cannot_be_written_is_told_and_nothing_stops(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(name: str, sentence: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(world, "complain", full)
    wrong = [Moment(0, 10, "x", "wrong")]
    world.scripts = {"a.m4a": wrong, "b.m4a": wrong, "c.wav": copied(0, "c")}
    settle_down(world, world.inbox())
    assert world.told("failed") == ["a.m4a", "b.m4a"]
    assert [e.message for e in world.events if e.kind == "remark"] == [
        "Errors in /exports cannot be written (No space left on device). "
        "Give your account the right to, or free some room."
    ]
    assert world.told("done") == ["c.wav"]
