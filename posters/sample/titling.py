"""Titles: how the words break into lines and fill their box."""

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
from PIL import Image

from posters.sample.layouts import Box
from posters.sample.lettering import Lettering, line_mask

_LEADING = 0.16  # space between lines, as a share of their height
_TALLEST = 1.7  # how much higher than the lowest line of a justified title the highest one may be


def title_mask(words: str, lettering: Lettering, box: Box, align: str, rng: np.random.Generator) -> Image.Image:
    """The title as a mask that fits into `box`; `align` is "left", "centre" or "justify"."""
    lines = [line_mask(line, lettering, rng) for line in break_lines(words, lettering, box)]
    heights = _heights(lines, box, align)
    sized = [_scaled_to(line, height) for line, height in zip(lines, heights, strict=True)]
    return _stacked(sized, align)


def break_lines(words: str, lettering: Lettering, box: Box) -> list[str]:
    """The words in the lines that let the letters become largest."""
    letter_width = (0.62 + lettering.tracking) * lettering.width
    return max(_partitions(words.split()), key=lambda lines: _letter_size(lines, letter_width, box))


def _partitions(words: Sequence[str]) -> list[list[str]]:
    """Every way to break the words into at most four lines."""
    found = []
    for count in range(min(4, len(words))):
        for cuts in combinations(range(1, len(words)), count):
            edges = (0, *cuts, len(words))
            found.append([" ".join(words[a:b]) for a, b in pairwise(edges)])
    return found


def _letter_size(lines: Sequence[str], letter_width: float, box: Box) -> float:
    longest = max(len(line) for line in lines)
    return min(box.width / (longest * letter_width), box.height / (len(lines) * (0.72 + _LEADING)))


def _heights(lines: Sequence[Image.Image], box: Box, align: str) -> list[float]:
    """The height of every line: the same scale for all of them, or each as wide as the box."""
    if align == "justify":
        heights = [line.height * box.width / line.width for line in lines]
        heights = [min(height, min(heights) * _TALLEST) for height in heights]
    else:
        scale = box.width / max(line.width for line in lines)
        heights = [line.height * scale for line in lines]
    total = sum(heights) * (1 + _LEADING)
    return [height * min(1, box.height / total) for height in heights]


def _scaled_to(line: Image.Image, height: float) -> Image.Image:
    size = (max(1, round(line.width * height / line.height)), max(1, round(height)))
    return line.resize(size, Image.Resampling.BOX if size[1] < line.height else Image.Resampling.BICUBIC)


def _stacked(lines: Sequence[Image.Image], align: str) -> Image.Image:
    width, gap = max(line.width for line in lines), round(_LEADING * min(line.height for line in lines))
    mask = Image.new("L", (width, sum(line.height for line in lines) + gap * (len(lines) - 1)))
    y = 0
    for line in lines:
        mask.paste(line, (0 if align == "left" else (width - line.width) // 2, y))
        y += line.height + gap
    return mask


def anchored(mask: Image.Image, box: Box, align: str) -> tuple[int, int]:
    """Where the mask's corner must lie for it to stand in the middle of the box, or at its left side."""
    x = box.x0 if align == "left" else box.x0 + (box.width - mask.width) // 2
    return (x, box.y0 + (box.height - mask.height) // 2)
