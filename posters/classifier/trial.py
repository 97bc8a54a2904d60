"""Try a network that comes from elsewhere in a process of its own, before this one opens it.

A damaged or hostile .tflite file can crash the runtime, take all memory or never end, and a native crash takes the
whole process with it. So a file is first opened and run once in a child process with limits. What passed is noted in
the user's cache by its SHA-256, and what this package has just written itself is noted without a trial; the classifiers
of the package need neither. Nothing in the classifier's own directory can vouch for it.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from posters._base.atomic_files import fingerprint
from posters._base.cache_folder import default_cache
from posters._base.log import logger
from posters.classifier.manifest import LIGHT_NETWORK, Manifest
from posters.classifier.runtime import network_of
from posters.errors import ClassifierError, MissingExtraError
from posters.models import CLASSIFIER

MEMORY = 4 * 2**30  # bytes of address space; the runtime and Python map about 1 GB before they need any
SECONDS = 60

_FIX = "copy or train the classifier again"


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
    if path.resolve().parent.parent == CLASSIFIER.parent or _note(manifest).exists():
        return
    if not sys.executable:
        logger.warning(f"{path} is opened without a trial: there is no Python to try it in")
        return
    # Here, since the classifiers of the package don't need it.
    import subprocess

    # This package, wherever this process found it.
    paths = [str(CLASSIFIER.parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    shape = manifest.preprocess.shape
    command = [sys.executable, "-P", "-m", __name__, str(path), *map(str, shape[:2]), str(len(manifest.genre_names))]
    try:
        # The words are a path and three numbers, and no shell reads them.
        done = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
    except OSError as error:  # A sandbox may allow no further process.
        logger.warning(f"{path} is opened without a trial: no process can be started ({error.strerror})")
        return
    except subprocess.TimeoutExpired:
        raise ClassifierError(f"{path} can't be run (it did not end within {SECONDS} s): {_FIX}") from None
    if done.returncode:
        # It prints its reason if it has one; a crash has none.
        lines = done.stderr.decode(errors="replace").splitlines() if done.returncode == 1 else []
        crashed = f"{path} can't be run (the process that tried it ended with {done.returncode}): {_FIX}"
        raise ClassifierError(lines[-1] if lines else crashed)
    note_network(manifest)


def note_network(manifest: Manifest) -> None:
    """Note that a classifier's network runs, as this process has seen itself. Without a writable cache, it is not.

    Args:
        manifest: of a whole classifier directory.

    Examples:
        >>> from posters.classifier import read_manifest
        >>> from posters.models import CLASSIFIER
        >>> note_network(read_manifest(CLASSIFIER))
    """
    # Without a writable cache, as in a hardened container, the next process tries it again: a third of a second.
    with suppress(OSError):
        _note(manifest).parent.mkdir(parents=True, exist_ok=True)
        _note(manifest).touch()


def _note(manifest: Manifest) -> Path:
    # Here, since its import takes 10 ms.
    from importlib.metadata import version

    digest, parts = manifest.files[LIGHT_NETWORK], [manifest.preprocess.shape, len(manifest.genre_names)]
    # The whole digest: of a part of it, somebody could make two files that share it, a good one and a bad one.
    return default_cache() / f"trial-{fingerprint([*parts, version('ai-edge-litert')])}-{digest}"


def _try(path: Path, shape: tuple[int, int, int], n_genres: int) -> None:
    with suppress(ImportError):  # On Windows, the limit of time has to do.
        import resource

        for kind, limit in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
            resource.setrlimit(kind, (limit, limit))
    network = network_of(path, shape, n_genres)
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for poster in (np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8), noise):
        network.outputs(poster)


if __name__ == "__main__":
    try:
        _try(Path(sys.argv[1]), (int(sys.argv[2]), int(sys.argv[3]), 3), int(sys.argv[4]))
    except (ClassifierError, MissingExtraError, MemoryError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
