"""The sample on disk: images, table, and the recipe of how they were drawn; and many posters in one picture."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

from posters._base.atomic_files import replacing, write_json, write_text
from posters._base.progress import tqdm
from posters.errors import ConfigError
from posters_sample.draw import draw_poster
from posters_sample.plan import Plan, make_plan

GENERATOR = 1  # raise it with every change that changes a pixel, a title or a genre

_TABLE, _IMAGES, _RECIPE = "posters.csv", "images", "sample.json"
_UNFINISHED = "unfinished-sample.json"  # stands in for the recipe until the last poster is drawn
_COLUMNS = ("id", "image", "genres", "title", "year")
_QUALITY = 88


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides a sample, to the byte."""

    count: int
    seed: int
    pillow: str = PIL.__version__
    generator: int = GENERATOR

    def __str__(self) -> str:
        return f"count {self.count}, seed {self.seed}, Pillow {self.pillow}, generator {self.generator}"


def draw_sample(directory: Path, count: int = 600, seed: int = 0) -> Path:
    """Draw a catalogue of made-up films and return the path of its table, `directory/posters.csv`.

    The table's columns are id, image, genres (1 to 3, joined with "|"), title and year; the images are RGB JPEG files
    of 300x450 pixels in `directory/images`. Poster i depends on the seed and i alone, whatever the count. A sample that
    is there already is left as it is, and one that was interrupted is finished.

    Raises:
        ConfigError: `count` is below 1 or `seed` below 0, or the directory holds something else: other files,
            or a sample drawn with another count, seed or version.

    Examples:
        >>> import tempfile
        >>> table = draw_sample(Path(tempfile.mkdtemp()) / "films", count=2)
        >>> table.name, len(table.read_text(encoding="utf-8").splitlines())
        ('posters.csv', 3)
    """
    recipe = _checked(count, seed)
    directory = Path(directory)
    _check_directory(directory, recipe)
    table = directory / _TABLE
    if not _is_whole(directory, recipe):
        write_json(directory / _UNFINISHED, asdict(recipe))
        plans = _draw_missing(directory / _IMAGES, recipe)
        write_text(table, _table_of(plans))
        write_json(directory / _RECIPE, asdict(recipe))
    (directory / _UNFINISHED).unlink(missing_ok=True)
    return table


def _checked(count: int, seed: int) -> Recipe:
    if count < 1:
        raise ConfigError(f"count must be at least 1, but got {count!r}")
    if seed < 0:
        raise ConfigError(f"seed must be at least 0, but got {seed!r}")
    return Recipe(int(count), int(seed))


def _check_directory(directory: Path, wanted: Recipe) -> None:
    """Refuse to draw over anything but the same sample, whole or unfinished."""
    if directory.exists() and not directory.is_dir():
        raise ConfigError(f"{directory} is a file, and the sample needs a directory: give another path")
    if not directory.exists() or not any(directory.iterdir()):
        return
    found = _read_recipe(directory / _RECIPE) or _read_recipe(directory / _UNFINISHED)
    if found is None:
        raise ConfigError(f"{directory} holds files that are not a sample: give an empty or a new directory")
    if found != wanted:
        raise ConfigError(
            f"{directory} holds another sample ({found}; wanted: {wanted}): delete it or give another directory"
        )


def _read_recipe(path: Path) -> Recipe | None:
    """The recipe in the file, or None if there is no such file or it holds something else."""
    try:
        return Recipe(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _is_whole(directory: Path, recipe: Recipe) -> bool:
    images = (directory / _IMAGES / _image_name(index) for index in _indices(recipe))
    return (directory / _RECIPE).exists() and (directory / _TABLE).exists() and all(path.exists() for path in images)


def _indices(recipe: Recipe) -> range:
    return range(1, recipe.count + 1)


def _image_name(index: int) -> str:
    return f"sample-{index:04d}.jpg"


def _draw_missing(images: Path, recipe: Recipe) -> list[Plan]:
    """Draw every poster that has no file yet; returns the plans of all of them."""
    plans = []
    for index in tqdm(_indices(recipe), desc="drawing posters", unit="poster"):
        rng = np.random.default_rng([recipe.seed, index])
        plan, path = make_plan(rng), images / _image_name(index)
        plans.append(plan)
        if not path.exists():
            with replacing(path) as temporary:
                draw_poster(plan, rng).save(temporary, "JPEG", quality=_QUALITY, optimize=True)
    return plans


def _table_of(plans: list[Plan]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(plans))
    return text.getvalue()


def _rows(plans: list[Plan]) -> Iterator[tuple[str, str, str, str, int]]:
    for index, plan in enumerate(plans, start=1):
        yield f"sample-{index:04d}", _image_name(index), "|".join(plan.genres), plan.title, plan.year


_GAP, _PAPER = 8, (246, 244, 240)


def contact_sheet(source: Path | Sequence[Path], columns: int, rows: int, width: int = 200) -> Image.Image:
    """The first columns * rows posters in one RGB picture, each `width` pixels wide and half as high again.

    `source` is a sample's directory, or the paths of the images themselves.

    Examples:
        >>> contact_sheet([], columns=2, rows=1, width=100).size
        (224, 166)
    """
    paths = sorted((source / "images").glob("*.jpg")) if isinstance(source, Path) else list(source)
    height = width * 3 // 2
    sheet = Image.new("RGB", (columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP), _PAPER)
    for place, path in enumerate(paths[: columns * rows]):
        row, column = divmod(place, columns)
        with Image.open(path) as poster:
            small = poster.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(small, (_GAP + column * (width + _GAP), _GAP + row * (height + _GAP)))
    return sheet
