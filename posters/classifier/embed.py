"""Embed posters: compute what a network sees in each once, and again only when the file's bytes change."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from posters._base.atomic_files import fingerprint
from posters._base.prefetch import batched
from posters._base.progress import tqdm
from posters._base.ray_cluster import Spread
from posters.classifier.classifier import Classifier, load_classifier
from posters.classifier.manifest import LIGHT_NETWORK
from posters.errors import ClassifierError, ImageError
from posters.images.decoding import DECODER_VERSION, read_bytes
from posters.images.look_codes import normalised
from posters.models import place_anywhere, place_here
from posters.store.journal import ImageRecord, stamped
from posters.store.resumable import Batch, ResumableStore, RowFile

_VERSION = 1  # of `normalised`; raise it when equal features give other embeddings

_COPIED = 1024  # reused embeddings copied at a time

_COMPUTED = 16  # new embeddings computed between two writes


def network_name(classifier: Classifier) -> str:
    """Return 16 hexadecimal digits that name a classifier's network: equal for equal weights and preprocessing.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> len(network_name(load_classifier("posters")))
        16
    """
    return fingerprint([classifier.manifest.files[LIGHT_NETWORK], asdict(classifier.manifest.preprocess)])


@dataclass(frozen=True)
class Embedding:
    """What is kept of a poster's features.

    Attributes:
        name: of the file of rows.
        shape: of one row.
        dtype: of its values.
        row_of: from features, float32 (F,), to a row.
        version: any JSON that changes whenever `row_of` would give other rows.
        title: of the progress bar.

    Examples:
        >>> Embedding("sums", (1,), np.float32, lambda features: features.sum(keepdims=True), version=1).title
        'indexing'
    """

    name: str
    shape: tuple[int, ...]
    dtype: type
    row_of: Callable[[np.ndarray], np.ndarray]
    version: Any
    title: str = "indexing"


def embed(
    paths: Sequence[str],
    classifier: Classifier,
    directory: Path,
    embedding: Embedding | None = None,
    *,
    keep_others: bool = False,
    spread: Spread | None = None,
) -> ResumableStore[ImageRecord]:
    """Return a store with the embedding of each file; only files that changed are read. The caller holds the lock.

    Args:
        paths: absolute, without repeats.
        classifier: computes the features.
        directory: where the store is kept; must exist.
        embedding: what is kept; by default the features themselves, float32 (F,), scaled to length 1.
        keep_others: keep the embeddings of files that are in the store and not among `paths`.
        spread: has other machines read and embed the files; by default this process does.

    Returns:
        the records of all `paths`, in any order, and the embeddings of the readable ones (n, *shape).

    Raises:
        ClassifierError: the classifier gives no features.
        ArraysError: the store is damaged.

    Examples:
        >>> import tempfile
        >>> from posters.classifier import load_classifier
        >>> store = embed(["/nowhere/heat.jpg"], load_classifier("posters"), Path(tempfile.mkdtemp()))
        >>> store.records[0].error
        'there is no such file'
    """
    network = network_name(classifier)
    if embedding is None:
        # The manifest does not have the number of features, so ask the network.
        shape = classifier.features(np.zeros(classifier.manifest.preprocess.shape, np.uint8)).shape
        embedding = Embedding("features", shape, np.float32, lambda row: normalised(row[None])[0], _VERSION)
    store = ResumableStore(
        directory / f"posters-{network}.jsonl",
        fingerprint([network, embedding.version, DECODER_VERSION, PIL.__version__]),
        ImageRecord,
        Path(),  # The records' paths are absolute.
        RowFile(directory / f"{embedding.name}-{network}.npy", embedding.shape, embedding.dtype),
    )
    plan = [stamped(Path(), path) for path in paths]
    if keep_others:
        named = set(paths)
        plan += [record for record in store.records if record.image not in named]
    # A set, since the order of the records doesn't matter here: names are looked up by path.
    stamps = {record.stamp for record in plan}
    if {record.stamp for record in store.records} != stamps or store.has_damage("checking"):
        kept = list(takewhile(lambda record: record.stamp in stamps, store.interrupted()))
        done = {record.image for record in kept}
        todo = [record for record in plan if record.image not in done]
        bar = tqdm(total=len(plan), initial=len(kept), desc=embedding.title, unit="poster")
        store.update(kept, _batches(todo, store, classifier, embedding, spread), bar)
    return store


def _batches(
    todo: Sequence[ImageRecord],
    store: ResumableStore[ImageRecord],
    classifier: Classifier,
    embedding: Embedding,
    spread: Spread | None,
) -> Iterator[Batch[ImageRecord]]:
    """Yield the files that are unchanged first, since copying them is quick; then those that have to be read."""

    def stacked(rows: Iterable[np.ndarray | None]) -> np.ndarray:
        return np.array([row for row in rows if row is not None], embedding.dtype).reshape(-1, *embedding.shape)

    changed: list[ImageRecord] = []
    for records in batched(todo, _COPIED):
        reused = [store.reusable(record) for record in records]
        changed += [record for record, old in zip(records, reused, strict=True) if old is None]
        kept = [record for record in reused if record is not None]
        yield kept, stacked(store.row(record) for record in kept if record.readable)
    if spread:
        embedder = FileEmbedder(place_anywhere(classifier.directory), network_name(classifier), embedding)
        seen = next(filter(Path.is_dir, (Path(record.image).parent for record in changed)), Path())
        new = spread(embedder, changed, sees=[seen])
    else:
        new = _embedded(changed, classifier, embedding)
    for embedded in batched(new, _COMPUTED):
        yield [record for record, _ in embedded], stacked(row for _, row in embedded)


def _embedded(
    records: Iterable[ImageRecord], classifier: Classifier, embedding: Embedding
) -> Iterator[tuple[ImageRecord, np.ndarray | None]]:
    """Yield each record, now complete, with its file's embedding; None if the file can't be read."""
    # `features_of_many` takes several posters before it gives the first back.
    taken: deque[ImageRecord] = deque()

    def posters() -> Iterator[bytes | ImageError]:
        for record in records:
            complete, poster = _read(record)
            taken.append(complete)
            yield poster

    for result in classifier.features_of_many(posters()):
        record = taken.popleft()
        if result.features is None:
            yield replace(record, error=str(result.error)), None
        else:
            row = embedding.row_of(result.features)
            yield record.with_row(row), row


class FileEmbedder:
    """Embeds files one by one in any process, with one open classifier on one thread.

    Args:
        classifier: its directory, as `place_anywhere` names it.
        network: its network, as `network_name` names it.
        embedding: what is kept.

    Examples:
        >>> embedding = Embedding("sums", (1,), np.float32, np.sum, version=1)
        >>> FileEmbedder("/nowhere", "0123456789abcdef", embedding)(ImageRecord("/nowhere/heat.jpg", 9, 9))[0].error
        'there is no such file'
    """

    def __init__(self, classifier: str, network: str, embedding: Embedding) -> None:
        self._place = classifier
        self._network = network
        self._embedding = embedding

    @cached_property
    def _classifier(self) -> Classifier:
        opened = load_classifier(place_here(self._place), threads=1)
        if network_name(opened) != self._network:
            raise ClassifierError(f"a worker has another classifier in {opened.directory}: copy this machine's there")
        return opened

    def __call__(self, record: ImageRecord) -> tuple[ImageRecord, np.ndarray | None]:
        """Return the record, now complete, with its file's embedding; None if the file can't be read.

        Raises:
            ClassifierError: this is another classifier.
        """
        complete, poster = _read(record)
        try:
            if isinstance(poster, ImageError):
                raise poster
            row = self._embedding.row_of(self._classifier.features(poster))
        except ImageError as error:
            return replace(complete, error=str(error)), None
        return complete.with_row(row), row


def _read(record: ImageRecord) -> tuple[ImageRecord, bytes | ImageError]:
    """Return the record with the digest of its file's bytes, and the bytes."""
    try:
        with Path(record.image).open("rb") as file:
            data = read_bytes(file)
    except ImageError as error:
        return record, error
    except FileNotFoundError:
        return record, ImageError("there is no such file")
    except (OSError, ValueError) as error:  # A name that no file can have is a ValueError.
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        # Without a stamp, so that the next run tries again: permission to read a file doesn't change its time.
        return replace(record, size=-1, mtime_ns=-1), ImageError(f"the file can't be read ({reason})")
    return replace(record, sha256=hashlib.sha256(data).hexdigest()), data
