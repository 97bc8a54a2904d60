"""How findings are grouped, ordered and counted."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from posters.audit import SEVERITIES, Audit, Finding, audit
from posters.audit.duplicates import duplicate_findings
from posters.audit.genres import genre_findings
from posters.audit.inspection import Inspection
from posters.audit.pictures import compare
from posters.audit.rows import row_findings
from posters.catalogue import Catalogue, Loss, Poster, read_catalogue
from posters.catalogue.catalogue import Lost
from posters.catalogue.causes import Cause
from posters.catalogue.genre_names import IMDB_GENRES
from posters.errors import ConfigError

from .conftest import jpeg, picture


def kinds(audit):
    return [finding.kind for finding in audit.findings]


class TestDuplicates:
    def test_a_group_is_one_finding_however_large(self, shop):
        for number in range(6):
            shop.add(f"e{number}", data=jpeg(picture(9)))
        (finding,) = shop.audit().findings
        assert finding.ids == tuple(f"e{number}" for number in range(6))
        assert finding.message == ("e0 (Drama), e1 (Drama), e2 (Drama), e3 (Drama) and 2 more have the same bytes")

    def test_copies_of_a_copy_that_looks_alike_are_in_both_findings(self, shop):
        shop.add("e", data=jpeg(picture(9)))
        shop.add("f", data=jpeg(picture(9)))
        shop.add("g", data=jpeg(picture(9), 40))
        near, identical = sorted(shop.audit().findings, key=lambda finding: -len(finding.ids))
        assert (identical.kind, identical.ids) == ("identical-posters", ("e", "f"))
        assert (near.kind, near.ids) == ("near-duplicates", ("e", "f", "g"))

    def test_rows_of_one_file_are_the_same_picture(self, shop):
        shop.add("e", image="a.jpg", genres="Drama")
        (finding,) = shop.audit().findings
        assert (finding.kind, finding.ids, finding.images) == ("identical-conflict", ("a", "e"), ("a.jpg",))

    def test_blank_posters_are_not_compared(self, shop):
        for number, colour in enumerate(["white", "white", "black", "red"]):
            shop.add(f"e{number}", data=jpeg(Image.new("RGB", (80, 120), colour)), genres="Drama" if number else "War")
        sides = {poster.id: "train" for poster in shop.catalogue()} | {"e1": "test"}
        assert set(kinds(shop.audit(sides=sides))) == {"blank-image"}

    def test_chains_of_looks_are_one_group(self):
        posters = tuple(Poster(id, id, ("Drama",)) for id in "abcd")
        catalogue = Catalogue(posters, ("Drama",), None)
        hashes = {"a": 0, "b": 2**8 - 1, "c": 2**16 - 1, "d": 2**64 - 1}
        seen = {id: Inspection(id, 1, 1, sha256=id, width=2, height=3, spread=50.0, hash=h) for id, h in hashes.items()}
        (finding,) = duplicate_findings(catalogue, compare(catalogue, seen))
        assert (finding.kind, finding.ids) == ("near-duplicates", ("a", "b", "c"))
        assert finding.message == "a (Drama), b (Drama) and c (Drama) look alike"


class TestNames:
    @pytest.mark.parametrize(
        ("image", "format"),
        [("e.jpg", "JPEG"), ("e.jpeg", "JPEG"), ("e.JPG", "JPEG"), ("e.jpg", "MPO"), ("e.dat", "PNG"), ("e", "PNG")],
    )
    def test_names_that_say_no_other_format_are_right(self, shop, image, format):
        several = {"save_all": True, "append_images": [picture(10)]} if format == "MPO" else {}
        picture(9).save(shop.images / image, format, **several)
        shop.add("e", image=image)
        assert shop.audit().findings == ()

    def test_the_limits_themselves_are_good(self, shop):
        for id, size in (("e", (64, 96)), ("f", (64, 128)), ("g", (90, 100))):
            shop.add(id, data=jpeg(picture(ord(id), size)))
        assert shop.audit().findings == ()


class TestGenres:
    @pytest.mark.parametrize(
        ("few", "many", "misspelt"),
        [
            ("Dramma", "Drama", True),
            ("Darma", "Drama", True),
            ("Thriler", "Thriller", True),
            ("Sci.Fi", "Sci-Fi", True),
            ("Musical", "Music", False),
            ("War", "Western", False),
            ("Romance", "Bromance", False),
            ("Анимэ", "Аниме", True),
        ],
    )
    def test_what_is_taken_for_misspelt(self, few, many, misspelt):
        posters = [Poster("x", "x", (few,)), *(Poster(str(row), "y", (many,)) for row in range(5))]
        catalogue = Catalogue(tuple(posters), (few, many), None)
        found = [finding.kind for finding in genre_findings(catalogue, 1)]
        assert found == (["misspelt-genre"] if misspelt else [])
        # Four posters are not so many more than one.
        assert list(genre_findings(catalogue.take(range(5)), 1)) == []

    def test_no_genre_of_imdb_is_misspelt(self):
        rows = [(name, number) for number, name in enumerate(IMDB_GENRES) for _ in range(1 + 10 * number)]
        for names in (IMDB_GENRES, IMDB_GENRES[::-1]):
            posters = tuple(Poster(str(row), "x", (names[number],)) for row, (_, number) in enumerate(rows))
            assert list(genre_findings(Catalogue(posters, IMDB_GENRES, None), 1)) == []

    def test_posters_that_a_rare_genre_would_take_along_are_counted(self):
        posters = (
            Poster("1", "x", ("Drama",)),
            Poster("2", "x", ("Drama", "War")),
            Poster("3", "x", ("News", "War")),
            Poster("4", "x", ("Drama",)),
        )
        catalogue = Catalogue(posters, ("Drama", "News", "War"), None)
        assert {finding.genres: finding.message for finding in genre_findings(catalogue, 3)} == {
            ("News",): "News has 1 poster, fewer than 3; 1 of them has no common genre, and would be left out",
            ("War",): "War has 2 posters, fewer than 3; 1 of them has no common genre, and would be left out",
        }


class TestRows:
    def test_every_cause_is_said(self):
        """Each cause that reading counts by becomes a finding, but for unused images, which are looked for on disk."""
        said = set()
        for cause in Cause:
            loss = Loss("row", "why", 1, (), cause, (Lost("that", id="7", genre="X"),))
            found = list(row_findings(Catalogue((), (), None, losses=(loss,))))
            said |= {cause for finding in found if finding.message == "that: why" and finding.ids == ("7",)}
        assert set(Cause) - said == {Cause.UNNAMED_IMAGE}

    def test_every_item_of_a_loss_is_a_finding(self, shop):
        for number in range(50):
            shop.add(f"e{number}")
        found = shop.audit().findings
        assert kinds(shop.audit()) == ["missing-image"] * 50
        assert {finding.ids for finding in found} == {(f"e{number}",) for number in range(50)}

    def test_images_of_rows_that_were_left_out_are_not_unused(self, shop):
        shop.add("e", genres="N/A", data=jpeg(picture(9)))
        assert kinds(shop.audit()) == ["no-genre", "not-a-genre"]


class TestSplit:
    def test_sides_of_the_table_are_looked_at_unless_others_are_given(self, shop):
        for row, side in zip(shop.rows, ["train", "train", "val", "test"], strict=True):
            row["side"] = side
        shop.add("e", image="a.jpg", genres="Comedy", side="test")
        assert kinds(shop.audit()) == ["leaked-picture", "identical-posters"]
        assert kinds(shop.audit(sides=dict.fromkeys("abcde", "train"))) == ["identical-posters"]

    def test_without_a_split_nothing_is_said_of_it(self, shop):
        audit = shop.audit()
        assert (audit.split, audit.findings) == (False, ())

    def test_posters_on_one_side_do_not_leak(self, shop):
        shop.add("e", image="a.jpg", genres="Comedy", title="Heat", year="1995", group="1")
        shop.add("f", data=jpeg(picture(9)), title="Heat", year="1995", group="1")
        assert kinds(shop.audit(sides=dict.fromkeys("abcdef", "test"))) == ["identical-posters"]


@pytest.mark.parametrize("min_posters", [0, -1])
def test_min_posters_below_1_is_refused(shop, min_posters):
    with pytest.raises(ConfigError, match="min_posters"):
        shop.audit(min_posters=min_posters)


def test_the_worst_comes_first(shop):
    shop.put("spare.png", b"")
    shop.add("e")
    shop.add("a", genres="Comedy")
    shop.add("f", genres="Drama", data=jpeg(Image.new("RGB", (80, 120))))
    shop.add("e0")
    found = shop.audit()
    assert [(finding.severity, finding.kind, finding.ids) for finding in found.findings] == [
        ("error", "missing-image", ("e",)),
        ("error", "missing-image", ("e0",)),
        ("warning", "blank-image", ("f",)),
        ("note", "repeated-row", ("a",)),
        ("note", "unused-image", ()),
    ]
    assert found.counts() == {"error": 2, "warning": 1, "note": 2}


@given(st.lists(st.sampled_from(SEVERITIES)))
def test_has_asks_for_a_severity_or_worse(severities):
    found = Audit("t", "i", 1, 1, False, tuple(Finding("k", severity, (), (), (), "", "") for severity in severities))
    assert found.has("note") == bool(severities)
    assert found.has("warning") == bool({"error", "warning"} & set(severities))
    assert found.has("error") == ("error" in severities)


def test_plain_data_hold_all_of_it(shop):
    shop.add("e")
    found = shop.audit()
    data = found.to_dict()
    assert data["counts"] == {"error": 1, "warning": 0, "note": 0}
    assert (data["table"], data["posters"], data["genres"]) == (str(shop.folder / "posters.csv"), 4, 2)
    (finding,) = data["findings"]
    assert finding == {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(found.findings[0]).items()}
    assert finding["ids"] == ["e"]


@pytest.fixture(scope="module")
def catalogue(shared):
    return read_catalogue(shared / "imdb-posters" / "posters.csv", min_posters=1, report=False)


class TestRealPosters:
    def test_what_its_table_has_wrong(self, catalogue):
        found = [*row_findings(catalogue), *genre_findings(catalogue, 20)]
        repeated = [finding.ids for finding in found if finding.kind == "repeated-row"]
        assert len(set(repeated)) == 10
        assert ("tt0119654",) in repeated
        assert {finding.message for finding in found if finding.kind not in ("repeated-row", "no-genre")} == {
            "N/A on 8 rows: not the name of a genre",
            "News has 17 posters, fewer than 20",
            "Reality-TV has 2 posters, fewer than 20; 1 of them has no common genre, and would be left out",
        }
        assert sum(finding.kind == "no-genre" for finding in found) == 7

    def test_its_known_pictures(self, catalogue, tmp_path):
        """One pair has the same bytes and other genres, one looks alike, and one poster is a film still."""
        known = ["tt0402577", "tt0420286", "tt0087197", "tt1228987", "tt0085935"]
        some = catalogue.among([*known, *catalogue.ids[::200]])
        found = audit(some, cache=tmp_path, min_posters=1, threads=1).findings
        assert [(finding.kind, finding.ids) for finding in found if finding.kind != "unused-image"] == [
            ("identical-conflict", ("tt0402577", "tt0420286")),
            ("near-conflict", ("tt0087197", "tt1228987")),
            ("odd-shape", ("tt0085935",)),
        ]
        assert len(found) == 3 + 5762 - len(some)
