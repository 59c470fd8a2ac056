"""The header of a package: the tags in the comment lines that a file begins with.

Read as the gem ``metaheader`` reads them, which ``reapack-index`` is built on: a tag is
``@name value`` or ``Name: value`` after a prefix (``-- ``); lines with the same prefix that are
indented further belong to the tag before; the first empty line ends the header. The second form
is why prose such as “Version: see below” in the first comment would be taken for a tag.
"""

from __future__ import annotations

import re

from .problem import RuleError

_TAG = re.compile(
    r"\A(?P<prefix>.*?)(?:@(?P<key>\w+)|(?P<other>\w[\w\s]*?)\s*(?P<colon>:))"
    r"(?:\s*(?P<value>[^\n]+))?\Z"
)
ALIASES = {
    "reascript_name": "description",
    "desc": "description",
    "name": "description",
    "links": "link",
    "website": "link",
    "screenshots": "screenshot",
    "donate": "donation",
    "donations": "donation",
    "change_log": "changelog",
    "provide": "provides",
}
SINGLE = {"version", "author", "description"}
SWITCHES = {"noindex", "metapackage"}
KNOWN = {*SINGLE, *SWITCHES, "about", "changelog", "provides", "link", "screenshot", "donation"}


def parse(text: str) -> dict[str, str]:
    """The tags of a file; a tag without a value has an empty one.

    Raises:
        RuleError: a tag is there twice, where ReaPack would silently take one of them.
    """
    tags: dict[str, str] = {}
    last, prefix, indent, breaks = "", "", "", 0
    for raw in text.splitlines():
        if last and raw.startswith(prefix.rstrip()):
            rest = raw[len(prefix) :]
            if raw.rstrip() == prefix.rstrip() and prefix.strip():
                breaks += 1
                continue
            wide = indent or rest[: len(rest) - len(rest.lstrip())]
            if raw.startswith(prefix) and wide and rest.startswith(wide):
                indent = wide
                tags[last] += "\n" * (breaks + bool(tags[last])) + rest[len(wide) :].rstrip()
                breaks = 0
                continue
        last, breaks = "", 0
        line = raw.rstrip()
        if not line:
            break
        match = _TAG.match(line)
        if match is None or (match["colon"] and match["value"] is None):
            continue
        key = re.sub(r"\W", "_", match["key"] or match["other"]).lower()
        key = ALIASES.get(key, key)
        if key in tags and key in KNOWN:
            raise RuleError(f"The tag @{key} is there twice, or a line of prose reads like it.")
        tags[key] = (match["value"] or "").strip()
        last, prefix, indent = key, match["prefix"], ""
    return tags


def check(tags: dict[str, str]) -> None:
    """The rules of single tags.

    Raises:
        RuleError: one is broken.
    """
    if "version" not in tags:
        raise RuleError("The tag @version is missing.")
    for key in sorted(KNOWN & tags.keys()):
        if key in SWITCHES:
            if tags[key] not in ("", "true", "false"):
                raise RuleError(f"The tag @{key} takes no value.")
        elif not tags[key]:
            raise RuleError(f"The tag @{key} has no value.")
        elif key in SINGLE and "\n" in tags[key]:
            raise RuleError(f"The tag @{key} must stand on one line.")
    check_version(tags["version"])


def check_version(version: str) -> None:
    """The form of a version: it begins with a digit, and no number in it exceeds 65535.

    Raises:
        RuleError: it has another form.
    """
    if not re.match(r"\A\d", version):
        raise RuleError(f"@version {version} must begin with a digit.")
    if any(len(number) > 5 or int(number) > 65535 for number in re.findall(r"\d+", version)):
        raise RuleError(f"@version {version} has a number above 65535.")
