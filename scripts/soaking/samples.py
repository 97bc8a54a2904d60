"""A small good file of every kind that the package reads, and how it is read: what `scripts/soak readers` damages."""

import asyncio
import gzip
import io
import json
import pickle
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from fastapi import Request
from hypothesis import strategies as st
from PIL import Image
from starlette.exceptions import HTTPException
from tqdm import tqdm

from posters._base.atomic_files import sha256_of, write_json
from posters.audit.inspection import inspect_images
from posters.catalogue import Catalogue, Poster, read_catalogue
from posters.catalogue.catalogue import store_catalogue, stored_catalogue
from posters.catalogue.genre_cells import parse_genres
from posters.classifier import load_classifier, read_manifest
from posters.classifier.exported import SAVED_MODEL, read_export
from posters.classifier.manifest import EXPORT_FORMAT, KERAS_NETWORK, LIGHT_NETWORK, MANIFEST, METADATA
from posters.classifier.seen_posters import SEEN, SeenPosters
from posters.classifier.trial import note_network
from posters.cli import main
from posters.config import PreprocessConfig, TrainConfig, read_config, read_table_options, write_config
from posters.errors import PostersError
from posters.evaluation.evaluate import evaluate
from posters.evaluation.evaluation import read_evaluation
from posters.images.bulk_download import FAILURES, read_failures
from posters.images.data_urls import read_data_url
from posters.images.decoding import decode
from posters.models import BACKBONE_WEIGHTS, HEAD_WEIGHTS, TRAINED_ON
from posters.review.decisions import DecisionStore
from posters.review.label_studio import import_decisions
from posters.runs import Run
from posters.scores import Scores, read_scores, write_scores
from posters.serve.access import read_keys
from posters.serve.tensors import read_request
from posters.serve.uploads import read_files
from posters.similar import build_index
from posters.splitting.folds import read_folds
from posters.splitting.splits import read_splits
from posters.store.packed_posters import INDEX, PIXELS, pack
from posters.store.resumable import RowFile, cached_rows
from posters.tasks.overlap import record_of
from posters.tasks.predict_parts import predict_parts
from scripts.soaking.mutations import as_npy, bent_json, bent_lines, bent_npy, bent_npz, bent_table, bent_toml

REPOSITORY = Path(__file__).parents[2]
TINY = REPOSITORY / "tests" / "golden" / "classifier"
_EMBEDDING = REPOSITORY / "tests" / "similar" / "classifier"
_SMALL = PreprocessConfig(height=24, width=16)
_GENRES = ("Comedy", "Drama", "Horror", "Western")
_IDS = tuple(f"tt{number}" for number in range(8))

Make: TypeAlias = Callable[[Path], Any]


@dataclass(frozen=True)
class Reader:
    """One kind of file, and what reads it.

    Attributes:
        name: of the kind.
        file: that is damaged: a pattern of its path below a folder.
        make: writes the file, and all that it needs, into an empty folder.
        read: reads it; what it returns can be compared by `==`.
        bent: a strategy of damaged files that keep the structure, from the good one's bytes.
        exact: whether whatever it reads without an error must be what the good file gives: its content is checked.
        slow: whether a copy takes a second or so, for TensorFlow or a process of its own.
    """

    name: str
    file: str
    make: Make
    read: Make
    bent: Callable[[bytes], st.SearchStrategy[bytes]] | None = None
    exact: bool = False
    slow: bool = False

    @property
    def in_python(self) -> bool:
        """Whether what reads it is written in Python for the most part, so that coverage of it tells anything."""
        return not self.slow and not self.name.startswith(_NATIVE)


# Readers by the beginnings of their names. The first ones decode, compute or hash whatever they read.
_NATIVE = (
    *("image: ", "--into ", "index: ", "packed: rows", "features: rows", "table: SQLite"),
    *("table: t.parquet", "table: t.arrow", "predicted part: parquet"),
)


def _draw(folder: Path) -> Path:
    """Draw a poster for each id."""
    for number, id in enumerate(_IDS):
        (folder / "images").mkdir(exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (24, 16, 3), np.uint8)
        Image.fromarray(noise).save(folder / "images" / f"{id}.png")
    return folder / "images"


