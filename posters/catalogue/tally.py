"""Counts, by reason, what reading a table drops, merges or leaves out."""

from posters.catalogue.catalogue import Loss

EXAMPLES = 3
_LONGEST_EXAMPLE = 80


class Tally:
    """Collects losses while a table is read; a few examples of each reason are kept."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._examples: dict[tuple[str, str], list[str]] = {}

    def add(self, kind: str, reason: str, example: str, count: int = 1) -> None:
        """Count `count` things of a kind (see `Loss`) that were lost or changed for one reason."""
        entry = (kind, reason)
        self._counts[entry] = self._counts.get(entry, 0) + count
        examples = self._examples.setdefault(entry, [])
        if len(examples) < EXAMPLES:
            examples.append(" ".join(example.split())[:_LONGEST_EXAMPLE])

    def losses(self) -> tuple[Loss, ...]:
        """What was counted, in the order in which each reason first came up."""
        return tuple(
            Loss(kind, reason, count, tuple(self._examples[kind, reason]))
            for (kind, reason), count in self._counts.items()
        )
