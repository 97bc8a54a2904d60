"""The Keras weights of classifiers that exist already: open them, write them small, average them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from posters._base.log import logger
from posters.classifier import Manifest
from posters.classifier.manifest import KERAS_NETWORK
from posters.classifier.starting_weights import starting_classifier
from posters.config import TrainConfig, config_from_dict
from posters.errors import ClassifierError, TrainingError
from posters.models import BACKBONE_WEIGHTS, HEAD_WEIGHTS
from posters.network import losses  # noqa: F401  # Registers them: a saved network names the loss of its head.
from posters.network.backbones import build_backbone, find_backbone
from posters.network.model import Network, build_network, precision_policy
from posters.network.tensorflow import keras
from posters.network.weights_files import check_weights_file


def keras_network(directory: Path, manifest: Manifest) -> Any:
    """Open the Keras network of any classifier directory: of a run's, or of the one that comes with the package.

    Args:
        directory: of the classifier.
        manifest: its own, read already, so that every file that it names is there and unchanged.

    Returns:
        A Keras model from uint8 pixels (B, H, W, 3) to the network's own probabilities (B, G), not calibrated.

    Raises:
        ClassifierError: the directory holds no Keras network, or one that this version of Keras can't open.

    Examples:
        >>> from posters.classifier import read_manifest
        >>> from posters.models import CLASSIFIER
        >>> keras_network(CLASSIFIER, read_manifest(CLASSIFIER)).input_shape
        (None, 288, 192, 3)
    """
    if KERAS_NETWORK in manifest.files:
        with _opened_by_keras(path := directory / KERAS_NETWORK):
            return keras.models.load_model(path, compile=False)
    if manifest.files.keys() >= {BACKBONE_WEIGHTS, HEAD_WEIGHTS}:
        return load_shipped_network(directory, manifest).whole
    raise ClassifierError(
        f"{directory} holds only the network for LiteRT, and this needs the one for Keras ({KERAS_NETWORK}, or "
        f"{BACKBONE_WEIGHTS} and {HEAD_WEIGHTS}): copy the whole classifier directory again"
    )


def load_shipped_network(directory: Path, manifest: Manifest) -> Network:
    """Build the network of the shipped classifier from its two weights files, ready to be trained further.

    Args:
        directory: that of the classifier.
        manifest: its own, read already.

    Examples:
        >>> from posters.classifier import read_manifest
        >>> from posters.models import CLASSIFIER
        >>> load_shipped_network(CLASSIFIER, read_manifest(CLASSIFIER)).features.output_shape
        (None, 1704)
    """
    config = config_from_dict(manifest.provenance.get("config", {}), f"the config of {directory}")
    network = build_network(config, len(manifest.genre_names), load_weights=False)
    for part, name in ((backbone_of(network.whole), BACKBONE_WEIGHTS), (network.head, HEAD_WEIGHTS)):
        with _opened_by_keras(path := directory / name):
            part.load_weights(path)
    return network


@contextmanager
def _opened_by_keras(path: Path) -> Iterator[None]:
    try:
        check_weights_file(path)
        yield
    # Keras raises whatever its layers, h5py and TensorFlow raise for what they can't make sense of.
    except Exception as error:
        raise ClassifierError(f"{path} can't be opened by Keras {keras.__version__} ({error})") from error


def backbone_of(network: Any) -> Any:
    """Return the backbone inside a whole network, or inside its features.

    Examples:
        >>> network = build_network(TrainConfig(backbone="small_cnn", weights="none"), n_genres=5)
        >>> backbone_of(network.whole).name
        'small_cnn'
    """
    return next(layer for layer in network.layers if isinstance(layer, keras.Model) and layer.name != "head")


@dataclass(frozen=True)
class LearnedHead:
    """The head that a classifier has learned, and its genres.

    Examples:
        >>> LearnedHead(None, ("Drama",)).genre_names
        ('Drama',)
    """

    head: Any
    genre_names: tuple[str, ...]


def continue_backbone(network: Network, config: TrainConfig) -> LearnedHead:
    """Give a new network the backbone's weights of the classifier that its config names, if it names one.

    Args:
        network: made by `build_network`; changed in place.
        config: of the run.

    Returns:
        What the head can go on from; without genres where there is no classifier, or its head reads other features.

    Raises:
        ClassifierError: Keras can't open its network.
        TrainingError: its backbone has other weights.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> config = TrainConfig(weights=str(CLASSIFIER), backbone="efficientnet_lite0_multilevel")
        >>> len(continue_backbone(build_network(config, n_genres=5), config).genre_names)
        22
    """
    start = starting_classifier(config.weights)
    if start is None:
        return LearnedHead(None, ())
    old = keras_network(start.directory, start.manifest)
    try:
        backbone_of(network.whole).set_weights(backbone_of(old).get_weights())
    except ValueError as error:
        raise TrainingError(f"the backbone in {start.directory} has other weights than this run's ({error})") from error
    head = old.get_layer("head")
    # A multilevel variant has the weights of its plain network, and other features.
    shared = start.shares_head(config) and head.input_shape == network.head.input_shape
    return LearnedHead(head, start.manifest.genre_names if shared else ())


def continue_head(head: Any, genre_names: Sequence[str], learned: LearnedHead) -> tuple[str, ...]:
    """Give a head what another one has learned of the genres that both have; the other genres stay as they are.

    Args:
        head: made by `build_head` and started by `start_head`; changed in place.
        genre_names: of `head`.
        learned: reads the same features.

    Returns:
        The genres in common, in the order of `genre_names`.

    Examples:
        >>> from posters.network.model import build_head
        >>> old, new = (build_head(TrainConfig(), n_features=2, n_genres=2) for _ in range(2))
        >>> old.get_layer("genres").set_weights([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])])
        >>> continue_head(new, ["Drama", "War"], LearnedHead(old, ("Crime", "Drama")))
        ('Drama',)
        >>> new.get_layer("genres").get_weights()[0].tolist()
        [[2.0, 0.0], [4.0, 0.0]]
    """
    common = tuple(name for name in genre_names if name in learned.genre_names)
    if not common:
        return ()
    # With it the statistics by which its weights were learned.
    head.get_layer("standardisation").set_weights(learned.head.get_layer("standardisation").get_weights())
    here, there = ([list(names).index(name) for name in common] for names in (genre_names, learned.genre_names))
    weights = head.get_layer("genres").get_weights()
    for new, old in zip(weights, learned.head.get_layer("genres").get_weights(), strict=True):
        new[..., here] = old[..., there]
    head.get_layer("genres").set_weights(weights)
    fresh = [name for name in genre_names if name not in common]
    logger.info(f"the head goes on with {len(common)} genres; new to it: {', '.join(fresh) or 'none'}")
    return common


def round_to_half(network: Any) -> None:
    """Round the backbone's weights to float16 in place, so that every file of it holds the same network.

    Examples:
        >>> network = build_network(TrainConfig(backbone="small_cnn", weights="none"), n_genres=5).whole
        >>> round_to_half(network)
        >>> weight = backbone_of(network).get_weights()[0]
        >>> bool((weight == weight.astype("float16")).all())
        True
    """
    backbone = backbone_of(network)
    backbone.set_weights([weight.astype(np.float16).astype(np.float32) for weight in backbone.get_weights()])


def write_shipped_weights(network: Any, config: TrainConfig, folder: Path) -> None:
    """Write the backbone's weights in float16, and the head's, whose statistics need more than that, in float32.

    `keras.applications` reads the backbone's by itself:
    `keras.applications.MobileNetV2(include_top=False, input_shape=(384, 256, 3), weights="backbone.weights.h5")`.

    Args:
        network: whole, made from `config`; see `round_to_half`.
        config: of the run.
        folder: gets `BACKBONE_WEIGHTS` and `HEAD_WEIGHTS`.

    Examples:
        >>> import tempfile
        >>> config = TrainConfig(backbone="small_cnn", weights="none")
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_shipped_weights(build_network(config, n_genres=5).whole, config, folder)
        >>> sorted(path.name for path in folder.iterdir())
        ['backbone.weights.h5', 'head.weights.h5']
    """
    with precision_policy("float16"):
        half = build_backbone(find_backbone(config.backbone), "none", config.preprocess.shape)
    # A model of float16 variables writes float16; the values fit exactly once `round_to_half` has been called.
    half.set_weights(backbone_of(network).get_weights())
    half.save_weights(folder / BACKBONE_WEIGHTS)
    _compress(folder / BACKBONE_WEIGHTS)
    network.get_layer("head").save_weights(folder / HEAD_WEIGHTS)


def _compress(path: Path) -> None:
    """Write an HDF5 file again with its arrays compressed, which every reader of HDF5 reads as before."""
    packed = path.with_suffix(".packed")
    with h5py.File(path) as old, h5py.File(packed, "w", libver="latest") as new:

        def copy(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                copied = new.create_dataset(name, data=item[()], compression="gzip" if item.shape else None)
            else:
                copied = new.require_group(name)
            copied.attrs.update(item.attrs)

        new.attrs.update(old.attrs)
        old.visititems(copy)
    packed.replace(path)


def average_networks(paths: Sequence[Path]) -> Any:
    """Average the weights of saved networks: a uniform soup (Wortsman et al. 2022, "Model soups", section 2).

    Fine-tunings of one pretrained network end in one valley of the loss, so that the average of their weights predicts
    about as well as the average of their predictions, at the cost of one network.

    Args:
        paths: Keras files of networks with the same layers, at least one.

    Returns:
        A Keras model.

    Raises:
        TrainingError: their weights have other shapes.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "network.keras"
        >>> keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path)
        >>> average_networks([path, path]).output_shape
        (None, 1)
    """
    soup = keras.models.load_model(paths[0], compile=False)
    # In float64, so that rounding does not add up.
    total = [weight.astype(np.float64) for weight in soup.get_weights()]
    for path in paths[1:]:
        weights = keras.models.load_model(path, compile=False).get_weights()
        if [weight.shape for weight in weights] != [weight.shape for weight in total]:
            raise TrainingError(f"{path} holds another network than {paths[0]}: average runs of one config only")
        total = [added + weight for added, weight in zip(total, weights, strict=True)]
    soup.set_weights([(added / len(paths)).astype(np.float32) for added in total])
    return soup
