"""Inspect all images of a catalogue, once: what was found is kept, and only files that changed are read again."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path

import PIL
from tqdm import tqdm

from posters.ahead import ahead
from posters.audit.inspection import PREPROCESS, Inspection, inspect
from posters.catalogue import Catalogue
from posters.cores import threads_or_cores
from posters.extras import require
from posters.files import fingerprint
from posters.images import DECODER_VERSION
from posters.packed_index import IndexWriter, read_index, stamped
from posters.rows import partial_of

_CHUNK = 16  # inspections that are written at a time


def inspect_images(catalogue: Catalogue, cache: Path, threads: int | None = None) -> dict[str, Inspection]:
    """What is to know of each image that a poster of `catalogue` has.

    Args:
        catalogue: the posters.
        cache: where inspections are kept, in a folder for each image folder. An interrupted audit goes on from there.
        threads: that inspect; by default one a core.

    Raises:
        ConfigError: threads is below 1, or no whole number.
    """
    threads = threads_or_cores(threads)
    root = catalogue.image_root
    directory = cache / f"audit-{fingerprint(str(root.resolve()))}"
    directory.mkdir(parents=True, exist_ok=True)
    # Two audits at once would write into one file.
    with require("filelock").FileLock(directory / ".lock"):
        kept = _Kept(directory / "inspections.jsonl")
        images = sorted({poster.image for poster in catalogue})
        changed = [image for image in images if not kept.knows(root, image)]
        if changed:
            kept.add(_inspected(root, changed, threads), len(changed))
    return {image: kept.inspections[image] for image in images}


class _Kept:
    """The inspections in a file, those of an interrupted audit among them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rule = fingerprint([DECODER_VERSION, PIL.__version__, asdict(PREPROCESS)])
        self.inspections = {
            inspection.image: inspection
            for file in (path, partial_of(path))
            for inspection in read_index(file, self.rule, Inspection)
        }

    def knows(self, root: Path, image: str) -> bool:
        known = self.inspections.get(image)
        return known is not None and known.stamp == stamped(root, image).stamp

    def add(self, found: Iterator[list[Inspection]], count: int) -> None:
        journal = IndexWriter(partial_of(self.path), self.rule, self.inspections.values())
        with journal, tqdm(total=count, desc="inspecting", unit="image") as bar:
            for chunk in found:
                journal.append(chunk)
                self.inspections.update({inspection.image: inspection for inspection in chunk})
                bar.update(len(chunk))
            journal.finish(self.path)


def _inspected(root: Path, images: Sequence[str], threads: int) -> Iterator[list[Inspection]]:
    found = (inspection for _, inspection in ahead(partial(inspect, root), images, threads))
    while chunk := list(islice(found, _CHUNK)):
        yield chunk
