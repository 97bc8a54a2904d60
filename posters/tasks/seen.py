"""Posters that a classifier's weights began with: its figures on them flatter, and say so."""

from typing import Any

import numpy as np

from posters.catalogue import Catalogue
from posters.classifier import Manifest
from posters.config import TrainConfig
from posters.duplicates import NEAR, perceptual_hash
from posters.errors import ImageError
from posters.images import decode
from posters.log import logger
from posters.models import POSTERS, TRAINED_ON
from posters.models.seen import seen_in_training
from posters.splits import Split
from posters.tasks.scoring import Progress


def seen_by_side(config: TrainConfig, ids: tuple[str, ...], hashes: np.ndarray, split: Split) -> dict[str, int]:
    """How many posters of the validation and the test side look like ones that the posters weights were trained on.

    Args:
        config: of the run.
        ids: of the hashed posters.
        hashes: uint64 (N,).
        split: of the ids.

    Returns:
        A count for each of both sides; nothing where training starts from other weights.
    """
    if config.weights != POSTERS:
        return {}
    seen = {id for id, is_seen in zip(ids, seen_in_training(hashes, NEAR), strict=True) if is_seen}
    counts = {side: len(seen.intersection(split.ids(side))) for side in ("validation", "test")}
    if any(counts.values()):
        posters = " and ".join(f"{count:,} of {len(split.ids(side)):,} {side}" for side, count in counts.items())
        logger.warning(
            f"{posters} posters look like ones that the posters weights were trained on, so that this run's figures "
            "flatter: --weights imagenet starts without them"
        )
    return counts


def seen_of_table(manifest: Manifest, catalogue: Catalogue, progress: Progress) -> int:
    """How many posters of a table look like ones that a classifier's weights began with; unreadable ones don't count.

    Args:
        manifest: of a classifier; 0 unless it is the shipped one or was trained from it.
        catalogue: the posters.
        progress: wraps them in a progress bar, as `tqdm` does.
    """
    if TRAINED_ON not in manifest.files and _weights(manifest) != POSTERS:
        return 0
    hashes = []
    for poster in progress(catalogue):
        try:
            hashes.append(perceptual_hash(decode(catalogue.image_path(poster), manifest.preprocess)))
        except ImageError:
            continue  # Scoring names it.
    return int(seen_in_training(np.array(hashes, np.uint64), NEAR).sum())


def seen_text(seen: int, posters: int) -> dict[str, Any]:
    """What a report says of it; nothing where none was seen."""
    if not seen:
        return {}
    return {"seen before": f"{seen:,} of {posters:,} posters look like ones that the weights were trained on"}


def _weights(manifest: Manifest) -> Any:
    config = manifest.provenance.get("config")
    return config.get("weights") if isinstance(config, dict) else None
