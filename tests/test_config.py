"""Settings: flag over environment over file over default, and mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxmend import config
from voxmend_protocol.errors import EnvironmentProblem


def test_without_a_file_everything_is_a_default(tmp_path: Path) -> None:
    settings, values = config.load(tmp_path / "none.toml", {})
    assert settings == config.Settings()
    assert {value.origin for value in values} == {"default"}


def test_the_environment_goes_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "voxmend.toml"
    file.write_text("[worker]\nidle_exit_min = 5\nqueue_max = 10\n")
    settings, values = config.load(file, {"VOXMEND_WORKER_QUEUE_MAX": "3"})
    assert settings.worker == config.Worker(idle_exit_min=5.0, queue_max=3)
    origins = {value.key: value.origin for value in values}
    assert origins["worker.idle_exit_min"] == str(file)
    assert origins["worker.queue_max"] == "VOXMEND_WORKER_QUEUE_MAX"


@pytest.mark.parametrize(
    ("text", "env", "said"),
    [
        ("[worker]\nqueue_maxx = 3\n", {}, r"Did you mean worker\.queue_max\?"),
        ("[wrker]\n", {}, r"Did you mean worker\?"),
        ("[worker]\nqueue_max = true\n", {}, "queue_max must be"),
        ("[worker]\nqueue_max = 3.5\n", {}, "queue_max must be"),
        ("worker = 3\n", {}, "must be a section"),
        ("[worker\n", {}, "not valid TOML"),
        ("", {"VOXMEND_WORKER_QUEUE_MAX": "many"}, "VOXMEND_WORKER_QUEUE_MAX must be"),
        ('[worker]\ndevice = "TPU"\n', {}, r"worker\.device must be auto, cpu, cuda, one card"),
        ("[worker]\nengines = 17\n", {}, r"worker\.engines must be 0, or lie between 1 and 16"),
        ('[worker]\nengines = "all"\n', {}, r"worker\.engines must be"),
        ('[worker]\nthreads = "auto"\n', {}, r"worker\.threads must be"),
        (
            '[worker]\nprecision = "bf16"\n',
            {},
            r"worker\.precision must be one of auto, exact, fast, fp32",
        ),
        ("[worker]\nkeep_alive_min = -2\n", {}, r"must be minutes, or -1 for ever"),
        ("", {"VOXMEND_WORKER_KEEP_ALIVE_MIN": "nan"}, r"must be minutes, or -1 for ever"),
        ("[worker]\nidle_exit_min = -1\n", {}, "must lie between 0"),
        ("", {"VOXMEND_WATCH_NOTIFY": "perhaps"}, "VOXMEND_WATCH_NOTIFY must be"),
        ("[watch]\nnotify = 1\n", {}, "notify must be"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, env: dict[str, str], said: str) -> None:
    file = tmp_path / "voxmend.toml"
    file.write_text(text)
    with pytest.raises(EnvironmentProblem, match=said):
        config.load(file, env)


def test_a_mark_of_the_byte_order_in_front_is_read_over(tmp_path: Path) -> None:
    file = tmp_path / "voxmend.toml"
    file.write_text("\ufeff[worker]\nqueue_max = 3\n", "utf-8")
    assert config.load(file, {})[0].worker.queue_max == 3


def test_a_home_that_is_no_folder_is_said_with_the_next_step() -> None:
    with pytest.raises(EnvironmentProblem, match="Set VOXMEND_HOME to a folder of yours"):
        config.load(Path("/dev/null/config/voxmend.toml"), {})


@pytest.mark.parametrize("minutes", [-1.0, 0.0, 10.0])
def test_networks_are_kept_for_minutes_or_not_at_all_or_for_ever(
    tmp_path: Path, minutes: float
) -> None:
    file = tmp_path / "voxmend.toml"
    file.write_text(f"[worker]\nkeep_alive_min = {minutes}\n")
    assert config.load(file, {})[0].worker.keep_alive_min == minutes


@pytest.mark.parametrize(("text", "value"), [("true", True), ("0", False), ("False", False)])
def test_a_switch_in_the_environment_is_true_or_false(
    tmp_path: Path, text: str, value: bool
) -> None:
    settings, _ = config.load(tmp_path / "none.toml", {"VOXMEND_WATCH_NOTIFY": text})
    assert settings.watch.notify is value


def test_a_folder_with_a_null_character_is_refused_as_a_setting(tmp_path: Path) -> None:
    file = tmp_path / "voxmend.toml"
    file.write_text('[restore]\nfolder = "a\\u0000b"\n')
    with pytest.raises(EnvironmentProblem, match=r"restore\.folder holds a null character"):
        config.load(file, {})


@pytest.mark.parametrize("text", ['"auto"', "0"])
def test_how_many_engines_may_be_left_to_voxmend(tmp_path: Path, text: str) -> None:
    file = tmp_path / "voxmend.toml"
    file.write_text(f"[worker]\nengines = {text}\n")
    assert config.load(file, {})[0].worker.engines == 0
    assert config.load(file, {"VOXMEND_WORKER_ENGINES": "3"})[0].worker.engines == 3
    assert config.load(file, {"VOXMEND_WORKER_ENGINES": "auto"})[0].worker.engines == 0


def test_a_card_of_several_is_a_device(tmp_path: Path) -> None:
    file = tmp_path / "voxmend.toml"
    file.write_text('[worker]\ndevice = "cuda:1"\n')
    assert config.load(file, {})[0].worker.device == "cuda:1"
