"""The classifiers that come with the package, and the posters that they were trained on.

`scripts/make_model` made them; the MODEL_CARD.md of each has its sources and figures.
"""

from pathlib import Path

from posters.models.hub import hub_directory, is_hub_name

# The one that predicts unless another is named.
CLASSIFIER = Path(__file__).parent / "efficientnet_lite0_posters"
# The smaller one of version 0.1, for its weights.
MOBILENET = Path(__file__).parent / "mobilenet_v2_imdb"

# By backbone, without underscores, the classifier whose weights `--weights posters` means.
OF_BACKBONE = {"efficientnetlite0": CLASSIFIER, "mobilenetv2": MOBILENET}

# Beside the light network that every classifier has: Keras weights in float16, for training to start from.
BACKBONE_WEIGHTS = "backbone.weights.h5"
HEAD_WEIGHTS = "head.weights.h5"
# The perceptual hashes, uint64 (N,), of the posters that it was trained on.
TRAINED_ON = "trained_on.npy"

# What look-alikes are found by: the mean features of posters, by the light network of the classifier, and its SHA-256.
MEAN_FEATURES = Path(__file__).parent / "mean_features.npz"

# What `--weights` and `--classifier` call them.
POSTERS = "posters"

# What tells pictures that are no posters, by the backbone whose features it is for: that of the classifier, and that of
# the classifier before, which had the plain backbone.
NOVELTIES = {
    "efficientnetlite0multilevel": CLASSIFIER / "novelty.npy",
    "efficientnetlite0": Path(__file__).parent / "novelty_efficientnet_lite0.npy",
}

_OWN = "posters.models:"  # what the place of a classifier of this package begins with


def weights_file(weights: str, backbone: str) -> Path:
    """Return the weights file that `TrainConfig.weights` means.

    Args:
        weights: "posters" for those of this package, or a path.
        backbone: as in `TrainConfig`; one of those in `OF_BACKBONE` where the weights are "posters".

    Examples:
        >>> weights_file("posters", "mobilenet_v2").is_file(), weights_file("my.weights.h5", "small_cnn").name
        (True, 'my.weights.h5')
    """
    return OF_BACKBONE[weights_name(backbone)] / BACKBONE_WEIGHTS if weights == POSTERS else Path(weights)


def place_anywhere(directory: Path) -> str:
    """Return a classifier's directory as another machine finds it, where this package may be installed elsewhere.

    Examples:
        >>> place_here(place_anywhere(CLASSIFIER)) == CLASSIFIER, place_anywhere(Path("/data/mine"))
        (True, '/data/mine')
    """
    own = directory.parent == Path(__file__).parent
    return f"{_OWN}{directory.name}" if own else str(directory.absolute())


def place_here(place: str) -> Path:
    """Return the directory that `place_anywhere` named, on this machine.

    Examples:
        >>> place_here("/data/mine").name
        'mine'
    """
    return Path(__file__).parent / place.removeprefix(_OWN) if place.startswith(_OWN) else Path(place)


def weights_name(backbone: str) -> str:
    """Return a backbone's plain name without "multilevel": such a variant has the same weights.

    Examples:
        >>> weights_name("efficientnet_lite0_multilevel")
        'efficientnetlite0'
    """
    return plain_name(backbone).removesuffix("multilevel")


def plain_name(backbone: str) -> str:
    """Return a backbone's name without case and marks: Keras's spelling and that of papers are both in use.

    Examples:
        >>> plain_name("MobileNetV2") == plain_name("mobilenet_v2")
        True
    """
    return backbone.lower().replace("_", "").replace("-", "")


def classifier_directory(name: str | Path) -> Path:
    """Return the directory that a classifier's name means.

    Args:
        name: "posters" for the classifier of this package, a run that has one, a classifier directory, or
            "hf://owner/name@revision" for one on the Hugging Face Hub, which is downloaded.

    Raises:
        ClassifierError: the Hub's can't be had.
        MissingExtraError: huggingface_hub is needed, and not installed.

    Examples:
        >>> classifier_directory("posters") == CLASSIFIER
        True
    """
    if str(name) == POSTERS:
        return CLASSIFIER
    if is_hub_name(name):
        return hub_directory(str(name))
    inside = Path(name) / "classifier"
    return inside if inside.is_dir() else Path(name)
