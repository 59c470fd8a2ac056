"""The command with which a batch goes on is the one that was typed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from voxmend import typed
from voxmend.batch.listing import Listed
from voxmend.batch.survey import Rule
from voxmend.cli.go_on import how_to_go_on
from voxmend.cli.screen import say_as_typed

BEGAN = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def test_it_is_said_as_typed_whatever_stands_before_the_command_and_in_a_songs_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(typed, "command", lambda: "sh run.sh")
    song = "a voxmend demo of mine/one.wav"
    monkeypatch.setattr(sys, "argv", ["voxmend", "--plain", "restore", song])
    say_as_typed(how_to_go_on(Rule({}), [Listed(song, named=True)], BEGAN))
    said = capsys.readouterr().err
    assert said.startswith("To go on: sh run.sh --plain restore ")
    assert song in said
    assert said.endswith("--since 2026-01-31T09:30:00Z\n")
