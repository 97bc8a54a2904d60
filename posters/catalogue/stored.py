"""A catalogue as it was read, kept with a run, so that the run can be judged on the very same posters later."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from posters.catalogue.catalogue import Catalogue, Loss, Poster
from posters.errors import CatalogueError
from posters.files import replacing


def store_catalogue(catalogue: Catalogue, path: Path) -> None:
    """Write a catalogue as JSON lines: its head, then a line for each poster."""
    head = {
        "genre_names": catalogue.genre_names,
        "image_root": str(catalogue.image_root.resolve()),
        "table": str(catalogue.table.resolve()) if catalogue.table else None,
        "dialect": catalogue.dialect,
        "losses": [asdict(replace(loss, items=())) for loss in catalogue.losses],
    }
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", errors="backslashreplace") as file:
        for values in (head, *map(asdict, catalogue)):
            # Half a surrogate pair, which UTF-8 does not have, becomes the escape that JSON has for it.
            file.write(json.dumps(values, ensure_ascii=False) + "\n")


def stored_catalogue(path: Path, images: Path | None = None) -> Catalogue:
    """Read what `store_catalogue` wrote.

    Args:
        path: the file.
        images: where the images lie now, if they have been moved.

    Raises:
        CatalogueError: the file is missing or damaged.
    """
    try:
        with open(path, encoding="utf-8") as file:
            head = json.loads(next(file))
            posters = tuple(_poster(json.loads(line)) for line in file)
        return Catalogue(
            posters=posters,
            genre_names=tuple(head["genre_names"]),
            image_root=Path(images or head["image_root"]),
            table=Path(head["table"]) if head["table"] else None,
            dialect=head["dialect"],
            losses=tuple(_loss(loss) for loss in head["losses"]),
        )
    except (OSError, ValueError, KeyError, TypeError, StopIteration, RecursionError) as error:
        raise CatalogueError(f"{path} is no stored catalogue, or damaged ({error}): name the table yourself") from error


def _poster(values: dict[str, Any]) -> Poster:
    return Poster(**{**values, "genres": tuple(values["genres"])})


def _loss(values: dict[str, Any]) -> Loss:
    return Loss(**{**values, "examples": tuple(values["examples"]), "items": ()})
