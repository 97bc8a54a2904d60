"""classifier.json: what a classifier directory holds, and everything needed to read its network's numbers."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from posters.config import PreprocessConfig
from posters.errors import ClassifierError, ConfigError, ScoresError
from posters.files import replacing_directory, sha256_of, write_json
from posters.thresholds import Thresholds

FORMAT = 1
MANIFEST = "classifier.json"
LIGHT_NETWORK = "network.tflite"
KERAS_NETWORK = "network.keras"
CARD = "MODEL_CARD.md"


@dataclass(frozen=True)
class Manifest:
    """What travels with the weights.

    Attributes:
        genre_names: of the network's outputs, in their order.
        preprocess: how an image becomes the network's pixels.
        head: "sigmoid" or "softmax".
        thresholds: from which probability on each genre is said.
        prior: each genre's share of the training posters.
        metrics: validation figures, with their baselines.
        provenance: what it was trained on, by which versions, with which config.
        files: SHA-256 of every other file of the directory, by name.
    """

    genre_names: tuple[str, ...]
    preprocess: PreprocessConfig
    head: str
    thresholds: Thresholds
    prior: tuple[float, ...]
    metrics: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        own = {
            "format": FORMAT,
            "genre_names": list(self.genre_names),
            "preprocess": asdict(self.preprocess),
            "head": self.head,
            "thresholds": self.thresholds.to_dict(),
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


def read_manifest(directory: Path) -> Manifest:
    """Read classifier.json, and check every file that it names.

    Raises:
        ClassifierError: this is no classifier directory, a file is missing or changed, or its format is unknown.
    """
    manifest = _parsed(directory / MANIFEST)
    for name, digest in manifest.files.items():
        # The last part alone, so that no name reaches outside the directory.
        _check_file(directory / Path(name).name, digest)
    if LIGHT_NETWORK not in manifest.files:
        raise ClassifierError(f"{directory / MANIFEST} names no {LIGHT_NETWORK}: copy or train the classifier again")
    return manifest


def _parsed(path: Path) -> Manifest:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.get("format") != FORMAT:
            raise ClassifierError(
                f"{path} has the format {values.get('format')!r}, and this version of posters reads {FORMAT}: "
                "use the version that wrote it, or train again"
            )
        return _from_dict(values)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ClassifierError(f"{path.parent} is no classifier: it has no {path.name}") from error
    except OSError as error:
        raise ClassifierError(f"{path} can't be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError, ScoresError) as error:
        if isinstance(error, ClassifierError):
            raise
        raise ClassifierError(f"{path} is damaged ({error!r}): copy or train the classifier again") from error


def _from_dict(values: dict[str, Any]) -> Manifest:
    manifest = Manifest(
        genre_names=tuple(values["genre_names"]),
        preprocess=PreprocessConfig(**values["preprocess"]),
        head=values["head"],
        thresholds=Thresholds.from_dict(values["thresholds"]),
        prior=tuple(float(share) for share in values["prior"]),
        metrics=dict(values["metrics"]),
        provenance=dict(values["provenance"]),
        files=dict(values["files"]),
    )
    if not manifest.genre_names == manifest.thresholds.genre_names or len(manifest.prior) != len(manifest.genre_names):
        raise ValueError("its genre names, thresholds and prior don't belong together")
    return manifest


def _check_file(path: Path, digest: str) -> None:
    if not path.is_file():
        raise ClassifierError(f"{path} is missing: copy the whole classifier directory again")
    if sha256_of(path) != digest:
        raise ClassifierError(f"{path} was changed since the classifier was written: copy or train it again")
