"""Progress bars in a notebook: widgets where there are any, text where there are none, and no warning about it."""

import nbformat
import pytest
from tqdm import std

from posters._base.log import logger

AUDIT = """
from pathlib import Path
from PIL import Image
import posters
from posters.audit import audit

for name, colour in (("a", "red"), ("b", "blue")):
    Path(name).mkdir()
    Image.new("RGB", (60, 90), colour).save(f"{name}/{colour}.png")
found = audit(posters.read_catalogue(".", min_posters=1), cache=Path("cache"), look=False)
"""


def outputs(folder, *cells):
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook.cells[-1].outputs


@pytest.mark.slow
def test_a_notebook_shows_bars_as_widgets(tmp_path):
    pytest.importorskip("ipywidgets")
    shown = outputs(tmp_path, AUDIT)
    bars = [
        each.data["text/plain"] for each in shown if "application/vnd.jupyter.widget-view+json" in each.get("data", {})
    ]
    assert any("2/2" in bar or "0/2" in bar for bar in bars)
    assert not any("poster/s" in each.get("text", "") for each in shown)


@pytest.mark.slow
def test_without_widgets_they_are_text_and_nothing_warns(tmp_path):
    shown = outputs(tmp_path, "import sys; sys.modules['ipywidgets'] = None", AUDIT)
    text = "".join(each.get("text", "") for each in shown)
    assert "2/2" in text
    assert "IProgress" not in text
    assert not [each for each in shown if each.output_type == "display_data"]


def test_an_interrupt_while_the_first_message_is_written_stays_one(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(std, "TqdmDefaultWriteLock", interrupted)
    monkeypatch.delattr(std.tqdm, "_lock", raising=False)
    with pytest.raises(KeyboardInterrupt):
        logger.info("packing")
