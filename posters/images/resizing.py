"""From a poster's own size to the network's, by an aspect rule, and back."""

import math

from PIL import Image

from posters.config import PreprocessConfig

_RESAMPLING = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}

_WHITE = (255, 255, 255)


def resize(image: Image.Image, preprocess: PreprocessConfig) -> Image.Image:
    """Resize an RGB image by the aspect rule and the antialiasing filter of `preprocess`.

    - "stretch" changes the aspect ratio to fit.
    - "crop" cuts the longer side about its middle, so that nothing is distorted but edges are lost.
    - "pad" fits the whole image, undistorted, into the middle of white.

    Examples:
        >>> resize(Image.new("RGB", (60, 90)), PreprocessConfig(height=24, width=16)).size
        (16, 24)
    """
    size, resampling = (preprocess.width, preprocess.height), _RESAMPLING[preprocess.resampling]
    if preprocess.aspect == "stretch":
        return image.resize(size, resampling)
    if preprocess.aspect == "crop":
        # Not `visible_frame`, whose rounding may end a hair outside of the image, which Pillow refuses.
        ratio = preprocess.width / preprocess.height
        width, height = min(image.width, image.height * ratio), min(image.height, image.width / ratio)
        left, top = (image.width - width) / 2, (image.height - height) / 2
        return image.resize(size, resampling, box=(left, top, left + width, top + height))
    scale = min(preprocess.width / image.width, preprocess.height / image.height)
    # The shorter side of a thin image must not vanish.
    fitted_size = (max(1, math.floor(image.width * scale + 0.5)), max(1, math.floor(image.height * scale + 0.5)))
    fitted = image.resize(fitted_size, resampling)
    padded = Image.new("RGB", size, _WHITE)
    padded.paste(fitted, ((size[0] - fitted_size[0]) // 2, (size[1] - fitted_size[1]) // 2))
    return padded


def visible_frame(size: tuple[int, int], preprocess: PreprocessConfig) -> tuple[float, float, float, float]:
    """Return the rectangle of a poster that `resize` shows.

    Args:
        size: (width, height) of the poster in pixels.
        preprocess: aspect rule and size.

    Returns:
        (left, top, right, bottom) in pixels of the poster. Padding is outside of the poster.

    Examples:
        >>> visible_frame((400, 300), PreprocessConfig(height=24, width=16, aspect="crop"))
        (100.0, 0.0, 300.0, 300.0)
    """
    if preprocess.aspect == "stretch":
        return (0.0, 0.0, float(size[0]), float(size[1]))
    scales = size[0] / preprocess.width, size[1] / preprocess.height
    scale = min(scales) if preprocess.aspect == "crop" else max(scales)
    width, height = scale * preprocess.width, scale * preprocess.height
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return (left, top, left + width, top + height)
