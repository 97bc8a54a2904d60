"""What people do to a poster before it is found a second time."""

from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont, ImageOps


def cropped(poster: Image.Image, share: float = 0.05) -> Image.Image:
    """The poster without a strip at each side."""
    width, height = poster.size
    return poster.crop(
        (round(width * share), round(height * share), round(width * (1 - share)), round(height * (1 - share)))
    )


def with_bar(poster: Image.Image) -> Image.Image:
    """The poster with a bar of text across it."""
    poster = poster.copy()
    width, height = poster.size
    pen = ImageDraw.Draw(poster)
    pen.rectangle((0, int(height * 0.84), width, int(height * 0.96)), fill=(200, 20, 20))
    font = ImageFont.load_default(size=max(8, int(height * 0.07)))
    pen.text((width * 0.05, height * 0.86), "NOW ON DVD 2 FOR 1", fill="white", font=font)
    return poster


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "cropped": cropped,
    "framed": lambda poster: ImageOps.expand(poster, round(0.05 * poster.width), (0, 0, 0)),
    "with a bar of text": with_bar,
}


def as_jpeg(poster: Image.Image) -> bytes:
    data = BytesIO()
    poster.save(data, "JPEG", quality=85)
    return data.getvalue()
