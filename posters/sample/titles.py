"""Made-up titles and the small print below them."""

from collections.abc import Callable, Sequence

import numpy as np

from posters.sample.chance import one_of
from posters.sample.words import FIRST_NAMES, LAST_NAMES, STUDIOS, WORDS

_PATTERNS: tuple[str, ...] = (
    "The {adjective} {thing}",
    "{adjective} {thing}",
    "The {thing} of {place}",
    "{thing} at {place}",
    "The {adjective} {thing}",
    "{adjective} {thing}",
    "The {thing}",
    "{thing} & {other}",
    "A {thing} from {place}",
    "The {thing} and the {other}",
    "{name}'s {thing}",
    "{name} and the {thing}",
)

_VOWELS = tuple("AEIOU")


def make_title(genre: Callable[[], str], rng: np.random.Generator) -> str:
    """A title; `genre` is asked anew for the genre that each of its words comes from."""
    thing = one_of(WORDS[genre()].things, rng)
    words = {
        "adjective": one_of(WORDS[genre()].adjectives, rng),
        "thing": thing,
        "other": one_of([other for other in WORDS[genre()].things if other != thing], rng),
        "place": one_of(WORDS[genre()].places, rng),
        "name": one_of(FIRST_NAMES, rng),
    }
    title = one_of(_PATTERNS, rng).format(**words)
    if title.startswith("A ") and title[2:].startswith(_VOWELS):
        return f"An {title[2:]}"
    return title


def make_tagline(genre: str, rng: np.random.Generator) -> str:
    return one_of(WORDS[genre].taglines, rng)


def make_names(count: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Full names of people who do not exist, no two with the same first or last name."""
    first, last = (rng.permutation(len(names))[:count] for names in (FIRST_NAMES, LAST_NAMES))
    return tuple(f"{FIRST_NAMES[int(a)]} {LAST_NAMES[int(b)]}" for a, b in zip(first, last, strict=True))


def make_credits(title: str, names: Sequence[str], rng: np.random.Generator) -> tuple[str, str]:
    """The two lines of a credits block; `names` are at least six."""
    first, second, music, camera, editor, director = names[:6]
    return (
        f"{one_of(STUDIOS, rng)} presents  a {director} film  {title}  {first}  {second}  casting by {editor}",
        f"music by {music}  photographed by {camera}  edited by {editor}  written and directed by {director}",
    )
