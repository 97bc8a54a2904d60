"""A catalogue to all that is wrong with it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from posters.audit.duplicates import duplicate_findings
from posters.audit.files import file_findings
from posters.audit.finding import SEVERITIES, Finding
from posters.audit.genres import genre_findings
from posters.audit.images import image_findings
from posters.audit.inspecting import inspect_images
from posters.audit.pictures import compare
from posters.audit.rows import row_findings
from posters.audit.split import split_findings
from posters.cache import default_cache
from posters.catalogue import Catalogue
from posters.errors import ConfigError


@dataclass(frozen=True)
class Audit:
    """All that is wrong with a catalogue, as plain data.

    Attributes:
        table: what was audited.
        image_root: the folder of its images.
        posters: how many were looked at; rows that reading left out are findings.
        genres: how many, rare ones among them.
        split: whether there was a split to look at.
        findings: the worst first, then by kind and by what they are about.
    """

    table: str
    image_root: str
    posters: int
    genres: int
    split: bool
    findings: tuple[Finding, ...]

    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity, the worst first."""
        counts = Counter(finding.severity for finding in self.findings)
        return {severity: counts[severity] for severity in SEVERITIES}

    def has(self, severity: str) -> bool:
        """Whether any finding is at least as bad as `severity`."""
        return any(self.counts()[worse] for worse in SEVERITIES[: SEVERITIES.index(severity) + 1])

    def to_dict(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "image_root": self.image_root,
            "posters": self.posters,
            "genres": self.genres,
            "split": self.split,
            "counts": self.counts(),
            "findings": [finding.to_dict() for finding in self.findings],
        }


def audit(
    catalogue: Catalogue,
    *,
    cache: Path | None = None,
    sides: Mapping[str, str] | None = None,
    min_posters: int = 20,
    threads: int | None = None,
) -> Audit:
    """Find what is wrong with a catalogue: its images, files, rows, genres, duplicates and split.

    Every image is read and decoded once; what was found is kept in `cache`, and only files that changed are read again.

    Args:
        catalogue: read with `min_posters=1`, so that posters with rare genres alone are looked at as well.
        cache: where inspections are kept (default: `posters.cache.default_cache()`).
        sides: "train", "validation" or "test" for each id; by default those that the table itself gives.
        min_posters: genres with fewer posters are called rare.
        threads: that read images; by default one a core.

    Raises:
        ConfigError: `min_posters` is less than 1.
    """
    if min_posters < 1:
        raise ConfigError(f"min_posters must be a whole number from 1 up, but got {min_posters!r}")
    given = {poster.id: poster.side for poster in catalogue if poster.side}
    sides = given if sides is None else sides
    inspections = inspect_images(catalogue, cache or default_cache(), threads)
    pictures = compare(catalogue, inspections)
    found = chain(
        image_findings(catalogue, inspections),
        file_findings(catalogue),
        row_findings(catalogue),
        genre_findings(catalogue, min_posters),
        duplicate_findings(catalogue, pictures),
        split_findings(catalogue, sides, pictures),
    )
    return Audit(
        table=catalogue.name,
        image_root=str(catalogue.image_root),
        posters=len(catalogue),
        genres=len(catalogue.genre_names),
        split=bool(sides),
        findings=tuple(sorted(found, key=lambda finding: finding.order)),
    )
