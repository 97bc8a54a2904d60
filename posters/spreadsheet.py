"""Text from strangers in CSV files that people open in a spreadsheet, which would run `=...` as a formula."""

# What a spreadsheet may take for the beginning of a formula (OWASP, "CSV Injection"), and the mark itself, so that
# taking it away again is exact.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_MARK = "'"


def safe_cell(text: str) -> str:
    """The text behind an apostrophe where a spreadsheet would take it for a formula.

    >>> safe_cell("=1+1"), safe_cell("Alien")
    ("'=1+1", 'Alien')
    """
    return _MARK + text if text.startswith(_DANGEROUS) else text


def plain_cell(cell: str) -> str:
    """What `safe_cell` was given.

    A lone apostrophe before anything else than what `safe_cell` guards stays: a person has typed it.

    >>> plain_cell("'=1+1"), plain_cell("'Allo 'Allo")
    ('=1+1', "'Allo 'Allo")
    """
    return cell[1:] if cell.startswith(_MARK) and cell[1:].startswith(_DANGEROUS) else cell
