"""How findings are grouped, ordered and counted."""

import shlex
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from posters.audit import CHECKS, KINDS, SEVERITIES, Audit, AuditContext, Finding, audit, register_check, register_kind
from posters.audit.duplicates import duplicate_findings, film_findings
from posters.audit.inspection import Inspection
from posters.audit.labels import genre_findings, is_one_slip, row_findings, universal_findings
from posters.catalogue import Catalogue, Poster, Problem, read_catalogue
from posters.catalogue.genre_names import IMDB_GENRES
from posters.catalogue.problems import Cause, Occurrence
from posters.cli.options import parse_pairs
from posters.errors import ConfigError
from posters.images.look_codes import CODE_SIZE
from posters.report.audit import audit_summary
from posters.tasks.export_posters import sample_posters
from tests.audit.conftest import jpeg, picture
from tests.images.copies import COPIES, as_jpeg


def context_of(catalogue, inspections=(), min_posters=1):
    return AuditContext(catalogue, dict(inspections), {}, min_posters)


@cache
def distance(word, other):
    """Letters added, removed, changed or swapped with their neighbour (optimal string alignment)."""
    if not word or not other:
        return len(word) + len(other)
    ways = [
        distance(word[1:], other) + 1,
        distance(word, other[1:]) + 1,
        distance(word[1:], other[1:]) + (word[0] != other[0]),
    ]
    if len(word) > 1 and len(other) > 1 and word[:2] == other[1::-1]:
        ways.append(distance(word[2:], other[2:]) + 1)
    return min(ways)


def kinds(audit):
    return [finding.kind for finding in audit.findings]


