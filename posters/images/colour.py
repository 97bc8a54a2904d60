"""From any mode and colour profile of Pillow's to sRGB, in bands, so that a large image takes little memory.

A profile counts if littlecms can read it, if it has at most `MAX_PROFILE_BYTES`, and if it is for the channels that the
image has: of RGB, for whatever is stored as RGB, by palette or as grey; of grey, for grey; of CMYK, for CMYK. Any other
counts as none. One that moves no colour by more than `SAME_LEVELS` is sRGB under another name, and changes nothing.
Colours are converted by relative colorimetry with black point compensation, as browsers do.
"""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from posters.errors import ImageError

MAX_PROFILE_BYTES = 4_000_000  # profiles of printers have up to 3 MB
SAME_LEVELS = 2

_BAND_PIXELS = 4_000_000  # converted at a time

_WHITE = (255, 255, 255, 255)

_REDUCIBLE = ("RGB", "L", "CMYK")  # modes whose pixels may be averaged as they are

# By the colour space of a profile: the mode that its transform takes, and the modes of images that it may be for.
_SPACES = {
    "RGB": ("RGB", ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L")),
    "GRAY": ("L", ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L")),
    "CMYK": ("CMYK", ("CMYK",)),
}


def check_range(image: Image.Image) -> None:
    """Refuse grey of 32 bits, whole numbers (mode I) and floats (mode F) alike: nothing tells which levels are white.

    Args:
        image: decoded or not.

    Raises:
        ImageError: its levels have an unknown range.

    Examples:
        >>> check_range(Image.new("I", (2, 2)))
        Traceback (most recent call last):
        posters.errors.ImageError: grey levels of 32 bits (mode I) have no known brightness range: save it with 8 bits
    """
    # Pillow also opens 16-bit PNG and PPM files in its 32-bit mode; the range of these is known.
    if image.mode == "F" or (image.mode == "I" and image.format not in ("PNG", "PPM")):
        raise ImageError(
            f"grey levels of 32 bits (mode {image.mode}) have no known brightness range: save it with 8 bits"
        )


def to_srgb(image: Image.Image, wanted: tuple[int, int] | None = None) -> Image.Image:
    """Convert an image to RGB, in the colours of sRGB.

    - Palettes are looked up, and transparency is laid over white.
    - Grey of 16 bits becomes grey of 8: v / 257, rounded.
    - CMYK, YCbCr, LAB and HSV are converted by Pillow's own formulas, unless a profile counts.

    Args:
        image: decoded, and of a known range.
        wanted: (width, height), or the other way round, that it will be resized to. An image whose profile counts may
            come back smaller, though of twice that size at least: of 100 megapixels littlecms would take seconds.

    Returns:
        an RGB image; `image` itself if there is nothing to do.

    Examples:
        >>> to_srgb(Image.new("1", (2, 2), 1)).getpixel((0, 0))
        (255, 255, 255)
    """
    transform = _transform(image)
    if image.mode == "RGB" and "transparency" not in image.info and transform is None:
        return image
    factor = min(image.size) // (2 * max(wanted)) if wanted and transform and image.mode in _REDUCIBLE else 1
    image = image.reduce(factor) if factor > 1 else image
    rows = max(1, _BAND_PIXELS // image.width)
    if rows >= image.height:
        return _band_to_srgb(image, transform)
    whole = Image.new("RGB", image.size)
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(image.height, top + rows)))
        whole.paste(_band_to_srgb(band, transform), (0, top))
    return whole


def _band_to_srgb(band: Image.Image, transform: tuple[Any, str] | None) -> Image.Image:
    if band.mode == "I" or band.mode.startswith("I;16"):
        levels = np.asarray(band)
        grey = np.clip(np.rint(levels.astype(np.float32) / 257), 0, 255).astype(np.uint8)
        grey[levels == band.info.get("transparency")] = 255
        band = Image.fromarray(grey)
    if "transparency" in band.info or band.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        # Premultiplied modes convert only to their plain ones.
        plain = band.convert({"La": "LA", "RGBa": "RGBA"}.get(band.mode, band.mode)).convert("RGBA")
        band = Image.alpha_composite(Image.new("RGBA", plain.size, _WHITE), plain)
    apply, mode = transform or (None, "RGB")
    band = band if band.mode == mode else band.convert(mode)
    return apply.apply(band) if apply else band


def _transform(image: Image.Image) -> tuple[Any, str] | None:
    """Return the transform of an image's profile, with the mode that it takes; None if no profile counts."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not 0 < len(profile) <= MAX_PROFILE_BYTES:
        return None
    found = _built_transform(profile)
    return found[:2] if found and image.mode in found[2] else None


# Posters of one shop have one profile. Transforms may be used by several threads at once.
@lru_cache(maxsize=8)
def _built_transform(profile: bytes) -> tuple[Any, str, tuple[str, ...]] | None:
    from PIL import ImageCms  # Here, because most posters have no profile.

    try:
        source, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        mode, modes = _SPACES[source.profile.xcolor_space.strip()]
        intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
        transform = ImageCms.buildTransform(source, srgb, mode, "RGB", intent, flags)
        return None if _changes_nothing(transform, mode) else (transform, mode, modes)
    except Exception:  # A profile that can't be read counts as none, whatever is wrong with it.
        return None


def _changes_nothing(transform: Any, mode: str) -> bool:
    levels = np.linspace(0, 255, 18).astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    picture = Image.fromarray(cube).convert(mode)
    moved = np.asarray(transform.apply(picture), int) - np.asarray(picture.convert("RGB"), int)
    return bool(np.abs(moved).max() <= SAME_LEVELS)
