"""From a poster's own size to the network's, by an aspect rule, and back."""

import math
from collections.abc import Callable

from PIL import Image

from posters.config import PreprocessConfig

_RESAMPLING = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}
_WHITE = (255, 255, 255)


def resized(image: Image.Image, preprocess: PreprocessConfig) -> Image.Image:
    """An RGB image in the size of `preprocess`, by its aspect rule and its antialiasing filter."""
    return _ASPECTS[preprocess.aspect](image, preprocess)


def seen_frame(size: tuple[int, int], preprocess: PreprocessConfig) -> tuple[float, float, float, float]:
    """The rectangle of a poster of `size` (width, height) that `resized` shows.

    Returns:
        (left, top, right, bottom) in pixels of the poster. Padding lies outside of the poster.
    """
    if preprocess.aspect == "stretch":
        return (0.0, 0.0, float(size[0]), float(size[1]))
    scales = size[0] / preprocess.width, size[1] / preprocess.height
    scale = min(scales) if preprocess.aspect == "crop" else max(scales)
    width, height = scale * preprocess.width, scale * preprocess.height
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return (left, top, left + width, top + height)


def _stretch(image: Image.Image, preprocess: PreprocessConfig) -> Image.Image:
    return image.resize((preprocess.width, preprocess.height), _RESAMPLING[preprocess.resampling])


def _crop(image: Image.Image, preprocess: PreprocessConfig) -> Image.Image:
    """Cut the longer side about its middle, so that nothing is distorted and the edges are lost."""
    ratio = preprocess.width / preprocess.height
    width, height = min(image.width, image.height * ratio), min(image.height, image.width / ratio)
    left, top = (image.width - width) / 2, (image.height - height) / 2
    box = (left, top, left + width, top + height)
    return image.resize((preprocess.width, preprocess.height), _RESAMPLING[preprocess.resampling], box=box)


def _pad(image: Image.Image, preprocess: PreprocessConfig) -> Image.Image:
    """Fit the whole image in, undistorted, in the middle of white."""
    scale = min(preprocess.width / image.width, preprocess.height / image.height)
    size = (max(1, math.floor(image.width * scale + 0.5)), max(1, math.floor(image.height * scale + 0.5)))
    ground = Image.new("RGB", (preprocess.width, preprocess.height), _WHITE)
    fitted = image.resize(size, _RESAMPLING[preprocess.resampling])
    ground.paste(fitted, ((preprocess.width - size[0]) // 2, (preprocess.height - size[1]) // 2))
    return ground


_ASPECTS: dict[str, Callable[[Image.Image, PreprocessConfig], Image.Image]] = {
    "stretch": _stretch,
    "crop": _crop,
    "pad": _pad,
}
