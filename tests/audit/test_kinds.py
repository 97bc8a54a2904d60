"""Each kind of finding: provoked by a shop spoilt in one way, and absent from all that are spoilt in others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from posters.audit import KINDS, SEVERITIES
from tests.audit.conftest import Shop, jpeg, picture

SPLITS = {"a": "train", "b": "train", "c": "validation", "d": "test", "e": "train", "f": "test"}


@dataclass(frozen=True)
class Case:
    """A way to spoil a shop, which returns how to audit it, and the one finding that there is to be."""

    spoil: Callable[[Shop], dict[str, Any] | None]
    ids: str = ""
    images: str = ""
    genres: str = ""
    message: str = ""
    also: tuple[str, ...] = ()


def row(**cells):
    """Adds the row e (or another) with an image, if no other `data` are given."""

    def spoil(shop):
        shop.add(**{"id": "e", "data": jpeg(picture(9)), **cells})

    return spoil


def damaged(shop):
    whole = jpeg(picture(9))
    shop.add("e", data=whole[: len(whole) // 2])


def misnamed(shop):
    picture(9).save(shop.images / "e.jpg", "PNG")
    shop.add("e")


def other_name(shop):
    shop.add("e", image="e.png")
    shop.put("e.jpg", jpeg(picture(9)))


def unused(shop):
    shop.put("old/spare.png", b"")


def unreachable(shop):
    shop.add("e", image="http://127.0.0.1:1/heat.jpg")
    return {"read": {"download": True}}


def rare(shop):
    shop.add("e", genres="Drama|War", data=jpeg(picture(9)))
    return {"min_posters": 2}


def misspelt(shop):
    for number in range(3, 6):
        shop.add(f"drama{number}", data=jpeg(picture(10 + number)))
    shop.add("e", genres="Dramma", data=jpeg(picture(9)))


def corrected(shop):
    path = shop.folder / "corrections.csv"
    path.write_text("id,genre,change,accept\na,Drama,add,yes\n")
    return {"read": {"corrections": path}}


def universal(shop):
    for row in shop.rows:
        row["genres"] += "|War"


def one_film(genres):
    """Adds e and f, two pictures of one film; f has these genres."""

    def spoil(shop):
        shop.add("e", data=jpeg(picture(20)), title="Heat", year="1995")
        shop.add("f", data=jpeg(picture(21)), title="heat", year="1995-12-15", genres=genres)

    return spoil


def copies(quality=90, genres="Drama", **options):
    """Adds e and f, which are one picture."""

    def spoil(shop):
        shop.add("e", data=jpeg(picture(9)))
        shop.add("f", data=jpeg(picture(9), quality), genres=genres)
        return options

    return spoil


def strangers(splits=SPLITS, **cells):
    """Adds e and f, which are in two splits and have nothing in common but `cells`."""

    def spoil(shop):
        for seed, id in enumerate("ef"):
            shop.add(id, data=jpeg(picture(20 + seed)), **cells)
        return {"splits": splits}

    return spoil


PAIR: dict[str, Any] = {"ids": "e f", "images": "e.jpg f.jpg"}
CASES = {
    "unreadable-image": Case(
        row(data=b"text"), "e", "e.jpg", message="e.jpg: this is not an image in a supported format"
    ),
    "damaged-image": Case(damaged, "e", "e.jpg", message="e.jpg: the image is damaged"),
    "blank-image": Case(
        row(data=jpeg(Image.new("RGB", (80, 120), "red"))), "e", "e.jpg", message="e.jpg: all pixels have nearly one"
    ),
    "tiny-image": Case(row(data=jpeg(picture(9, (50, 63)))), "e", "e.jpg", message="e.jpg: 50 x 63 pixels"),
    "odd-shape": Case(
        row(data=jpeg(picture(9, (120, 80)))), "e", "e.jpg", message="e.jpg: 120 x 80 pixels, 1.50 times as wide"
    ),
    "misnamed-image": Case(misnamed, "e", "e.jpg", message="e.jpg: named as JPEG, but its bytes are PNG"),
    "missing-image": Case(row(data=None), "e", "e.jpg", message="e.jpg in row 6: the image file is missing"),
    "failed-download": Case(
        unreachable,
        "e",
        "e.jpg",
        message="http://127.0.0.1:1/heat.jpg in row 6: the image can't be downloaded: it can't",
    ),
    "unused-image": Case(unused, images="old/spare.png", message="old/spare.png: no row names it"),
    "conflicting-rows": Case(row(id="a"), "a", "a.jpg", message="a in row 6: an earlier row has the same id but other"),
    "conflicting-film": Case(
        row(id="a", genres="Comedy", title="Heat"), "a", "a.jpg", message="a in row 6: an earlier row has the same id"
    ),
    "repeated-row": Case(row(id="a", genres="Comedy"), "a", "a.jpg", message="a in row 6: repeats an earlier row"),
    "unusable-row": Case(row(image="", data=None), "e", message="e in row 6: no image is named"),
    "other-name": Case(other_name, "e", "e.jpg", message="e.png in row 6, found as e.jpg"),
    "no-genre": Case(row(genres=""), "e", "e.jpg", message="e in row 6: no genre is named"),
    "repeated-genre": Case(row(genres="Drama|Drama"), "e", "e.jpg", message="e in row 6: a genre is named twice"),
    "correction": Case(corrected, message="1 label: added by corrections.csv (Drama to a)"),
    "rare-genre": Case(rare, "e", genres="War", message="War has 1 poster, fewer than 2"),
    "misspelt-genre": Case(misspelt, "e", genres="Drama Dramma", message="Dramma (1 poster) is written almost like D"),
    "aliased-genre": Case(row(genres="SF"), genres="SF", message="SF -> Sci-Fi on 1 row"),
    "respelt-genre": Case(row(genres="DRAMA"), genres="DRAMA", message="DRAMA -> Drama on 1 row"),
    "not-a-genre": Case(row(genres="Drama|N/A"), genres="N/A", message="N/A on 1 row"),
    "joined-genres": Case(row(genres="Drama/War"), genres="Drama/War", message="Drama/War on 1 row: several genres"),
    "universal-genre": Case(universal, genres="War", message="all 4 posters have the genre War"),
    "identical-conflict": Case(copies(genres="Comedy"), **PAIR, message="e (Drama) and f (Comedy) have the same bytes"),
    "identical-posters": Case(copies(), **PAIR, message="e (Drama) and f (Drama) have the same bytes"),
    "near-conflict": Case(copies(40, "Comedy"), **PAIR, message="e (Drama) and f (Comedy) look alike ("),
    "near-duplicates": Case(copies(40), **PAIR, message="e (Drama) and f (Drama) look alike ("),
    "same-film-conflict": Case(
        one_film("Comedy"), **PAIR, message="e (Drama) and f (Comedy) have the same title and year, Heat (1995)"
    ),
    "same-film-posters": Case(
        one_film("Drama"), **PAIR, message="e (Drama) and f (Drama) have the same title and year, Heat (1995)"
    ),
    "leaked-picture": Case(
        copies(splits=SPLITS), **PAIR, message="e (train) and f (test) have the same", also=("identical-posters",)
    ),
    "leaked-lookalike": Case(
        copies(40, splits=SPLITS), **PAIR, message="e (train) and f (test) look alike", also=("near-duplicates",)
    ),
    "leaked-film": Case(
        strangers(title="Heat", year="1995"),
        **PAIR,
        message="e (train) and f (test) belong to one film",
        also=("same-film-posters",),
    ),
    "leaked-group": Case(strangers(group="1"), **PAIR, message="e (train) and f (test) belong to one group"),
    "unknown-id": Case(
        strangers({**SPLITS, "z": "test"}), "z", message="the splits name 1 poster that is not in the table: z"
    ),
    "no-split": Case(strangers(dict(list(SPLITS.items())[:-1])), "f", message="1 poster in no split: f"),
}


def test_there_is_a_case_for_each_kind():
    assert list(CASES) == list(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_found_once_and_no_other_is(shop, name):
    case = CASES[name]
    found = {finding.kind: finding for finding in shop.audit(**(case.spoil(shop) or {})).findings}
    assert set(found) == {name, *case.also}
    finding, kind = found[name], KINDS[name]
    assert (finding.severity, finding.advice) == (kind.severity, kind.advice)
    assert (finding.ids, finding.images) == (tuple(case.ids.split()), tuple(case.images.split()))
    assert finding.genres == tuple(case.genres.split())
    assert finding.message.startswith(case.message)
    assert case.message


def test_a_good_catalogue_has_no_findings(shop):
    audit = shop.audit(splits=dict(list(SPLITS.items())[:4]))
    assert audit.findings == ()
    assert (audit.posters, audit.genres, audit.splits) == (4, 2, True)
    assert not audit.has("note")


def test_kinds_are_named_and_described_as_sentences():
    for name, kind in KINDS.items():
        assert kind.name == name
        assert kind.severity in SEVERITIES
        for sentence in (kind.description, kind.advice):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