def _catalogue(folder: Path) -> Catalogue:
    posters = (Poster(id, f"{id}.png", (_GENRES[place % 4],)) for place, id in enumerate(_IDS))
    return Catalogue(tuple(posters), _GENRES, folder / "images")


def _write(name: str, content: str | bytes) -> Make:
    """Return what writes a file, and draws the images beside it."""

    def make(folder: Path) -> None:
        _draw(folder)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return make


def _scores() -> Scores:
    random = np.random.default_rng(0)
    y_true = np.arange(8)[:, None] % 4 == np.arange(4)
    return Scores(_IDS, _GENRES, random.random((8, 4)).round(3), y_true.astype(np.int8))


# Tables.

_ROWS = [
    {"id": id, "image": f"{id}.png", "genres": [_GENRES[n % 4], "War"], "year": 1990 + n} for n, id in enumerate(_IDS)
]
_PLAIN = "id,image,genres,title,year,split\n" + "\n".join(
    f"{id},{id}.png,{_GENRES[n % 4]}|War,Film {n},{1990 + n},train" for n, id in enumerate(_IDS)
)
_IMDB = "Id,Genre,Comedy,Drama,Horror,Western\n" + "\n".join(
    f"{id},['{_GENRES[n % 4]}'],{','.join(str(int(n % 4 == g)) for g in range(4))}" for n, id in enumerate(_IDS)
)
_MARKS = "id,Comedy,Drama,Horror,Western,year\n" + "\n".join(
    f"{id},{','.join(str(int(n % 4 == g)) for g in range(4))},1999" for n, id in enumerate(_IDS)
)
_MOVIEGENRE = "imdbId,Imdb Link,Title,IMDB Score,Genre,Poster\n" + "\n".join(
    f"{id[2:]},http://www.imdb.com/title/{id},Film ({1990 + n}),8.3,{_GENRES[n % 4]},https://host/M/{id}.png"
    for n, id in enumerate(_IDS)
)
_TMDB = [
    {"id": n, "title": f"Film {n}", "genres": [{"id": 18, "name": _GENRES[n % 4]}], "poster_path": f"/{id}.png"}
    for n, id in enumerate(_IDS)
]
_HUGGINGFACE = "file_name,genres\n" + "\n".join(f"{id}.png,{_GENRES[n % 4]}" for n, id in enumerate(_IDS))
_PAGE = {"page": 1, "results": _ROWS}
_PANDAS = {name: {str(n): row[name] for n, row in enumerate(_ROWS)} for name in ("id", "image", "genres")}


def _read_table(folder: Path, name: str, **options: Any) -> Any:
    catalogue = read_catalogue(folder / name, images=folder / "images", min_posters=1, report=False, **options)
    return catalogue.posters, catalogue.fingerprint(), catalogue.multi_hot().tolist(), str(catalogue.problems)


def _table(name: str, file: str, content: Any, bent: Any, read: str | None = None) -> Reader:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    return Reader(f"table: {name}", file, _write(file, text), partial(_read_table, name=read or file), bent)


def _of_text(data: bytes) -> st.SearchStrategy[bytes]:
    return bent_table(data.decode())


def _of_tabs(data: bytes) -> st.SearchStrategy[bytes]:
    return bent_table(data.decode(), "\t")


def _of_json(data: bytes) -> st.SearchStrategy[bytes]:
    return bent_json(json.loads(data))


def _of_lines(data: bytes) -> st.SearchStrategy[bytes]:
    return bent_lines(map(json.loads, data.splitlines()))


def _of_toml(data: bytes) -> st.SearchStrategy[bytes]:
    return bent_toml(data.decode())


def _of_npy(data: bytes) -> st.SearchStrategy[bytes]:
    return bent_npy(np.load(io.BytesIO(data)))


def _make_database(folder: Path) -> None:
    _draw(folder)
    with closing(sqlite3.connect(folder / "films.db")) as database:
        database.execute("CREATE TABLE films (id TEXT, image TEXT, genres TEXT)")
        rows = [(id, f"{id}.png", _GENRES[n % 4]) for n, id in enumerate(_IDS)]
        database.executemany("INSERT INTO films VALUES (?, ?, ?)", rows)
        database.commit()


