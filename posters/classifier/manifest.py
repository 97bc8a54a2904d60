"""classifier.json: what a classifier directory holds, and everything needed to read its network's numbers."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, get_args

from posters._base.atomic_files import replacing_directory, sha256_of, write_json
from posters._base.brief import brief_repr
from posters._base.regular_files import is_inside, open_regular
from posters._base.validation import Between, from_plain
from posters.calibration import Calibration, no_calibration
from posters.config import Head, PreprocessConfig
from posters.errors import ClassifierError, ConfigError
from posters.models.hub import linked_folders
from posters.thresholds import Rule, read_rule

FORMAT = 4
# Can still be read: format 3, in which every rule had thresholds, and format 2, which versions before 0.2 wrote, and in
# which a rule's name was called `optimises`.
READABLE_FORMATS = (2, 3, FORMAT)
# Of what an exported network tells of itself. Raised whenever a key changes its meaning.
EXPORT_FORMAT = 1
METADATA = "posters"  # what a file calls that
WEB_NETWORK = "network.onnx"  # in the folder of a page
MANIFEST = "classifier.json"
LIGHT_NETWORK = "network.tflite"
KERAS_NETWORK = "network.keras"
CARD = "MODEL_CARD.md"
HEADS = get_args(Head)

# Limits for what strangers send: far above any classifier's, and far below what fills a machine. Sizes are in bytes.
LARGEST_CONTENTS = 16 * 2**20
_LARGEST = {MANIFEST: LARGEST_CONTENTS, CARD: 2**20}
_LARGEST_OTHER = 2 * 2**30
_MOST_GENRES, _MOST_RULES, _LONGEST_NAME, _DEEPEST = 10_000, 1000, 200, 50

_FIX = "copy or train the classifier again"


@dataclass(frozen=True)
class Manifest:
    """What travels with the weights.

    Attributes:
        genre_names: of the network's outputs, in their order.
        preprocess: how an image becomes the network's pixels.
        head: "sigmoid" or "softmax".
        calibration: maps the network's probabilities to those that everything else reads.
        rules: the rules that decide which genres are predicted from calibrated probabilities; the first is the default.
        prior: each genre's share of the training posters.
        metrics: validation figures, with their baselines.
        provenance: training data, versions and config.
        files: SHA-256 of every other file of the directory, by name.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> read_manifest(CLASSIFIER).head
        'sigmoid'
    """

    __repr__ = brief_repr

    genre_names: tuple[str, ...]
    preprocess: PreprocessConfig
    head: str
    calibration: Calibration
    rules: tuple[Rule, ...]
    prior: tuple[float, ...]
    metrics: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def rule(self, name: str | None = None) -> Rule:
        """Return a rule by its name.

        Args:
            name: of the rule; by default the first.

        Raises:
            ConfigError: there is no such rule.

        Examples:
            >>> from posters.models import CLASSIFIER
            >>> read_manifest(CLASSIFIER).rule("fixed").values[0]
            0.5
        """
        for rule in self.rules:
            if name in (None, rule.rule):
                return rule
        known = ", ".join(rule.rule for rule in self.rules)
        raise ConfigError(
            f"the classifier has no rule {name!r}, but {known}: choose one of these, or --threshold X; for a run of "
            "your own, `posters thresholds RUN --add RULE` fits another"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {
            "format": FORMAT,
            "genre_names": list(self.genre_names),
            "preprocess": asdict(self.preprocess),
            "head": self.head,
            "calibration": self.calibration.to_dict(),
            "rules": [rule.to_dict() for rule in self.rules],
            "prior": list(self.prior),
            "metrics": self.metrics,
            "provenance": self.provenance,
            "files": self.files,
        }


def write_classifier(directory: Path, manifest: Manifest, card: str, write_networks: Callable[[Path], object]) -> None:
    """Write a whole classifier directory, or nothing.

    Args:
        directory: takes the place of what was there.
        manifest: its `files` are filled in here.
        card: the text of MODEL_CARD.md.
        write_networks: writes the network's files into the folder that it is given.

    Examples:
        >>> import tempfile
        >>> from posters.models import CLASSIFIER
        >>> target, networks = Path(tempfile.mkdtemp()) / "copy", (LIGHT_NETWORK,)
        >>> copy = lambda folder: [shutil.copy(CLASSIFIER / name, folder) for name in networks]
        >>> write_classifier(target, read_manifest(CLASSIFIER), "# Card", copy)
        >>> sorted(path.name for path in target.iterdir())
        ['MODEL_CARD.md', 'classifier.json', 'network.tflite']
    """
    with replacing_directory(directory) as folder:
        write_networks(folder)
        (folder / CARD).write_text(card, encoding="utf-8")
        files = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
        write_json(folder / MANIFEST, {**manifest.to_dict(), "files": files})


def rewrite_manifest(directory: Path, manifest: Manifest, card: str) -> None:
    """Write a changed manifest and card over those of a classifier directory, and keep its networks.

    Args:
        directory: the classifier directory.
        manifest: the changed manifest; its `files` name what is kept.
        card: the text of MODEL_CARD.md.

    Examples:
        >>> import tempfile
        >>> from posters.models import CLASSIFIER
        >>> target = Path(shutil.copytree(CLASSIFIER, Path(tempfile.mkdtemp()) / "copy"))
        >>> rewrite_manifest(target, read_manifest(target), "# Another card")
        >>> read_manifest(target).files.keys() == read_manifest(CLASSIFIER).files.keys()
        True
    """
    with replacing_directory(directory) as folder:
        for name in manifest.files:
            # Copied and not linked: the old directory is removed once this one takes its place.
            if name != CARD:
                shutil.copy2(directory / name, folder / name)
        (folder / CARD).write_text(card, encoding="utf-8")
        files = manifest.files | {CARD: sha256_of(folder / CARD)}
        write_json(folder / MANIFEST, {**manifest.to_dict(), "files": files})


def read_manifest(directory: Path) -> Manifest:
    """Read classifier.json, and check every file that it lists.

    Args:
        directory: a classifier directory.

    Raises:
        ClassifierError: this is not a classifier directory, a file is missing or changed, or the format is unknown.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> len(read_manifest(CLASSIFIER).genre_names)
        22
    """
    path = directory / MANIFEST
    try:
        with _damage_raised(path):
            manifest = _parse(_bytes_of(path).decode(), path)
    except (FileNotFoundError, NotADirectoryError) as error:
        there = "it is a file, and a classifier is a directory" if directory.exists() else "there is no such directory"
        reason = f"it has no {MANIFEST}" if directory.is_dir() else there
        raise ClassifierError(f"{directory} is not a classifier: {reason}") from error
    except OSError as error:
        raise ClassifierError(f"{path} can't be read ({error.strerror})") from error
    if LIGHT_NETWORK not in manifest.files:
        raise ClassifierError(f"{path} lists no {LIGHT_NETWORK}: {_FIX}")
    # Every file and not only the network: changed weights beside an old manifest would be trained on.
    for name, digest in manifest.files.items():
        _check_file(directory / name, digest)
    return manifest


def exported_manifest(contents: bytes, path: Path, digest: str) -> Manifest:
    """Return the manifest of an exported network, from what was written into it.

    Its calibration changes nothing, since the network applies it, and `files` holds the network under the name that it
    has in a classifier directory.

    Args:
        contents: JSON, as `posters export` writes it.
        path: of the file, for messages.
        digest: its SHA-256.

    Raises:
        ClassifierError: the contents are damaged, lack something, or have an unknown format.

    Examples:
        >>> exported_manifest(b'{"export_format": 2}', Path("drama.onnx"), "")
        Traceback (most recent call last):
        posters.errors.ClassifierError: drama.onnx has the export format 2, and this version of posters reads 1: \
