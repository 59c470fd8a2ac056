"""What a person writes, spoilt: settings, presets, models.toml. Each is read, or refused as that
file, with a code."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz import odd

from voxmend import config, presets
from voxmend.models import catalogue
from voxmend_protocol.errors import BadRequest

SETTINGS = (
    b'[worker]\nidle_exit_min = 5\nqueue_max = 10\nlog_level = "debug"\ndevice = "cpu"\n'
    b'keep_alive_min = -1\n[restore]\npreset = "quick"\nfolder = "/songs"\n[cache]\n'
    b"budget_gb = 2.5\n[watch]\nnotify = false\n"
)
OWN = b"""
[mine]
title = "Mine"
stage = "separate"
purpose = "A voice."
licence = "MIT"
terms = "Free to use."
source = "https://example.org"
citation = "Nobody."
blocks = ["separate.mine"]
like = "separate.mdx"
compensate = 1.02
[mine.package]
distribution = "some-package"
version = "1.0"
archive = { path = "some/model.tar.gz", size = 1000, sha256 = "%(hash)s" }
[[mine.file]]
name = "mine.onnx"
member = "mine.onnx"
size = 1000
sha256 = "%(hash)s"
[other]
title = "Other"
stage = "denoise"
purpose = "None."
licence = "MIT"
terms = "Free."
source = "here"
citation = "Nobody."
blocks = []
[[other.file]]
name = "other.ckpt"
urls = ["https://example.org/other.ckpt"]
md5_tail = "%(md5)s"
about = 3000
[[other.file]]
name = "other.yaml"
urls = []
""" % {b"hash": b"ab" * 32, b"md5": b"cd" * 16}
PRESETS = [file.read_bytes() for file in sorted(Path(presets.__file__).parent.glob("*.toml"))]


def settings(file: Path, data: bytes) -> object:
    file.write_bytes(data)
    return config.load(file, {})


def preset(file: Path, data: bytes) -> object:
    file.write_bytes(data)
    found = presets.find(file.stem, file.parent)
    assert presets.parse(found.dump()) == found
    return found.with_values({f"{found.steps[0].block}.strength": 2} if found.steps else {})


def models(file: Path, data: bytes) -> object:
    file.write_bytes(data)
    return catalogue.of_user(file)


@pytest.mark.parametrize(
    ("read", "seeds", "whole", "short"),
    [
        (settings, [SETTINGS], 2000, 200),
        (preset, PRESETS, 2000, 200),
        (models, [OWN], 1500, 100),
    ],
)
def test_a_spoilt_file_is_read_or_refused_as_that_file(
    tmp_path: Path,
    read: Callable[[Path, bytes], object],
    seeds: list[bytes],
    whole: int,
    short: int,
) -> None:
    file = tmp_path / "mine.toml"
    for seed in seeds:
        with contextlib.suppress(BadRequest):  # a strength that this one does not take
            read(file, seed)
    kind = f"toml_{getattr(read, '__name__', '')}"
    many = odd.cases(kind, seeds, whole, short, odd.of_toml(seeds))
    assert odd.judge(many, lambda data: read(file, data)) > 0
