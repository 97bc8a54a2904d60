"""Stores that version 0.1 wrote, by hand: they are reused where they are complete, and resumed where they are not."""

import hashlib
import json
import shutil
import zlib
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest
from PIL import Image
from tqdm import tqdm

from posters import build_index, load_classifier
from posters._base.atomic_files import fingerprint, is_intact
from posters.audit.inspection import PREPROCESS, inspect_images
from posters.catalogue import Catalogue, Poster
from posters.classifier.manifest import LIGHT_NETWORK
from posters.config import PreprocessConfig
from posters.errors import ArraysError
from posters.images.decoding import DECODER_VERSION, decode
from posters.images.look_codes import normalised
from posters.images.perceptual_hash import perceptual_hash
from posters.splitting.groups import perceptual_hashes
from posters.store.packed_posters import PosterArrays, pack
from posters.store.resumable import RowFile, cached_rows

CLASSIFIER = Path(__file__).parents[1] / "similar" / "classifier"
SMALL = PreprocessConfig(height=16, width=16)
NAMES = ("a.png", "b.png", "bad.png", "c.png", "d.png", "e.png")


@pytest.fixture
def catalogue(tmp_path):
    """Six posters, of which the third can't be decoded."""
    images = tmp_path / "images"
    images.mkdir()
    for seed, name in enumerate(NAMES):
        coarse = np.random.default_rng(seed).integers(0, 256, (7, 5, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((80, 120), Image.Resampling.BICUBIC).save(images / name)
    (images / "bad.png").write_bytes(b"broken")
    return Catalogue(tuple(Poster(name, name, ("Drama",)) for name in NAMES), ("Drama",), images)


def write_store(folder, journal, rule, records, rows=None, row_name="", partial_store=False):
    """Write a journal and its rows; those of an interrupted run have whole lines, a header and then the bare rows."""
    end = ".partial" if partial_store else ""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{journal}{end}").write_text("".join(json.dumps(line) + "\n" for line in (rule, *records)))
    if rows is not None:
        with (folder / f"{row_name}{end}").open("wb") as file:
            np.save(file, np.array(rows))


def calls_of(monkeypatch, name, function) -> list[Any]:
    """The arguments of each call of a function from now on."""
    calls = []

    def counting(*arguments):
        calls.append(arguments)
        return function(*arguments)

    monkeypatch.setattr(name, counting)
    return calls


def stamp(path):
    status = path.stat()
    return status.st_size, status.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest()


def old_records(root, names, rows, named=lambda path: path.name):
    """The records of the first version's packed posters and embeddings: path, size, time, SHA-256, CRC-32, error."""
    left = iter(rows)
    for name in names:
        row = None if name == "bad.png" else np.ascontiguousarray(next(left))
        error = "it was broken last year" if row is None else ""
        yield [named(root / name), *stamp(root / name), 0 if row is None else zlib.crc32(row.data), error]


@pytest.mark.parametrize("done", [3, 6])
def test_packed_posters_of_version_0_1(catalogue, tmp_path, monkeypatch, messages, done):
    root, folder = catalogue.image_root, tmp_path / "packed"
    readable = [name for name in NAMES[:done] if name != "bad.png"]
    pixels = [decode(root / name, SMALL) for name in readable]
    rule = fingerprint({"decoder": DECODER_VERSION, "pillow": PIL.__version__, **asdict(SMALL)})
    records = old_records(root, NAMES[:done], pixels)
    write_store(folder, "index.jsonl", rule, records, pixels, "posters.npy", partial_store=done < 6)
    decoded = calls_of(monkeypatch, "posters.store.packed_posters.decode", decode)
    arrays = pack(catalogue, folder, SMALL)
    assert len(decoded) == 6 - done
    assert arrays.ids == tuple(name for name in NAMES if name != "bad.png")
    assert all((row == decode(root / id, SMALL)).all() for row, id in zip(arrays.posters, arrays.ids, strict=True))
    assert [problem.reason for problem in arrays.problems] == ["it was broken last year"]
    assert [message for message in messages if "packed already" in message] == (
        [] if done < 6 else [f"5 posters are packed already in {folder}"]
    )


@pytest.mark.parametrize("done", [3, 6])
def test_embeddings_of_version_0_1(catalogue, tmp_path, monkeypatch, done):
    root, folder = catalogue.image_root, tmp_path / "index"
    classifier = load_classifier(CLASSIFIER)
    manifest = classifier.manifest
    network = fingerprint([manifest.files[LIGHT_NETWORK], asdict(manifest.preprocess)])
    rule = fingerprint([network, 1, DECODER_VERSION, PIL.__version__])
    readable = [name for name in NAMES if name != "bad.png"]
    rows = [normalised(classifier.features(root / name)[None])[0] for name in readable]
    records = list(old_records(root, NAMES[:done], rows, named=str))
    write_store(
        folder,
        f"posters-{network}.jsonl",
        rule,
        records,
        rows[: done - 1],
        f"features-{network}.npy",
        partial_store=done < 6,
    )
    read: list[Any] = []
    features_of_many = type(classifier).features_of_many
    monkeypatch.setattr(
        type(classifier), "features_of_many", lambda self, posters: features_of_many(self, iter_kept(posters, read))
    )
    index = build_index([root / name for name in NAMES], classifier, folder)
    assert len(read) == 6 - done
    assert [Path(name).name for name in index.names] == readable
    assert index.embeddings == pytest.approx(np.array(rows), abs=1e-6)
    assert index.unreadable == (f"{root / 'bad.png'}: it was broken last year",)


def iter_kept(items, kept):
    for item in items:
        kept.append(item)
        yield item


@pytest.mark.parametrize("done", [3, 6])
def test_inspections_of_version_0_1(catalogue, tmp_path, monkeypatch, done):
    root, cache = catalogue.image_root, tmp_path / "cache"
    rule = fingerprint([DECODER_VERSION, PIL.__version__, asdict(PREPROCESS)])
    records = [[name, *stamp(root / name), "", False, "WHATEVER", 80, 120, 3.5, 7] for name in NAMES[:done]]
    folder = cache / f"audit-{fingerprint(str(root.resolve()))}"
    write_store(folder, "inspections.jsonl", rule, records, partial_store=done < 6)
    found = inspect_images(catalogue, cache)
    assert [name for name in NAMES if found[name].format == "WHATEVER"] == list(NAMES[:done])
    assert found["a.png"].hash == 7


@pytest.mark.parametrize("done", [2, 4])
def test_perceptual_hashes_of_version_0_1(catalogue, tmp_path, monkeypatch, done):
    posters = np.stack(
        [decode(catalogue.image_root / name, PREPROCESS) for name in ("a.png", "b.png", "c.png", "d.png")]
    )
    hashes = np.array([perceptual_hash(poster) for poster in posters], np.uint64)
    arrays = PosterArrays(posters, np.ones((4, 1), np.uint8), tuple("abcd"), ("Drama",), PREPROCESS, "0123")
    with (tmp_path / f"phash-0123.npy{'.partial' if done < 4 else ''}").open("wb") as file:
        np.save(file, hashes[:done])
    hashed = calls_of(monkeypatch, "posters.splitting.groups.perceptual_hash", perceptual_hash)
    assert perceptual_hashes(arrays, tmp_path).tolist() == hashes.tolist()
    assert len(hashed) == 4 - done


# Rows that need no journal


def squares(path, start_at=None, count=5):
    def compute(start):
        if start_at is not None:
            start_at.append(start)
        for number in range(start, count):
            if number == 3 and start_at == [0]:
                raise KeyboardInterrupt
            yield np.array([number * number], np.uint8)

    return cached_rows(RowFile(path, (), np.uint8), count, compute, partial(tqdm, disable=True))


def test_cached_rows_are_resumed_and_then_reused(tmp_path):
    starts: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        squares(tmp_path / "squares.npy", starts)
    for _ in range(2):
        assert squares(tmp_path / "squares.npy", starts).tolist() == [0, 1, 4, 9, 16]
    assert starts == [0, 3]


def test_cached_rows_of_another_number_are_refused(tmp_path):
    squares(tmp_path / "squares.npy")
    with pytest.raises(ArraysError, match="remove it, and it will be made again"):
        squares(tmp_path / "squares.npy", count=4)


def test_a_copied_image_folder_is_not_decoded_again(catalogue, tmp_path, monkeypatch):
    """Copying changes the files' times, but not their bytes."""
    pack(catalogue, tmp_path / "packed", SMALL)
    copy = shutil.copytree(catalogue.image_root, tmp_path / "copy", copy_function=shutil.copyfile)
    monkeypatch.setattr("posters.store.packed_posters.decode", lambda *_: pytest.fail("decoded again"))
    moved = Catalogue(catalogue.posters, catalogue.genre_names, copy)
    assert len(pack(moved, tmp_path / "packed", SMALL)) == 5


def test_cached_rows_that_were_damaged_are_made_again(tmp_path, messages):
    squares = RowFile(tmp_path / "squares.npy", (), np.int64)
    made = []

    def compute(start):
        made.append(start)
        return (np.array([n * n]) for n in range(start, 9))

    def rows():
        return cached_rows(squares, 9, compute, partial(tqdm, disable=True)).tolist()

    assert rows() == rows() == [n * n for n in range(9)]
    assert made == [0]
    content = bytearray(squares.path.read_bytes())
    content[-3] ^= 1
    squares.path.write_bytes(content)
    assert rows() == [n * n for n in range(9)]
    assert made == [0, 0]
    assert any("squares.npy was damaged since it was written: it is made again" in message for message in messages)


def test_cached_rows_without_a_checksum_are_used_and_get_one(tmp_path):
    """They are of an older version, or of a process that was killed in its last moment."""
    squares = RowFile(tmp_path / "squares.npy", (), np.int64)
    np.save(squares.path, np.arange(9) ** 2)
    assert cached_rows(squares, 9, lambda start: pytest.fail("computed"), partial(tqdm, disable=True))[8] == 64
    assert is_intact(squares.path)


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"0" * 64])
def test_a_damaged_checksum_costs_work_and_nothing_else(tmp_path, damage):
    squares = RowFile(tmp_path / "squares.npy", (), np.int64)
    rows = partial(cached_rows, squares, 9, lambda start: (np.array([n * n]) for n in range(start, 9)))
    rows(partial(tqdm, disable=True))
    (tmp_path / "squares.npy.sha256").write_bytes(damage)
    assert rows(partial(tqdm, disable=True)).tolist() == [n * n for n in range(9)]


@pytest.mark.parametrize("field", [3, 5])
def test_a_record_whose_digest_or_error_was_changed_is_not_believed(catalogue, tmp_path, field):
    right = pack(catalogue, tmp_path / "packed", SMALL)
    path = tmp_path / "packed" / "index.jsonl"
    lines = path.read_text().splitlines()
    values = json.loads(lines[2])
    values[field] = "0" * 64 if field == 3 else "it was broken last year"
    path.write_text("".join(f"{line}\n" for line in (*lines[:2], json.dumps(values), *lines[3:])))
    again = pack(catalogue, tmp_path / "packed", SMALL)
    assert (again.ids, again.files, again.fingerprint) == (right.ids, right.files, right.fingerprint)