export the classifier again
    """
    with _damage_raised(path):
        values = from_plain(dict[str, Any], json.loads(contents), "what it tells of itself")
        number = values.get("export_format")
        if number != EXPORT_FORMAT:
            raise ClassifierError(
                f"{path} has the export format {number!r}, and this version of posters reads {EXPORT_FORMAT}: "
                "export the classifier again"
            )
        needed = ("genre_names", "preprocess", "head", "calibration", "rules", "prior")
        if missing := [name for name in needed if name not in values]:
            raise ClassifierError(
                f"{path} can't be used as a classifier, since it tells no {', '.join(missing)}: export it again"
            )
        names = from_plain(tuple[str, ...], values["genre_names"], "genre_names")
        fitted_on = from_plain(dict[str, Any], values["calibration"], "calibration").get("fitted_on", "nothing")
        applied = replace(no_calibration(names), fitted_on=from_plain(str, fitted_on, "fitted_on")).to_dict()
        own = {"format": FORMAT, "metrics": {}, "provenance": {}, **values, "calibration": applied}
        return _parse(json.dumps(own | {"files": {LIGHT_NETWORK: digest}}), path)


@contextmanager
def _damage_raised(path: Path) -> Iterator[None]:
    """Raise as one line whatever is wrong with JSON that anyone may have written."""
    # A broken encoding is a ValueError, values of Calibration or PreprocessConfig may be a TypeError or a KeyError, and
    # JSON that nests too deeply is a RecursionError.
    try:
        yield
    except KeyError as error:
        raise ClassifierError(f"{path} is damaged (it has no {error.args[0]}): {_FIX}") from error
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise ClassifierError(f"{path} is damaged ({error}): {_FIX}") from error


@dataclass(frozen=True)
class _ManifestJson:
    """The layout of classifier.json; the values themselves are checked by the classes that are made of them."""

    genre_names: tuple[str, ...]
    preprocess: dict[str, Any]
    head: Head
    calibration: dict[str, Any]
    rules: tuple[dict[str, Any], ...]
    prior: tuple[Annotated[float, Between(0, 1)], ...]
    metrics: dict[str, Any]
    provenance: dict[str, Any]
    files: dict[str, str]


def _parse(text: str, path: Path) -> Manifest:
    values = from_plain(dict[str, Any], json.loads(text), "the manifest")
    _check_depth(values)
    number = values.get("format")
    if type(number) is not int or number not in READABLE_FORMATS:
        raise ClassifierError(
            f"{path} has the format {number!r}, and this version of posters reads {FORMAT}: "
            "use the version that wrote it, or train again"
        )
    plain = from_plain(_ManifestJson, values, "the manifest", ignore_unknown=True)
    # Before anything is made of them.
    if not 0 < len(plain.rules) <= _MOST_RULES or len(plain.genre_names) > _MOST_GENRES:
        raise ValueError(f"there must be 1 to {_MOST_RULES:,} rules, and at most {_MOST_GENRES:,} genres")
    manifest = Manifest(
        genre_names=plain.genre_names,
        preprocess=PreprocessConfig(**plain.preprocess),
        head=plain.head,
        calibration=Calibration.from_dict(plain.calibration),
        rules=tuple(_rule(rule) for rule in plain.rules),
        prior=plain.prior,
        metrics=plain.metrics,
        provenance=plain.provenance,
        files=plain.files,
    )
    _check_consistent(manifest)
    return manifest


def _rule(values: dict[str, Any]) -> Rule:
    # Format 2.
    if "optimises" in values:
        values = {("rule" if name == "optimises" else name): value for name, value in values.items()}
    for name in ("rule", "fitted_on"):
        from_plain(str, values[name], f"the {name} of a rule")
    # null marks a genre that the rule never predicts.
    if "values" in values:
        from_plain(tuple[float | None, ...], values["values"], "thresholds")
    return read_rule(values)


def _check_consistent(manifest: Manifest) -> None:
    """Refuse parts that name different genres, or in another order: columns are matched by place, never by name."""
    genre_names = manifest.genre_names
    if not genre_names or len(set(genre_names)) < len(genre_names):
        raise ValueError("genre_names must be a list of different names")
    # They are printed to terminals.
    names = [*genre_names, *manifest.files, *(rule.rule for rule in manifest.rules)]
    if odd := [name for name in names if not name.isprintable() or len(name) > _LONGEST_NAME]:
        raise ValueError(f"{odd[0][:40]!r} can't be the name of a genre, a rule or a file")
    if len({rule.rule for rule in manifest.rules}) < len(manifest.rules):
        raise ValueError("rules must have different names")
    named = {genre_names, manifest.calibration.genre_names, *(rule.genre_names for rule in manifest.rules)}
    if len(named) > 1 or len(manifest.prior) != len(genre_names):
        raise ValueError("genre_names, calibration, rules and prior don't belong together")
    # Plain names, so that none leads outside of the directory.
    if elsewhere := [name for name in manifest.files if name in ("", "..") or Path(name).name != name]:
        raise ValueError(f"files must be in this directory, but got {elsewhere[0]!r}")


def _check_depth(value: Any, depth: int = 0) -> None:
    """Refuse what is nested deeper than anybody writes, and what JSON's own reader takes but others don't."""
    if depth > _DEEPEST:
        raise ValueError(f"it is nested more than {_DEEPEST} deep")
    if isinstance(value, str):
        value.encode()  # A lone surrogate can't be written anywhere.
    for each in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        _check_depth(each, depth + 1)


def _bytes_of(path: Path) -> bytes:
    with open_regular(path) as file:
        content = file.read(_LARGEST[MANIFEST] + 1)
    if len(content) > _LARGEST[MANIFEST]:
        raise ValueError(f"it is larger than {_LARGEST[MANIFEST]:,} bytes")
    return content


def _check_file(path: Path, digest: str) -> None:
    # Whoever made the directory may have put links into it that lead to other people's files.
    if not is_inside(path, path.parent, *linked_folders(path.parent)):
        raise ClassifierError(f"{path} is a link out of the directory: copy the file itself")
    largest = _LARGEST.get(path.name, _LARGEST_OTHER)
    try:
        size = path.stat().st_size
        found = sha256_of(path) if size <= largest else ""
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ClassifierError(f"{path} is missing: copy the whole classifier directory again") from error
    except (OSError, ValueError) as error:  # A ValueError is a name that no file can have.
        raise ClassifierError(f"{path} can't be read ({error})") from error
    if found != digest:
        too_large = f"has {size:,} bytes, more than the {largest:,} that such a file may have"
        raise ClassifierError(
            f"{path} {'was changed after the classifier was written' if found else too_large}: {_FIX}"
        )
