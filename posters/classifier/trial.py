"""Try a network that comes from elsewhere in a process of its own, before this one opens it.

A damaged or hostile .tflite file can crash the runtime, take all memory or never end, and a native crash takes the
whole process with it. So a file is first opened and run in a worker with limits. What passed is noted in the user's
cache by its SHA-256, and what this package has just written itself is noted without a trial; the classifiers of the
package need neither. Nothing in the classifier's own directory can vouch for it.
"""

from contextlib import suppress
from pathlib import Path

import numpy as np

from posters._base.atomic_files import fingerprint
from posters._base.cache_folder import default_cache
from posters._base.log import logger
from posters.classifier.isolated import IsolatedNetwork, NoProcessError
from posters.classifier.manifest import LIGHT_NETWORK, Manifest
from posters.models import CLASSIFIER

_MADE_HERE = "made here"  # in the note of a network that this installation has written itself


def check_network(path: Path, manifest: Manifest) -> None:
    """Try a network, unless it is known to run.

    Args:
        path: of the network, whose digest the manifest has as that of the light network.
        manifest: its own, read already.

    Raises:
        ClassifierError: the network can't be run, gives no probabilities, crashed, or took too much memory or time.

    Examples:
        >>> from posters.classifier import read_manifest
        >>> from posters.models import CLASSIFIER
        >>> check_network(CLASSIFIER / LIGHT_NETWORK, read_manifest(CLASSIFIER))
    """
    if _is_packaged(path) or _note(manifest).exists():
        return
    shape = manifest.preprocess.shape
    try:
        # It begins with a black poster itself.
        network = IsolatedNetwork(path, shape, len(manifest.genre_names))
    except NoProcessError as error:  # A sandbox may allow none.
        logger.warning(f"{path} is opened without a trial: {error}")
        return
    for poster in (np.full(shape, 255, np.uint8), np.random.default_rng(0).integers(0, 256, shape, np.uint8)):
        network.outputs(poster)
    _write_note(manifest, "")


def is_foreign(path: Path, manifest: Manifest) -> bool:
    """Return whether a network neither comes with the package nor was written by this installation.

    Args:
        path: of the network.
        manifest: its own, read already.

    Examples:
        >>> from posters.classifier import read_manifest
        >>> is_foreign(CLASSIFIER / LIGHT_NETWORK, read_manifest(CLASSIFIER))
        False
    """
    if _is_packaged(path):
        return False
    with suppress(OSError):
        return _note(manifest).read_text() != _MADE_HERE
    return True


def _is_packaged(path: Path) -> bool:
    return path.resolve().parent.parent == CLASSIFIER.parent


def note_network(manifest: Manifest) -> None:
    """Note that a classifier's network runs, as this process has seen itself. Without a writable cache, it is not.

    Args:
        manifest: of a whole classifier directory.

    Examples:
        >>> from posters.classifier import read_manifest
        >>> from posters.models import CLASSIFIER
        >>> note_network(read_manifest(CLASSIFIER))
    """
    _write_note(manifest, _MADE_HERE)


def _write_note(manifest: Manifest, text: str) -> None:
    # Without a writable cache, as in a hardened container, the next process tries it again: a third of a second.
    with suppress(OSError):
        _note(manifest).parent.mkdir(parents=True, exist_ok=True)
        _note(manifest).write_text(text)


def _note(manifest: Manifest) -> Path:
    # Here, since its import takes 10 ms.
    from importlib.metadata import version

    digest, parts = manifest.files[LIGHT_NETWORK], [manifest.preprocess.shape, len(manifest.genre_names)]
    # The whole digest: of a part of it, somebody could make two files that share it, a good one and a bad one.
    return default_cache() / f"trial-{fingerprint([*parts, version('ai-edge-litert')])}-{digest}"
