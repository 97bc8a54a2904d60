"""Predict very many posters into a folder of parts, so that a kill costs the parts under way and nothing else.

What is to be computed is fixed by `_predictions.json` in the folder; `posters.tasks.prediction_parts` tells why nothing
is lost and nothing is there twice.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from posters._base.atomic_files import sha256_of, write_json
from posters._base.brief import brief_repr
from posters._base.log import logger
from posters._base.progress import tqdm
from posters._base.ray_cluster import spread_by
from posters.classifier import Classifier, load_classifier
from posters.classifier.prediction_rows import PredictionRow
from posters.errors import ConfigError
from posters.similar.index import Posters, posters_by_name
from posters.tasks.prediction_parts import SETTINGS, Part, PartSettings, digest_of, form_of_parts, read_settings

PART_SIZE = 1_000  # posters: half a minute of one core, which is what a kill may cost

_WORTH_A_BAR = 20  # posters, as in `posters predict`
_MEANINGS = {
    "posters": "of other posters",
    "classifier": "by another classifier",
    "part_size": "with another --part-size",
    "form": "with another --format",
    "every": "with another choice of --all",
    "rule": "with another choice of --rule, --top or --threshold",
    "version": "by another version of this package",
}


@dataclass(frozen=True)
class PredictionParts:
    """A folder that holds the predictions of all its posters.

    Attributes:
        paths: of the parts, in the order of the posters.
        posters: how many there are.
        unreadable: how many of these have an error in place of genres.
    """

    __repr__ = brief_repr

    paths: tuple[Path, ...]
    posters: int
    unreadable: int


def predict_parts(
    posters: Posters,
    output: str | Path,
    classifier: Classifier | None = None,
    *,
    form: str | None = None,
    every: bool = False,
    part_size: int = PART_SIZE,
    engine: str = "local",
    address: str | None = None,
    **rule: Any,
) -> PredictionParts:
    """Predict the genres of very many posters into a folder. The same call resumes after a kill.

    Each poster has one row, as `posters predict` writes it. A poster that can't be read is logged, and has its reason
    there.

    Args:
        posters: a folder or a table, a catalogue, paths, or posters by name; see `posters.build_index`.
        output: the folder, which is made if it is not there.
        classifier: by default the one that comes with the package.
        form: "parquet" or "jsonl"; by default that of the folder, or else Parquet where pyarrow is installed.
        every: write the probabilities of all genres, not only of the predicted ones.
        part_size: posters in each part.
        engine: "local" for this process; "ray" for the workers of a Ray cluster, which see the same folders.
        address: of the Ray cluster; by default RAY_ADDRESS, or else workers on this machine until the call ends.
        **rule: `rule`, `top` or `threshold`, as in `Classifier.predict`.

    Raises:
        ConfigError: an argument is invalid; or the folder holds something else, or predictions of other posters, by
            another classifier or with other arguments.
        MissingExtraError: pyarrow or Ray is needed and not installed.
        ArraysError: a part of the folder is damaged.

    Examples:
        >>> import posters, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     parts = posters.predict_parts(["missing.jpg"], f"{folder}/out", form="jsonl")
        ...     [path.name for path in parts.paths], parts.unreadable
        (['part-00000.jsonl'], 1)
    """
    if part_size < 1:
        raise ConfigError(f"--part-size must be 1 or more, but got {part_size}")
    spread_by(engine, address)
    classifier = classifier or load_classifier()
    # A wrong rule is refused before anything is written.
    classifier.predict_many((), **rule)
    named = list(posters_by_name(posters).items())
    folder = Path(output).absolute()
    identity = {"posters": digest_of(named), "classifier": sha256_of(classifier.identity_file)}
    chosen = {name: value for name, value in rule.items() if value is not None}
    settings = _settled(folder, form, {**identity, "part_size": part_size, "every": every, "rule": chosen})
    parts = [(start // part_size, named[start : start + part_size]) for start in range(0, len(named), part_size)]
    paths = tuple(settings.path(folder, number) for number, _ in parts)
    missing = [part for part, path in zip(parts, paths, strict=True) if not path.exists()]
    left = sum(len(part) for _, part in missing)
    few = len(named) < _WORTH_A_BAR
    with tqdm(total=len(named), initial=len(named) - left, desc="predicting", unit="poster", disable=few) as bar:
        if engine == "ray" and missing:
            from posters.tasks.ray_engine import compute_parts

            for count, errors in compute_parts(settings, folder, missing, classifier.directory, address):
                _log(errors)
                bar.update(count)
        else:
            _compute_here(settings, folder, missing, classifier, bar)
    sizes = [len(part) for _, part in parts]
    return PredictionParts(paths, len(named), sum(map(settings.unreadable, paths, sizes)))


def _compute_here(
    settings: PartSettings, folder: Path, parts: Sequence[Part], classifier: Classifier, bar: "tqdm[Any]"
) -> None:
    # One pass over all parts: the next posters are read while a part ends.
    rows = settings.rows(classifier, [named for _, posters in parts for named in posters])

    def noted(count: int) -> Iterator[PredictionRow]:
        for row in islice(rows, count):
            _log([row.error] if row.error else [])
            bar.update()
            yield row

    for number, posters in parts:
        settings.write(folder, number, noted(len(posters)), classifier.genre_names)


def _log(errors: Iterable[str]) -> None:
    for error in errors:
        logger.error(error)


def _settled(folder: Path, form: str | None, wanted: Mapping[str, Any]) -> PartSettings:
    """Return the folder's settings: those wanted, which are written there if it is new."""
    old = read_settings(folder)
    settings = PartSettings(form=form_of_parts(form, (old or {}).get("form")), **wanted)
    plain = json.loads(json.dumps(asdict(settings)))
    if old is None:
        write_json(folder / SETTINGS, plain)
    for name, meaning in _MEANINGS.items():
        if old is not None and old.get(name) != plain[name]:
            raise ConfigError(
                f"{folder} holds predictions {meaning}: name another folder as --output, or remove this one"
            )
    return settings
