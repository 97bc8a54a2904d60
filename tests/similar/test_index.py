"""An index of posters: what is nearest, under which name, and what can't be indexed."""

import shutil
from pathlib import Path

import pytest
from sklearn.neighbors import NearestNeighbors

from posters import build_index, load_classifier
from posters.catalogue import Catalogue, Poster
from posters.errors import ArraysError, ClassifierError, ConfigError, ImageError
from tests.similar.conftest import N, files, names


def oracle(classifier, paths, queries, top):
    """Distances and places by scikit-learn, in double precision, of features read one by one."""
    embedded = [classifier.features(path).astype(float) for path in (*paths, *queries)]
    search = NearestNeighbors(n_neighbors=top, metric="cosine", algorithm="brute").fit(embedded[: len(paths)])
    return search.kneighbors(embedded[len(paths) :])


class TestNearest:
    def test_it_finds_what_scikit_learn_finds(self, scans, classifier, golden):
        queries = files(golden / "posters")
        index = build_index(files(scans), classifier)
        distances, places = oracle(classifier, files(scans), queries, 7)
        for query, away, expected in zip(queries, distances, places, strict=True):
            found = index.nearest(query, 7)
            assert names(found) == [f"{place:02}.png" for place in expected]
            assert [near.similarity for near in found] == pytest.approx((1 - away).tolist(), abs=1e-5)
            assert {near.same_picture for near in found} == {False}
            assert [near.path for near in found] == [scans / f"{place:02}.png" for place in expected]

    def test_many_at_once_find_what_each_finds_and_errors_keep_their_place(self, scans, classifier, monkeypatch):
        monkeypatch.setattr("posters.similar.index.QUERIES_AT_ONCE", 8)
        index = build_index(files(scans), classifier)
        queries = [*files(scans)[:20], "none.png", files(scans)[3].read_bytes(), *files(scans)[20:]]
        found = list(index.nearest_many(iter(queries), 3))
        assert [each.poster for each in found] == queries
        assert [bool(each.error) for each in found] == [query == "none.png" for query in queries]
        assert str(found[20].error) == "none.png: there is no such file"
        assert found[20].neighbours == ()
        for each in found[:20] + found[21:]:
            alone = index.nearest(each.poster, 3)
            assert names(each.neighbours) == names(alone)
            assert [a.similarity for a in each.neighbours] == pytest.approx([a.similarity for a in alone], abs=1e-6)

    def test_a_poster_finds_its_copies_but_not_itself(self, scans, classifier):
        shutil.copy("scans/07.png", "scans/copy.png")
        Path("link.png").symlink_to("scans/07.png")
        index = build_index(files(scans), classifier)
        for query in ("scans/07.png", scans / "07.png", "link.png"):
            first, second, *_ = index.nearest(query)
            assert (Path(first.name).name, first.same_picture, first.similarity) == ("copy.png", True, pytest.approx(1))
            assert not second.same_picture
            assert "07.png" not in names(index.nearest(query, 100))
        elsewhere = index.nearest(Path("scans/07.png").read_bytes(), 3)
        assert [near.same_picture for near in elsewhere] == [True, True, False]
        assert names(elsewhere[:2]) == ["07.png", "copy.png"]

    def test_a_small_catalogue_has_few_neighbours(self, scans, classifier):
        index = build_index(files(scans)[:3], classifier)
        assert len(index) == 3
        assert len(index.nearest("scans/09.png")) == 3
        assert len(index.nearest("scans/01.png")) == 2
        assert build_index(["scans/01.png"], classifier).nearest("scans/01.png") == ()

    def test_impossible_queries_are_refused(self, scans, classifier):
        index = build_index(files(scans)[:3], classifier)
        for top in (0, -1, 1.5, True):
            with pytest.raises(ConfigError, match="top must be a whole number from 1 up"):
                index.nearest_many([], top)
        with pytest.raises(ImageError, match=r"none\.png: there is no such file"):
            index.nearest("none.png")


class TestCatalogues:
    def test_names_are_those_of_the_catalogue(self, scans, classifier):
        two = (Poster("seven", "07.png", ("Drama",)), Poster("eight", "08.png", ("Drama",)))
        catalogue = Catalogue(two, ("Drama",), scans)
        assert names(build_index(catalogue, classifier).nearest("scans/07.png")) == ["eight"]
        named = {"a": "scans/07.png", "b": scans / "08.png", "again": "scans/08.png"}
        assert names(build_index(named, classifier).nearest("scans/07.png")) == ["b"]

    def test_unreadable_posters_are_named_and_left_out(self, scans, classifier, messages):
        Path("scans/bad.png").write_text("no image")
        missing = {"gone": "scans/gone.png", "web": "https://example.org/a.png", "row": ImageError("t.csv: row 3: no")}
        for _ in range(2):
            index = build_index({str(path): path for path in files(scans)} | missing, classifier)
            assert len(index) == N
            assert list(index.unreadable) == messages
            assert sorted(line.partition(" (")[0] for line in messages) == [
                f"{scans}/bad.png: this is not an image in a supported format",
                f"{scans}/gone.png: there is no such file",
                "t.csv: row 3: no",
                "web: an index is made of files: save this poster as one",
            ]
            messages.clear()

    def test_a_catalogue_without_posters_is_refused(self, scans, classifier):
        with pytest.raises(ConfigError, match="names no poster"):
            build_index([], classifier)
        with pytest.raises(ArraysError, match=r"none of the 1 posters can be read: .*none\.png"):
            build_index(["none.png"], classifier)

    def test_a_classifier_without_features_is_refused(self, scans, golden):
        with pytest.raises(ClassifierError, match="has no features"):
            build_index(files(scans), load_classifier(golden / "classifier"))


def test_without_usearch_every_poster_is_compared(scans, classifier, monkeypatch, messages):
    monkeypatch.setattr("posters._base.optional_imports.find_spec", lambda name: None)
    assert build_index(files(scans), classifier, exact_up_to=10).exact
    assert messages == [
        "every search compares each of the 50 posters, which is slow: usearch is not installed, and this "
        "needs it: run `pip install 'posters[similar]'`"
    ]


def test_a_folder_a_table_and_a_path_are_taken_as_the_command_takes_them(scans, classifier, golden, tmp_path):
    folder = build_index(scans, classifier)
    assert folder.names == tuple(str(path) for path in files(scans))
    assert build_index(str(scans), classifier).names == folder.names
    table = tmp_path / "shop.csv"
    table.write_text(f"id,image\n7,{files(scans)[0].name}\n8,{files(scans)[1].name}\n")
    shutil.copytree(scans, tmp_path / "images")
    assert build_index(table, classifier).names == ("7", "8")
    assert len(build_index(str(files(scans)[0]), classifier)) == 1
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").touch()
    with pytest.raises(ConfigError, match="the folder holds no images, but 1 file of another kind"):
        build_index(tmp_path / "empty", classifier)
