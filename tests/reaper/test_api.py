"""A static check of all that the scripts ask of REAPER: every call and every attribute is one that
REAPER has, with as many arguments as it takes, and nothing that came after the oldest REAPER there
is support for is called unasked. Data: names, signatures and versions, in tests/reaper/data."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from reaper.lua_run import DATA, HERE, SCRIPTS
from reaper.lua_source import TOKEN, code, files, python_scripts

OLDEST = (6, 37)

DOOR = "reaper_api.lua"


@cache
def data(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / f"{name}.json").read_bytes())
    return found


def version(text: str) -> tuple[int, int]:
    """REAPER counts hundredths: 6.4 is 6.40."""
    whole, _, part = text.partition(".")
    return int(whole), int(part.ljust(2, "0")[:2])


@cache
def declared() -> dict[str, str]:
    """The list behind the scripts' one door: function, and since when, empty for all we support."""
    text = files()[DOOR]
    found = re.findall(r"^  (\w+) = (true|'[\d.]+'),$", text, re.MULTILINE)
    return {name: since.strip("'").replace("true", "") for name, since in found}


def is_later(name: str) -> bool:
    """Whether no REAPER as old as the oldest is known to have it."""
    since = data("reascript_since")
    known = since["functions"].get(name)
    return name not in since["in_6_24"] and known is not None and version(known) > OLDEST


def signature(name: str) -> dict[str, Any] | None:
    for table in ("reascript_api", "reascript_api_extensions"):
        if name in data(table):
            found: dict[str, Any] = data(table)[name]
            return found
    return None


@dataclass(frozen=True, slots=True)
class Call:
    """A call in a script. ``count`` is None where a list is unpacked at the end."""

    file: str
    line: int
    name: str
    count: int | None
    first: str


def split(text: str) -> list[str]:
    """The arguments of a call, from behind its bracket on."""
    out, depth, part = [], 0, ""
    for char in text:
        if char in "([{":
            depth += 1
        if char in ")]}":
            if depth == 0:
                break
            depth -= 1
        if char == "," and depth == 0:
            out.append(part.strip())
            part = ""
        else:
            part += char
    return [*out, part.strip()] if out or part.strip() else []


@cache
def flat(text: str) -> str:
    """Code without comments, and with nothing in a string that looks like code."""
    return TOKEN.sub(
        lambda m: "'" + re.sub(r"\W", "_", m[0][1:-1]) + "'", code(text).replace("function(", "f(")
    )


def calls(file: str, text: str) -> list[Call]:
    plain = flat(text)
    found = []
    for match in re.finditer(r"\bR\.(\w+)", plain):
        name, rest = match[1], plain[match.end() :]
        line = plain.count("\n", 0, match.start()) + 1
        if name in ("has", "gfx", "functions"):
            continue
        given: list[str] | None = None
        if rest.startswith("("):
            given = split(rest[1:])
        elif re.match(r" ?['{]", rest):
            given = [rest[:20]]
        elif re.search(r"pcall\($", plain[: match.start()]):
            given = split(rest)[1:]
        if given is None:  # handed on as a value
            found.append(Call(file, line, name, None, ""))
            continue
        last = given[-1] if given else ""
        open_end = "..." in last or "unpack(" in last
        found.append(Call(file, line, name, None if open_end else len(given), " ".join(given)))
    return found


@cache
def all_calls() -> tuple[Call, ...]:
    return tuple(call for file, text in files().items() for call in calls(file, text))


def test_reaper_is_asked_through_one_door_only() -> None:
    for file, text in files().items():
        plain = flat(text)
        wrong = r"(?<![\w.'])reaper\.\w"
        if "local gfx" not in plain:
            wrong += r"|(?<![\w.'])gfx\.\w"
        assert file == DOOR or not re.search(wrong, plain), file


def test_every_call_is_of_a_function_that_reaper_has_and_the_list_names() -> None:
    assert len(all_calls()) > 300
    for call in all_calls():
        assert call.name in declared(), f"{call.file}:{call.line}: {call.name}"
        assert signature(call.name) is not None, f"{call.file}:{call.line}: {call.name}"


def test_every_call_has_as_many_arguments_as_the_function_takes() -> None:
    counted = 0
    for call in all_calls():
        form = signature(call.name)
        if call.count is None or form is None or call.name == "new_array":
            continue
        counted += 1
        # The extra "" of versions before 6.37, where a buffer stood, is taken still.
        most = len(form["args"]) + 1
        assert form["min_args"] <= call.count <= most, (
            f"{call.file}:{call.line}: {call.name} takes {form['args']}"
        )
    assert counted > 280


def test_the_list_says_of_every_function_since_when() -> None:
    for name, since in declared().items():
        if name.startswith(("ImGui_", "CF_", "osara_")):
            continue  # of extensions, each asked for by name
        if is_later(name):
            known = data("reascript_since")["functions"][name]
            assert since == known, f"{name}: since {known}, the list says {since or 'always'}"
        elif since:
            assert version(since) > OLDEST, f"{name} is as old as all we support"