def _read_database(folder: Path) -> Any:
    table = f"sqlite:///{folder / 'films.db'}?query=SELECT * FROM films"
    return read_catalogue(table, images=folder / "images", min_posters=1, report=False).posters


def _make_frame(name: str, save: Callable[[Any, Path], Any]) -> Make:
    def make(folder: Path) -> None:
        import pandas

        _draw(folder)
        frame = pandas.DataFrame(_ROWS)
        save(
            frame if name.endswith(("parquet", "arrow")) else frame.assign(genres=frame["genres"].str.join("|")),
            folder / name,
        )

    return make


def _saved(name: str, save: Callable[[Any, Path], Any]) -> Reader:
    return Reader(f"table: {name}", name, _make_frame(name, save), partial(_read_table, name=name))


def _split_table(folder: Path) -> None:
    _write("t.csv", _PLAIN)(folder)
    (folder / "c.csv").write_text("id,genre,change,accept\ntt0,Drama,add,yes\ntt1,War,remove,yes\n")


def _tables() -> Iterable[Reader]:
    yield _table("plain CSV", "t.csv", _PLAIN, _of_text)
    yield _table("plain TSV", "t.tsv", _PLAIN.replace(",", "\t"), _of_tabs)
    yield _table("gzip", "t.csv.gz", gzip.compress(_PLAIN.encode()), None)
    yield _table("UTF-16", "u.csv", _PLAIN.encode("utf-16"), None)
    yield _table("imdb", "imdb.csv", _IMDB, _of_text)
    yield _table("columns", "marks.csv", _MARKS, _of_text)
    yield _table("moviegenre", "MovieGenre.csv", _MOVIEGENRE, _of_text)
    yield _table("tmdb", "tmdb.json", _TMDB, _of_json)
    yield _table("huggingface CSV", "images/metadata.csv", _HUGGINGFACE, _of_text, read="images")
    jsonl = "\n".join(json.dumps({"file_name": f"{id}.png", "genres": ["War"]}) for id in _IDS)
    yield _table("huggingface JSON lines", "images/metadata.jsonl", jsonl, _of_lines, read="images")
    yield _table("mmimdb", "mm/tt0.json", {"genres": ["Drama"], "title": "x", "year": 1999}, _of_json, read="mm")
    yield _table("JSON", "t.json", _ROWS, _of_json)
    yield _table("JSON lines", "t.jsonl", "\n".join(map(json.dumps, _ROWS)), _of_lines)
    yield _table("JSON page", "page.json", _PAGE, _of_json)
    yield _table("JSON of pandas", "pandas.json", _PANDAS, _of_json)
    yield Reader("table: SQLite", "films.db", _make_database, _read_database)
    yield _saved("t.parquet", lambda frame, path: frame.to_parquet(path))
    yield _saved("t.arrow", lambda frame, path: frame.to_feather(path))
    yield _saved("t.xlsx", lambda frame, path: frame.to_excel(path, index=False))
    with_corrections = partial(_read_table, name="t.csv")
    yield Reader(
        "corrections",
        "c.csv",
        _split_table,
        lambda folder: with_corrections(folder, corrections=folder / "c.csv"),
        _of_text,
    )


# Classifiers. Whoever damages a file also writes its SHA-256 into the manifest: the worst case.


def _make_classifier(folder: Path) -> Path:
    return Path(shutil.copytree(TINY, folder / "classifier"))


def _edit(directory: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    values = json.loads((directory / MANIFEST).read_text())
    change(values)
    (directory / MANIFEST).write_text(json.dumps(values))


def _vouch(directory: Path, *names: str) -> None:
    _edit(directory, lambda values: values["files"].update({name: sha256_of(directory / name) for name in names}))


def _predict(folder: Path) -> Any:
    classifier = load_classifier(folder / "classifier")
    noise = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)
    found = classifier.predict(noise)
    _require_probabilities(found.probabilities.values())
    return str(found)


