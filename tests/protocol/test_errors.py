"""The exception tree: drawn, coded, carried over wires and pipes."""

from __future__ import annotations

import pickle
import re

import pytest

from voxmend_protocol import errors
from voxmend_protocol.errors import BY_CODE, CODES, InternalError, VoxmendError, from_code


def classes(cls: type[VoxmendError] = VoxmendError) -> list[type[VoxmendError]]:
    """The tree of this file, parents first."""
    return [cls] + [
        leaf
        for child in cls.__subclasses__()
        if child.__module__ == errors.__name__
        for leaf in classes(child)
    ]


def drawn() -> list[tuple[int, str, str]]:
    """Depth, class and code of each line of the picture in the docstring."""
    found = []
    for line in (errors.__doc__ or "").splitlines():
        at = re.match(r"    ([│ ├└─]*)(\w+) *([a-z_]*)(?: .*)?$", line)
        if at and at[2] in vars(errors):
            found.append((len(at[1]) // 4, at[2], at[3]))
    return found


def test_the_picture_shows_every_class_under_its_parent() -> None:
    above: list[str] = []
    picture = []
    for depth, name, _ in drawn():
        above[depth:] = [name]
        picture.append((name, above[depth - 1] if depth else "Exception"))
    tree = [(cls.__name__, cls.__mro__[1].__name__) for cls in classes()]
    assert sorted(picture) == sorted(tree)


def test_the_picture_shows_every_code() -> None:
    for _, name, code in drawn():
        cls = getattr(errors, name)
        if code:
            assert cls.code == code
        else:  # an inner class travels under the code of its most general child, or as internal
            children = {child.code for child in cls.__subclasses__()}
            assert cls.code in children


@pytest.mark.parametrize("code", CODES)
def test_a_code_gives_its_class_back(code: str) -> None:
    error = from_code(code, "Something.")
    assert (error.code, error.message, str(error)) == (code, "Something.", "Something.")


def test_every_leaf_is_reached_by_its_code() -> None:
    leaves = [cls for cls in classes() if not cls.__subclasses__()]
    assert {BY_CODE[cls.code] for cls in leaves} == set(leaves)
    assert len({cls.code for cls in leaves}) == len(leaves)


def test_a_code_of_a_later_version_stays_an_error_and_is_named() -> None:
    error = from_code("moon_phase", "Wait.")
    assert type(error) is InternalError
    assert "moon_phase" in error.message


def test_codes_are_words_and_sorted() -> None:
    assert list(CODES) == sorted(CODES)
    assert all(re.fullmatch(r"[a-z_]+", code) for code in CODES)


@pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.__name__)
def test_an_error_survives_a_pipe(cls: type[VoxmendError]) -> None:
    back = pickle.loads(pickle.dumps(cls("Broken. Mend it.")))
    assert type(back) is cls
    assert (back.message, back.args) == ("Broken. Mend it.", ("Broken. Mend it.",))


@pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.__name__)
def test_every_class_says_what_it_means(cls: type[VoxmendError]) -> None:
    assert cls.__doc__
    assert isinstance(cls.retryable, bool)


def test_only_trouble_that_passes_by_itself_is_retryable() -> None:
    assert {cls.code for cls in classes() if cls.retryable} == {
        "disk_full",
        "out_of_memory",
        "queue_full",
        "remote_unreachable",
        "shutting_down",
        "too_many_files",
        "worker_unreachable",
    }
