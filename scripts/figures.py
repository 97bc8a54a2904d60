"""Hold the figures of documents to one file, docs/figures.json.

    python scripts/figures.py                # that file anew from the classifier that ships, and where documents differ
    python scripts/figures.py --write        # and their sentences and README's table at what the file holds
    python scripts/figures.py posters.csv --images images --cross-validation runs/cv     # the card too, from its scores

The file has what is computed from the package and from docs/benchmarks.json, and the rows of docs/results.md
("protocol") whose runs are not kept: these are edited there. A document has a figure to as many digits as it likes.
Rows of docs/results.md are measurements of their day and are never written: once another classifier ships, a row that
says "ships" has to be reworded.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from posters.catalogue import Catalogue, dialect_names
from posters.classifier.looks import looks_of
from posters.classifier.manifest import read_manifest, rewrite_manifest
from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.models import CLASSIFIER, classifier_directory
from posters.report.model_card import model_card
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack
from posters.tasks.soup import out_of_fold_figures
from scripts.bench.contest import Contest, Spread

REPOSITORY = Path(__file__).parents[1]
FIGURES = REPOSITORY / "docs" / "figures.json"
BENCHMARKS = REPOSITORY / "docs" / "benchmarks.json"
RESULTS = "docs/results.md"
SHIPPED_CARD = f"posters/models/{CLASSIFIER.name}/MODEL_CARD.md"
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBER = r"\d[\d,]*(?:\.\d+)?"
# A figure, bold or not, with its interval or without.
FIGURE = re.compile(rf"[\s*]*({NUMBER})[\s*]*(?:\(({NUMBER}) to ({NUMBER})\))?[\s*]*")

# A document and a sentence of it; spaces stand for any, and a figure's name in braces for the figure.
SENTENCES = (
    ("README.md", "predicting nothing at all gets {nothing.percent}%"),
    ("README.md", "predicting nothing at all scores {nothing.accuracy}"),
    ("README.md", '"Accuracy" would be {nothing.accuracy} for predicting nothing'),
    ("README.md", "the public IMDb posters ({shipped.posters} posters, {shipped.genres} genres)"),
    (
        "README.md",
        "| one poster, new process | {speed.cold.ours} s, {speed.cold_memory.ours} MiB | a Keras script: "
        "{speed.cold.peer} s, {speed.cold_memory.peer} MiB (ONNX Runtime: {speed.cold_onnx.peer} s) | "
        "{speed.cold.low} to {speed.cold.high} |",
    ),
    (
        "README.md",
        "| one poster, warm, one core | {speed.warm.ours} ms | `model.predict`: {speed.warm.peer} ms (ONNX Runtime: "
        "{speed.warm_onnx.peer} ms) | {speed.warm.low} to {speed.warm.high} |",
    ),
    (
        "README.md",
        "| a folder of 500, new process | {speed.folder.ours} posters/s | Keras, `image_dataset_from_directory`: "
        "{speed.folder.peer} posters/s | {speed.folder.low} to {speed.folder.high} |",
    ),
    (
        "README.md",
        "| 32 clients of a server | {speed.server.ours} posters/s, {speed.server_memory.ours} MiB | Keras behind "
        "FastAPI: {speed.server.peer} posters/s, {speed.server_memory.peer} MiB | "
        "{speed.server.low} to {speed.server.high} |",
    ),
    (RESULTS, "predicting no genre at all has a binary accuracy of {nothing.accuracy}"),
    (RESULTS, "of which {shipped.posters} posters and {shipped.genres} genres are left"),
    ("docs/evaluation.md", "a classifier that predicts nothing scores {nothing.accuracy}"),
    (
        "docs/evaluation.md",
        "`posters train --weights imagenet` scores {protocol.mobilenet_v2.macro_map} ({protocol.mobilenet_v2.low} to "
        "{protocol.mobilenet_v2.high}) over {shipped.genres} genres",
    ),
    (
        "docs/evaluation.md",
        "where chance scores {protocol.prior.macro_map} and logistic regression {protocol.probe.macro_map}",
    ),
    ("docs/evaluation.md", "War ({shipped.positives.War} of {shipped.posters} posters)"),
    ("docs/evaluation.md", "Drama ({shipped.positives.Drama})"),
    ("notebooks/01_softmax_or_sigmoid.ipynb", "predicting nothing scores {nothing.accuracy}"),
    ("docs/design.md", "tables and folders in {package.dialects} dialects"),
    ("docs/catalogues.md", "{package.dialects} dialects are recognised"),
    ("docs/glossary.md", "{package.dialects} are built in"),
    (SHIPPED_CARD, "Over the 20 commonest genres macro mAP is {shipped.macro_map_20}"),
)
# Of what README's table of speeds tells: a section of docs/benchmarks.json, a contest in it, and a peer.
SPEEDS = {
    "cold": ("cold", "One poster, whole process", "a Keras script, `model.predict`"),
    "cold_onnx": ("cold", "One poster, whole process", "an ONNX Runtime script"),
    "cold_memory": ("cold", "The same, memory at most", "a Keras script, `model.predict`"),
    "folder": ("cold", "A folder, whole process", "a Keras script, `image_dataset_from_directory`"),
    "warm": ("one-core", "One poster at a time, one core: median", "Keras `model.predict`"),
    "warm_onnx": ("one-core", "One poster at a time, one core: median", "ONNX Runtime"),
    "server": ("server", "Server, throughput", "Keras behind FastAPI and uvicorn"),
    "server_memory": ("server", "Server, memory", "Keras behind FastAPI and uvicorn"),
}
# A document, the section of a table (or all of them), a row by its first cell, and whose figures it has.
ROWS = (
    ("README.md", "Results", "^each genre's share", "protocol.prior"),
    ("README.md", "Results", "network from scratch$", "protocol.scratch"),
    ("README.md", "Results", "^logistic regression", "protocol.probe"),
    ("README.md", "Results", "^the head on frozen MobileNetV2", "protocol.head"),
    ("README.md", "Results", "^MobileNetV2 fine-tuned", "protocol.mobilenet_v2"),
    ("README.md", "Results", r"\bships\b", "shipped"),
    (RESULTS, "The protocol", "^each genre's share", "protocol.prior"),
    (RESULTS, "The protocol", "network from scratch", "protocol.scratch"),
    (RESULTS, "The protocol", "^logistic regression on the frozen features", "protocol.probe"),
    (RESULTS, "The protocol", "^head on the frozen features", "protocol.head"),
    (RESULTS, "The protocol", "^fine-tuned at 288x192, predicting from 384x256", "protocol.mobilenet_v2"),
    (RESULTS, None, r"\bships\b", "shipped"),
    (SHIPPED_CARD, None, "^this recipe$", "shipped"),
)
COLUMNS = {
    "macro mAP": "macro_map",
    "macro mAP (95% interval)": "macro_map",
    "macro mAP, 20 commonest genres": "macro_map_20",
    "20 commonest genres": "macro_map_20",
    "20 commonest": "macro_map_20",
    "micro mAP": "micro_map",
    "macro ROC AUC": "macro_roc_auc",
    "ROC AUC": "macro_roc_auc",
    "log loss": "log_loss",
    "macro F1": "macro_f1",
    "micro F1": "micro_f1",
}


@dataclass(frozen=True)
class Place:
    """Where a document has a figure: the characters from `start` to `end`, and the figure's name."""

    document: str
    start: int
    end: int
    name: str


