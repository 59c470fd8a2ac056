"""What a user may type that Python would take for more than it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from voxmend import safe_files
from voxmend.cli.app import app
from voxmend.cli.restore import parse_values


@pytest.mark.parametrize("text", ["1_0", "٠", "１", "0_.5"])
def test_a_number_in_set_is_written_with_plain_digits(text: str) -> None:
    assert parse_values([f"denoise.strength={text}"]) == {"denoise.strength": text}


def test_an_import_of_nothing_does_not_take_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXMEND_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(app, ["models", "import", ""])
    assert run.exit_code == 2
    assert "The path is empty" in run.output


def test_a_path_with_a_null_character_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="nvalid"):
        safe_files.read(Path("/tmp/a\0b"), 10)
