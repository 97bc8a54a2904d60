"""A sheet of thumbnails: the first posters of a catalogue with their titles and genres, to see that these match."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont, ImageOps

from posters._base.atomic_files import replacing
from posters._base.text import counted, genre_list, printable
from posters.catalogue import Catalogue, Poster
from posters.errors import ConfigError, ImageError
from posters.images.decoding import to_rgb

_Font: TypeAlias = "ImageFont.FreeTypeFont | ImageFont.ImageFont"

SHOWN = 24  # posters
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")

# In pixels. Posters are drawn 2:3, as most of them are; others keep their shape inside that frame.
_ACROSS, _POSTER = 6, (192, 288)
_MARGIN, _GAP, _LINE, _LETTERS = 40, 26, 22, 16
_CELL = (_POSTER[0] + _GAP, _POSTER[1] + 5 * _LINE + _GAP)

_PAPER, _FRAME, _INK, _FAINT, _GENRE = "#fafaf9", "#e7e5e4", "#1c1917", "#57534e", "#0f766e"

# Pillow's own font has Latin letters only. These are looked for where each system keeps its fonts.
_FONTS = ("DejaVuSans.ttf", "arial.ttf", "NotoSansCJK-Regular.ttc", "msyh.ttc", "Hiragino Sans GB.ttc", "arialuni.ttf")


def check_sheet(path: Path) -> None:
    """Refuse a file name that a sheet can't be written under.

    Raises:
        ConfigError: its suffix names no format of pictures.

    Examples:
        >>> check_sheet(Path("sheet.txt"))
        Traceback (most recent call last):
        posters.errors.ConfigError: sheet.txt: a sheet is a picture: name it .jpg, .jpeg, .png, .webp
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"{path}: a sheet is a picture: name it {', '.join(SUFFIXES)}")


def write_sheet(catalogue: Catalogue, path: Path) -> int:
    """Write the sheet of a catalogue's first posters, whole or not at all.

    Args:
        catalogue: N posters, of which the first `SHOWN` are drawn.
        path: the picture; its suffix tells the format.

    Returns:
        how many of the posters can't be read; their frames are empty, with the reason.

    Raises:
        ConfigError: the suffix names no format of pictures.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "sheet.png"
        >>> write_sheet(Catalogue((Poster("a", "a.jpg", ("Drama",)),), ("Drama",), Path("nowhere")), path)
        1
        >>> with Image.open(path) as sheet:
        ...     sheet.size
        (708, 522)
    """
    check_sheet(path)
    posters = list(islice(catalogue, SHOWN))
    # A sheet of few posters is narrower, but still has room for its heading.
    across = min(_ACROSS, max(3, len(posters)))
    rows = -(-len(posters) // across)
    head = _MARGIN + 2 * _LINE
    size = (2 * _MARGIN + across * _CELL[0] - _GAP, head + rows * _CELL[1] + _MARGIN - _GAP)
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    what = f"{printable(catalogue.name)}: first {len(posters)} of {counted(len(catalogue), 'poster')}"
    captions = {poster.id: _caption(poster) for poster in posters}
    font = _font_for([what, *(text for caption in captions.values() for text in caption)])
    pen.text((_MARGIN, _MARGIN - _LINE // 2), _cut(what, font, size[0] - 2 * _MARGIN), _FAINT, font)
    failed = 0
    for number, poster in enumerate(posters):
        corner = (_MARGIN + number % across * _CELL[0], head + number // across * _CELL[1])
        failed += not _drawn(catalogue.image_path(poster), sheet, corner, font)
        _write_caption(pen, corner, captions[poster.id], font)
    with replacing(path) as temporary:
        sheet.save(temporary, quality=90)
    return failed


def _caption(poster: Poster) -> tuple[str, str, str]:
    """Return a poster's title, year and split, and genres."""
    facts = (str(poster.year or ""), poster.split or "", poster.id if poster.title else "")
    return (
        printable(poster.title or poster.id),
        printable(" \u00b7 ".join(filter(None, facts))),
        genre_list(poster.genres, poster.unknown),
    )


def _drawn(path: Path, sheet: Image.Image, corner: tuple[int, int], font: _Font) -> bool:
    """Draw a poster into its frame; return False, with the reason in the frame, if it can't be read."""
    left, top = corner
    pen = ImageDraw.Draw(sheet)
    try:
        poster = to_rgb(path, wanted=_POSTER)
    except ImageError as error:
        pen.rectangle((left, top, left + _POSTER[0] - 1, top + _POSTER[1] - 1), _FRAME)
        lines = _lines(printable(str(error).removeprefix(f"{path}: ")), font, _POSTER[0] - 24, 8)
        pen.text((left + 12, top + 12), "\n".join(lines), _FAINT, font, spacing=5)
        return False
    poster = ImageOps.contain(poster, _POSTER, Image.Resampling.LANCZOS)  # Small posters are enlarged.
    if poster.size[1] < _POSTER[1] - 2 or poster.size[0] < _POSTER[0] - 2:
        pen.rectangle((left, top, left + _POSTER[0] - 1, top + _POSTER[1] - 1), _FRAME)
    sheet.paste(poster, (left + (_POSTER[0] - poster.width) // 2, top + (_POSTER[1] - poster.height) // 2))
    return True


def _write_caption(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], caption: tuple[str, str, str], font: _Font
) -> None:
    title, facts, genres = caption
    left, top = corner[0], corner[1] + _POSTER[1] + 8
    lines = [(_cut(title, font, _POSTER[0]), _INK)]
    lines += [(_cut(facts, font, _POSTER[0]), _FAINT)] * bool(facts)
    lines += [(line, _GENRE) for line in _lines(genres, font, _POSTER[0], 3)]
    for number, (text, colour) in enumerate(lines):
        pen.text((left, top + number * _LINE), text, colour, font)


def _lines(text: str, font: _Font, width: int, most: int) -> list[str]:
    """Break a text at spaces into lines of some pixels; the last one holds the rest, cut."""
    lines: list[str] = []
    words = text.split(" ")
    while words and len(lines) < most - 1:
        count = next((n for n in range(len(words), 1, -1) if font.getlength(" ".join(words[:n])) <= width), 1)
        lines.append(_cut(" ".join(words[:count]), font, width))
        words = words[count:]
    return lines + [_cut(" ".join(words), font, width)] * bool(words)


def _cut(text: str, font: _Font, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text.rstrip(" ,") + "..."


def _font_for(texts: Iterable[str]) -> _Font:
    """Return Pillow's font, or the font of the system that lacks the fewest letters."""
    letters = {letter for letter in "".join(texts) if not letter.isspace()}
    best: _Font = ImageFont.load_default(_LETTERS)
    fewest = _lacking(best, letters)
    for name in _FONTS:
        with suppress(OSError):
            font = ImageFont.truetype(name, _LETTERS)
            if _lacking(font, letters) < fewest:
                best, fewest = font, _lacking(font, letters)
    return best


def _lacking(font: _Font, letters: Iterable[str]) -> int:
    # A font draws all letters that it lacks alike, as it draws this one, which is none.
    none = bytes(font.getmask("\uffff"))
    return sum(bytes(font.getmask(letter)) == none for letter in letters)
