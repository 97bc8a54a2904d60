"""What a classifier can be exported as, and where that goes. Without TensorFlow, so that mistakes are found at once."""

from dataclasses import dataclass
from pathlib import Path

from posters.errors import ConfigError
from posters.extras import check_installed

# TensorFlow Serving looks for numbered versions, and takes the highest.
_VERSION = "1"


@dataclass(frozen=True)
class Target:
    """One format of export; `posters.network.exports.FORMATS` writes it.

    Attributes:
        name: what `--to` calls it.
        ending: of its file's name, behind that of the classifier; "" for a folder.
        rounded: whether it computes in 8 bits, which changes probabilities, and needs posters to choose its steps by.
        modules: that it needs beside TensorFlow, from the extra `onnx`.
    """

    name: str
    ending: str
    rounded: bool = False
    modules: tuple[str, ...] = ()

    @property
    def is_folder(self) -> bool:
        return not self.ending


_ALL = (
    Target("litert", ".tflite"),
    Target("litert-int8", "-int8.tflite", rounded=True),
    Target("onnx", ".onnx", modules=("onnx", "tf2onnx", "onnxruntime")),
    Target("saved_model", ""),
)
TARGETS = {target.name: target for target in _ALL}


def find_target(name: str) -> Target:
    """The target of that name, all that it needs being installed.

    Raises:
        ConfigError: there is none.
        MissingExtraError: a package is missing.
    """
    if name not in TARGETS:
        raise ConfigError(f"there is no export format {name!r}; there are {', '.join(TARGETS)}")
    target = TARGETS[name]
    check_installed("tensorflow", "keras")
    check_installed(*target.modules, extra="onnx")
    return target


def place_of(target: Target, classifier: Path, output: Path | None, force: bool) -> Path:
    """The file to write, or the folder to fill.

    Args:
        target: what is written.
        classifier: its directory, which gives the name.
        output: a file; a folder that is there, for a file of the usual name in it; for a folder, the one that holds
            its version. None for the usual name in the working directory.
        force: whether something may lie there.

    Raises:
        ConfigError: something lies there and may not, or is of another kind.
    """
    usual = _name_of(classifier) + target.ending
    chosen = Path(usual) if output is None else Path(output)
    if not target.is_folder and chosen.is_dir():
        chosen = chosen / usual
    place = chosen / _VERSION if target.is_folder else chosen
    _check_place(target, chosen, place, force)
    return place


def _check_place(target: Target, chosen: Path, place: Path, force: bool) -> None:
    if target.is_folder and chosen.exists() and not chosen.is_dir():
        raise ConfigError(f"{chosen} is a file, and {target.name} is a folder: choose another --output")
    if not target.is_folder and place.is_dir():
        raise ConfigError(f"{place} is a folder, and {target.name} is a file: choose another --output")
    if place.exists() and not force:
        raise ConfigError(f"{place} exists already: choose another --output, or write over it with --force")


def _name_of(classifier: Path) -> str:
    """The directory's name; a run keeps its classifier in a folder of that name, which says nothing."""
    directory = classifier.resolve()
    return directory.parent.name if directory.name == "classifier" else directory.name
