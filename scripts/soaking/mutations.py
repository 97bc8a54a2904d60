"""Damaged copies of files: bytes cut, flipped and exchanged, members of archives damaged, and JSON and tables bent.

Each is a function of its seed. Bytes are damaged by a `random.Random`; what has a structure is bent by strategies of
Hypothesis, which know more odd values than anybody writes down.
"""

import copy
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

_HEAD = 256  # bytes at the beginning, where headers are: half of the damage goes there
_MAGIC = (b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00" * 8, b"\n", b'"')
# Text that JSON's own writer does not write; put in after it for the word.
_RAW = {
    "@deep@": "[" * 2000 + "]" * 2000,
    "@wide@": "[" + "0," * 20_000 + "0]",
    "@digits@": "9" * 400,
    "@longer@": "9" * 5000,
    "@nan@": "NaN",
    "@large@": "1e999",
    "@surrogate@": '"\\ud800"',
    "@escape@": '"\\u001b[2J\\u0000"',
    "@text@": f'"{"x" * 100_000}"',
    "@twice@": '{"a": 1, "a": 2}',
}


def damaged(data: bytes, random: Random) -> bytes:
    """Return bytes that are cut short, or in which some were flipped, replaced, doubled, left out or moved."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8, 50))):
        if not changed:
            break
        place = random.randrange(min(len(changed), _HEAD) if random.random() < 0.5 else len(changed))
        end = min(len(changed), place + random.choice((1, 2, 4, 8, 64, 1024)))
        start, word = random.randrange(len(changed)), random.choice(_MAGIC)
        # Of each kind: what stands from `place` to the first is replaced by the second.
        flip = place + 1, bytes([changed[place] ^ 1 << random.randrange(8)])
        kinds = {
            "magic": (place + len(word), word),
            "noise": (end, random.randbytes(end - place)),
            # The end in half of the cases, as an interrupted copy leaves it.
            "cut": (random.choice((end, len(changed))), b""),
            "insert": (place, random.randbytes(random.choice((1, 4, 100)))),
            "double": (place, changed[place:end]),
            "splice": (end, changed[start : start + end - place]),
        }
        behind, piece = random.choice((flip, flip, *kinds.values()))
        changed[place:behind] = piece
    return bytes(changed)


def repacked(data: bytes, random: Random) -> bytes:
    """Return a ZIP or gzip file in which a member is damaged and its checksum right; other bytes as `damaged` does."""
    if data.startswith(b"\x1f\x8b"):
        return gzip.compress(damaged(gzip.decompress(data), random))
    if not data.startswith(b"PK"):
        return damaged(data, random)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen, dropped = random.choice(names), random.choice(names) if random.random() < 0.1 else None
        for name in filter(lambda name: name != dropped, names):
            content = old.read(name)
            new.writestr(name, damaged(content, random) if name == chosen else content)
    return packed.getvalue()


def drawn(strategy: st.SearchStrategy[bytes], count: int, number: int) -> list[bytes]:
    """Return examples of a strategy: at most `count`, the same for the same seed `number`."""
    found: list[bytes] = []

    @seed(number)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: bytes) -> None:
        found.append(example)

    collect()
    return found


def values() -> st.SearchStrategy[Any]:
    """Return a strategy of values that JSON can hold, and of words that stand for text it should not."""
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(list(_RAW))
    return st.recursive(
        plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    )


@st.composite
def bent_json(draw: Callable[[Any], Any], document: Any) -> bytes:
    """Return JSON in which one to three values were replaced, left out, renamed or doubled."""
    root = [copy.deepcopy(document)]
    for _ in range(draw(st.integers(1, 3))):
        # By their number: Hypothesis would look at each of them.
        places = list(_places(root)) or [(root, 0)]
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        kind = draw(st.sampled_from(("replace", "replace", "like", "remove", "rename", "double")))
        if kind == "replace" or holder is root:
            holder[key] = draw(values())
        elif kind == "like":
            other, place = places[draw(st.integers(0, len(places) - 1))]
            holder[key] = copy.deepcopy(other[place])
        elif kind == "remove":
            del holder[key]
        elif isinstance(holder, dict):
            holder[draw(st.text(max_size=8))] = holder.pop(key) if kind == "rename" else holder[key]
        else:
            holder[key:key] = [holder[key]] * draw(st.sampled_from((1, 3)))
    return _raw(json.dumps(root[0]))


def bent_lines(lines: Iterable[Any]) -> st.SearchStrategy[bytes]:
    """Return a strategy of JSON lines, one of which was bent, or all of them as one list."""
    documents = list(lines)
    return st.integers(0, len(documents) - 1).flatmap(
        lambda place: bent_json(documents[place]).map(
            lambda line: b"".join(
                (line if at == place else _raw(json.dumps(each))) + b"\n" for at, each in enumerate(documents)
            )
        )
    )


@st.composite
def bent_table(draw: Callable[[Any], Any], text: str, separator: str = ",") -> bytes:
    """Return a table of text in which cells were exchanged, and rows or columns left out, doubled or cut."""
    rows = [line.split(separator) for line in text.splitlines()]
    for _ in range(draw(st.integers(1, 3))):
        if not (full := [row for row in rows if row]):
            break
        row = draw(st.sampled_from(full))
        place = draw(st.integers(0, len(row) - 1))
        kind = draw(st.sampled_from(("cell", "cell", "odd", "odd", "drop", "add", "swap", "rows")))
        if kind == "odd":
            row[place] = draw(st.sampled_from(_ODD_CELLS))
        elif kind == "cell":
            row[place] = draw(st.text(max_size=30))
        elif kind == "drop":
            del row[place]
        elif kind == "add":
            row[place:place] = draw(st.lists(st.text(max_size=5), min_size=1, max_size=3))
        elif kind == "swap":
            row[place] = draw(st.sampled_from([cell for other in full for cell in other]))
        else:
            # Not of a row that is long itself: files of gigabytes have a right to take gigabytes.
            often = 3000 if sum(map(len, row)) < 1000 else 2
            rows = draw(st.permutations(rows)) + [row] * draw(st.sampled_from((0, 1, often)))
    return "\n".join(separator.join(row) for row in rows).encode(
        draw(st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-16", "latin-1"))), "replace"
    )


_ODD_CELLS = (
    *('"', '""', "'", "\0", "\r", "\x1b[2J", "\ud800", "nan", "inf", "-1", "1e400", "²", "[", "['a'", "{", "=1+1"),
    *("9" * 5000, "x" * 200_000, "/etc/passwd", "../../x.jpg", "C:\\x.jpg", "https://[", "a|b|c", "|", "N/A", " ", ""),
    *("[" * 3000, "('a', 'b')", "[1, 2]", "True", "http://host:99999/a.jpg", "file:///etc/passwd", "\u202e", "\ufeff"),
)


def bent_toml(text: str) -> st.SearchStrategy[bytes]:
    """Return a strategy of TOML in which one value is another, a line is missing, or one was doubled."""
    lines = text.splitlines()
    odd = ("1e999", "nan", "9" * 400, '"""', "[" * 3000 + "]" * 3000, '"\\u001b"', "1979-05-27", "{a = 1}", "''", "=")
    value = st.sampled_from(odd) | values().map(lambda each: _raw(json.dumps(each)).decode(errors="replace"))
    line = st.builds(lambda key, value: f"{key} = {value}", st.sampled_from(lines).map(_key_of), value)
    return st.tuples(st.integers(0, len(lines)), st.sampled_from((0, 1, 1, 1)), st.lists(line, max_size=2)).map(
        lambda parts: "\n".join([*lines[: parts[0]], *parts[2], *lines[parts[0] + parts[1] :]]).encode(errors="replace")
    )


def bent_npy(array: np.ndarray) -> st.SearchStrategy[bytes]:
    """Return a strategy of .npy files with another type, another shape or another header than the array's."""
    sizes = st.sampled_from((0, 1, 2, 2**31, 10**12, 10**30, -1)) | st.integers(0, 100)
    shape = st.lists(sizes, max_size=4).map(tuple) | st.just(array.shape)
    odd = ("|O", "|V291", "<U100000000", "<f2", "<c16", "|S0", "|b1", "<M8[s]", "[('a', '<f8')]", "f8, f8", "")
    dtype = st.sampled_from((*odd, array.dtype.str)).map(lambda word: word if word.startswith("[") else repr(word))
    extra = st.sampled_from(("", "'more': 1", "'shape': 7", "(" * 200, "\x00", " " * 70_000))
    content = st.sampled_from((array.tobytes(), b"", array.tobytes() * 3))
    return st.builds(_npy, dtype, shape, st.sampled_from(("True", "False", "1", "None")), extra, content)


def _npy(dtype: str, shape: Any, order: str, extra: str, content: bytes) -> bytes:
    header = f"{{'descr': {dtype}, 'fortran_order': {order}, 'shape': {shape!r}, {extra}}}"
    header = header.ljust(-(len(header) + 11) % 64 + len(header)) + "\n"
    # The second version of the format has room for longer ones.
    if len(header) >= 2**16:
        return b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header.encode() + content
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + content


def bent_npz(members: dict[str, bytes], name: str, bent: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy of sound .npz archives, one member of which was bent.

    Args:
        members: the .npy files by name.
        name: of the one that is bent.
        bent: what becomes of it.
    """

    def pack(content: bytes) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for each, data in (members | {name: content}).items():
                archive.writestr(f"{each}.npy", data)
        return packed.getvalue()

    return bent.map(pack)


def as_npy(array: np.ndarray) -> bytes:
    """Return an array as an .npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _places(root: Any) -> Iterable[tuple[Any, Any]]:
    """Yield each container in plain data with each of its keys or places."""
    pairs = root.items() if isinstance(root, dict) else enumerate(root) if isinstance(root, list) else ()
    for key, value in list(pairs):
        yield root, key
        yield from _places(value)


def _raw(text: str) -> bytes:
    for word, raw in _RAW.items():
        text = text.replace(f'"{word}"', raw)
    return text.encode()


def _key_of(line: str) -> str:
    return line.partition("=")[0].strip() or "x"
