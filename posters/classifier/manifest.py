"""classifier.json: what a classifier directory holds, and everything needed to read its network's numbers."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from posters.calibration import Calibration
from posters.config import Head, PreprocessConfig
from posters.errors import ClassifierError, ConfigError
from posters.files import replacing_directory, sha256_of, write_json
from posters.thresholds import Thresholds

FORMAT = 2
MANIFEST = "classifier.json"
LIGHT_NETWORK = "network.tflite"
KERAS_NETWORK = "network.keras"
CARD = "MODEL_CARD.md"
HEADS = get_args(Head)

_MEND = "copy or train the classifier again"


@dataclass(frozen=True)
class Manifest:
    """What travels with the weights.

    Attributes:
        genre_names: of the network's outputs, in their order.
        preprocess: how an image becomes the network's pixels.
        head: "sigmoid" or "softmax".
        calibration: what the network's probabilities go through before anything else reads them.
        rules: by which genres are said, each from a calibrated probability of its own on; the first one unless
            another is asked for.
        prior: each genre's share of the training posters.
        metrics: validation figures, with their baselines.
        provenance: what it was trained on, by which versions, with which config.
        files: SHA-256 of every other file of the directory, by name.
    """

    genre_names: tuple[str, ...]
    preprocess: PreprocessConfig
    head: str
    calibration: Calibration
    rules: tuple[Thresholds, ...]
    prior: tuple[float, ...]
    metrics: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def rule(self, name: str | None = None) -> Thresholds:
        """The thresholds of a rule; of the first one unless it is named.

        Raises:
            ConfigError: there is no such rule.
        """
        for thresholds in self.rules:
            if name in (None, thresholds.optimises):
                return thresholds
        known = ", ".join(thresholds.optimises for thresholds in self.rules)
        raise ConfigError(
            f"the classifier has no rule {name!r}, but {known}; `posters thresholds RUN --add RULE` fits another"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        own = {
            "format": FORMAT,
            "genre_names": list(self.genre_names),
            "preprocess": asdict(self.preprocess),
            "head": self.head,
            "calibration": self.calibration.to_dict(),
            "rules": [thresholds.to_dict() for thresholds in self.rules],
            "prior": list(self.prior),
        }
        return {**own, "metrics": self.metrics, "provenance": self.provenance, "files": self.files}


def write_classifier(directory: Path, manifest: Manifest, card: str, write_networks: Callable[[Path], None]) -> None:
    """Write a whole classifier directory, or nothing.

    Args:
        directory: takes the place of what was there.
        manifest: its `files` are filled in here.
        card: the text of MODEL_CARD.md.
        write_networks: writes the network's files into the folder that it is given.
    """
    with replacing_directory(directory) as folder:
        write_networks(folder)
        (folder / CARD).write_text(card, encoding="utf-8")
        files = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
        write_json(folder / MANIFEST, {**manifest.to_dict(), "files": files})


def rewrite_manifest(directory: Path, manifest: Manifest, card: str) -> None:
    """Write a changed manifest and card over those of a classifier directory; its networks stay as they are."""
    with replacing_directory(directory) as folder:
        for name in manifest.files:
            if name != CARD:
                shutil.copy2(directory / name, folder / name)
        (folder / CARD).write_text(card, encoding="utf-8")
        files = manifest.files | {CARD: sha256_of(folder / CARD)}
        write_json(folder / MANIFEST, {**manifest.to_dict(), "files": files})


def read_manifest(directory: Path) -> Manifest:
    """Read classifier.json, and check every file that it names.

    Raises:
        ClassifierError: this is no classifier directory, a file is missing or changed, or its format is unknown.
    """
    manifest = _parsed(directory / MANIFEST)
    if LIGHT_NETWORK not in manifest.files:
        raise ClassifierError(f"{directory / MANIFEST} names no {LIGHT_NETWORK}: {_MEND}")
    for name, digest in manifest.files.items():
        _check_file(directory / name, digest)
    return manifest


def _parsed(path: Path) -> Manifest:
    try:
        values = _object(json.loads(path.read_text(encoding="utf-8")), "it")
        _check_format(path, values.get("format"))
        return _from_dict(values)
    except ClassifierError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        reason = f"it has no {path.name}" if path.parent.is_dir() else "there is no such directory"
        raise ClassifierError(f"{path.parent} is no classifier: {reason}") from error
    except OSError as error:
        raise ClassifierError(f"{path} can't be read ({error.strerror})") from error
    except KeyError as error:
        raise ClassifierError(f"{path} is damaged (it has no {error.args[0]}): {_MEND}") from error
    # JSON that nests too deeply ends in a RecursionError.
    except (ValueError, TypeError, RecursionError) as error:
        raise ClassifierError(f"{path} is damaged ({error}): {_MEND}") from error


def _check_format(path: Path, number: Any) -> None:
    if type(number) is not int or number != FORMAT:
        raise ClassifierError(
            f"{path} has the format {number!r}, and this version of posters reads {FORMAT}: "
            "use the version that wrote it, or train again"
        )


def _from_dict(values: dict[str, Any]) -> Manifest:
    """The manifest, if every value is what it must be; whatever is not ends in a ValueError, TypeError or KeyError."""
    genre_names = _genre_names(values["genre_names"])
    calibration = Calibration.from_dict(_object(values["calibration"], "calibration"))
    rules = _rules(values["rules"])
    prior = _shares(values["prior"], "prior")
    named = {genre_names, calibration.genre_names, *(thresholds.genre_names for thresholds in rules)}
    if len(named) > 1 or len(prior) != len(genre_names):
        raise ValueError("its genre names, calibration, rules and prior don't belong together")
    return Manifest(
        genre_names=genre_names,
        preprocess=PreprocessConfig(**_object(values["preprocess"], "preprocess")),
        head=_head(values["head"]),
        calibration=calibration,
        rules=rules,
        prior=prior,
        metrics=_object(values["metrics"], "metrics"),
        provenance=_object(values["provenance"], "provenance"),
        files=_files(values["files"]),
    )


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be an object with named values, but is of type {type(value).__name__}")
    return value


def _genre_names(value: Any) -> tuple[str, ...]:
    texts = isinstance(value, list) and all(isinstance(name, str) for name in value)
    if not (texts and value and len(set(value)) == len(value)):
        raise ValueError("genre_names must be a list of different names")
    return tuple(value)


def _rules(value: Any) -> tuple[Thresholds, ...]:
    if not (isinstance(value, list) and value):
        raise ValueError("rules must be a list of thresholds, and hold one at least")
    rules = tuple(_thresholds(_object(each, "a rule")) for each in value)
    if len({thresholds.optimises for thresholds in rules}) < len(rules):
        raise ValueError("rules must have different names")
    return rules


def _thresholds(value: dict[str, Any]) -> Thresholds:
    _shares([share for share in value["values"] if share is not None], "thresholds")
    thresholds = Thresholds.from_dict(value)
    if not (isinstance(thresholds.optimises, str) and isinstance(thresholds.fitted_on, str)):
        raise ValueError("thresholds must say in words what they optimise and what they were fitted on")
    return thresholds


def _shares(value: Any, name: str) -> tuple[float, ...]:
    # Written so that NaN fails as well.
    if not (isinstance(value, list) and all(type(share) in (int, float) and 0 <= share <= 1 for share in value)):
        raise ValueError(f"{name} must be a list of numbers between 0 and 1")
    return tuple(float(share) for share in value)


def _head(value: Any) -> str:
    if value not in HEADS:
        raise ValueError(f"head must be one of {', '.join(HEADS)}, but got {value!r}")
    return value


def _files(value: Any) -> dict[str, str]:
    files = _object(value, "files")
    for name, digest in files.items():
        # A plain name, so that none reaches outside the directory.
        if name in ("", "..") or Path(name).name != name:
            raise ValueError(f"files must name files of this directory, but names {name!r}")
        if not isinstance(digest, str):
            raise ValueError(f"files must have a SHA-256 for {name}, but has {digest!r}")
    return files


def _check_file(path: Path, digest: str) -> None:
    try:
        found = sha256_of(path)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ClassifierError(f"{path} is missing: copy the whole classifier directory again") from error
    except (OSError, ValueError) as error:  # A name that no file can have is a ValueError.
        raise ClassifierError(f"{path} can't be read ({error})") from error
    if found != digest:
        raise ClassifierError(f"{path} was changed since the classifier was written: copy or train it again")
