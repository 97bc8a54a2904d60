"""Foreign JSON becomes objects of our own, or one line says where it is wrong."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from posters._base.validation import Between, from_plain, to_plain
from posters.errors import ConfigError

Share = Annotated[float, Between(0, 1)]


@dataclass(frozen=True)
class Inner:
    name: str
    share: Share = 0.5


@dataclass(frozen=True)
class Outer:
    inner: Inner
    many: tuple[Inner, ...]
    by_name: dict[str, int]
    kind: Literal["a", "b"]
    perhaps: Inner | None
    number: float | None
    anything: Any


GOOD = {
    "inner": {"name": "x", "share": 1},
    "many": [{"name": "y"}],
    "by_name": {"z": 3},
    "kind": "b",
    "perhaps": None,
    "number": 2,
    "anything": [1, "two"],
}


def test_plain_data_comes_back_as_it_was():
    outer = from_plain(Outer, GOOD, "it")
    assert outer == Outer(Inner("x", 1.0), (Inner("y"),), {"z": 3}, "b", None, 2.0, [1, "two"])
    assert from_plain(Outer, to_plain(outer), "it") == outer


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inner": 5}, "it.inner must be an object, but got 5"),
        ({"inner": {}}, "it.inner: 'name' is missing"),
        ({"inner": {"name": "x", "size": 1}}, "it.inner: 'size' is unknown"),
        ({"inner": {"name": "x", "share": 2}}, "it.inner.share must be from 0 to 1, but got 2"),
        ({"inner": {"name": "x", "share": 10**400}}, "it.inner.share must be from 0 to 1, but got 1000"),
        ({"inner": {"name": "x", "share": float("nan")}}, "it.inner.share must be from 0 to 1, but got nan"),
        ({"inner": {"name": "x", "share": True}}, "it.inner.share must be float, but got True"),
        ({"many": {}}, "it.many must be a list, but got {}"),
        ({"many": [{"name": 7}]}, "it.many[0].name must be str, but got 7"),
        ({"by_name": {"z": 1.5}}, "it.by_name.z must be int, but got 1.5"),
        ({"kind": ["a"]}, "it.kind must be one of a, b, but got ['a']"),
        ({"number": float("inf")}, "it.number must be float or NoneType, but got inf"),
    ],
)
def test_the_message_names_the_place(changes, message):
    with pytest.raises(ConfigError) as refused:
        from_plain(Outer, GOOD | changes, "it", ConfigError)
    assert str(refused.value).startswith(message)


def test_unknown_keys_are_ignored_on_request():
    assert from_plain(Inner, {"name": "x", "size": 1}, "it", ignore_unknown=True) == Inner("x")


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"bytes"])
def test_what_json_has_no_word_for_is_refused(value):
    with pytest.raises(ConfigError, match="can't be written as JSON"):
        to_plain(value, ConfigError)
