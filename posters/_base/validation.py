"""Check plain data from JSON files and requests against annotations, and report in one line where it is wrong.

The one validator for foreign JSON: classifier.json, stored evaluations and requests of the Open Inference Protocol.
`docs/design.md` explains why it is neither msgspec nor pydantic.
"""

import json
import math
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin

ErrorType: TypeAlias = Callable[[str], Exception]


@dataclass(frozen=True)
class Between:
    """The range of a number, for `Annotated[float, Between(0, 1)]`.

    Attributes:
        low: the smallest value allowed.
        high: the largest value allowed.

    Examples:
        >>> from_plain(Annotated[float, Between(0, 1)], 1, "share")
        1.0
    """

    low: float
    high: float


def to_plain(value: Any, error: ErrorType = ValueError) -> Any:
    """Return a dataclass as dicts, lists, text, numbers and None: what `json.loads` would return.

    Args:
        value: a dataclass, or anything that JSON can hold.
        error: the class of the error to raise.

    Raises:
        ValueError: `value` holds NaN, infinity, or something that JSON can't hold. Of the class `error`, if given.

    Examples:
        >>> to_plain(Between(0, 1))
        {'low': 0, 'high': 1}
    """
    try:
        return json.loads(json.dumps(asdict(value) if is_dataclass(value) else value, allow_nan=False))  # type: ignore[arg-type]
    except (TypeError, ValueError) as cause:
        raise error(f"this can't be written as JSON: {cause}") from cause


def from_plain(
    kind: Any, value: Any, where: str, error: ErrorType = ValueError, *, ignore_unknown: bool = False
) -> Any:
    """Return `value` as an object of the annotation `kind`; the inverse of `to_plain`.

    Args:
        kind: a dataclass, or an annotation: a scalar type, `Literal`, `tuple[X, ...]`, `dict[str, X]`, `X | None`,
            `Annotated[float, Between(...)]` or `Any`. Fields with a default may be missing.
        value: plain data, as from `json.loads`.
        where: the name of the value in messages.
        error: the class of the error to raise.
        ignore_unknown: accept keys that the dataclass does not have.

    Raises:
        ValueError: a key is missing or unknown, or a value has another type; the message names the place. Of the class
            `error`, if given.

    Examples:
        >>> from_plain(tuple[str, ...], ["Comedy", 7], "genres")
        Traceback (most recent call last):
        ValueError: genres[1] must be str, but got 7
    """
    return _Converter(error, ignore_unknown).convert(kind, value, where)


@dataclass(frozen=True)
class _Converter:
    """Walks plain data and its annotation side by side."""

    error: ErrorType
    ignore_unknown: bool

    def convert(self, kind: Any, value: Any, where: str) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if kind is Any or (value is None and NoneType in arguments):
            return value
        for option in arguments if origin is UnionType else (kind,):
            if is_dataclass(option):
                return self._object(option, value, where)
        if origin is tuple:
            self._check(isinstance(value, list), "a list", value, where)
            return tuple(self.convert(arguments[0], item, f"{where}[{place}]") for place, item in enumerate(value))
        if origin is dict:
            self._check(isinstance(value, dict), "an object", value, where)
            return {key: self.convert(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
        return self._scalar(kind, value, where)

    def _object(self, kind: Any, value: Any, where: str) -> Any:
        self._check(isinstance(value, dict), "an object", value, where)
        known = {entry.name: entry.type for entry in fields(kind)}
        for entry in fields(kind):
            if entry.name not in value and entry.default is entry.default_factory is MISSING:
                raise self.error(f"{where}: {entry.name!r} is missing")
        for name in value:
            if name not in known and not self.ignore_unknown:
                raise self.error(f"{where}: {name!r} is unknown")
        given = {name: annotation for name, annotation in known.items() if name in value}
        return kind(**{name: self.convert(given[name], value[name], f"{where}.{name}") for name in given})

    def _scalar(self, kind: Any, value: Any, where: str) -> Any:
        kind, *ranges = get_args(kind) if get_origin(kind) is Annotated else (kind,)
        self._check(matches(kind, value), describe(kind), value, where)
        for allowed in ranges:
            # Before the conversion: an int may be too large for a float. NaN fails as well.
            inside = allowed.low <= value <= allowed.high
            self._check(inside, f"from {allowed.low:g} to {allowed.high:g}", value, where)
        if type(value) is int and float in (get_args(kind) or (kind,)):
            value = float(value)
        # JSON has neither NaN nor infinity, but Python's parser accepts both.
        self._check(not isinstance(value, float) or math.isfinite(value), describe(kind), value, where)
        return value

    def _check(self, right: bool, wanted: str, value: Any, where: str) -> None:
        if not right:
            raise self.error(f"{where} must be {wanted}, but got {value!r}")


def matches(kind: Any, value: Any) -> bool:
    """Return whether a scalar has the annotation `kind`; an int is a float, but a bool is no int.

    Args:
        kind: a scalar type, a `Literal`, or a union of scalar types.
        value: any object.

    Examples:
        >>> matches(float, 1), matches(int, True), matches(Literal["a", "b"], "b")
        (True, False, True)
    """
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    allowed = get_args(kind) or (kind,)
    return type(value) in allowed or (type(value) is int and float in allowed)


def describe(kind: Any) -> str:
    """Return what a scalar of the annotation `kind` must be, in words.

    Examples:
        >>> describe(int | None), describe(Literal["stretch", "crop"])
        ('int or NoneType', 'one of stretch, crop')
    """
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, get_args(kind)))}"
    return " or ".join(one.__name__ for one in get_args(kind) or (kind,))
