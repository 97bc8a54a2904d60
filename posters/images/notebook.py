"""What notebooks show of posters: small pictures and bars, as HTML that loads nothing and needs no style sheet.

Used by the `_repr_html_` of `Prediction` and `Catalogue`, which Jupyter and its like call.
"""

import base64
import io
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from posters.config import PreprocessConfig
from posters.errors import ImageError
from posters.images.decoding import decode

if TYPE_CHECKING:
    from posters.images.decoding import ImageSource

_SIZE = PreprocessConfig(height=144, width=96)


def thumbnail_html(source: "ImageSource", caption: str = "") -> str:
    """Return a poster as a small picture with a caption; the caption and the reason if it can't be read.

    Args:
        source: as `decode` takes it.
        caption: below the picture; any text.

    Examples:
        >>> "there is no such file" in (html := thumbnail_html("none.jpg", "Alien <1979>"))
        True
        >>> html.endswith("<figcaption>Alien &lt;1979&gt;</figcaption></figure>")
        True
    """
    from PIL import Image

    try:
        file = io.BytesIO()
        Image.fromarray(decode(source, _SIZE)).save(file, "JPEG", quality=80)
        data = base64.b64encode(file.getvalue()).decode()
        picture = f'<img src="data:image/jpeg;base64,{data}" alt="" width="96" height="144">'
    except ImageError as error:
        picture = f'<div style="width:96px;height:144px;overflow:hidden">{escape(str(error))}</div>'
    style = "display:inline-block;margin:0 8px 8px 0;width:96px;vertical-align:top;font-size:12px"
    return f'<figure style="{style}">{picture}<figcaption>{escape(caption)}</figcaption></figure>'


def bars_html(rows: Iterable[tuple[str, float, bool]]) -> str:
    """Return a table of names, shares from 0 to 1 as bars, and their figures; marked rows are bold.

    Args:
        rows: name, share, and whether the row is marked.

    Examples:
        >>> "<b>Horror</b>" in bars_html([("Horror", 0.5, True)])
        True
    """
    cells = []
    for name, share, marked in rows:
        shown = f"<b>{escape(name)}</b>" if marked else escape(name)
        bar = (
            f'<div style="width:{120 * share:.0f}px;height:10px;background:{"#1f6feb" if marked else "#8b949e"}"></div>'
        )
        cells.append(f'<tr><td style="text-align:left">{shown}</td><td>{bar}</td><td>{share:.2f}</td></tr>')
    return f'<table style="display:inline-block;vertical-align:top">{"".join(cells)}</table>'
