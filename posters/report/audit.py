"""An `Audit` as text for a terminal, as JSON and as CSV."""

import csv
import io
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from posters._base.atomic_files import replacing
from posters._base.text import counted, printable, safe_cell, wrapped
from posters.audit import KINDS, Audit, Finding

COLUMNS = ("severity", "kind", "message", "ids", "images", "genres", "advice")
# Of each kind on the screen; --json and --csv have all of them.
_EXAMPLES = 3


def audit_summary(audit: Audit) -> str:
    """Return the verdict, and each kind of finding with a few examples and what to do, at most 100 columns wide.

    Examples:
        >>> print(audit_summary(Audit("posters.csv", "images", 4, 2, True, ())).strip())
        posters.csv (4 posters, 2 genres): nothing is wrong that an audit can see.
    """
    kinds = groupby(audit.findings, key=lambda finding: finding.kind)
    return "\n\n".join([_verdict(audit), *(_block(list(findings)) for _, findings in kinds)]) + "\n"


def _verdict(audit: Audit) -> str:
    looked_at = f"{counted(audit.posters, 'poster')}, {counted(audit.genres, 'genre')}"
    what = [counted(count, severity) for severity, count in audit.counts().items() if count]
    found = f"{', '.join(what)}." if what else "nothing is wrong that an audit can see."
    splits = "" if audit.splits else " Leaks were not checked: the table has no splits, and --splits names none."
    return wrapped(printable(f"{audit.table} ({looked_at}): {found}{splits}"))


def _block(findings: Sequence[Finding]) -> str:
    kind = KINDS[findings[0].kind]
    lines = [wrapped(f"{counted(len(findings), kind.severity)}: {kind.name}. {kind.description}")]
    lines += [wrapped(printable(finding.message), "  - ", "    ") for finding in findings[:_EXAMPLES]]
    if len(findings) > _EXAMPLES:
        lines.append(f"  - and {len(findings) - _EXAMPLES:,} more")
    return "\n".join([*lines, wrapped(kind.advice, "  What to do: ", "    ")])


def audit_json(audit: Audit) -> str:
    """Return everything, as `Audit.to_dict` has it.

    Examples:
        >>> json.loads(audit_json(Audit("posters.csv", "images", 4, 2, True, ())))["posters"]
        4
    """
    return json.dumps(audit.to_dict(), indent=2, ensure_ascii=False) + "\n"


def audit_csv(audit: Audit) -> str:
    """Return a row for each finding; several ids, images or genres are joined by `|`. No cell is a formula.

    Examples:
        >>> audit_csv(Audit("posters.csv", "images", 4, 2, True, ())).strip()
        'severity,kind,message,ids,images,genres,advice'
    """
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    for finding in audit.findings:
        values = (getattr(finding, name) for name in COLUMNS)
        rows.writerow([safe_cell(value if isinstance(value, str) else "|".join(value)) for value in values])
    return file.getvalue()


def write_audit(text: str, path: Path, encoding: str = "utf-8") -> None:
    """Write a text whole or not at all; file names that are no text stand in it with backslashes.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "audit.csv"
        >>> write_audit("nothing", path)
        >>> path.read_text()
        'nothing'
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding, errors="backslashreplace", newline="")
