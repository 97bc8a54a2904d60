"""The progress bar of every long piece of work: tqdm's, which a notebook shows as a widget of its own.

`tqdm.auto` chooses between the two. It is asked in notebooks alone: it brings asyncio, which a command need not wait
for. Without ipywidgets, a notebook has the bar in text, and the warning that it could be nicer is left out.
"""

import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING or "IPython" not in sys.modules:
    from tqdm import tqdm
else:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "IProgress not found")
        from tqdm.auto import tqdm

__all__ = ["tqdm"]
