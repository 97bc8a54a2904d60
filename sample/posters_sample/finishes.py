"""Finishes: film grain, vignettes, halftone and aged paper, laid over the finished sheet at its final size."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image

from posters_sample.canvas import HEIGHT, WIDTH

_SIZE = (HEIGHT // 2, WIDTH // 2)

Pixels = np.ndarray  # float32 (450, 300, 3), 0 to 255


def finished(image: Image.Image, name: str, rng: np.random.Generator) -> Image.Image:
    """The sheet at half its size (300x450) with the finish `name` over it."""
    pixels = np.asarray(image.reduce(2)).astype(np.float32)
    pixels = FINISHES[name](pixels, rng)
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _grain(pixels: Pixels, rng: np.random.Generator, strength: float) -> Pixels:
    shift = (int(rng.integers(_SIZE[0])), int(rng.integers(_SIZE[1])))
    return np.asarray(pixels + np.roll(_noise(), shift, axis=(0, 1))[..., None] * np.float32(strength))


def _vignette(pixels: Pixels, strength: float) -> Pixels:
    return pixels * (1 - _corners() * np.float32(strength))[..., None]


def _faded(pixels: Pixels, share: float) -> Pixels:
    """Blacks that have gone brown, whites that have gone yellow."""
    old = pixels * np.array([0.8, 0.74, 0.62], np.float32) + np.array([46, 38, 28], np.float32)
    return np.asarray(pixels + (old - pixels) * np.float32(share))


def _glossy(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    return _grain(_vignette(pixels, 0.32), rng, 3)


def _film(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    return _grain(_vignette(pixels, 0.42), rng, 6)


def _clean(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    return _grain(pixels, rng, 2)


def _halftone(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Dots of ink that show in the middle tones."""
    middle = 1 - np.abs(pixels.mean(axis=2, keepdims=True) / 127.5 - 1)
    return _grain(_faded(pixels + _screen()[..., None] * middle * 26, 0.25), rng, 4)


def _aged(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Stained and folded."""
    patches = Image.fromarray(rng.integers(0, 256, (8, 6), dtype=np.uint8))
    stains = np.asarray(patches.resize(_SIZE[::-1], Image.Resampling.BICUBIC)).astype(np.float32)
    stained = pixels * (0.86 + stains / 255 * 0.14)[..., None]
    for y in (_SIZE[0] // 2, _SIZE[0] // 4, 3 * _SIZE[0] // 4):
        stained[y : y + 1] += 16
    stained[:, _SIZE[1] // 2] += 14
    return _grain(_vignette(_faded(stained, 0.42), 0.2), rng, 6)


FINISHES: dict[str, Callable[[Pixels, np.random.Generator], Pixels]] = {
    "glossy": _glossy,
    "film": _film,
    "clean": _clean,
    "halftone": _halftone,
    "aged": _aged,
}


@lru_cache(maxsize=1)
def _noise() -> np.ndarray:
    """One sheet of grain for all posters: drawing a new one for each would take longer than drawing the poster."""
    flat = np.random.default_rng(0).integers(-128, 128, (3, *_SIZE)).astype(np.float32)
    return np.asarray(flat.sum(axis=0) / 128)


@lru_cache(maxsize=1)
def _corners() -> np.ndarray:
    """0 in the middle to 1 in the corners, float32 (450, 300)."""
    y, x = np.linspace(-1, 1, _SIZE[0])[:, None], np.linspace(-1, 1, _SIZE[1])[None, :]
    return np.asarray(np.clip((x * x + y * y - 0.35) / 1.65, 0, 1), np.float32)


@lru_cache(maxsize=1)
def _screen() -> np.ndarray:
    """A dot screen at 45 degrees, -1 to 1, float32 (450, 300); made of triangles, which are exact on any machine."""
    y, x = np.arange(_SIZE[0])[:, None], np.arange(_SIZE[1])[None, :]
    waves = [np.abs((x + sign * y) % 8 - 4) / 2 - 1 for sign in (1, -1)]
    return np.asarray((waves[0] + waves[1]) / 2, np.float32)
