"""A finding: what is wrong with a catalogue, how bad that is, where, and what to do."""

from dataclasses import asdict, dataclass
from typing import Any

# The worst first.
SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an audit found.

    Attributes:
        kind: the name of one of `posters.audit.KINDS`.
        severity: one of `SEVERITIES`.
        ids: of the posters concerned, sorted; empty where a finding is about no poster.
        images: the files concerned, below the image folder, sorted.
        genres: the genre names concerned, sorted.
        message: what was found, on one line.
        advice: what to do about it.
    """

    kind: str
    severity: str
    ids: tuple[str, ...]
    images: tuple[str, ...]
    genres: tuple[str, ...]
    message: str
    advice: str

    @property
    def order(self) -> tuple[int, str, tuple[str, ...], tuple[str, ...], str]:
        """What findings are sorted by: the worst first, then by kind and by what they are about."""
        return SEVERITIES.index(self.severity), self.kind, self.ids, (*self.images, *self.genres), self.message

    def to_dict(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be found.

    Attributes:
        name: of the kind.
        severity: of each of its findings, one of `SEVERITIES`.
        description: what it means, in one sentence.
        advice: what to do about it, in one sentence.
    """

    name: str
    severity: str
    description: str
    advice: str

    def finding(
        self,
        message: str,
        *,
        ids: tuple[str, ...] = (),
        images: tuple[str, ...] = (),
        genres: tuple[str, ...] = (),
    ) -> Finding:
        """A finding of this kind; what it is about in any order, with repeats."""
        return Finding(
            kind=self.name,
            severity=self.severity,
            ids=_sorted(ids),
            images=_sorted(images),
            genres=_sorted(genres),
            message=" ".join(message.split()),
            advice=self.advice,
        )


def _sorted(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*names} - {""}))
