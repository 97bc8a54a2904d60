"""The table of kinds in docs/audit.md is the registry's."""

from pathlib import Path

from posters.audit import KINDS

DOCUMENT = Path(__file__).parents[2] / "docs" / "audit.md"


def test_the_document_lists_each_kind_as_the_registry_has_it():
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert rows == [
        f"| `{kind.name}` | {kind.severity} | {kind.description} | {kind.advice} |" for kind in KINDS.values()
    ]
