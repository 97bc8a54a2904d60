"""The classifier that another training begins with: found and checked before anything is packed."""

from dataclasses import dataclass
from pathlib import Path

from posters._base.atomic_files import fingerprint, sha256_of
from posters.classifier.manifest import KERAS_NETWORK, Manifest, read_manifest
from posters.config import TrainConfig
from posters.errors import ClassifierError, TrainingError
from posters.models import (
    BACKBONE_WEIGHTS,
    HEAD_WEIGHTS,
    OF_BACKBONE,
    POSTERS,
    classifier_directory,
    weights_file,
    weights_name,
)

_NAMES = ("imagenet", "none")
HAVE_POSTERS_WEIGHTS = "there are posters weights of efficientnet_lite0 and mobilenet_v2"


@dataclass(frozen=True)
class StartingClassifier:
    """A classifier whose network another training begins with.

    Attributes:
        directory: of the classifier.
        manifest: its own.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> starting_classifier(str(CLASSIFIER)).shares_head(TrainConfig(pooling="max"))
        False
    """

    directory: Path
    manifest: Manifest

    def option(self, name: str) -> str:
        """Return what its config has for an option; "" where it keeps none."""
        config = self.manifest.provenance.get("config")
        return str(config.get(name, "")) if isinstance(config, dict) else ""

    def shares_head(self, config: TrainConfig) -> bool:
        """Return whether its head reads the features, and gives the probabilities, of that config's."""
        return (self.option("pooling"), self.manifest.head) == (config.pooling, config.head)

    def digest(self) -> str:
        """Return a short name of its network: equal for equal networks."""
        names = (KERAS_NETWORK, BACKBONE_WEIGHTS, HEAD_WEIGHTS)
        return fingerprint([self.manifest.files.get(name, "") for name in names])


def starting_classifier(weights: str) -> StartingClassifier | None:
    """Return the classifier that `TrainConfig.weights` names; None for posters, imagenet, none and files of weights.

    Args:
        weights: a run, a classifier directory, or anything else.

    Raises:
        ClassifierError: the directory holds no classifier, or a damaged one, or none that can be trained further.

    Examples:
        >>> starting_classifier("imagenet") is None
        True
    """
    if weights == POSTERS or weights in _NAMES or not Path(weights).is_dir():
        return None
    directory = classifier_directory(weights)
    if (Path(weights) / "config.toml").is_file() and directory == Path(weights):
        raise ClassifierError(f"--weights {weights} has no classifier yet: train it to the end, perhaps with --resume")
    manifest = read_manifest(directory)
    if KERAS_NETWORK not in manifest.files and not manifest.files.keys() >= {BACKBONE_WEIGHTS, HEAD_WEIGHTS}:
        raise ClassifierError(
            f"--weights {weights} holds only the network for LiteRT, from which no training can begin: name the "
            f"directory that has {KERAS_NETWORK} too"
        )
    return StartingClassifier(directory, manifest)


def check_weights(config: TrainConfig) -> None:
    """Check that a run can begin with the weights of its config, as far as that is known without TensorFlow.

    Raises:
        ClassifierError: they name a directory without a usable classifier.
        TrainingError: they name nothing that is there, or a network with another backbone.

    Examples:
        >>> try:
        ...     check_weights(TrainConfig(backbone="VGG16"))
        ... except TrainingError as error:
        ...     print(str(error).partition(": ")[2])
        for VGG16 pass weights=imagenet or none
    """
    weights, backbone = config.weights, weights_name(config.backbone)
    if weights in _NAMES:
        return
    if weights == POSTERS:
        if backbone not in OF_BACKBONE:
            raise TrainingError(f"{HAVE_POSTERS_WEIGHTS}: for {config.backbone} pass --weights imagenet or none")
        return
    if not Path(weights).exists():
        raise TrainingError(
            "--weights is posters, imagenet, none, a run, a classifier or a file of weights, and there is no "
            f"{weights!r}"
        )
    start = starting_classifier(weights)
    if start is not None and weights_name(start.option("backbone")) != backbone:
        raise TrainingError(
            f"--weights {weights} has the backbone {start.option('backbone') or 'of an unknown name'}, and this run is "
            f"to have {config.backbone}: pass --backbone {start.option('backbone')}, or begin with other weights"
        )


def weights_digest(weights: str, backbone: str) -> str:
    """Return a name of the backbone's weights for the cache: equal for equal weights.

    Args:
        weights: posters, or an existing file or directory.
        backbone: as in `TrainConfig`.

    Examples:
        >>> weights_digest("posters", "mobilenet_v2") == sha256_of(weights_file("posters", "mobilenet_v2"))
        True
    """
    start = starting_classifier(weights)
    return sha256_of(weights_file(weights, backbone)) if start is None else start.digest()
