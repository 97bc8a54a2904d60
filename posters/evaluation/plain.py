"""Frozen dataclasses to plain data and back, checked against their annotations."""

import json
import math
from dataclasses import asdict, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from posters.errors import ScoresError


def to_plain(value: Any) -> Any:
    """A dataclass as dicts, lists, text, numbers and None: what `json.loads` gives back.

    Raises:
        ScoresError: it holds NaN, infinity, or something that JSON can't say.
    """
    try:
        return json.loads(json.dumps(asdict(value) if is_dataclass(value) else value, allow_nan=False))  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ScoresError(f"this can't be written as JSON: {error}") from error


def from_plain(kind: Any, value: Any, where: str) -> Any:
    """The inverse of `to_plain`: a value of the annotation `kind`.

    Raises:
        ScoresError: a key is missing or unknown, or a value is of another type; the message says where.
    """
    if is_dataclass(kind):
        return _dataclass(kind, value, where)
    origin, arguments = get_origin(kind), get_args(kind)
    if value is None and NoneType in arguments:
        return None
    if origin is Literal:
        _check(value in arguments, " or ".join(map(repr, arguments)), value, where)
        return value
    if any(is_dataclass(argument) for argument in arguments if origin is UnionType):
        return from_plain(next(argument for argument in arguments if is_dataclass(argument)), value, where)
    if origin is tuple:
        _check(isinstance(value, list), "a list", value, where)
        return tuple(from_plain(arguments[0], item, f"{where}[{place}]") for place, item in enumerate(value))
    if origin is dict:
        _check(isinstance(value, dict), "an object", value, where)
        return {key: from_plain(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    return _single(kind, value, where)


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    _check(isinstance(value, dict), "an object", value, where)
    wanted = {entry.name: entry.type for entry in fields(kind)}
    if wanted.keys() != value.keys():
        name = sorted(wanted.keys() ^ value.keys())[0]
        raise ScoresError(f"{where}: {name!r} is {'missing' if name in wanted else 'unknown'}")
    return kind(**{name: from_plain(wanted[name], value[name], f"{where}.{name}") for name in wanted})


def _single(kind: Any, value: Any, where: str) -> Any:
    """Text, a number, None or anything, for annotations like `str`, `float | None` and `Any`."""
    if kind is Any:
        return value
    allowed = get_args(kind) or (kind,)
    if float in allowed and type(value) is int:
        value = float(value)
    finite = not isinstance(value, float) or math.isfinite(value)
    _check(type(value) in allowed and finite, " or ".join(one.__name__ for one in allowed), value, where)
    return value


def _check(right: bool, wanted: str, value: Any, where: str) -> None:
    if not right:
        raise ScoresError(f"{where} must be {wanted}, but got {value!r}")