@pytest.mark.parametrize("name", sorted(n for n, since in declared().items() if since))
def test_what_came_later_is_asked_for_in_every_file_that_calls_it(name: str) -> None:
    where = {call.file for call in all_calls() if call.name == name}
    assert where, f"{name} is in the list and never called"
    for file in where:
        assert re.search(rf"R\.has[ (]'{name}'", files()[file]), f"{file}: {name} is called unasked"


def test_what_is_in_the_list_is_used() -> None:
    text = "".join(body for file, body in files().items() if file != DOOR)
    text += "".join(python_scripts().values())
    for name in declared():
        short = name.removeprefix("ImGui_").removeprefix("Col_")
        assert re.search(rf"\b(R\.|RPR_|ImGui_)?{short}\b", text), name


KEYED = re.compile(r"^(Get|Set|GetSet)(Media|Track|Project).*(Info_Value|Info_String|ProjectInfo)$")


def keys_of(name: str) -> dict[str, str]:
    found: dict[str, str] = data("reascript_attributes").get(name) or data(
        "reascript_attributes"
    ).get("Get" + name.removeprefix("Set"), {})
    return found


def has_key(known: dict[str, str], key: str) -> bool:
    """Whether a key is there, by itself or as one of a family (P_EXT:xyz)."""
    family = key.partition(":")[0] + ":"
    return key in known or (":" in key and any(one.startswith(family) for one in known))


ATTRIBUTE = re.compile(r"['\"]((?:[A-Z]{1,2}_[A-Z][A-Z0-9_]*(?::\w+)?)|GUID|PROJECT_\w+)['\"]")


def test_an_attribute_that_a_call_names_is_one_of_that_function() -> None:
    checked = 0
    for file, text in files().items():
        for match in re.finditer(r"\bR\.(\w+)\(([^()]*(?:\([^()]*\)[^()]*)*)\)", code(text)):
            known = keys_of(match[1])
            if known and (key := ATTRIBUTE.search(match[2])):
                checked += 1
                assert has_key(known, key[1]), f"{file}: {match[1]} has no {key[1]}"
    assert checked > 50


def test_every_attribute_in_lists_and_in_python_is_one_that_reaper_has() -> None:
    known = {key: "" for keys in data("reascript_attributes").values() for key in keys}
    used = {
        (file, key)
        for file, text in {**files(), **python_scripts()}.items()
        for key in ATTRIBUTE.findall(text)
    }
    assert len(used) > 60
    assert {(file, key) for file, key in used if not has_key(known, key)} == set()


def test_an_attribute_that_came_later_means_nothing_where_it_is_not() -> None:
    """An older REAPER gives 0 or nothing for it, and the stand-in plays one: specs/older_spec."""
    later = data("reascript_since")["attributes"]
    spec = (HERE / "specs" / "older_spec.lua").read_text("utf-8")
    assert "API_DATA.reascript_since.attributes" in spec
    assert {"C_LANEPLAYS", "P_RAZOREDITS_EXT"} <= later.keys()
    assert all(one["older"] in (0, "") for one in later.values())


def test_python_calls_what_reaper_has_with_as_many_arguments() -> None:
    checked = 0
    for file, text in python_scripts().items():
        for match in re.finditer(r"\bRPR_(\w+)\(", text):
            name = match[1]
            form = signature(name)
            assert form is not None, f"{file}: {name}"
            assert not is_later(name), f"{file}: {name} came after {OLDEST}"
            if "python" not in form:  # REAPER's documentation says nothing of it
                assert name in ("get_action_context", "defer", "atexit"), name
                continue
            wanted = re.search(r"RPR_\w+\((.*)\)$", form["python"])
            assert wanted, name
            count = len(split(re.sub(r'"[^"]*"', '""', text[match.end() :])))
            assert count == len(split(wanted[1] + ")")), f"{file}: {name}: {form['python']}"
            checked += 1
    assert checked > 15


@pytest.mark.parametrize(
    ("planted", "test"),
    [
        ("R.NoSuchThing(1)", test_every_call_is_of_a_function_that_reaper_has_and_the_list_names),
        ("R.GetTrack(1)", test_every_call_has_as_many_arguments_as_the_function_takes),
        ("R.GetTrack(1, 2, 3, 4)", test_every_call_has_as_many_arguments_as_the_function_takes),
        (
            "R.GetMediaItemInfo_Value(item, 'D_PLAYRATE')",
            test_an_attribute_that_a_call_names_is_one_of_that_function,
        ),
        (
            "local K = { 'D_NOTHING' }",
            test_every_attribute_in_lists_and_in_python_is_one_that_reaper_has,
        ),
        ("reaper.GetTrack(0, 0)", test_reaper_is_asked_through_one_door_only),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_mistake_that_is_planted_is_found(
    planted: str, test: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {**files(), "find.lua": files()["find.lua"] + "\n" + planted + "\n"}
    monkeypatch.setattr(sys.modules[__name__], "files", lambda: wrong)
    all_calls.cache_clear()
    try:
        with pytest.raises(AssertionError):
            test()
    finally:
        all_calls.cache_clear()
    assert SCRIPTS.is_dir()
