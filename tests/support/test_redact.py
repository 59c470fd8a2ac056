"""What may be told and what may not: names of people, machines, songs and folders."""

from __future__ import annotations

import re

import pytest

from voxmend.support.redact import Person, Redactor, names_of, sign

HOME = "/home/alice"


@pytest.fixture
def redactor() -> Redactor:
    person = Person(HOME, ("Alice Munro", "alice"), ("studio-pc",))
    kept = {f"{HOME}/.local/state/voxmend": "<state>", "/opt/venv": "<environment>"}
    return Redactor(person, kept)


SECRETS = ("alice", "munro", "studio-pc", "love song", "take", "client")


@pytest.mark.parametrize(
    "text",
    [
        "path='/home/alice/Client X/Love Song (take 3).wav'",
        'Put "/home/alice/Client X/Love Song.wav" back',
        "/home/alice/love song.wav is gone. Put it back, then retry the job.",
        "folder=/home/alice/Client/Love_Song_preview",
        r"C:\Users\Alice\Client\Love.wav",
        "Alice Munro on STUDIO-PC, alice@studio-pc",
        "love_song.wav: running",
        "voxmend 0.1.0 ['restore', 'Love Song.wav', '--out', '/home/alice/Client']",
        "/Volumes/Client Disk/Love Song.aiff",
    ],
)
def test_no_name_is_told(redactor: Redactor, text: str) -> None:
    redactor.learn("/home/alice/Client X/Love Song (take 3).wav")
    redactor.learn("/home/alice/love song.wav")
    redactor.learn("/Volumes/Client Disk/Love Song.aiff")
    told = redactor.text(text).lower()
    assert not [word for word in SECRETS if word in told or word.replace(" ", "_") in told], told


def test_what_is_voxmends_own_is_told(redactor: Redactor) -> None:
    for text, told in (
        (f"{HOME}/.local/state/voxmend/logs/worker.log", "<state>/logs/worker.log"),
        ('File "/opt/venv/lib/python3.11/site-packages/torch/x.py", line 3',
         'File "<environment>/lib/python3.11/site-packages/torch/x.py", line 3'),
        ("vocals_raw.wav", "vocals_raw.wav"),
        ("worker_started endpoint=tcp://127.0.0.1:44565 epoch=1",
         "worker_started endpoint=tcp://127.0.0.1:44565 epoch=1"),
        ("voxmend 0.1.0 ['models', 'pull', '--preset', 'mine']",
         "voxmend 0.1.0 models pull --preset <argument>"),
        ("-> voxmend models pull --preset restore", "-> voxmend models pull --preset restore"),
    ):  # fmt: skip
        assert redactor.text(text) == told


def test_the_same_name_is_the_same_sign_wherever_it_stands(redactor: Redactor) -> None:
    redactor.learn(f"{HOME}/Songs/Love.wav")
    first = redactor.text(f"path={HOME}/Songs/Love.wav")
    second = redactor.text(f"{HOME}/Songs/Love.wav is gone")
    third = redactor.text("Love.wav: done")
    assert first == f"path=~/{sign('Songs')}/{sign('Love')}.wav"
    assert second.startswith(first.removeprefix("path="))
    assert third == f"{sign('Love')}.wav: done"
    assert redactor.text(first) == first


def test_a_log_teaches_the_names_that_sentences_then_hold(redactor: Redactor) -> None:
    redactor.learn_from_log("job_accepted job=1 path='/media/Zoë & Co/Ünser Lied.flac'\n")
    told = redactor.text("/media/Zoë & Co/Ünser Lied.flac cannot be read. Ünser Lied is broken")
    assert "Zo" not in told
    assert "Lied" not in told


def test_data_keeps_its_shape_and_its_keys(redactor: Redactor) -> None:
    redactor.learn("/x/clip.wav")
    told = redactor.data({"clip": {"path": "/x/clip.wav", "n": 3}, "on": [True, "by alice"]})
    assert told["clip"]["n"] == 3
    assert re.fullmatch(r"/name-[0-9a-f]{8}/name-[0-9a-f]{8}\.wav", told["clip"]["path"])
    assert told["on"] == [True, "by <user>"]


def test_short_names_are_not_looked_for_in_other_words(redactor: Redactor) -> None:
    assert names_of(["a", "Bo", "", "Alice", "Alice"]) == ("Alice",)
    assert redactor.text("malice and alices stay") == "malice and alices stay"
