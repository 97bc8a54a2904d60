"""Predict very many posters into a folder of parts, so that a kill costs the parts under way and nothing else.

What is to be computed is fixed by `_predictions.json` in the folder; `posters.tasks.prediction_parts` tells why nothing
is lost and nothing is there twice.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters._base.atomic_files import sha256_of, write_json
from posters._base.brief import brief_repr
from posters._base.log import logger
from posters._base.progress import tqdm
from posters._base.ray_cluster import spread_by
from posters.catalogue import Catalogue
from posters.classifier import Classifier, load_classifier
from posters.classifier.prediction_rows import PredictionRow
from posters.errors import ConfigError, ImageError
from posters.similar.index import Posters, posters_by_name
from posters.tasks.prediction_parts import SETTINGS, NamedPosters, PartSettings, Tell, form_of_parts, read_settings

if TYPE_CHECKING:
    from posters.tasks.ray_engine import RemotePosters

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
    posters: "Posters | Callable[[], Mapping[str, str | Path | bytes | ImageError]]",
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
        posters: a folder or a table, a catalogue, paths, or posters by name; see `posters.build_index`. Or a function
            that returns posters by name. With engine "ray", a folder, a table or a function is read in a process of its
            own, and this one holds no poster; a function must be one that can be pickled.
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
    folder = Path(output).absolute()
    with ExitStack() as stack:
        parts: NamedPosters | RemotePosters
        if engine == "ray":
            from posters.tasks.ray_engine import posters_on_ray

            parts = stack.enter_context(posters_on_ray(_reader_of(posters), part_size, address))
        else:
            parts = NamedPosters(_reader_of(posters)(), part_size)
        identity = {"posters": parts.digest, "classifier": sha256_of(classifier.identity_file)}
        chosen = {name: value for name, value in rule.items() if value is not None}
        settings = _settled(folder, form, {**identity, "part_size": part_size, "every": every, "rule": chosen})
        paths = tuple(settings.path(folder, number) for number in range(len(parts.sizes)))
        missing = [number for number, path in enumerate(paths) if not path.exists()]
        count, left = sum(parts.sizes), sum(parts.sizes[number] for number in missing)
        few = count < _WORTH_A_BAR
        with tqdm(total=count, initial=count - left, desc="predicting", unit="poster", disable=few) as bar:

            def tell(done: int, errors: Iterable[str]) -> None:
                for error in errors:
                    logger.error(error)
                bar.update(done)

            if isinstance(parts, NamedPosters):
                _compute_here(settings, folder, parts, missing, classifier, tell)
            else:
                parts.compute(settings, folder, missing, classifier.directory, tell)
    return PredictionParts(paths, count, sum(map(settings.unreadable, paths, parts.sizes)))


def _reader_of(posters: Any) -> Callable[[], Mapping[str, Any]]:
    if callable(posters):
        return partial(posters)
    # What is none of these may be a generator, which can't be sent to a worker.
    sendable = isinstance(posters, str | Path | Mapping | Catalogue)
    return partial(posters_by_name, posters if sendable else list(posters))


def _compute_here(
    settings: PartSettings, folder: Path, parts: NamedPosters, wanted: Sequence[int], classifier: Classifier, tell: Tell
) -> None:
    # One pass over all parts: the next posters are read while a part ends.
    rows = settings.rows(classifier, [named for number in wanted for named in parts.part(number)])

    def noted(count: int) -> Iterator[PredictionRow]:
        for row in islice(rows, count):
            tell(1, [row.error] if row.error else [])
            yield row

    for number in wanted:
        settings.write(folder, number, noted(parts.sizes[number]), classifier.genre_names)


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