def know_networks() -> None:
    """Have the sound networks run as those that were written here, and not in a process of their own for each copy."""
    for directory in (TINY, _EMBEDDING):
        note_network(read_manifest(directory))


def _require_probabilities(found: Iterable[float]) -> None:
    if not all(0 <= each <= 1 for each in found):
        raise AssertionError("no probabilities")


def _predict_vouched(folder: Path) -> Any:
    _vouch(folder / "classifier", LIGHT_NETWORK)
    return _predict(folder)


def _make_seen(folder: Path) -> None:
    directory = _make_classifier(folder)
    SeenPosters.of(_IDS, ["train"] * 8, ["ab" * 32] * 8, list(range(8))).write(directory / SEEN)


def _make_hashes(folder: Path) -> None:
    np.save(_make_classifier(folder) / TRAINED_ON, np.arange(8, dtype=np.uint64))


def _record(folder: Path, name: str) -> Any:
    directory = folder / "classifier"
    _vouch(directory, name)
    record = record_of(directory, read_manifest(directory))
    return None if record is None else record.rows.tolist()


@cache
def _network() -> Any:
    from posters.network.model import build_network

    return build_network(TrainConfig(backbone="small_cnn", weights="none", preprocess=_SMALL), len(_GENRES))


def _make_keras(folder: Path) -> None:
    _network().whole.save(_make_classifier(folder) / KERAS_NETWORK)


def _make_weights(folder: Path) -> None:
    from posters.network.weights import backbone_of

    directory, network = _make_classifier(folder), _network()
    backbone_of(network.whole).save_weights(directory / BACKBONE_WEIGHTS)
    network.head.save_weights(directory / HEAD_WEIGHTS)
    config = {"backbone": "small_cnn", "weights": "none", "preprocess": {"height": 24, "width": 16}}
    _edit(directory, lambda values: values["provenance"].update(config=config))


def _open_keras(folder: Path, *names: str) -> Any:
    from posters.network.weights import keras_network

    directory = folder / "classifier"
    _vouch(directory, *names)
    return keras_network(directory, read_manifest(directory)).output_shape


def _contents() -> bytes:
    own = read_manifest(TINY).to_dict()
    return json.dumps({"export_format": EXPORT_FORMAT, **own, "calibration": {"fitted_on": "nothing"}}).encode()


def _onnx() -> bytes:
    """An ONNX file of metadata alone, as https://protobuf.dev/programming-guides/encoding/ has it."""

    def field(number: int, content: bytes) -> bytes:
        low, middle, high = (len(content) >> shift & 127 for shift in (0, 7, 14))
        return bytes([number << 3 | 2, 0x80 | low, 0x80 | middle, high]) + content

    return field(7, bytes(300)) + field(14, field(1, METADATA.encode()) + field(2, _contents()))


