"""Posters as people have them: open files, bytes, data URLs, arrays; and what is refused, in few words."""

import base64
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import posters
from posters.classifier.loading import in_memory, load_poster
from posters.errors import ImageError
from posters.images.data_urls import read_data_url

DOCUMENT = Path(__file__).parents[2] / "docs" / "prediction.md"


@pytest.fixture(scope="module")
def classifier():
    return posters.load_classifier(Path(__file__).parents[1] / "golden" / "classifier")


@pytest.fixture
def dusk(golden):
    return golden / "posters" / "dusk.png"


def base64_url(data):
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def test_every_form_of_a_poster_has_the_same_prediction(classifier, dusk):
    data = dusk.read_bytes()
    written = io.BytesIO()
    written.write(data)  # its position is now the end
    with dusk.open("rb") as file, Image.open(dusk) as image:
        forms = [data, io.BytesIO(data), written, file, base64_url(data), image, np.asarray(image.convert("RGB"))]
        found = [classifier.predict(form) for form in forms]
        many = list(classifier.predict_many(forms))
        explained = load_poster(io.BytesIO(data), classifier.manifest.preprocess)
        assert (explained.source, explained.size) == (data, image.size)
    assert all(one == classifier.predict(dusk) for one in [*found, *many])


def test_a_file_that_can_not_go_back_is_read_from_where_it_is(classifier, dusk):
    class Stream:
        def __init__(self, data):
            self.file = io.BytesIO(data)

        def read(self, size):
            return self.file.read(size)

    assert classifier.predict(Stream(dusk.read_bytes())) == classifier.predict(dusk)


def test_arrays_are_rgb(classifier):
    red = np.zeros((90, 60, 3), np.uint8)
    red[..., 0] = 255
    assert classifier.predict(red) == classifier.predict(Image.new("RGB", (60, 90), "red"))
    assert classifier.predict(red[..., ::-1]) == classifier.predict(Image.new("RGB", (60, 90), "blue"))


@given(st.binary(max_size=200))
def test_any_bytes_come_out_of_a_data_url_as_they_went_in(data):
    coded = base64.b64encode(data).decode()
    safe = base64.urlsafe_b64encode(data).decode().rstrip("=")
    lines = "\n".join(coded[start : start + 20] for start in range(0, len(coded), 20))
    forms = [f"data:image/png;base64,{coded}", f"DATA:;BASE64,{safe}", f"data:x/y;charset=z;base64,{lines}"]
    forms.append(f"data:image/png,{quote_from_bytes(data)}")
    assert [read_data_url(form) for form in forms] == [data] * 4


@settings(deadline=None)  # It loads a classifier, which takes as long as the machine is busy.
@given(st.text(min_size=1, max_size=400))
def test_any_data_url_is_read_or_refused_in_one_short_line(text):
    (found,) = posters.load_classifier().predict_many([f"data:{text}"])
    assert "\n" not in str(found.error or "")
    assert len(str(found.error or "")) < 250


LONG = 50 * "/9j/4AAQSkZJRgABAQ"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (f"data:image/jpeg;base64,{LONG}!", "the base64 of the data URL is damaged"),
        (f"data:image/jpeg;base64{LONG}", "a data URL has a comma"),
        (f"data:image/jpeg;base64,{base64.b64encode(900 * b'x').decode()}", "not an image in a supported format"),
        ("data:image/jpeg;base64,", "the file is empty"),
        (LONG, "there is no such file (this has 900 characters)"),
    ],
)
def test_a_refusal_repeats_little_of_its_source(source, message):
    with pytest.raises(ImageError, match=re.escape(message)) as caught:
        posters.load_classifier().predict(source)
    assert str(caught.value).startswith(source[:20])
    assert len(source) <= 80 or source[:81] not in str(caught.value)


def test_open_files_that_can_not_be_read_are_refused_in_one_line(tmp_path, dusk):
    (tmp_path / "poster.txt").write_text("text")
    closed = io.BytesIO(dusk.read_bytes())
    closed.close()
    with (tmp_path / "poster.txt").open() as text, pytest.raises(ImageError, match=r"poster\.txt: .*mode 'rb'"):
        in_memory(text)
    with pytest.raises(ImageError, match=r"the open file can't be read \(I/O operation on closed file"):
        in_memory(closed)
    with pytest.raises(ImageError, match="the file is empty"):
        posters.load_classifier().predict(io.BytesIO())


def test_errors_of_an_open_file_name_it(classifier, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    with (tmp_path / "broken.jpg").open("rb") as file, pytest.raises(ImageError, match=r"broken\.jpg: this is not an"):
        classifier.predict(file)


# --- An array of what was decoded ---


def large_jpeg(path, orientation=1):
    """A picture of which a reduced scale has other pixels than all of it."""
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (900, 600, 3), np.uint8)
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(pixels).save(path, exif=exif)


def decoded_by_the_document(path, preprocess):
    """What the example for exports makes of a file."""
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL) if "draft" in block
    )
    names: dict[str, Any] = {}
    exec(code.partition("\n\nposter =")[0], names)
    return names["pixels_of"](path, preprocess.width, preprocess.height)


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("shape", [(96, 64), (64, 96), (384, 256)])
def test_what_decode_returns_has_the_prediction_of_its_file(classifier, tmp_path, orientation, shape):
    large_jpeg(tmp_path / "large.jpg", orientation)
    pixels = posters.decode(tmp_path / "large.jpg", classifier.manifest.preprocess)
    assert classifier.predict(pixels) == classifier.predict(tmp_path / "large.jpg")
    # And the example for exports, in several sizes.
    preprocess = posters.PreprocessConfig(height=shape[0], width=shape[1])
    expected = posters.decode(tmp_path / "large.jpg", preprocess)
    np.testing.assert_array_equal(decoded_by_the_document(tmp_path / "large.jpg", preprocess), expected)


@pytest.mark.parametrize(
    "name",
    [
        "rgb.jpg",
        "turned.jpg",
        "cmyk.jpg",
        "progressive.jpg",
        "tall.jpg",
        "rgba.png",
        "la.png",
        "palette.png",
        "animation.gif",
    ],
)
def test_the_example_for_exports_decodes_as_the_classifier_does(golden, name):
    preprocess = posters.PreprocessConfig()
    expected = posters.decode(golden / "images" / name, preprocess)
    np.testing.assert_array_equal(decoded_by_the_document(golden / "images" / name, preprocess), expected)
