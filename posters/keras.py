"""A run's network as a plain Keras model, and a catalogue as the dataset that it takes; both need TensorFlow."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.optional_imports import check_installed
from posters.catalogue import Catalogue
from posters.classifier import read_manifest
from posters.config import PreprocessConfig, config_from_dict
from posters.errors import SplitError
from posters.models import POSTERS, classifier_directory
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack


def load(run: str | Path = POSTERS) -> Any:
    """Return the network of a run or classifier as a compiled `keras.Model`.

    It takes uint8 pixels (B, H, W, 3) and gives the network's own probabilities (B, G), which are not calibrated. It is
    compiled with the loss, the learning rate and the weight decay that the run was fine-tuned with.

    Args:
        run: a run, a classifier directory, or "posters" for the classifier of the package.

    Raises:
        ClassifierError: there is no classifier, or it has no Keras network.
        MissingExtraError: TensorFlow is not installed.

    Examples:
        >>> load("runs/none")
        Traceback (most recent call last):
        posters.errors.ClassifierError: runs/none is not a classifier: there is no such directory
    """
    directory = classifier_directory(run)
    manifest = read_manifest(directory)
    check_installed("tensorflow", "keras")
    # Here, since TensorFlow takes seconds to load.
    from posters.network.fit import compile_model
    from posters.network.losses import make_loss
    from posters.network.weights import keras_network

    model = keras_network(directory, manifest)
    config = config_from_dict(manifest.provenance.get("config", {}), f"the config of {directory}")
    compile_model(model, make_loss(config.loss, np.array(manifest.prior)), config.learning_rate, config.weight_decay)
    return model


def dataset(
    catalogue: Catalogue,
    split: str | None = None,
    preprocess: PreprocessConfig | None = None,
    *,
    splits: Mapping[str, str] | None = None,
    batch_size: int = 32,
    cache: str | Path | None = None,
) -> Any:
    """Return a catalogue's posters and labels as a `tf.data.Dataset` of (uint8 (B, H, W, 3), float32 (B, G)).

    The posters are packed once, and kept; they come in the catalogue's order: shuffle them yourself. A label is -1
    where it is unknown.

    Args:
        catalogue: the posters.
        split: "train", "validation" or "test"; all posters by default.
        preprocess: the size; that of a classifier is `classifier.manifest.preprocess`.
        splits: the split of each id, as in `train`; by default the table's own.
        batch_size: posters in a batch; the last one may be smaller.
        cache: where packed posters are kept (default: `posters.store.cache.default_cache()`).

    Raises:
        ArraysError: no poster can be decoded.
        MissingExtraError: TensorFlow is not installed.
        SplitError: no poster is in the split.

    Examples:
        >>> from posters.errors import ArraysError
        >>> from posters.catalogue import Poster
        >>> try:
        ...     dataset(Catalogue((Poster("1", "1.jpg", ("Drama",)),), ("Drama",), Path("nowhere")))
        ... except ArraysError as error:
        ...     print(str(error)[:27])
        none of the 1 posters of th
    """
    check_installed("tensorflow")
    of = splits if splits is not None else {poster.id: poster.split for poster in catalogue}
    preprocess = preprocess or PreprocessConfig()
    arrays = pack(catalogue, arrays_directory(Path(cache or default_cache()), catalogue, preprocess), preprocess)
    rows = np.array([row for row, id in enumerate(arrays.ids) if split in (None, of.get(id))], np.int64)
    if not len(rows):
        raise SplitError(f"no poster of {catalogue.name} is in the split {split!r}: give splits, or leave split out")
    from posters.network import tf
    from posters.network.data import in_order

    labels = tf.data.Dataset.from_tensor_slices(arrays.genres[rows].astype(np.float32)).batch(batch_size)
    return tf.data.Dataset.zip(in_order(arrays.posters, rows, batch_size), labels)
