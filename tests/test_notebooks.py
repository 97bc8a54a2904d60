"""The notebooks run from a clean kernel and print what they are committed with."""

import json
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def printed(notebook):
    """What each code cell prints, but for messages and progress bars."""
    return [
        "".join(output["text"] for output in cell["outputs"] if output.get("name") == "stdout")
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_committed_is_small_whole_and_without_error(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < 500_000
    assert notebook["cells"][0]["cell_type"] == "markdown"
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert outputs
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_from_a_clean_kernel_and_prints_the_same_words(path, tmp_path):
    """Figures may differ in the last digits from machine to machine; the words must not."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    committed = printed(notebook)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for before, now in zip(committed, printed(notebook), strict=True):
        assert words(before) == words(now)


def words(text):
    return [word for word in text.split() if not any(letter.isdigit() for letter in word)]
