"""Colour: the palettes, each six colours with fixed parts to play, so that every scene can wear every palette."""

from dataclasses import dataclass

import numpy as np
from PIL import ImageColor

Colour = tuple[int, int, int]

_ROLES = ("top", "bottom", "glow", "far", "near", "accent")

# name: top and bottom of the sky, light, distant things, near things, accent
_HEX = {
    "ember": "16222e f0862a ffd98a 7d3a22 0e0b0e ff4a1c",
    "teal_and_orange": "052436 2b8a99 ffb766 0f4a5a 03121a ff7a24",
    "gunmetal": "d3d9dc 76868f fbfaf4 4b616c 12191f d7282f",
    "asphalt": "14161b 4a4e55 f6c453 26292f 07080a e2382d",
    "lemon": "ffd233 ffe27a fff6c9 f48c2b 23345c e8434f",
    "bubblegum": "ff9bb5 ffd0da fff3f2 f9708f 2f3a5c 2f7df6",
    "poolside": "3fbfe0 b9eef5 ffffff 1d9cc4 0b2f6b ff5a86",
    "tangerine": "ff8c42 ffc971 fff0d2 e4572e 2e294e 17a398",
    "mint": "8fdcc0 d9f5e5 fffdf0 4db894 1f4e4a ff6f59",
    "noir": "0b0c10 343841 ece7d9 1d2027 050507 c3202c",
    "sodium": "0b0e1c 6b4312 ffbe3d 2b2118 060508 e4572e",
    "absinthe": "07120e 2d5a45 d8f2b6 13291f 030806 e0b43c",
    "dusk": "3b3f5f e58467 f7efdb 83647a 20203a f3c98b",
    "linen": "ece6da cfc5b1 ffffff a8a391 34332f a8402f",
    "slate": "7f95a1 dde2e3 fdfcf7 667c88 1f2a33 b5533c",
    "wheat": "c9a86a f2e3bd fff8e2 a3793f 33261a 8a3b2a",
    "evening": "1c2b4a 8d7a99 f6d9b8 45476e 10152b e8a15c",
    "meadow": "5fc3ee d9f3fb fff8cf 8ccb3f 23624a ff5d5d",
    "storybook": "5a61c9 ffd3a8 fff4d0 8f7fd0 2c2a64 ff8a5c",
    "candy": "7ad7f0 fbd3e9 ffffff 9b8cf0 3c2f7a ff4f9a",
    "aurora": "0d0628 3a7a78 d2ffe0 2a2a63 07041a b78cff",
    "enchanted": "0b3b3c 8fcfa8 fdf8c9 2c6e63 04201f f2b84b",
    "amethyst": "1e0f3c b06ac0 ffe3b0 4b2a74 0e0620 f6b73c",
    "blood": "120304 7e1010 ff5a45 3d0808 060102 e01212",
    "bone": "d9d2c2 b5a992 f8f2e2 6e6252 0d0a09 9c0d08",
    "sickly": "09110b 586f38 dcea9c 24331c 030603 b3331f",
    "midnight": "030712 24426b e8f0fa 122440 010307 8fb3dc",
    "fog": "53646d c8d1d2 f7f7f0 7b8d94 1b262c c08a1e",
    "violet_hour": "171030 74579a f5e2ff 3b2a63 0a0618 f4c95d",
    "rosewater": "f5bcc6 fdeae5 fff9f4 e6909f 5e1f33 d5405c",
    "afterglow": "5d4593 ffa07c ffe6b0 a8477a 2a1236 ff5468",
    "champagne": "e9d3ae fbf1de fffdf6 cf9f72 4a2a24 b8324b",
    "nebula": "03031c 4a14a8 86f4ff 22105c 03020d f72a86",
    "chrome": "04070c 22486a c6ecff 12293c 010305 55bdf0",
    "red_planet": "240c0a d8693f ffdca6 7c2f20 0f0504 58c4c9",
    "neon": "10022c e8308c ffe66b 4a1280 06010f 23e0e8",
    "khaki": "88865f dacb98 f9eec4 6b6b45 20211a a8201f",
    "smoke": "2f312f b88f58 f3d9a0 575346 11110e c8401f",
    "olive": "3d4630 a3a67a ebe6c0 59603f 151a10 d98b2b",
    "desert": "e4661d ffd492 fff3c6 b3481f 36130a 8a1a12",
    "parchment": "ecdcb4 d6b578 fbf1d2 a9804a 38210f 8d2c1a",
    "turquoise": "2f9e9a f8dcae fff6da c65a40 471b13 e9a23b",
}


@dataclass(frozen=True, slots=True)
class Palette:
    """Six colours (red, green, blue from 0 to 255) by the part that each plays in a picture."""

    top: Colour
    bottom: Colour
    glow: Colour
    far: Colour
    near: Colour
    accent: Colour

    @property
    def colours(self) -> tuple[Colour, ...]:
        """All six, from the top of the sky to the accent."""
        return (self.top, self.bottom, self.glow, self.far, self.near, self.accent)

    @property
    def is_dark(self) -> bool:
        """Whether light letters stand out from its sky."""
        return luminance(mix(self.top, self.bottom, 0.4)) < 0.25

    def depth(self, nearness: float) -> Colour:
        """The colour of a layer of land: 0 for the horizon, 1 for the foreground."""
        return mix(self.far, self.near, nearness)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour on the way from `first` (share 0) to `second` (share 1)."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return (red, green, blue)


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 for black to 1 for white; gamma 2 stands in for sRGB's curve, exactly on any machine."""
    red, green, blue = ((value / 255) ** 2 for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: Colour, second: Colour) -> float:
    """Contrast ratio by WCAG's formula: 1 for equal colours, 21 for black on white."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def palette_names() -> tuple[str, ...]:
    """Return the names that `make_palette` takes."""
    return tuple(_HEX)


def make_palette(name: str, rng: np.random.Generator) -> Palette:
    """The palette `name`, every colour pushed a little towards one common tint, so that no two posters match."""
    tint = (int(rng.integers(256)), int(rng.integers(256)), int(rng.integers(256)))
    share = rng.uniform(0.0, 0.08)
    colours = (mix(_from_hex(text), tint, share) for text in _HEX[name].split())
    return Palette(**dict(zip(_ROLES, colours, strict=True)))


def _from_hex(text: str) -> Colour:
    red, green, blue = ImageColor.getrgb(f"#{text}")[:3]
    return (red, green, blue)
