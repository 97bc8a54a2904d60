"""Mild changes to training posters, of the kind that leaves their genre alone.

Titles are text and faces stand upright, so nothing is turned upside down. Every change is drawn from the seed that is
passed in, so that a resumed run sees what an uninterrupted one would have seen.
"""

from typing import Any

from posters.network.tensorflow import tf

_SHIFT = 0.06  # of the height and width, to each side
_ZOOM = (0.85, 1.1)  # below 1 enlarges the poster
_COLOUR = 0.2  # how far brightness, contrast and saturation may go from 1


def augment(posters: Any, seed: Any) -> Any:
    """Shift, zoom, mirror and recolour each poster on its own.

    Args:
        posters: uint8 (B, H, W, 3).
        seed: int32 (2,); the same seed gives the same changes.

    Returns:
        uint8 (B, H, W, 3).
    """
    seeds = tf.random.split(seed, 2) if hasattr(tf.random, "split") else tf.random.experimental.stateless_split(seed, 2)
    moved = _move(tf.cast(posters, tf.float32), seeds[0])
    recoloured = _recolour(moved, seeds[1])
    return tf.cast(tf.clip_by_value(tf.round(recoloured), 0, 255), tf.uint8)


def _move(posters: Any, seed: Any) -> Any:
    """Resample each poster through a random zoom, shift and mirror; what comes in from outside is reflected."""
    batch, height, width = tf.shape(posters)[0], tf.shape(posters)[1], tf.shape(posters)[2]
    size = tf.cast(tf.stack([width, height]), tf.float32)
    draws = tf.random.stateless_uniform([batch, 4], seed)
    zoom = _ZOOM[0] + draws[:, 0] * (_ZOOM[1] - _ZOOM[0])
    mirror = tf.where(draws[:, 1] < 0.5, -1.0, 1.0)
    shift = (draws[:, 2:] * 2 - 1) * _SHIFT * size
    # Output pixel (x, y) is taken from (a x + c, b y + f); the constants keep the poster's middle in the middle.
    a, b = zoom * mirror, zoom
    middle = (size - 1) / 2
    c = middle[0] * (1 - a) + shift[:, 0]
    f = middle[1] * (1 - b) + shift[:, 1]
    zero = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=posters,
        transforms=tf.stack([a, zero, c, zero, b, f, zero, zero], axis=1),
        output_shape=tf.stack([height, width]),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )


def _recolour(posters: Any, seed: Any) -> Any:
    factors = tf.random.stateless_uniform([3, tf.shape(posters)[0], 1, 1, 1], seed, 1 - _COLOUR, 1 + _COLOUR)
    brightness, contrast, saturation = factors[0], factors[1], factors[2]
    grey = tf.reduce_mean(posters, axis=3, keepdims=True)
    coloured = grey + (posters - grey) * saturation
    mean = tf.reduce_mean(coloured, axis=[1, 2, 3], keepdims=True)
    return (mean + (coloured - mean) * contrast) * brightness


def mixup(posters: Any, genres: Any, seed: Any, alpha: float) -> tuple[Any, Any]:
    r"""Blend each poster, and its genres, with another one of the batch (Zhang et al. 2018, "mixup", equation 1).

    .. math:: \tilde x_i = \lambda_i x_i + (1 - \lambda_i) x_{B-1-i}, \quad
        \lambda_i = \max(l, 1 - l), \; l \sim \mathrm{Beta}(\alpha, \alpha)

    Two genres half true ask for a probability of a half each, which only independent sigmoids can give.

    Args:
        posters: uint8 (B, H, W, 3).
        genres: float32 (B, G), from 0 to 1.
        seed: int32 (2,); the same seed gives the same blends.
        alpha: above 0; the larger, the more often a blend is an even one.

    Returns:
        uint8 (B, H, W, 3) and float32 (B, G).
    """
    # The first of two gamma variates as a share of both is a beta variate.
    draws = tf.random.stateless_gamma([2, tf.shape(posters)[0]], seed, alpha)
    share = draws[0] / tf.maximum(draws[0] + draws[1], 1e-30)
    share = tf.maximum(share, 1 - share)
    pixels = share[:, None, None, None]
    floats = tf.cast(posters, tf.float32)
    mixed = pixels * floats + (1 - pixels) * tf.reverse(floats, [0])
    labels = share[:, None]
    return tf.cast(tf.round(mixed), tf.uint8), labels * genres + (1 - labels) * tf.reverse(genres, [0])
