"""The looks of a catalogue's posters: codes of the features that the classifier of this package computes.

Each file is coded once, and the codes are kept in the cache, for every command that looks for look-alikes.
"""

import os
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from posters._base.atomic_files import fingerprint
from posters._base.ray_cluster import Spread
from posters.catalogue import Catalogue
from posters.classifier.classifier import load_classifier
from posters.classifier.embed import Embedding, embed
from posters.errors import ArraysError
from posters.images.look_codes import CODE_SIZE, look_codes
from posters.models import MEAN_FEATURES, MOBILENET
from posters.store.resumable import locked


def looks_of(catalogue: Catalogue, cache: Path, spread: Spread | None = None) -> np.ndarray:
    """Return the look code of each poster, computed once and kept.

    Args:
        catalogue: N posters.
        cache: the codes are kept there, in one folder per image folder. An interrupted computation is resumed.
        spread: has other machines compute the codes; by default this process does.

    Returns:
        int8 (N, CODE_SIZE); all 0 for a poster that can't be read, or that is unlike any other poster.

    Raises:
        ArraysError: the kept codes are damaged, or the cache can't be written.

    Examples:
        >>> import tempfile
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("alien", "alien.jpg", ("Horror",)),), ("Horror",), Path("nowhere"))
        >>> looks_of(catalogue, Path(tempfile.mkdtemp())).any()
        np.False_
    """
    # Not Path.resolve: a link keeps its own path, so that its stamp is found again.
    paths = [os.path.normpath(catalogue.image_path(poster).absolute()) for poster in catalogue]
    directory = Path(cache) / f"looks-{fingerprint(str(catalogue.image_root.resolve()))}"
    coded = Embedding("looks", (CODE_SIZE,), np.int8, _coded, ["looks", looks_network()], "looking at posters")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with locked(directory / ".lock"):
            mobilenet, files = load_classifier(MOBILENET), list(dict.fromkeys(paths))
            store = embed(files, mobilenet, directory, coded, keep_others=True, spread=spread)
    except OSError as error:
        reason = error.strerror or error
        raise ArraysError(f"{directory}: looks can't be kept there ({reason}): choose another --cache") from error
    code_of = {record.image: store.row(record) for record in store.records}
    nothing = np.zeros(CODE_SIZE, np.int8)
    codes = [nothing if code is None else code for code in map(code_of.get, paths)]
    return np.array(codes, np.int8).reshape(-1, CODE_SIZE)


def _coded(features: np.ndarray) -> np.ndarray:
    return np.asarray(looks_of_features(features[None])[0])


def looks_of_features(features: np.ndarray) -> np.ndarray:
    """Return the look codes of features that the classifier of this package has computed.

    Args:
        features: float32 (N, F).

    Returns:
        int8 (N, CODE_SIZE), as in `looks_of`.

    Examples:
        >>> black = load_classifier(MOBILENET).features(np.zeros((600, 400, 3), np.uint8))
        >>> looks_of_features(black[None]).any()
        np.False_
    """
    return look_codes(features, _reference()[1])


def looks_network() -> int:
    """Return a number for the network that makes the codes: codes of two networks can't be compared.

    Examples:
        >>> looks_network() > 0
        True
    """
    return _reference()[0]


@cache
def _reference() -> tuple[int, np.ndarray]:
    """Return a number for the network, and the mean features of posters, float32 (F,)."""
    with np.load(MEAN_FEATURES) as file:
        name, mean = f"{file['network']} {CODE_SIZE}", np.asarray(file["mean"], np.float32)
    return int(sha256(name.encode()).hexdigest()[:16], 16), mean