def _tflite() -> bytes:
    """A LiteRT file of metadata alone."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model, entry, held, builder = schema.ModelT(), schema.MetadataT(), schema.BufferT(), flatbuffers.Builder()
    entry.name, held.data = METADATA, np.frombuffer(_contents(), np.uint8)
    model.metadata, model.buffers = [entry], [held]
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _make_saved_model(folder: Path) -> None:
    (folder / "assets").mkdir()
    (folder / SAVED_MODEL).write_bytes(b"read by TensorFlow alone")
    (folder / "assets" / MANIFEST).write_bytes(_contents())


def _exports() -> Iterable[Reader]:
    for name, made in (("film.onnx", _onnx), ("film.tflite", _tflite)):
        yield Reader(f"export: {name}", name, _write(name, made()), partial(_read_export, name=name))
    contents = f"assets/{MANIFEST}"
    yield Reader("export: SavedModel", contents, _make_saved_model, partial(_read_export, name=SAVED_MODEL), _of_json)


def _read_export(folder: Path, name: str) -> Any:
    return str(read_export(folder / name).to_dict())


def _classifiers() -> Iterable[Reader]:
    yield Reader("manifest", f"classifier/{MANIFEST}", _make_classifier, _predict, _of_json)
    yield Reader("network.tflite", f"classifier/{LIGHT_NETWORK}", _make_classifier, _predict_vouched, slow=True)
    yield Reader("seen.npy", f"classifier/{SEEN}", _make_seen, partial(_record, name=SEEN), _of_npy)
    yield Reader("trained_on.npy", f"classifier/{TRAINED_ON}", _make_hashes, partial(_record, name=TRAINED_ON), _of_npy)
    weights = (BACKBONE_WEIGHTS, HEAD_WEIGHTS)
    yield Reader(
        "network.keras",
        f"classifier/{KERAS_NETWORK}",
        _make_keras,
        lambda folder: _open_keras(folder, KERAS_NETWORK),
        slow=True,
    )
    for name in weights:
        yield Reader(name, f"classifier/{name}", _make_weights, lambda folder: _open_keras(folder, *weights), slow=True)


# Runs and stores.


def _make_scores(folder: Path) -> None:
    write_scores(_scores(), folder / "scores.npz", "network 1")


def _read_scores(folder: Path) -> Any:
    scores = read_scores(folder / "scores.npz")
    return scores.ids, scores.genre_names, scores.y_score.tolist()


def _of_scores(data: bytes) -> st.SearchStrategy[bytes]:
    words = {"format": 1, "made_by": "network 1", "ids": list(_IDS), "genre_names": list(_GENRES)}
    members = {"y_score": as_npy(_scores().y_score), "y_true": as_npy(np.zeros((8, 4), np.int8))}
    members |= {"words": as_npy(np.frombuffer(json.dumps(words).encode(), np.uint8))}
    named = bent_json(words).map(lambda text: as_npy(np.frombuffer(text, np.uint8)))
    return bent_npz(members, "words", named) | bent_npz(members, "y_score", bent_npy(_scores().y_score))


def _make_evaluation(folder: Path) -> None:
    rules = [read_manifest(TINY).rule("f1")]
    found = evaluate(_scores().labelled("an evaluation"), rules, np.full(4, 0.25), samples=10)
    write_json(folder / "evaluation.json", found.to_dict())


def _make_packed(folder: Path) -> None:
    _draw(folder)
    _pack(folder)


def _pack(folder: Path) -> Any:
    arrays = pack(_catalogue(folder), folder / "packed", _SMALL, threads=1)
    return arrays.ids, np.asarray(arrays.posters).tobytes(), arrays.fingerprint


def _make_partial(folder: Path) -> None:
    """Leave what a kill in the last moment leaves."""
    _make_packed(folder)
    for name in (PIXELS, INDEX):
        (folder / "packed" / name).rename(folder / "packed" / f"{name}.partial")


def _make_audit(folder: Path) -> None:
    _draw(folder)
    _audit(folder)


def _audit(folder: Path) -> Any:
    found = inspect_images(_catalogue(folder), folder / "cache", threads=1)
    return sorted((each.image, each.hash, each.error, each.format) for each in found.values())


def _index(folder: Path, exact_up_to: int) -> Any:
    posters = [folder / "images" / f"{id}.png" for id in _IDS]
    index = build_index(posters, load_classifier(_EMBEDDING), folder / "index", exact_up_to=exact_up_to)
    return [(Path(each.name).name, round(each.similarity, 5)) for each in index.nearest(posters[0], top=3)]


def _make_index(folder: Path, exact_up_to: int) -> None:
    _draw(folder)
    _index(folder, exact_up_to)


def _squares(folder: Path) -> Any:
    def rest(start: int) -> Iterable[np.ndarray]:
        return (np.full((1, 4), number, np.float32) for number in range(start, 8))

    rows = RowFile(folder / "features.npy", (4,), np.float32)
    return cached_rows(rows, 8, rest, partial(tqdm, disable=True)).tolist()


def _make_checkpoint(folder: Path) -> None:
    from posters.network.fit import write_checkpoint

    write_checkpoint(folder / "head.npz", {"model": [np.ones(2)]}, {"epoch": 3, "history": [{"loss": 0.5}]})


def _read_checkpoint(folder: Path) -> Any:
    from posters.network.fit import read_checkpoint

    return str(read_checkpoint(folder / "head.npz"))


def _of_checkpoint(data: bytes) -> st.SearchStrategy[bytes]:
    members = {"model/0": as_npy(np.ones(2))}
    named = bent_json({"epoch": 3}).map(lambda text: as_npy(np.frombuffer(text, np.uint8)))
    return bent_npz(members, "progress", named) | bent_npz(members, "progress", bent_npy(np.ones(3, np.uint8)))


def _make_parts(folder: Path) -> None:
    _draw(folder)
    _parts(folder)


def _parts(folder: Path, form: str = "jsonl") -> Any:
    posters = {id: folder / "images" / f"{id}.png" for id in _IDS}
    return predict_parts(posters, folder / "parts", load_classifier(TINY), form=form, part_size=4).unreadable


def _stores() -> Iterable[Reader]:
    yield Reader("packed: rows", f"packed/{PIXELS}", _make_packed, _pack, _of_npy, exact=True)
    yield Reader("packed: journal", f"packed/{INDEX}", _make_packed, _pack, _of_lines, exact=True)
    yield Reader("packed: rows of a kill", f"packed/{PIXELS}.partial", _make_partial, _pack, exact=True)
    yield Reader("packed: journal of a kill", f"packed/{INDEX}.partial", _make_partial, _pack, _of_lines, exact=True)
    yield Reader("audit: journal", "cache/*/inspections.jsonl", _make_audit, _audit, _of_lines, exact=True)
    for name, limit, bent in (
        ("features-*.npy", 100, _of_npy),
        ("posters-*.jsonl", 100, _of_lines),
        ("graph-*", 0, None),
    ):
        make, read = partial(_make_index, exact_up_to=limit), partial(_index, exact_up_to=limit)
        yield Reader(f"index: {name}", f"index/{name}", make, read, bent, exact=True)
    yield Reader("features: rows", "features.npy", _squares, _squares, _of_npy, exact=True)
    yield Reader("features: SHA-256", "features.npy.sha256", _squares, _squares, _of_text, exact=True)


def _runs() -> Iterable[Reader]:
    splits = "id,split\n" + "\n".join(f"{id},{('train', 'validation', 'test')[n % 3]}" for n, id in enumerate(_IDS))
    folds = "id,fold\n" + "\n".join(f"{id},{n % 2}" for n, id in enumerate(_IDS))
    history = "stage,epoch,train_loss,validation_macro_map\nhead,1,0.5,0.25\nhead,2,0.4,0.3"
    yield Reader("scores", "scores.npz", _make_scores, _read_scores, _of_scores)
    yield Reader("splits", "s.csv", _write("s.csv", splits), lambda folder: read_splits(folder / "s.csv"), _of_text)
    yield Reader("folds", "f.csv", _write("f.csv", folds), lambda folder: read_folds(folder / "f.csv"), _of_text)
    yield Reader(
        "history", "history.csv", _write("history.csv", history), lambda folder: Run(folder).epochs(), _of_text
    )
    yield Reader(
        "config",
        "c.toml",
        lambda folder: write_config(TrainConfig(), folder / "c.toml"),
        lambda folder: (read_config(folder / "c.toml"), read_table_options(folder / "c.toml")),
        _of_toml,
    )
    yield Reader(
        "catalogue of a run",
        "catalogue.jsonl",
        lambda folder: store_catalogue(_catalogue(folder), folder / "catalogue.jsonl"),
        _stored,
        _of_lines,
    )
    yield Reader(
        "evaluation",
        "evaluation.json",
        _make_evaluation,
        lambda folder: str(read_evaluation(folder / "evaluation.json")),
        _of_json,
    )
    yield Reader("checkpoint", "head.npz", _make_checkpoint, _read_checkpoint, _of_checkpoint, slow=True)
    failures = "\n".join(json.dumps([f"http://host/{id}", "404"]) for id in _IDS)
    yield Reader(
        "failed downloads", FAILURES, _write(FAILURES, failures), lambda folder: read_failures(folder), _of_lines
    )
    yield Reader(
        "API keys",
        "keys",
        _write("keys", "# team\n0123456789abcdef\n"),
        lambda folder: read_keys(folder / "keys"),
        _of_text,
    )
    for form in ("jsonl", "parquet"):
        part, make = f"parts/part-00000.{form}", partial(_make_parts_of, form=form)
        yield Reader(
            f"predicted part: {form}", part, make, partial(_parts, form=form), _of_lines if form == "jsonl" else None
        )
    yield Reader("predicted parts: settings", "parts/_predictions.json", _make_parts, _parts, _of_json)


def _make_parts_of(folder: Path, form: str) -> None:
    _draw(folder)
    _parts(folder, form)


def _stored(folder: Path) -> Any:
    catalogue = stored_catalogue(folder / "catalogue.jsonl")
    return catalogue.posters, catalogue.fingerprint(), catalogue.multi_hot().tolist()


def _make_image(folder: Path, name: str) -> None:
    gradient = np.linspace(0, 255, 60 * 40 * 3).reshape(60, 40, 3).astype(np.uint8)
    Image.fromarray(gradient).save(folder / name)


def _decode(folder: Path, name: str) -> Any:
    return decode(folder / name, _SMALL).tobytes()


def _text(text: str) -> bytes:
    """Return the opcodes of a text in a pickle."""
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


def make_torch_weights(folder: Path) -> None:
    """Write weights.pth as PyTorch before 1.6 saved a state dict: `w`, 0 to 3 in two rows."""
    empty = b"ccollections\nOrderedDict\n(tR"
    storage = b"(" + _text("storage") + b"ctorch\nFloatStorage\n" + _text("0") + _text("cpu") + b"K\x04NtQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00(K\x02K\x02t(K\x02K\x01t\x89" + empty + b"tR"
    state = b"\x80\x02" + empty + b"(" + _text("w") + tensor + b"u."
    head = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, "the machine"))
    numbers = (4).to_bytes(8, "little") + np.arange(4, dtype="<f4").tobytes()
    (folder / "weights.pth").write_bytes(head + state + pickle.dumps(["0"], 2) + numbers)


def _read_torch_weights(folder: Path) -> Any:
    from posters.network.torch_weights import read_torch_weights

    return {name: array.tolist() for name, array in read_torch_weights(folder / "weights.pth").items()}


def _predict_into(folder: Path, name: str) -> int:
    """Write predictions back into a table by the command line, whose refusals are lines and exit codes."""
    words = ["predict", "--into", str(folder / name), "--images", str(folder / "images"), "--classifier", str(TINY)]
    with redirect_stderr(io.StringIO()) as refusal, redirect_stdout(io.StringIO()):
        code = main(words)
    if code == 2:
        # Beside the name of the command.
        raise PostersError(refusal.getvalue().removeprefix("posters: ").removesuffix("\n").replace("\n", "\a"))
    return code


def _intos() -> Iterable[Reader]:
    savers: dict[str, Callable[[Any, Path], Any]] = {
        "t.parquet": lambda frame, path: frame.to_parquet(path),
        "t.xlsx": lambda frame, path: frame.to_excel(path, index=False),
    }
    for name, save in savers.items():
        yield Reader(f"--into {name}", name, _make_frame(name, save), partial(_predict_into, name=name))
    for name, text, bent in (("t.csv", _PLAIN, _of_text), ("t.json", json.dumps(_ROWS), _of_json)):
        yield Reader(f"--into {name}", name, _write(name, text), partial(_predict_into, name=name), bent)


def _images() -> Iterable[Reader]:
    for suffix in ("jpg", "png", "webp", "gif", "tiff", "bmp", "avif"):
        name = f"poster.{suffix}"
        yield Reader(f"image: {suffix}", name, partial(_make_image, name=name), partial(_decode, name=name))


# What strangers send, and cells: texts without a file of their own.

_LABEL_STUDIO = [
    {
        "id": n,
        "data": {"image": f"/data/local-files/?d={id}.png", "poster_id": id},
        "annotations": [
            {
                "id": 10 + n,
                "completed_by": {"id": 1, "email": "ann@example.org"},
                "created_at": "2026-11-28T09:00:00.123456Z",
                "lead_time": 2.5,
                "was_cancelled": False,
                "result": [{"from_name": "genres", "type": "choices", "value": {"choices": [_GENRES[n % 4]]}}],
            }
        ],
    }
    for n, id in enumerate(_IDS)
]
_LABEL_STUDIO_CSV = "poster_id,image,genres,annotator,annotation_id,created_at,lead_time\n" + "\n".join(
    f"{id},/data/local-files/?d={id}.png,{_GENRES[n % 4]},ann@example.org,{n},2026-11-28T09:00:00Z,2.5"
    for n, id in enumerate(_IDS)
)
_CELLS = ("['Comedy' 'Drama']", "array(['War', nan], dtype=object)", '[{"id": 18, "name": "Drama"}]', "{Film Noir,War}")


def _decisions(folder: Path, name: str) -> Any:
    store = DecisionStore(folder / "review.sqlite")
    return len(import_decisions(folder / name, _catalogue(folder), store).decisions), len(store.history())


def _infer_body(raw: bytes = b"") -> bytes:
    tensor: dict[str, Any] = {"name": "image", "datatype": "BYTES", "shape": [1]}
    tensor |= {"parameters": {"binary_data_size": len(raw)}} if raw else {"data": ["aW1hZ2U="]}
    outputs = [{"name": "probabilities", "parameters": {"binary_data": True}}]
    return json.dumps({"id": "1", "inputs": [tensor], "outputs": outputs, "parameters": {"top": 2}}).encode() + raw


def _infer(folder: Path, name: str) -> Any:
    body = (folder / name).read_bytes()
    found = read_request(body, read_manifest(TINY), 8, body.rfind(b"}") + 1 if name == "raw" else None)
    return [poster if isinstance(poster, bytes) else poster.tobytes() for poster in found.posters]


def _form(folder: Path) -> Any:
    """Read a form as a route does, whose refusals are exceptions of HTTP."""
    body = (folder / "form").read_bytes()
    portions = [{"type": "http.request", "body": body[at : at + 100], "more_body": True} for at in range(0, 1000, 100)]
    portions.append({"type": "http.request", "body": body[1000:]})

    async def receive() -> Any:
        return portions.pop(0)

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    try:
        return asyncio.run(read_files(Request({"type": "http", "headers": headers}, receive), 8))
    except HTTPException as error:
        raise PostersError(error.detail) from error


def _texts() -> Iterable[Reader]:
    for name, text, bent in (
        ("tasks.json", json.dumps(_LABEL_STUDIO), _of_json),
        ("t.csv", _LABEL_STUDIO_CSV, _of_text),
    ):
        yield Reader(f"Label Studio: {name}", name, _write(name, text), partial(_decisions, name=name), bent)
    for number, cell in enumerate(_CELLS):
        yield Reader(
            f"genres in a cell, {number}",
            "cell",
            _write("cell", cell),
            lambda folder: parse_genres((folder / "cell").read_text(errors="replace")),
        )
    yield Reader(
        "data URL",
        "url",
        _write("url", "data:image/png;base64,iVBORw0KGgo="),
        lambda folder: read_data_url((folder / "url").read_text(errors="replace")),
    )
    for name, raw in (("json", b""), ("raw", b"\5\0\0\0image")):
        make, read = _write(name, _infer_body(raw)), partial(_infer, name=name)
        yield Reader(f"Open Inference request: {name}", name, make, read, None if raw else _of_json)
    part = '--x\r\nContent-Disposition: form-data; name="poster"; filename="a.png"\r\n\r\npixels\r\n'
    yield Reader("form of posters", "form", _write("form", f"{part}{part}--x--\r\n"), _form)


def readers() -> dict[str, Reader]:
    """Return every reader by its name."""
    torch = Reader("weights of PyTorch", "weights.pth", make_torch_weights, _read_torch_weights, slow=True)
    found = (*_tables(), *_classifiers(), *_exports(), *_stores(), *_runs(), *_intos(), *_images(), *_texts(), torch)
    return {reader.name: reader for reader in found}
