"""Audit a catalogue: run every check, and collect what they find."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters._base.brief import brief_repr
from posters._base.frames import frame_of
from posters._base.ray_cluster import spread_by
from posters._base.text import counted
from posters.audit.context import AuditContext
from posters.audit.duplicates import duplicate_findings, film_findings, leak_findings
from posters.audit.images import file_findings, image_findings
from posters.audit.inspection import inspect_images
from posters.audit.kinds import SEVERITIES, Finding
from posters.audit.labels import genre_findings, row_findings, universal_findings
from posters.catalogue import Catalogue
from posters.classifier.looks import looks_of
from posters.errors import ConfigError
from posters.splitting.splits import splits_by_id
from posters.store.cache import default_cache

if TYPE_CHECKING:
    import pandas

Check = Callable[[AuditContext], Iterable[Finding]]

_SHOWN = 20  # findings in a notebook
# Every audit runs these, in this order. Remove one to leave it out.
CHECKS: list[Check] = [
    image_findings,
    file_findings,
    row_findings,
    genre_findings,
    universal_findings,
    duplicate_findings,
    film_findings,
    leak_findings,
]


def register_check(check: Check) -> Check:
    """Add a check to every later audit. Registering the same check again changes nothing.

    Args:
        check: takes an `AuditContext` and yields findings, each made by the `finding` method of a registered `Kind`.

    Returns:
        `check` itself, so that this also works as a decorator.

    Examples:
        >>> from posters.audit.kinds import KINDS, register_kind
        >>> kind = register_kind("example-kind", "note", "The title is in capitals.", "Look at it.")
        >>> @register_check
        ... def capital_titles(context):
        ...     for poster in context.catalogue:
        ...         if (poster.title or "").isupper():
        ...             yield kind.finding(f"{poster.id}: {poster.title}", ids=(poster.id,))
        >>> CHECKS.remove(capital_titles)
        >>> del KINDS["example-kind"]
    """
    if check not in CHECKS:
        CHECKS.append(check)
    return check


@dataclass(frozen=True)
class Audit:
    """Everything that is wrong with a catalogue, as plain data.

    Attributes:
        table: what was audited.
        image_root: folder of its images.
        posters: how many were checked; rows that reading dropped are findings.
        genres: how many, rare ones included.
        splits: whether there were splits to check.
        findings: the worst first, then by kind and by what they concern.

    Examples:
        >>> Audit("posters.csv", "images", posters=4, genres=2, splits=False, findings=()).has("note")
        False
    """

    __repr__ = brief_repr

    table: str
    image_root: str
    posters: int
    genres: int
    splits: bool
    findings: tuple[Finding, ...]

    def counts(self) -> dict[str, int]:
        """Count the findings of each severity, the worst first."""
        counts = Counter(finding.severity for finding in self.findings)
        return {severity: counts[severity] for severity in SEVERITIES}

    def has(self, severity: str) -> bool:
        """Return whether any finding is at least as bad as `severity`."""
        return any(self.counts()[worse] for worse in SEVERITIES[: SEVERITIES.index(severity) + 1])

    def _repr_html_(self) -> str:
        # What a notebook shows: how many findings, and the worst of them.
        from html import escape

        told = ", ".join(counted(count, severity) for severity, count in self.counts().items() if count)
        looked_at = f"{counted(self.posters, 'poster')}, {counted(self.genres, 'genre')}"
        rows = [f"<tr><td>{each.severity}</td><td>{escape(each.message)}</td></tr>" for each in self.findings[:_SHOWN]]
        more = f"<p>and {len(self.findings) - _SHOWN:,} more</p>" if len(self.findings) > _SHOWN else ""
        heading = f"<p>{escape(self.table)} ({looked_at}): {told or 'nothing is wrong that an audit can see'}</p>"
        return f"{heading}<table>{''.join(rows)}</table>{more}"

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the findings as a DataFrame, a row each: kind, severity, ids, images, genres, message and advice.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return frame_of(self.findings, [field.name for field in fields(Finding)])

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as JSON can hold it."""
        return {
            "table": self.table,
            "image_root": self.image_root,
            "posters": self.posters,
            "genres": self.genres,
            "splits": self.splits,
            "counts": self.counts(),
            "findings": [finding.to_dict() for finding in self.findings],
        }


def audit(
    catalogue: Catalogue,
    *,
    cache: Path | None = None,
    splits: Mapping[str, str] | None = None,
    min_posters: int = 20,
    threads: int | None = None,
    look: bool = True,
    engine: str = "local",
    address: str | None = None,
) -> Audit:
    """Find what is wrong with a catalogue: its images, files, rows, genres, duplicates and splits.

    Every image is read and looked at once. The results are kept in `cache`, and later audits read only changed files.

    Args:
        catalogue: read with `min_posters=1`, so that posters with only rare genres are checked too.
        cache: where inspections are kept (default: `posters.store.cache.default_cache()`).
        splits: "train", "validation" or "test" by poster id or name of its image; by default the table's own.
        min_posters: a genre with fewer posters is rare.
        threads: number of threads that read images; by default one per core.
        look: find look-alikes by what a network sees in them too, and not by perceptual hashes alone. The first time,
            that takes about 15 ms of a core for each image.
        engine: "local" for this process; "ray" to have a Ray cluster, which sees the same folder, look at the images.
        address: of the Ray cluster; by default RAY_ADDRESS, or else workers on this machine until the call ends.

    Raises:
        ConfigError: `min_posters` is below 1, or an argument is invalid; or the cluster can't do it.
        MissingExtraError: Ray is needed and not installed.

    Examples:
        >>> import tempfile
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("alien", "alien.jpg", ("Horror",)),), ("Horror",), Path("nowhere"))
        >>> with tempfile.TemporaryDirectory() as cache:
        ...     found = audit(catalogue, cache=Path(cache), min_posters=1)
        >>> [finding.kind for finding in found.findings]
        ['unreadable-image']
    """
    if min_posters < 1:
        raise ConfigError(f"min_posters must be a whole number from 1 up, but got {min_posters!r}")
    given = {poster.id: poster.split for poster in catalogue if poster.split}
    cache, spread = cache or default_cache(), spread_by(engine, address)
    inspections = inspect_images(catalogue, cache, threads, spread)
    images = [poster.image for poster in catalogue]
    codes = dict(zip(images, looks_of(catalogue, cache, spread), strict=True)) if look else {}
    # An empty mapping is an answer too: no split is checked, even if the table gives some.
    context = AuditContext(
        catalogue, inspections, given if splits is None else splits_by_id(splits, catalogue), min_posters, codes, spread
    )
    # Sorted, so that equal catalogues give equal audits whatever the order of the checks and of their findings.
    findings = (finding for check in CHECKS for finding in check(context))
    return Audit(
        table=catalogue.name,
        image_root=str(catalogue.image_root),
        posters=len(catalogue),
        genres=len(catalogue.genre_names),
        splits=bool(context.splits),
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
    )
