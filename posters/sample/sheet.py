"""Many posters in one picture, to look at."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

_GAP, _PAPER = 8, (246, 244, 240)


def contact_sheet(source: Path | Sequence[Path], columns: int, rows: int, width: int = 200) -> Image.Image:
    """The first columns * rows posters in one RGB picture, each `width` pixels wide and half as high again.

    `source` is a sample's directory, or the paths of the images themselves.
    """
    paths = sorted((source / "images").glob("*.jpg")) if isinstance(source, Path) else list(source)
    height = width * 3 // 2
    sheet = Image.new("RGB", (columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP), _PAPER)
    for place, path in enumerate(paths[: columns * rows]):
        row, column = divmod(place, columns)
        with Image.open(path) as poster:
            small = poster.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(small, (_GAP + column * (width + _GAP), _GAP + row * (height + _GAP)))
    return sheet