def package_figures() -> dict[str, Any]:
    """Return what is computed from the package: its classifier's card, and what there is in the code."""
    card = read_manifest(classifier_directory("posters")).metrics["out_of_fold"]
    genres = card["genres"]
    positives = {row["name"]: row["positives"] for row in genres}
    shipped = {name: value for name, value in card.items() if name != "genres"}
    # Of all pairs of poster and genre, those that are a no.
    nothing = 1 - sum(positives.values()) / (card["posters"] * len(genres))
    return {
        "shipped": {"name": CLASSIFIER.name, "genres": len(genres), **shipped, "positives": positives},
        "nothing": {"accuracy": nothing, "percent": 100 * nothing},
        "package": {"dialects": len(dialect_names())},
        "speed": speed_figures(),
    }


def speed_figures() -> dict[str, dict[str, float]]:
    """Return, for each of `SPEEDS`, the medians, and the ratio of the last run and of the one before, smaller first."""
    measured = json.loads(BENCHMARKS.read_text(encoding="utf-8"))
    sections = {section["name"]: section for section in measured["sections"]}
    found = {}
    for name, (section, title, peer) in SPEEDS.items():
        runs = [sections[section], sections[section].get("before", {"contests": []})]
        contests = [Contest(**plain) for run in runs for plain in run["contests"] if plain["title"] == title]
        low, *_, high = sorted([each.ratio(peer).median for each in contests] * 2)
        last = contests[0].figures
        ours, theirs = (Spread.of(last[who]).median for who in (contests[0].ours, peer))
        found[name] = {"ours": ours, "peer": theirs, "low": low, "high": high}
    return found


