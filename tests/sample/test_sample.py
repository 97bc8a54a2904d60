"""The sample catalogue: the same bytes from the same seed, a table that can be trusted, and a task that is fair."""

import csv
import doctest
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from posters_sample import GENRES, contact_sheet, draw_sample
from posters_sample import catalogue as catalogue
from posters_sample.canvas import Canvas
from posters_sample.draw import draw_poster
from posters_sample.finishes import FINISHES
from posters_sample.genres import LOOKS, MIXTURES
from posters_sample.layouts import LAYOUTS, Box
from posters_sample.lettering import BACKINGS, LETTERINGS
from posters_sample.palettes import contrast, make_palette, palette_names
from posters_sample.plan import Plan, make_plan
from posters_sample.scenes import SCENES
from posters_sample.smallprint import LEGIBLE, ground_of, readable
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import average_precision_score

from posters.errors import ConfigError

pytestmark = pytest.mark.slow


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def bytes_of(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 posters: as many as the time of a test allows."""
    directory = tmp_path_factory.mktemp("sample")
    draw_sample(directory, count=100, seed=3)
    return directory


def test_the_same_seed_draws_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw_sample(tmp_path / name, count=6, seed=11)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_a_poster_does_not_depend_on_the_count(sample: Path, tmp_path: Path) -> None:
    table = draw_sample(tmp_path / "few", count=5, seed=3)
    assert rows_of(table) == rows_of(sample / "posters.csv")[:5]
    for image in (tmp_path / "few" / "images").iterdir():
        assert image.read_bytes() == (sample / "images" / image.name).read_bytes()


def test_another_seed_draws_other_posters(sample: Path, tmp_path: Path) -> None:
    table = draw_sample(tmp_path / "other", count=5, seed=4)
    assert rows_of(table) != rows_of(sample / "posters.csv")[:5]
    for image in (tmp_path / "other" / "images").iterdir():
        assert image.read_bytes() != (sample / "images" / image.name).read_bytes()


def test_every_poster_is_an_upright_rgb_jpeg(sample: Path) -> None:
    for row in rows_of(sample / "posters.csv"):
        with Image.open(sample / "images" / row["image"]) as poster:
            poster.load()
            assert (poster.format, poster.mode, poster.size) == ("JPEG", "RGB", (300, 450))


def test_the_table_has_what_it_promises(sample: Path) -> None:
    rows = rows_of(sample / "posters.csv")
    assert list(rows[0]) == ["id", "image", "genres", "title", "year"]
    assert len({row["id"] for row in rows}) == len({row["image"] for row in rows}) == 100
    for row in rows:
        genres = row["genres"].split("|")
        assert 1 <= len(genres) <= 3
        assert len(set(genres)) == len(genres)
        assert set(genres) <= set(GENRES)
        assert row["title"].strip() == row["title"] != ""
        assert 1950 <= int(row["year"]) <= 2025


def test_a_few_genres_are_common_many_are_rare_and_some_come_together() -> None:
    listed = [make_plan(np.random.default_rng([0, index])).genres for index in range(1, 601)]
    counts = Counter(name for genres in listed for name in genres)
    assert set(counts) == set(GENRES)
    assert 0.28 <= max(counts.values()) / 600 <= 0.42
    assert 20 <= min(counts.values()) <= 0.08 * 600
    pairs = Counter((a, b) for genres in listed for a in genres for b in genres if a < b)
    expected = counts["Comedy"] * counts["Romance"] / 600
    assert pairs["Comedy", "Romance"] > 1.3 * expected
    assert pairs["Horror", "Mystery"] > 2 * pairs["Horror", "Romance"]


def macro_average_precision(directory: Path) -> tuple[float, float]:
    """Out-of-bag macro average precision of a forest on 24x16 thumbnails, and the macro prevalence, which is chance."""
    rows = rows_of(directory / "posters.csv")
    paths = [directory / "images" / row["image"] for row in rows]
    pixels = np.stack([np.asarray(Image.open(path).resize((16, 24), Image.Resampling.BOX)).ravel() for path in paths])
    labels = np.array([[name in row["genres"].split("|") for name in GENRES] for row in rows])
    labels = labels[:, labels.sum(axis=0) >= 10]
    forest = ExtraTreesClassifier(150, min_samples_leaf=2, bootstrap=True, oob_score=True, random_state=0)
    y_score = forest.fit(pixels, labels).oob_decision_function_[:, 1, :]
    return float(average_precision_score(labels, y_score, average="macro")), float(labels.mean())


def test_genres_can_be_learned_from_pixels_but_not_perfectly(sample: Path) -> None:
    reached, chance = macro_average_precision(sample)
    assert 1.6 * chance < reached < 0.9


def test_an_interrupted_run_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(plan: Plan, rng: np.random.Generator) -> Image.Image:
        if len(drawn) == 3:
            raise KeyboardInterrupt
        drawn.append(plan)
        return draw_poster(plan, rng)

    drawn: list[Plan] = []
    monkeypatch.setattr(catalogue, "draw_poster", interrupted)
    with pytest.raises(KeyboardInterrupt):
        draw_sample(tmp_path / "killed", count=6, seed=1)
    assert not (tmp_path / "killed" / "posters.csv").exists()
    assert not (tmp_path / "killed" / "sample.json").exists()
    with pytest.raises(ConfigError, match="another sample"):
        draw_sample(tmp_path / "killed", count=6, seed=2)

    monkeypatch.undo()
    first = tmp_path / "killed" / "images" / "sample-0001.jpg"
    written = first.stat().st_mtime_ns
    draw_sample(tmp_path / "killed", count=6, seed=1)
    draw_sample(tmp_path / "whole", count=6, seed=1)
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "whole")
    assert first.stat().st_mtime_ns == written


def test_a_sample_that_is_there_is_not_drawn_again(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "draw_poster", lambda plan, rng: pytest.fail("drawn again"))
    assert draw_sample(sample, count=100, seed=3) == sample / "posters.csv"


def test_a_lost_image_is_drawn_again(tmp_path: Path) -> None:
    draw_sample(tmp_path, count=3)
    before = bytes_of(tmp_path)
    (tmp_path / "images" / "sample-0002.jpg").unlink()
    draw_sample(tmp_path, count=3)
    assert bytes_of(tmp_path) == before


@pytest.mark.parametrize(("count", "seed", "named"), [(0, 0, "count"), (-5, 0, "count"), (5, -1, "seed")])
def test_values_out_of_range_are_refused(tmp_path: Path, count: int, seed: int, named: str) -> None:
    with pytest.raises(ConfigError, match=f"{named} must be at least"):
        draw_sample(tmp_path / "new", count=count, seed=seed)
    assert not (tmp_path / "new").exists()


def test_files_that_are_no_sample_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ConfigError, match="not a sample"):
        draw_sample(tmp_path, count=3)
    with pytest.raises(ConfigError, match="is a file"):
        draw_sample(tmp_path / "thesis.txt", count=3)
    assert bytes_of(tmp_path) == {"thesis.txt": b"precious"}


@pytest.mark.parametrize(("count", "seed"), [(100, 4), (101, 3)])
def test_another_sample_is_left_alone(sample: Path, count: int, seed: int) -> None:
    before = bytes_of(sample)
    with pytest.raises(ConfigError, match=r"another sample .*delete it or give another directory"):
        draw_sample(sample, count=count, seed=seed)
    assert bytes_of(sample) == before


def test_every_name_in_the_looks_is_in_its_table() -> None:
    for look in LOOKS.values():
        assert set(look.palettes) <= set(palette_names())
        assert set(look.scenes) <= set(SCENES)
        assert set(look.letterings) <= set(LETTERINGS)
        assert set(look.layouts) <= set(LAYOUTS)
        assert set(look.finishes) <= set(FINISHES)
        assert set(look.alike) <= set(GENRES)
    assert {name for _, names in MIXTURES for name in names.split()} == set(GENRES)
    assert {lettering.backing for lettering in LETTERINGS.values()} <= set(BACKINGS)


def test_nothing_in_the_tables_is_unused() -> None:
    looks = LOOKS.values()
    assert {name for look in looks for name in look.palettes} == set(palette_names())
    assert {name for look in looks for name in look.scenes} | {"plain"} == set(SCENES)
    assert {name for look in looks for name in look.letterings} == set(LETTERINGS)
    assert {name for look in looks for name in look.layouts} == set(LAYOUTS)
    assert {name for look in looks for name in look.finishes} == set(FINISHES)


@pytest.mark.parametrize("name", palette_names())
def test_letters_stand_out_from_every_palette(name: str) -> None:
    canvas, box = Canvas(make_palette(name, np.random.default_rng(0)), np.random.default_rng(0)), Box(50, 400, 550, 460)
    colour = readable(canvas, box, (canvas.palette.accent, canvas.palette.glow))
    assert contrast(colour, ground_of(canvas, box)) >= LEGIBLE


@pytest.mark.parametrize("name", SCENES)
def test_every_scene_draws_something(name: str) -> None:
    palette = make_palette("ember", np.random.default_rng(0))
    blank, drawn = (Canvas(palette, np.random.default_rng(0)) for _ in range(2))
    SCENES[name](drawn)
    assert drawn.image.tobytes() != blank.image.tobytes()


def test_a_contact_sheet_holds_as_many_posters_as_asked(sample: Path) -> None:
    sheet = contact_sheet(sample, columns=3, rows=2, width=100)
    assert (sheet.mode, sheet.size) == ("RGB", (3 * 108 + 8, 2 * 158 + 8))
    assert contact_sheet(sorted((sample / "images").iterdir()), 3, 2, 100).tobytes() == sheet.tobytes()


def test_drawing_needs_no_heavy_library() -> None:
    heavy = {"tensorflow", "pandas", "sklearn", "matplotlib"}
    code = f"import sys, posters_sample; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_examples_in_docstrings_are_true() -> None:
    results = doctest.testmod(catalogue)
    assert results.failed == 0
    assert results.attempted > 3