class TestDuplicates:
    def test_a_group_is_one_finding_however_large(self, shop):
        for number in range(6):
            shop.add(f"e{number}", data=jpeg(picture(9)))
        (finding,) = shop.audit().findings
        assert finding.ids == tuple(f"e{number}" for number in range(6))
        assert finding.message == ("e0 (Drama), e1 (Drama), e2 (Drama), e3 (Drama) and 2 more have the same bytes")

    @pytest.mark.parametrize("kind", COPIES)
    def test_copies_that_hashes_miss_are_found_by_looking(self, shop, kind):
        drawn, other = sample_posters().sources[:2]
        shop.add("e", data=drawn.read_bytes(), split="train")
        shop.add("f", data=as_jpeg(COPIES[kind](Image.open(drawn))), genres="Comedy", split="test")
        shop.add("g", data=other.read_bytes(), split="test")
        found = {finding.kind: finding for finding in shop.audit(look=True).findings if finding.kind != "no-split"}
        assert {kind: finding.ids for kind, finding in found.items()} == dict.fromkeys(
            ("near-conflict", "leaked-lookalike"), ("e", "f")
        )
        assert found["near-conflict"].message.startswith("e (Drama) and f (Comedy) look alike (")
        if kind == "mirrored":
            assert found["near-conflict"].message.endswith("(to the network, though not by their hashes)")
            assert set(kinds(shop.audit())) == {"no-split"}

    def test_codes_and_hashes_join_in_one_chain(self):
        one, other = np.random.default_rng(0).integers(-127, 128, (2, CODE_SIZE), dtype=np.int8)
        posters = tuple(Poster(id, f"{id}.png", ("Drama",)) for id in "abcd")
        hashes = dict(zip("abcd", (0, 1, 2**40 - 1, 2**50 - 1), strict=True))
        images = {f"{id}.png": Inspection(f"{id}.png", 9, 9, id, spread=50.0, hash=hashes[id]) for id in "abcd"}
        codes = dict(zip(images, (one, other, other // 2, np.zeros_like(one)), strict=True))
        catalogue = Catalogue(posters, ("Drama",), Path())
        context = AuditContext(catalogue, images, {}, 1, codes)
        assert [[poster.id for poster in group] for group in context.alike(posters)] == [["a", "b", "c"]]
        assert [[poster.id for poster in group] for group in context_of(catalogue, images).alike(posters)] == [
            ["a", "b"]
        ]

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
        splits = {poster.id: "train" for poster in shop.catalogue()} | {"e1": "test"}
        assert set(kinds(shop.audit(splits=splits))) == {"blank-image"}

    def test_chains_of_looks_are_one_group(self):
        posters = tuple(Poster(id, id, ("Drama",)) for id in "abcd")
        catalogue = Catalogue(posters, ("Drama",), Path())
        hashes = {"a": 0, "b": 2**8 - 1, "c": 2**16 - 1, "d": 2**64 - 1}
        seen = {id: Inspection(id, 1, 1, sha256=id, width=2, height=3, spread=50.0, hash=h) for id, h in hashes.items()}
        (finding,) = duplicate_findings(context_of(catalogue, seen))
        assert (finding.kind, finding.ids) == ("near-duplicates", ("a", "b", "c"))
        assert finding.message == "a (Drama), b (Drama) and c (Drama) look alike"


class TestNames:
    @pytest.mark.parametrize(
        ("image", "file_format"),
        [("e.jpg", "JPEG"), ("e.jpeg", "JPEG"), ("e.JPG", "JPEG"), ("e.jpg", "MPO"), ("e.dat", "PNG"), ("e", "PNG")],
    )
    def test_extensions_that_name_no_other_format_are_right(self, shop, image, file_format):
        several = {"save_all": True, "append_images": [picture(10)]} if file_format == "MPO" else {}
        picture(9).save(shop.images / image, file_format, **several)
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
            ("Спорд", "Спорт", True),
            ("Анимэ", "Аниме", True),
            ("1980s", "1990s", False),
            ("Car", "Bar", False),
        ],
    )
    def test_which_genres_count_as_misspelt(self, few, many, misspelt):
        posters = [Poster("x", "x", (few,)), *(Poster(str(row), "y", (many,)) for row in range(5))]
        catalogue = Catalogue(tuple(posters), (few, many), Path())
        found = [finding.kind for finding in genre_findings(context_of(catalogue))]
        assert found == (["misspelt-genre"] if misspelt else [])

    def test_a_genre_of_the_table_must_be_much_commoner(self):
        """Four posters are not so many more than one."""
        posters = [Poster("x", "x", ("Анимэ",)), *(Poster(str(row), "y", ("Аниме",)) for row in range(4))]
        assert list(genre_findings(context_of(Catalogue(tuple(posters), ("Аниме", "Анимэ"), Path())))) == []

    @pytest.mark.parametrize(
        ("name", "right"),
        [
            ("Dramma", "Drama"),
            ("Dram", "Drama"),
            ("Drema", "Drama"),
            ("Darma", "Drama"),
            ("Horrror", "Horror"),
            ("thirller", "Thriller"),
            ("Film-Nior", "Film-Noir"),
            ("Sience Fiction", "Sci-Fi"),
            ("Musik", "Music"),
            ("Darmma", None),
            ("Wax", None),
            ("Spy", None),
            ("Drama2", None),
            ("TV Movie", None),
        ],
    )
    def test_a_genre_one_letter_from_one_of_imdb_is_misspelt_whatever_the_counts(self, name, right):
        posters = tuple(Poster(str(row), "x", (name,)) for row in range(30))
        found = list(genre_findings(context_of(Catalogue(posters, (name,), Path()))))
        assert [finding.genres for finding in found] == ([tuple(sorted((name, right)))] if right else [])
        assert all(f"{name} (30 posters) is written almost like {right}, a genre" in each.message for each in found)

    def test_the_option_that_merges_a_misspelt_genre_works_as_it_is_printed(self, shop):
        shop.add("e", genres="Sience Fiction", data=jpeg(picture(9)))
        (finding,) = shop.audit().findings
        words = shlex.split(finding.message.partition(": ")[2])
        assert words == ["--alias", "Sience Fiction=Sci-Fi", "merges", "them"]
        assert kinds(shop.audit(read={"aliases": parse_pairs(words[1:2], "--alias", "OTHER=GENRE")})) == [
            "aliased-genre"
        ]

    @given(st.sampled_from([name for name in IMDB_GENRES if len(name) > 4]), st.data())
    def test_one_slip_is_found_wherever_it_is(self, name, data):
        """Checked against the edit distance with swaps, by its definition."""
        letters = name.lower().replace("-", "")
        place = data.draw(st.integers(0, len(letters) - 2))
        letter = data.draw(st.sampled_from("abcxyzé"))
        head, tail = letters[:place], letters[place:]
        slips = (head + letter + tail, head + tail[1:], head + letter + tail[1:], head + tail[1] + tail[0] + tail[2:])
        for slip in slips:
            assert is_one_slip(slip, letters) == is_one_slip(letters, slip) == (distance(slip, letters) == 1)

    @given(st.text("ab", min_size=4, max_size=7), st.text("ab", min_size=4, max_size=7))
    def test_a_slip_is_an_edit_distance_of_1(self, word, other):
        assert is_one_slip(word, other) == (distance(word, other) == 1)

    def test_no_genre_of_imdb_is_misspelt(self):
        rows = [(name, number) for number, name in enumerate(IMDB_GENRES) for _ in range(1 + 10 * number)]
        for names in (IMDB_GENRES, IMDB_GENRES[::-1]):
            posters = tuple(Poster(str(row), "x", (names[number],)) for row, (_, number) in enumerate(rows))
            assert list(genre_findings(context_of(Catalogue(posters, IMDB_GENRES, Path())))) == []

    def test_posters_that_would_be_dropped_with_a_rare_genre_are_counted(self):
        posters = (
            Poster("1", "x", ("Drama",)),
            Poster("2", "x", ("Drama", "War")),
            Poster("3", "x", ("News", "War")),
            Poster("4", "x", ("Drama",)),
        )
        catalogue = Catalogue(posters, ("Drama", "News", "War"), Path())
        assert {
            finding.genres: finding.message for finding in genre_findings(context_of(catalogue, min_posters=3))
        } == {
            ("News",): "News has 1 poster, fewer than 3; 1 of them has no common genre, and would be dropped",
            ("War",): "War has 2 posters, fewer than 3; 1 of them has no common genre, and would be dropped",
        }

    @pytest.mark.parametrize(
        ("genres", "min_posters", "found"),
        [
            (["Drama", "Drama|War", "Drama"], 1, {"Drama": "all 3 posters have the genre Drama"}),
            (["Drama", "Drama|War", "War"], 1, {}),
            (
                ["Drama", "Drama|War", "War"],
                2,
                {},
            ),
            (
                ["Drama", "Drama|War", "News"],
                2,
                {"Drama": "all 2 posters that are left without rare genres have the genre Drama"},
            ),
            (["Drama|War"] * 2, 1, dict.fromkeys(("Drama", "War"), "all 2 posters have the genre ")),
            (["Drama"], 1, {}),
            (["Drama", "War"], 20, {}),
        ],
    )
    def test_genres_that_no_poster_lacks(self, genres, min_posters, found):
        posters = tuple(Poster(str(row), "x", tuple(cell.split("|"))) for row, cell in enumerate(genres))
        names = tuple(sorted({name for poster in posters for name in poster.genres}))
        context = context_of(Catalogue(posters, names, Path()), min_posters=min_posters)
        messages = {finding.genres[0]: finding.message for finding in universal_findings(context)}
        assert messages.keys() == found.keys()
        assert all(messages[name].startswith(found[name]) for name in found)

    def test_a_genre_that_is_unknown_is_lacked_by_nobody(self):
        posters = (
            Poster("1", "x", ("Drama", "War")),
            Poster("2", "x", ("Drama", "War")),
            Poster("3", "x", ("Drama",), unknown=("War",)),
            Poster("4", "x", ("War",)),
        )
        found = universal_findings(context_of(Catalogue(posters, ("Drama", "War"), Path())))
        assert [finding.message for finding in found] == ["all 3 posters of which it is known have the genre War"]


class TestFilms:
    def films(self, *rows):
        """What is found for rows of title, year, genre and group, each of a picture of its own."""
        posters = tuple(
            Poster(str(row), str(row), (genre,), title=title, year=year, group=group)
            for row, (title, year, genre, group) in enumerate(rows)
        )
        catalogue = Catalogue(posters, tuple(sorted({genre for _, _, genre, _ in rows})), Path())
        seen = {id: Inspection(id, 1, 1, sha256=id, spread=50.0, hash=0x1F << 9 * int(id)) for id in catalogue.ids}
        return [(finding.kind, finding.ids) for finding in film_findings(context_of(catalogue, seen))]

    def test_remakes_are_no_findings(self):
        assert self.films(("Heat", 1986, "Drama", None), ("Heat", 1995, "Crime", None)) == []

    def test_a_title_without_a_year_names_no_film(self):
        assert self.films(("Heat", None, "Drama", None), ("Heat", None, "Crime", None)) == []

    def test_one_film_is_one_finding_however_many_posters(self):
        rows = [("Heat", 1995, "Drama", None)] * 3 + [("Heat", 1995, "Crime", None), ("Alien", 1979, "Horror", None)]
        assert self.films(*rows) == [("same-film-conflict", ("0", "1", "2", "3"))]

    def test_posters_that_the_table_groups_may_share_a_film_but_not_differ(self):
        assert self.films(*[("Heat", 1995, "Drama", "949")] * 2) == []
        assert self.films(("Heat", 1995, "Drama", "949"), ("Heat", 1995, "Drama", "950")) != []
        assert self.films(("Heat", 1995, "Drama", "949"), ("Heat", 1995, "Crime", "949")) == [
            ("same-film-conflict", ("0", "1"))
        ]

    def test_an_unknown_genre_contradicts_nothing(self):
        heat = {"title": "Heat", "year": 1995}
        posters = (
            Poster("0", "0", ("Crime", "Drama"), **heat),
            Poster("1", "1", ("Drama",), unknown=("Crime",), **heat),
            Poster("2", "2", ("Drama",), **heat),
        )
        seen = {id: Inspection(id, 1, 1, sha256=id, spread=50.0, hash=0x1F << 9 * int(id)) for id in "012"}
        catalogue = Catalogue(posters, ("Crime", "Drama"), Path())
        (conflict,) = film_findings(context_of(catalogue, seen))
        (agreement,) = film_findings(context_of(catalogue.take([0, 1]), seen))
        assert (conflict.kind, agreement.kind) == ("same-film-conflict", "same-film-posters")
        assert agreement.message.startswith("0 (Crime, Drama) and 1 (Drama (unknown: Crime)) have the same title")

    def test_equal_bytes_of_one_film_are_reported_once(self, shop):
        shop.add("e", data=jpeg(picture(9)), title="Heat", year="1995")
        shop.add("f", data=jpeg(picture(9)), title="Heat", year="1995", genres="Comedy")
        assert kinds(shop.audit()) == ["identical-conflict"]
        shop.add("g", data=jpeg(picture(10)), title="Heat", year="1995")
        assert kinds(shop.audit()) == ["identical-conflict", "same-film-conflict"]


class TestRows:
    def test_every_cause_becomes_a_finding(self):
        """Except unused images, which another check finds on disk."""
        covered = set()
        for cause in Cause:
            problem = Problem("row", "why", 1, (), cause, (Occurrence("that", id="7", genre="X"),))
            found = list(row_findings(context_of(Catalogue((), (), Path(), problems=(problem,)))))
            covered |= {cause for finding in found if finding.message == "that: why" and finding.ids == ("7",)}
        assert set(Cause) - covered == {Cause.UNNAMED_IMAGE}

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
    def test_splits_of_the_table_are_checked_unless_others_are_given(self, shop):
        for row, split in zip(shop.rows, ["train", "train", "val", "test"], strict=True):
            row["split"] = split
        shop.add("e", image="a.jpg", genres="Comedy", split="test")
        assert kinds(shop.audit()) == ["leaked-picture", "identical-posters"]
        assert kinds(shop.audit(splits=dict.fromkeys("abcde", "train"))) == ["identical-posters"]

    def test_without_splits_none_are_checked(self, shop):
        audit = shop.audit()
        assert (audit.splits, audit.findings) == (False, ())

    def test_posters_in_one_split_do_not_leak(self, shop):
        shop.add("e", image="a.jpg", genres="Comedy", title="Heat", year="1995", group="1")
        shop.add("f", data=jpeg(picture(9)), genres="Comedy", title="Heat", year="1995", group="1")
        assert kinds(shop.audit(splits=dict.fromkeys("abcdef", "test"))) == ["identical-posters"]


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


class TestOwnChecks:
    @pytest.fixture
    def shouting(self):
        """A kind that is removed after the test, with the checks that the test adds."""
        checks = CHECKS.copy()
        kind = register_kind("shouting-title", "warning", "The title is in capitals.", "Write it as the film does.")
        yield kind
        del KINDS[kind.name]
        CHECKS[:] = checks

    def test_a_check_that_is_registered_is_part_of_every_audit(self, shop, shouting):
        @register_check
        def shouting_titles(context):
            for poster in context.catalogue:
                if (poster.title or "").isupper():
                    yield shouting.finding(f"{poster.id}: {poster.title}", ids=(poster.id,), images=(poster.image,))

        register_check(shouting_titles)  # A second time changes nothing.
        shop.rows[0]["title"], shop.rows[1]["title"] = "HEAT", "Heat"
        found = shop.audit()
        (finding,) = found.findings
        assert (finding.kind, finding.severity, finding.ids) == ("shouting-title", "warning", ("a",))
        assert (finding.message, finding.advice) == ("a: HEAT", "Write it as the film does.")
        assert "1 warning: shouting-title. The title is in capitals." in audit_summary(found)

    def test_a_severity_that_does_not_exist_is_refused(self):
        with pytest.raises(ConfigError, match="the severity of x must be one of error, warning, note"):
            register_kind("x", "fatal", "It is bad.", "Run.")


@given(st.lists(st.sampled_from(SEVERITIES)))
def test_has_means_a_severity_or_worse(severities):
    found = Audit("t", "i", 1, 1, False, tuple(Finding("k", severity, (), (), (), "", "") for severity in severities))
    assert found.has("note") == bool(severities)
    assert found.has("warning") == bool({"error", "warning"} & set(severities))
    assert found.has("error") == ("error" in severities)


def test_a_dictionary_has_everything(shop):
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
    def test_problems_of_its_table(self, catalogue):
        context = context_of(catalogue, min_posters=20)
        found = [*row_findings(context), *genre_findings(context)]
        repeated = [finding.ids for finding in found if finding.kind == "repeated-row"]
        assert len(set(repeated)) == 10
        assert ("tt0119654",) in repeated
        assert {finding.message for finding in found if finding.kind not in ("repeated-row", "no-genre")} == {
            "N/A on 8 rows: not the name of a genre",
            "News has 17 posters, fewer than 20",
            "Reality-TV has 2 posters, fewer than 20; 1 of them has no common genre, and would be dropped",
        }
        assert sum(finding.kind == "no-genre" for finding in found) == 7

    def test_its_known_pictures(self, catalogue, tmp_path):
        """One pair has the same bytes, one is alike by hash, three are one cover, and one poster is a film still."""
        cover = ("tt0093658", "tt0095275", "tt0100100")
        known = ["tt0402577", "tt0420286", "tt0087197", "tt1228987", "tt0085935", *cover]
        some = catalogue.among([*known, *catalogue.ids[::200]])
        found = audit(some, cache=tmp_path, min_posters=1, threads=1).findings
        assert [(finding.kind, finding.ids) for finding in found if finding.kind != "unused-image"] == [
            ("identical-conflict", ("tt0402577", "tt0420286")),
            ("near-conflict", ("tt0087197", "tt1228987")),
            ("near-conflict", cover),
            ("odd-shape", ("tt0085935",)),
        ]
        assert len(found) == 4 + 5762 - len(some)
