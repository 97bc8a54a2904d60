"""The Keras weights of the classifier that comes with the package, small enough for it."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from posters.classifier import Manifest
from posters.config import TrainConfig, config_from_dict
from posters.models import BACKBONE_WEIGHTS, HEAD_WEIGHTS
from posters.network.backbones import build_backbone, find_backbone
from posters.network.model import Network, build_network
from posters.network.precision import precision_policy
from posters.network.tensorflow import keras


def backbone_of(network: Any) -> Any:
    """The backbone inside a whole network or its features."""
    return next(layer for layer in network.layers if isinstance(layer, keras.Model) and layer.name != "head")


def round_to_half(network: Any) -> None:
    """Round the backbone's weights to what float16 can say, so that every file of it is the same network."""
    backbone = backbone_of(network)
    backbone.set_weights([weight.astype(np.float16).astype(np.float32) for weight in backbone.get_weights()])


def write_shipped_weights(network: Any, config: TrainConfig, folder: Path) -> None:
    """Write the backbone's weights in float16, and the head's, whose statistics need more than that, in float32.

    `keras.applications` reads the backbone's by itself:
    `keras.applications.MobileNetV2(include_top=False, input_shape=(384, 256, 3), weights="backbone.weights.h5")`.
    """
    with precision_policy("float16"):
        half = build_backbone(find_backbone(config.backbone), "none", config.preprocess.shape)
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


def load_shipped_network(directory: Path, manifest: Manifest) -> Network:
    """The network of the shipped classifier, to go on with in Keras.

    Args:
        directory: that of the classifier.
        manifest: its own, read already.
    """
    config = config_from_dict(manifest.provenance["config"], f"the config of {directory}")
    network = build_network(config, len(manifest.genre_names), load_weights=False)
    backbone_of(network.whole).load_weights(directory / BACKBONE_WEIGHTS)
    network.head.load_weights(directory / HEAD_WEIGHTS)
    return network