def kept_figures() -> dict[str, Any]:
    """Return what docs/figures.json holds."""
    kept: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return kept


def figure(figures: dict[str, Any], name: str) -> Any:
    """Return a figure by its name, such as "shipped.macro_map"; None if there is no such one."""
    for part in name.split("."):
        figures = figures.get(part) if isinstance(figures, dict) else None  # type: ignore[assignment]
    return figures


def pattern(sentence: str) -> tuple[re.Pattern[str], list[str]]:
    """Return what finds a sentence in a document, each figure a group, and the figures' names."""
    words, names = re.split(r"\{[\w.]+\}", sentence), re.findall(r"\{([\w.]+)\}", sentence)
    parts = [r"\s+".join(map(re.escape, re.split(r"\s+", each))) for each in words]
    number = rf"({NUMBER}|\b(?i:{'|'.join(WORDS)})\b)"
    return re.compile(number.join(parts)), names


def sentence_places(document: str, text: str) -> Iterator[Place]:
    """Yield the places of a document's sentences; one that is not found is a place without a character."""
    for where, sentence in SENTENCES:
        if where == document:
            found, names = pattern(sentence)
            matches = list(found.finditer(text))
            for match in matches:
                yield from (Place(document, *match.span(place + 1), name) for place, name in enumerate(names))
            if not matches:
                yield Place(document, 0, 0, sentence)


def row_places(document: str, text: str) -> Iterator[Place]:
    """Yield the places of a document's tables; a row that is not found is a place without a character."""
    start, section, header, missing = 0, "", list[str](), [row for row in ROWS if row[0] == document]
    for line in text.splitlines(keepends=True):
        if line.startswith("## "):
            section = line[3:].strip()
        cells = [(match[1], start + match.start(1)) for match in re.finditer(r"\|([^|\n]*)(?=\|)", line)]
        if not cells:
            header = []
        elif not header:
            header = [cell.strip() for cell, _ in cells]
        else:
            label = cells[0][0].replace("*", "").strip()
            fitting = [row for row in ROWS if row[0] == document and row[1] in (None, section)]
            for row in (row for row in fitting if re.search(row[2], label)):
                yield from _cell_places(document, row[3], header, cells)
                missing = [other for other in missing if other != row]
        start += len(line)
    yield from (Place(document, 0, 0, f"| {row[2]} |") for row in missing)


def _cell_places(document: str, name: str, header: list[str], cells: list[tuple[str, int]]) -> Iterator[Place]:
    """Yield the places of a row: a figure in each known column, and the ends of its interval if it has one."""
    for title, (cell, start) in zip(header, cells, strict=False):
        column = COLUMNS.get(title)
        suffix = "_20" if column == "macro_map_20" else ""
        keys = (column, f"low{suffix}", f"high{suffix}")
        # Several figures in a cell are of single folds.
        match = FIGURE.fullmatch(cell)
        if not column or not match:
            continue
        for group, key in enumerate(keys, start=1):
            if match[group]:
                yield Place(document, start + match.start(group), start + match.end(group), f"{name}.{key}")


