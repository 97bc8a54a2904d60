"""Where on a poster a genre comes from: maps, boxes, pictures, and `posters predict --explain`."""

import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

import posters
from posters.classifier.explanation import explain_map
from posters.classifier.heatmap import draw_heatmap
from posters.cli import main
from posters.config import PreprocessConfig
from posters.errors import ClassifierError, ConfigError
from posters.images.decoding import to_rgb

UPRIGHT = PreprocessConfig(height=96, width=64)


def peak(row, column, height=6, width=4):
    """A map that speaks for one place, and a little against all others."""
    values = np.full((height, width), -0.1, np.float32)
    values[row, column] = 1.0
    return values


@pytest.fixture(scope="module")
def shipped():
    return posters.load_classifier()


@pytest.mark.parametrize(("row", "column"), [(0, 0), (2, 1), (5, 3)])
def test_the_box_is_around_the_place_that_speaks_for_the_genre(row, column):
    found = explain_map("Horror", 0.5, peak(row, column), (400, 600), UPRIGHT)
    left, top, right, bottom = found.box
    assert left <= (column + 0.5) * 100 <= right
    assert top <= (row + 0.5) * 100 <= bottom
    assert right - left <= 200
    assert bottom - top <= 200
    assert 0 <= left < right <= 400
    assert 0 <= top < bottom <= 600


def test_of_two_places_apart_the_stronger_one_has_the_box():
    values = peak(0, 0)
    values[5, 3] = 0.9
    left, top, right, bottom = explain_map("Horror", 0.5, values, (400, 600), UPRIGHT).box
    assert (left, top) == (0, 0)
    assert right < 300
    assert bottom < 500


def test_where_nothing_speaks_for_it_there_is_no_box():
    assert explain_map("Horror", 0.5, np.full((6, 4), -1, np.float32), (400, 600), UPRIGHT).box is None


@pytest.mark.parametrize(("aspect", "inside"), [("crop", (0, 100, 400, 700)), ("pad", (-67, 0, 467, 800))])
def test_the_map_covers_what_the_network_saw(aspect, inside):
    preprocess = PreprocessConfig(height=96, width=64, aspect=aspect)
    frame = explain_map("Horror", 0.5, peak(2, 1), (400, 800), preprocess).frame
    np.testing.assert_allclose(frame, inside, atol=0.7)


def test_heat_is_laid_where_the_map_is_strong_and_nowhere_else():
    poster = Image.new("RGB", (400, 600), (90, 120, 150))
    drawn = np.asarray(draw_heatmap(poster, explain_map("Horror", 0.5, peak(1, 1), poster.size, UPRIGHT)), int)
    plain = np.asarray(draw_heatmap(poster, explain_map("Horror", 0.5, -peak(1, 1) * 0 - 1, poster.size, UPRIGHT)), int)
    changed = np.abs(drawn - plain).sum(axis=2)
    assert changed[150, 150] > 100
    assert changed[500, 350] == 0
    assert drawn.shape == (600, 400, 3)


def test_the_shipped_classifier_explains_any_genre(shipped, golden):
    poster = Image.open(golden / "posters" / "night.png").convert("RGB").resize((256, 384))
    genre = shipped.predict(poster, top=1).genres[0]
    found = shipped.explain(poster, genre)
    assert found.size == (256, 384)
    assert found.map.shape == (9, 6)
    assert found.probability == shipped.predict(poster).probabilities[genre]


def test_a_classifier_without_maps_says_so(golden):
    classifier = posters.load_classifier(golden / "classifier")
    with pytest.raises(ClassifierError, match="train it again"):
        classifier.explain(golden / "posters" / "night.png", "Drama")


def test_a_genre_that_it_does_not_know_is_refused(shipped, golden):
    with pytest.raises(ConfigError, match="no genre 'Noir'"):
        shipped.explain(golden / "posters" / "night.png", "Noir")


def test_the_command_draws_what_it_says(golden, tmp_path, capsys):
    paths = [golden / "posters" / name for name in ("dusk.png", "night.png")]
    other = tmp_path / "other" / "dusk.png"  # The same name in another folder must not share a picture.
    other.parent.mkdir()
    other.write_bytes(paths[1].read_bytes())
    arguments = [*map(str, paths), str(other), "--top", "2", "--format", "jsonl", "--explain", str(tmp_path / "why")]
    assert main(["predict", *arguments]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    pictures = [explained["picture"] for row in rows for explained in row["explanations"]]
    assert len(set(pictures)) == 6
    assert sorted(map(str, (tmp_path / "why").iterdir())) == sorted(pictures)
    for row in rows:
        assert [e["genre"] for e in row["explanations"]] == [said["genre"] for said in row["genres"]]
    with Image.open(pictures[0]) as explained, Image.open(paths[0]) as poster:
        assert explained.size == poster.size


def test_a_poster_of_the_web_is_fetched_once(golden, tmp_path, monkeypatch, capsys):
    """For its prediction and for the pictures of three genres."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    monkeypatch.chdir(golden / "posters")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        urls = [f"http://127.0.0.1:{server.server_port}/{name}.png" for name in ("dusk", "night")]
        assert main(["predict", *urls, "--top", "3", "--explain", str(tmp_path / "why")]) == 0
        server.shutdown()
    assert sorted(asked) == ["/dusk.png", "/night.png"]
    assert len(list((tmp_path / "why").iterdir())) == 6


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_format_without_room_for_pictures_is_refused(golden, tmp_path, capsys, form):
    poster = str(golden / "posters" / "dusk.png")
    assert main(["predict", poster, "--format", form, "--explain", str(tmp_path / "why")]) == 2
    assert "no place for the pictures" in capsys.readouterr().err
    assert not (tmp_path / "why").exists()


def test_a_poster_that_can_not_be_read_has_no_picture(tmp_path, golden, capsys):
    arguments = [str(tmp_path / "missing.jpg"), str(golden / "posters" / "dusk.png"), "--top", "1"]
    assert main(["predict", *arguments, "--explain", str(tmp_path / "why")]) == 1
    assert len(list((tmp_path / "why").iterdir())) == 1


def test_an_explained_poster_needs_its_file_no_more(shipped, golden, tmp_path):
    path = tmp_path / "night.png"
    path.write_bytes((golden / "posters/night.png").read_bytes())
    (prediction,) = shipped.explain_many([path], top=1)
    path.unlink()
    assert to_rgb(prediction.source).size == prediction.explanations[0].size
    assert prediction == shipped.predict(golden / "posters/night.png", top=1)
