"""Figures and tables of an evaluation as files, for a paper."""

from collections.abc import Iterator
from pathlib import Path

from posters._base.atomic_files import replacing, write_text
from posters.errors import RunError
from posters.evaluation import read_evaluation
from posters.evaluation.evaluation import PLOTS
from posters.report.latex import latex_tables

_DPI = 300  # of a PNG, as journals ask


def find_evaluation(path: Path) -> Path:
    """Return the `evaluation.json` of a run, a report's folder, or a file.

    Raises:
        RunError: there is none.

    Examples:
        >>> find_evaluation(Path("runs/none"))
        Traceback (most recent call last):
        posters.errors.RunError: runs/none has no evaluation: run `posters evaluate runs/none` first
    """
    places = (path / "report" / "evaluation.json", path / "evaluation.json", path)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise RunError(f"{path} has no evaluation: run `posters evaluate {path}` first")
    return found


def write_figures(evaluation: Path, directory: Path, form: str = "pdf") -> Iterator[Path]:
    """Write each figure and each table, and yield their paths.

    Args:
        evaluation: an `evaluation.json`.
        directory: made if need be.
        form: "pdf", "svg" or "png" of the figures; tables are .tex.

    Raises:
        MissingExtraError: matplotlib is not installed.
        ScoresError: the file is no evaluation.

    Examples:
        >>> list(write_figures(Path("none.json"), Path("figures")))
        Traceback (most recent call last):
        posters.errors.ScoresError: none.json: the evaluation can't be read (No such file or directory)
    """
    judged = read_evaluation(evaluation)
    directory.mkdir(parents=True, exist_ok=True)
    for name in PLOTS:
        path = directory / f"{name}.{form}"
        with replacing(path) as temporary:
            # Without a date, so that the same evaluation gives the same file.
            dated = {"pdf": "CreationDate", "svg": "Date"}.get(form)
            metadata = {dated: None} if dated else None
            judged.plot(name).savefig(temporary, format=form, dpi=_DPI, metadata=metadata)
        yield path
    for name, text in latex_tables(judged).items():
        write_text(directory / f"{name}.tex", text)
        yield directory / f"{name}.tex"
