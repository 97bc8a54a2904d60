"""The plan of one poster: its genres, and which of them speaks through which means."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from posters_sample.canvas import one_of
from posters_sample.genres import GENRES, LOOKS, MIXTURES
from posters_sample.words import make_tagline, make_title

# What keeps a perfect score out of reach, as it is on real posters.
BORROWED = 0.06  # chance that a means is borrowed from another, similar genre
UNLISTED = 0.08  # chance that one of several genres is missing from the table
MISLISTED = 0.03  # chance that a similar genre stands in the table without being meant
SPARSE = 0.06  # chance that there is hardly any picture

_LEAD = (1.0, 0.6, 0.45)  # the first genre's share of the means, for posters of one, two and three genres

_OLDEST, _NEWEST = 1950, 2025
_PERIOD = {"Western": -14, "War": -8, "Sci-Fi": 6, "Family": 4}  # years by which a genre's posters are older or younger
_AGED_BEFORE, _AGED_SHARE = 1975, 0.4


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is decided about a poster before it is drawn.

    Attributes:
        genres: what the table says, in the order of `GENRES`.
        title, tagline, year: the film's.
        palette, scene, lettering, layout, finish: names in the sample's tables.
    """

    genres: tuple[str, ...]
    title: str
    tagline: str
    year: int
    palette: str
    scene: str
    lettering: str
    layout: str
    finish: str


def make_plan(rng: np.random.Generator) -> Plan:
    """Decide a poster; nothing but `rng` decides."""
    meant = _mixture(rng)
    year = _year(meant[0], rng)
    return Plan(
        genres=_listed(meant, rng),
        title=make_title(lambda: _speaker(meant, rng), rng),
        tagline=make_tagline(_speaker(meant, rng), rng),
        year=year,
        palette=one_of(LOOKS[_speaker(meant, rng)].palettes, rng),
        scene="plain" if rng.uniform() < SPARSE else one_of(LOOKS[_speaker(meant, rng)].scenes, rng),
        lettering=one_of(LOOKS[_speaker(meant, rng)].letterings, rng),
        layout=one_of(LOOKS[_speaker(meant, rng)].layouts, rng),
        finish=_finish(one_of(LOOKS[_speaker(meant, rng)].finishes, rng), year, rng),
    )


def _mixture(rng: np.random.Generator) -> tuple[str, ...]:
    names = MIXTURES[int(np.searchsorted(_cumulative(), rng.uniform(), side="right"))][1]
    return tuple(names.split())


@lru_cache(maxsize=1)
def _cumulative() -> np.ndarray:
    weights = np.cumsum([weight for weight, _ in MIXTURES])
    return np.asarray(weights / weights[-1])


def _speaker(meant: Sequence[str], rng: np.random.Generator) -> str:
    """The genre that one means of the poster is taken from."""
    lead = _LEAD[len(meant) - 1]
    genre = meant[0] if rng.uniform() < lead else one_of(meant[1:], rng)
    return one_of(LOOKS[genre].alike, rng) if rng.uniform() < BORROWED else genre


def _listed(meant: Sequence[str], rng: np.random.Generator) -> tuple[str, ...]:
    """The genres as somebody typed them into a table: not always all of them, not always right."""
    listed = list(meant)
    if len(listed) > 1 and rng.uniform() < UNLISTED * len(listed):
        listed.remove(one_of(listed, rng))
    strange = one_of(LOOKS[meant[0]].alike, rng)
    if len(listed) < 3 and strange not in listed and rng.uniform() < MISLISTED:
        listed.append(strange)
    return tuple(name for name in GENRES if name in listed)


def _year(genre: str, rng: np.random.Generator) -> int:
    """Later years are more likely: there are more films."""
    share = 1 - float(rng.uniform()) * float(rng.uniform())
    year = _OLDEST + round((_NEWEST - _OLDEST) * share) + _PERIOD.get(genre, 0)
    return min(max(year, _OLDEST), _NEWEST)


def _finish(usual: str, year: int, rng: np.random.Generator) -> str:
    """Old posters have often grown old."""
    return "aged" if year < _AGED_BEFORE and rng.uniform() < _AGED_SHARE else usual
