"""Scores on disk: one .npz file, whole or not at all, that holds no code to be run."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from posters.errors import ScoresError
from posters.files import replacing
from posters.scores import Scores

_FORMAT = 1


def write_scores(scores: Scores, path: Path, made_by: str = "") -> None:
    """Write scores so that `read_scores` gives them back.

    Args:
        scores: anything.
        path: the .npz file; its folder is made if need be.
        made_by: a name for what made them, by which a reader can tell stale scores.
    """
    words = {"format": _FORMAT, "made_by": made_by, "ids": scores.ids, "genre_names": scores.genre_names}
    arrays = {"y_score": scores.y_score} | ({} if scores.y_true is None else {"y_true": scores.y_true})
    # Text as JSON in bytes: NumPy keeps lists of text as Python objects, which only pickle can read.
    encoded = np.frombuffer(json.dumps(words).encode(), np.uint8)
    with replacing(path) as temporary:
        np.savez_compressed(temporary, words=encoded, **arrays)  # type: ignore[arg-type]


def read_scores(path: Path) -> Scores:
    """Read what `write_scores` wrote.

    Raises:
        ScoresError: there is no such file, or it holds no scores.
    """
    return _read(path)[0]


def fresh_scores(path: Path, made_by: str) -> Scores | None:
    """Read what `write_scores` wrote under that name; None if nobody has, or something else has.

    Raises:
        ScoresError: the file holds no scores.
    """
    if not path.is_file():
        return None
    scores, name = _read(path)
    return scores if name == made_by else None


def _read(path: Path) -> tuple[Scores, str]:
    """The scores and what made them."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            words = _words(arrays["words"])
            scores = Scores(tuple(words["ids"]), tuple(words["genre_names"]), arrays["y_score"], arrays.get("y_true"))
            return scores, words["made_by"]
    except OSError as error:
        raise ScoresError(f"{path}: the scores can't be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ScoresError(f"{path}: not a file of scores ({error})") from error


def _words(encoded: np.ndarray) -> dict[str, Any]:
    words = json.loads(encoded.tobytes())
    if words["format"] != _FORMAT:
        raise ValueError(f"format {words['format']!r} instead of {_FORMAT}")
    return words
