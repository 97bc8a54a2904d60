"""Counts, by reason, what reading a table drops, merges or leaves out."""

from collections.abc import Sequence

from posters.catalogue.catalogue import Loss, Lost

EXAMPLES = 3
_LONGEST_EXAMPLE = 80


class Tally:
    """Collects losses while a table is read, by their kind, their reason and their cause."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str, str], list[Lost]] = {}

    def add(
        self, kind: str, reason: str, example: str, cause: str = "", *, id: str = "", image: str = "", genre: str = ""
    ) -> None:
        """Count one thing of a kind (see `Loss`) that was lost or changed for one reason."""
        lost = Lost(" ".join(example.split()), id, image, genre)
        self._items.setdefault((kind, reason, cause), []).append(lost)

    def losses(self) -> tuple[Loss, ...]:
        """What was counted, in the order in which each reason first came up."""
        return tuple(
            Loss(kind, reason, len(items), _examples(items), cause, tuple(items))
            for (kind, reason, cause), items in self._items.items()
        )


def _examples(items: Sequence[Lost]) -> tuple[str, ...]:
    return tuple(item.text[:_LONGEST_EXAMPLE] for item in items[:EXAMPLES])
