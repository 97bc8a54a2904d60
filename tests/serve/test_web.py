"""What the page of `posters export --to web` computes itself gives what Python gives: pixels, decisions, boxes."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import posters
from posters.classifier.explanation import explain_map
from posters.classifier.predictions import predicted_genres
from posters.config import PreprocessConfig
from posters.images.resizing import resize
from posters.thresholds import Balanced, Thresholds

WEB = Path(posters.__file__).parent / "serve" / "web"
NODE = shutil.which("node")
ASPECTS, FILTERS = ("stretch", "crop", "pad"), ("box", "bilinear", "bicubic", "lanczos")
SIZES = [(41, 60), (24, 36), (100, 30), (17, 90), (9, 13), (50, 90), (5, 35), (24, 80)]

pytestmark = pytest.mark.skipif(NODE is None, reason="THE PAGE'S CODE WAS RUN NOWHERE: there is no node; nodejs.org")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Call a function of a module with each list of arguments; arrays of bytes go as {"bytes": [...]}."""
    folder = tmp_path_factory.mktemp("web")
    shutil.copytree(WEB, folder, dirs_exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "call.js").write_text(
        """
import { readFileSync } from "node:fs";
const [file, name] = process.argv.slice(2);
const given = JSON.parse(readFileSync(0), (_, value) => (value?.bytes ? Uint8Array.from(value.bytes) : value));
const called = (await import(file))[name];
console.log(JSON.stringify(given.map((each) => called(...each)), (_, value) =>
  value instanceof Uint8Array ? [...value] : value));
"""
    )

    def call(file, name, *arguments):
        done = subprocess.run(
            [NODE, "call.js", f"./{file}", name],
            cwd=folder,
            input=json.dumps(arguments),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


@pytest.fixture
def width_first(monkeypatch):
    """Pillow 13 resizes the height of tall images first, which rounds other pixels: here as older ones do, and we."""
    whole = Image.Image.resize

    def resize_width_first(image, size, resampling, box=None):
        left, top, right, bottom = box or (0, 0, *image.size)
        wide = whole(image, (size[0], image.height), resampling, (left, 0, right, image.height))
        return whole(wide, size, resampling, (0, top, size[0], bottom))

    monkeypatch.setattr(Image.Image, "resize", resize_width_first)


def test_pixels_are_those_of_pillow_to_the_bit(node, width_first):
    rng = np.random.default_rng(0)
    cases = [(size, aspect, name) for size in SIZES for aspect in ASPECTS for name in FILTERS]
    pictures = [rng.integers(0, 256, (height, width, 3), np.uint8) for (width, height), _, _ in cases]
    configs = [PreprocessConfig(height=36, width=24, aspect=aspect, resampling=name) for _, aspect, name in cases]
    asked = [
        [
            {"data": {"bytes": picture.ravel().tolist()}, "width": picture.shape[1], "height": picture.shape[0]},
            {"width": 24, "height": 36, "aspect": config.aspect, "resampling": config.resampling},
        ]
        for picture, config in zip(pictures, configs, strict=True)
    ]
    given = node("resize.js", "resize", *asked)
    for case, pixels, picture, config in zip(cases, given, pictures, configs, strict=True):
        expected = np.asarray(resize(Image.fromarray(picture), config))
        np.testing.assert_array_equal(np.array(pixels).reshape(36, 24, 3), expected, err_msg=str(case))


def test_decisions_are_those_of_every_kind_of_rule(node):
    names = tuple("ABCDEFG")
    values = (0.5, 0.2, float("inf"), 0.0, 0.9, 0.5, 0.1)
    rules = (Balanced(names, 3, "nothing"), Balanced(names, 7, "nothing"), Thresholds(names, values, "f1", "nothing"))
    rng = np.random.default_rng(0)
    y_score = np.concatenate([rng.random((40, 7)), rng.random((40, 7)) ** 4, [[0.5] * 7, [0] * 7, [1] * 7]])
    plain = [
        {"name": "first", "thresholds": None, "most": 3},
        {"name": "second", "thresholds": None, "most": 7},
        {"name": "f1", "thresholds": {n: None if v > 1 else v for n, v in zip(names, values, strict=True)}},
        {"name": "argmax", "thresholds": None, "most": None},
    ]
    given = node("decide.js", "decide", *[[row.tolist(), {"genres": names, "rules": plain}] for row in y_score])
    for row, answer in zip(y_score, given, strict=True):
        expected = [list(predicted_genres(row, names, rule.apply)) for rule in rules]
        likeliest = names[int(row.argmax())]
        assert list(answer["byRule"].values()) == [*expected, [likeliest]]
        assert {each["genre"]: each["probability"] for each in answer["genres"]} == dict(zip(names, row, strict=True))
        assert answer["genres"][0]["genre"] == likeliest


@pytest.mark.parametrize("aspect", ASPECTS)
def test_boxes_and_frames_are_those_of_python(node, aspect):
    rng = np.random.default_rng(0)
    preprocess = PreprocessConfig(height=288, width=192, aspect=aspect)
    sizes = [(300, 450), (400, 300), (182, 268), (50, 900)]
    maps = [rng.normal(0, 1, (9, 6)).cumsum(axis=0).astype(np.float32) for _ in range(5)] + [
        -np.ones((9, 6), np.float32)
    ]
    cases = [(heat, size) for heat in maps for size in sizes]
    plain = {"height": 288, "width": 192, "aspect": aspect}
    given = node("locate.js", "locate", *[["War", heat.tolist(), size, plain] for heat, size in cases])
    for (heat, size), answer in zip(cases, given, strict=True):
        expected = explain_map("War", 0.5, heat, size, preprocess)
        assert answer["box"] == (None if expected.box is None else list(expected.box))
        assert answer["frame"] == pytest.approx(expected.frame)
        assert max(map(max, answer["map"])) == (1 if heat.max() > 0 else 0)
