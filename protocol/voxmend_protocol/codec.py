"""Dataclass to JSON object and back, with the path of whatever is wrong.

Unknown fields are ignored, so that an older side understands a newer one; for the same reason a
reader may take words that a closed list does not have (``open_words``). Absent is absent: a field
whose value is None is not sent. A number is finite. Only what messages.py uses is known
here: str, bool, int, float, scalars, Literal, Optional, tuples of one type, mappings of scalars,
nested dataclasses.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import types
import typing
from typing import Any, Dict, Literal, Mapping, Tuple, Type, TypeVar, Union

from .errors import BadRequest

T = TypeVar("T")
Scalar = Union[str, int, float, bool]

MAX_INT = 2**53
"""Integers beyond this do not survive JSON readers that hold numbers as doubles."""
MAX_DEPTH = 64
"""Objects and lists inside each other: the same in every language, far below any stack."""

_UNIONS = (Union, getattr(types, "UnionType", Union))
"""``Optional[X]``, and ``X | None`` where Python has that."""

_HINTS: Dict[type, Dict[str, Any]] = {}


def hints(cls: type) -> Dict[str, Any]:
    """The resolved annotations of a dataclass, computed once."""
    if cls not in _HINTS:
        _HINTS[cls] = typing.get_type_hints(cls, vars(sys.modules[cls.__module__]))
    return _HINTS[cls]


def optional(hint: Any) -> Tuple[Any, bool]:
    """Split Optional[X] into (X, True); anything else is (hint, False)."""
    if typing.get_origin(hint) in _UNIONS and type(None) in typing.get_args(hint):
        rest = tuple(arg for arg in typing.get_args(hint) if arg is not type(None))
        return (rest[0] if len(rest) == 1 else Union[rest], True)
    return hint, False


def to_dict(value: Any) -> Dict[str, Any]:
    """A dataclass as a dict of JSON values; None fields are left out."""
    return {
        f.name: _plain(getattr(value, f.name))
        for f in dataclasses.fields(value)
        if getattr(value, f.name) is not None
    }


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_dict(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def from_dict(cls: Type[T], data: Any, where: str = "", open_words: bool = False) -> T:
    """Build ``cls`` from a JSON object.

    Args:
        open_words: a string that is not of a Literal's list is kept as it is. So is read what a
            worker sends, which may be newer than this side.

    Raises:
        BadRequest: a field is missing or of the wrong kind; the sentence names its path.
    """
    if not isinstance(data, dict):
        raise BadRequest(f"{where or 'The message'} must be an object, not {_kind(data)}.")
    values = {}
    for f in dataclasses.fields(cls):  # type: ignore[arg-type]
        path = f"{where}.{f.name}" if where else f.name
        hint, may_be_absent = optional(hints(cls)[f.name])
        if f.name in data:
            values[f.name] = _build(hint, data[f.name], path, open_words)
        elif not (may_be_absent or _has_default(f)):
            raise BadRequest(f"{path} is missing.")
        elif not _has_default(f):
            values[f.name] = None
    return cls(**values)


def _has_default(f: "dataclasses.Field[Any]") -> bool:
    return f.default is not dataclasses.MISSING or f.default_factory is not dataclasses.MISSING


def _build(hint: Any, value: Any, path: str, open_words: bool) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint == Scalar:
        return _scalar(type(value) if type(value) in _NAMES else str, value, path)
    if dataclasses.is_dataclass(hint):
        return from_dict(hint, value, path, open_words)  # type: ignore[arg-type]
    if origin is tuple:
        if not isinstance(value, list):
            raise BadRequest(f"{path} must be a list, not {_kind(value)}.")
        return tuple(
            _build(args[0], item, f"{path}[{n}]", open_words) for n, item in enumerate(value)
        )
    if origin is Literal:
        if open_words:
            return _scalar(str, value, path)
        if not isinstance(value, str) or value not in args:
            raise BadRequest(f"{path} must be one of {', '.join(args)}.")
        return value
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise BadRequest(f"{path} must be an object, not {_kind(value)}.")
        # In order, so that two objects that say the same are written the same.
        return {
            key: _build(args[1], value[key], f"{path}.{key}", open_words) for key in sorted(value)
        }
    return _scalar(hint, value, path)


def _scalar(hint: Any, value: Any, path: str) -> Any:
    if hint is float and type(value) is int:
        try:
            value = float(value)
        except OverflowError:
            raise BadRequest(f"{path} must be a finite number.") from None
    if type(value) is not hint:
        raise BadRequest(f"{path} must be {_NAMES[hint]}, not {_kind(value)}.")
    if hint is float and not math.isfinite(value):
        raise BadRequest(f"{path} must be a finite number.")
    if hint is int and abs(value) > MAX_INT:
        raise BadRequest(f"{path} is too large.")
    return value


_NAMES = {str: "a string", int: "an integer", float: "a number", bool: "true or false"}


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {**_NAMES, list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def dump(data: Mapping[str, Any]) -> bytes:
    """A JSON object as UTF-8 bytes: no spaces, finite numbers only.

    Raises:
        BadRequest: a number is not finite, or a string (a file name, say) is not Unicode.
    """
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadRequest(
            "A path or a name is not valid Unicode. Rename the file or folder and try again."
        ) from None
    except ValueError:
        raise BadRequest("A number in the message is not finite.") from None


def parse(data: bytes) -> Dict[str, Any]:
    """UTF-8 bytes as a JSON object.

    Raises:
        BadRequest: not UTF-8, not JSON, not an object, nested too deep, with NaN or Infinity, or
            with half a surrogate pair, which no answer could repeat.
    """
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        _measure(value, MAX_DEPTH)
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise BadRequest(f"The message is nested more than {MAX_DEPTH} deep.") from None
    except ValueError as error:
        raise BadRequest(f"The message is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise BadRequest(f"The message must be an object, not {_kind(value)}.")
    return value


def _measure(value: Any, levels: int) -> None:
    if isinstance(value, (dict, list)):
        if not levels:
            raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
        for item in value.values() if isinstance(value, dict) else value:
            _measure(item, levels - 1)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a finite number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    return value