def documents() -> list[str]:
    """Return the documents that have figures, by their paths in the repository."""
    return sorted({document for document, *_ in (*SENTENCES, *ROWS)})


def places(document: str, text: str) -> list[Place]:
    """Return the places of all figures of a document, in its order."""
    return sorted([*sentence_places(document, text), *row_places(document, text)], key=lambda place: place.start)


def wanted(figures: dict[str, Any], place: Place, text: str) -> str | None:
    """Return what should stand in a place, in digits or words as there; None if the file lacks the figure."""
    found, value = text[place.start : place.end], figure(figures, place.name)
    if value is None or not found:
        return None
    if found.lower() in WORDS:
        word = WORDS[value] if value < len(WORDS) else str(value)
        return word.capitalize() if found[0].isupper() else word
    return f"{value:,.{len(found.partition('.')[2])}f}"


def differences(figures: dict[str, Any], document: str, text: str) -> Iterator[tuple[Place, str]]:
    """Yield each place with another figure than the file's, and a line that says so."""
    for place in places(document, text):
        found, right = text[place.start : place.end], wanted(figures, place, text)
        where = f"{document}, line {text.count(chr(10), 0, place.start) + 1}"
        if not found:
            yield place, f"{document}: there is no such sentence or row: {place.name}"
        elif right is None:
            yield place, f"{where}: {found}, but docs/figures.json has no {place.name}"
        elif found != right:
            yield place, f"{where}: {found}, but {place.name} is {right}"


def rewritten(figures: dict[str, Any], document: str, text: str) -> str:
    """Return a document with the figures of the file in all its places."""
    for place, _ in reversed(list(differences(figures, document, text))):
        right = wanted(figures, place, text)
        if right is not None:
            text = text[: place.start] + right + text[place.end :]
    return text


def renew_card(cross_validation: Path, catalogue: Catalogue) -> None:
    """Compute the figures of the classifier that ships from its cross-validation, and write its card anew."""
    manifest, cache = read_manifest(CLASSIFIER), default_cache()
    packed = arrays_directory(cache, catalogue, manifest.preprocess)
    arrays = pack(catalogue, packed, manifest.preprocess)
    readable = catalogue.among(arrays.ids)
    film = group_posters(readable, perceptual_hashes(arrays, packed), looks_of(readable, cache))
    figures = out_of_fold_figures(cross_validation, dict(zip(readable.ids, film.tolist(), strict=True)))
    renewed = replace(manifest, metrics=manifest.metrics | {"out_of_fold": figures})
    rewrite_manifest(CLASSIFIER, renewed, model_card(renewed))


def main() -> int:
    """Write the file; 1 if a document says otherwise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("table", type=Path, nargs="?", help="of the classifier's posters, with --cross-validation")
    parser.add_argument("--cross-validation", type=Path, help="of the classifier that ships: its card is made anew")
    parser.add_argument("--write", action="store_true", help="correct the documents, but for docs/results.md")
    add_catalogue_options(parser)
    options = parser.parse_args()
    if (options.table is None) != (options.cross_validation is None):
        parser.error("a table and --cross-validation belong together")
    if options.cross_validation:
        renew_card(options.cross_validation, read_catalogue_from(options))
    figures = kept_figures() | package_figures()
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    found = []
    for document in documents():
        path = REPOSITORY / document
        text = path.read_text(encoding="utf-8")
        if options.write and document not in (RESULTS, SHIPPED_CARD):
            text = rewritten(figures, document, text)
            path.write_text(text, encoding="utf-8")
        found += [line for _, line in differences(figures, document, text)]
    print("\n".join(found), file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
