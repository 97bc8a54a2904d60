"""The decoder: golden pixels, each rule by hand-made images, and what is refused."""

import io
import struct
import tracemalloc
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from posters.config import PreprocessConfig
from posters.errors import ImageError
from posters.images import MAX_BYTES, MAX_PIXELS, decode, read_bytes, read_header, to_rgb

IMAGES = Path(__file__).parent / "golden" / "images"
SMALL = PreprocessConfig(height=24, width=16)
SHAPE = (24, 16, 3)

RED, GREEN, BLUE, YELLOW, WHITE = (220, 30, 30), (30, 180, 60), (40, 60, 200), (240, 220, 40), (255, 255, 255)
COLOURS = (RED, GREEN, BLUE, YELLOW)
GREYS = tuple((level,) * 3 for level in (0, 85, 170, 255))
# Green of which 128 / 255 are left over white.
PALE_GREEN = (142, 217, 157)

# The colours of the four corners, worked out by hand: upper left, upper right, lower left, lower right.
CORNERS = {
    "animation.gif": COLOURS,
    "animation.webp": COLOURS,
    "bits.png": ((0,) * 3, WHITE, WHITE, (0,) * 3),
    "cmyk.jpg": COLOURS,
    "grey16.pgm": GREYS,
    "grey16.png": GREYS,
    "grey16.tif": GREYS,
    "la.png": ((0,) * 3, (127,) * 3, (170,) * 3, WHITE),
    "palette.png": (RED, GREEN, BLUE, WHITE),
    "progressive.jpg": COLOURS,
    "rgb.avif": COLOURS,
    "rgb.bmp": COLOURS,
    "rgb.jp2": COLOURS,
    "rgb.jpg": COLOURS,
    "rgb.png": COLOURS,
    "rgb.ppm": COLOURS,
    "rgb.tif": COLOURS,
    "rgba.png": (RED, PALE_GREEN, BLUE, WHITE),
    "tall.jpg": COLOURS,
    "turned.jpg": COLOURS,
    "two_pictures.mpo": COLOURS,
    "wide.jpg": COLOURS,
}
LOSSY = (".jpg", ".avif", ".mpo")


def golden_bytes(name):
    return (IMAGES / name).read_bytes()


def saved(image, kind, **options):
    """An image file's bytes."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(height, width, *channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, *channels), dtype=np.uint8)


def refusal(source, preprocess=SMALL):
    """The message with which an image is refused: one line, always."""
    with pytest.raises(ImageError) as caught:
        decode(source, preprocess)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Golden pixels


def test_every_golden_image_is_there_and_tested():
    """Fails, not skips, when the images or what is expected of them are missing."""
    assert sorted(path.name for path in IMAGES.iterdir()) == sorted([*CORNERS, "expected.npz"])


@pytest.mark.parametrize("name", CORNERS)
def test_golden_pixels(name):
    """Versions of the lossy codecs may differ by a little; everything else must not differ at all."""
    with np.load(IMAGES / "expected.npz") as expected:
        difference = decode(IMAGES / name, SMALL).astype(int) - expected[name]
    assert np.abs(difference).max() <= (4 if name.endswith(LOSSY) else 0)


@pytest.mark.parametrize("name", CORNERS)
def test_corners_have_the_colours_that_were_painted(name):
    pixels = decode(IMAGES / name, SMALL)
    assert (pixels.shape, pixels.dtype) == (SHAPE, np.uint8)
    corners = pixels[[1, 1, -2, -2], [1, -2, 1, -2]].astype(int)
    tolerance = 15 if name.endswith(LOSSY) else 1
    assert np.abs(corners - CORNERS[name]).max() <= tolerance, corners


@pytest.mark.parametrize("name", CORNERS)
def test_the_name_of_a_file_does_not_matter_and_neither_does_how_it_is_handed_over(name, tmp_path):
    unnamed = tmp_path / "poster.txt"
    unnamed.write_bytes(golden_bytes(name))
    expected = decode(IMAGES / name, SMALL)
    with Image.open(IMAGES / name) as opened:
        for source in (str(unnamed), unnamed, golden_bytes(name), bytearray(golden_bytes(name)), opened):
            assert (decode(source, SMALL) == expected).all()


# Rules


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_16_bit_grey_is_divided_by_257_and_rounded(kind):
    levels = np.random.default_rng(0).integers(0, 2**16, SHAPE[:2], dtype=np.uint16)
    levels[0, :4] = (0, 128, 129, 65535)
    by_hand = b"P5 16 24 65535\n" + levels.astype(">u2").tobytes()
    file = by_hand if kind == "PPM" else saved(Image.fromarray(levels), kind)
    expected = np.rint(levels / 257).astype(np.uint8)
    assert (decode(file, SMALL) == expected[:, :, None]).all()
    assert expected[0, :4].tolist() == [0, 0, 1, 255]


def test_a_16_bit_grey_level_may_be_transparent():
    levels = np.full(SHAPE[:2], 40_000, np.uint16)
    levels[:12] = 1000
    pixels = decode(saved(Image.fromarray(levels), "PNG", transparency=1000), SMALL)
    assert (pixels[0, 0].tolist(), pixels[-1, 0].tolist()) == ([255] * 3, [156] * 3)


@given(alpha=st.integers(0, 255), colour=st.tuples(*[st.integers(0, 255)] * 3))
def test_transparency_lies_over_white(alpha, colour):
    expected = np.array(colour) * alpha / 255 + 255 * (1 - alpha / 255)
    pixels = decode(saved(Image.new("RGBA", (16, 24), (*colour, alpha)), "PNG"), SMALL)
    assert np.abs(pixels - expected).max() <= 1


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA", "RGBX", "YCbCr", "HSV", "LAB", "CMYK", "P", "L", "1", "LA"])
def test_every_mode_of_pillow_that_has_a_known_range_becomes_rgb(mode):
    ways = {"PA": ["P", "PA"], "La": ["LA", "La"], "RGBa": ["RGBA", "RGBa"], "LAB": []}
    image = Image.new("LAB", (16, 24), (255, 128, 128)) if mode == "LAB" else Image.new("RGB", (16, 24), WHITE)
    for step in ways.get(mode, [mode]):
        image = image.convert(step)
    assert image.mode == mode
    assert decode(image, SMALL).min() >= 254


@pytest.mark.parametrize(("mode", "kind"), [("I", "TIFF"), ("F", "TIFF"), ("I", None), ("F", None)])
def test_grey_of_32_bits_is_refused_with_advice(mode, kind):
    image = Image.new(mode, (16, 24))
    message = refusal(image if kind is None else saved(image, kind))
    assert f"(mode {mode}) have no known brightness range: save it with 8 bits" in message


UPRIGHT_FROM_STORED = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).transpose(1, 0, 2),
    8: np.rot90,
}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("orientation", UPRIGHT_FROM_STORED)
def test_exif_orientation_is_applied(orientation, kind):
    stored = noise(*((16, 24) if orientation >= 5 else (24, 16)), 3)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = saved(Image.fromarray(stored), kind, exif=exif)
    assert (decode(file, SMALL) == UPRIGHT_FROM_STORED[orientation](stored)).all()
    assert (decode(Image.open(io.BytesIO(file)), SMALL) == UPRIGHT_FROM_STORED[orientation](stored)).all()


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\x08\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0nonsense",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0\0\0\0\0",
    ],
)
def test_exif_data_that_cannot_be_read_count_as_none(exif):
    picture = Image.fromarray(noise(24, 16, 3))
    assert (decode(saved(picture, "JPEG", exif=exif), SMALL) == decode(saved(picture, "JPEG"), SMALL)).all()


def test_a_readable_orientation_counts_although_other_exif_data_are_broken():
    """One entry more, of a type that does not exist."""
    entries = struct.pack("<HHIHH", 0x0112, 3, 1, 3, 0) + struct.pack("<HHII", 0x9286, 99, 2**31, 2**31)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + bytes(4)
    picture = Image.fromarray(noise(24, 16, 3))
    turned = decode(saved(picture, "PNG", exif=exif), SMALL)
    assert (turned == np.rot90(noise(24, 16, 3), 2)).all()


def smooth(width, height):
    """A picture with large and small shapes, as posters have."""
    coarse = Image.fromarray(noise(12, 8, 3)).resize((width, height), Image.Resampling.BICUBIC)
    fine = Image.fromarray(noise(height // 10, width // 10, 3, seed=1)).resize((width, height))
    return Image.blend(coarse, fine, 0.3)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("aspect", ["stretch", "crop", "pad"])
def test_a_large_jpeg_decoded_at_a_reduced_scale_is_close_to_the_full_decode(aspect, orientation):
    preprocess = PreprocessConfig(aspect=aspect)
    upright = smooth(1000, 1500)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose.ROTATE_90)
    file = saved(stored, "JPEG", quality=90, exif=exif)
    full = decode(to_rgb(file), preprocess)
    reduced = decode(file, preprocess)
    assert np.abs(reduced.astype(int) - full).mean() < 2
    assert np.abs(reduced.astype(int) - decode(upright, preprocess)).mean() < 3


def test_a_large_jpeg_is_reduced_to_no_less_than_twice_what_is_wanted():
    """Measured by the memory that it takes, too: decoding posters of 6 megapixels in full would be slow."""
    file = saved(Image.new("RGB", (2000, 3000), RED), "JPEG")
    assert to_rgb(file).size == (2000, 3000)
    assert to_rgb(file, wanted=(192, 288)).size == (500, 750)
    assert to_rgb(file, wanted=(1001, 288)).size == (2000, 3000)
    assert to_rgb(saved(Image.new("RGB", (300, 450)), "JPEG"), wanted=(192, 288)).size == (300, 450)


# Geometry: a picture of three stripes, each a third of it.


def stripes(width, height, across):
    pixels = np.zeros((height, width, 3), np.uint8)
    for number, colour in enumerate((RED, GREEN, BLUE)):
        third = slice(number * width // 3, (number + 1) * width // 3)
        pixels[:, third] = colour
    return pixels if across else pixels.transpose(1, 0, 2)


def square(aspect):
    return PreprocessConfig(height=30, width=30, aspect=aspect, resampling="box")


@pytest.mark.parametrize("across", [True, False])
def test_stretch_keeps_everything_and_distorts(across):
    pixels = decode(stripes(90, 30, across), square("stretch"))
    assert (pixels == stripes(30, 30, across)).all()


@pytest.mark.parametrize("across", [True, False])
def test_crop_keeps_the_middle_undistorted(across):
    """The middle third of three times as wide as high is the green stripe alone."""
    pixels = decode(stripes(90, 30, across), square("crop"))
    assert (pixels == np.array(GREEN)).all()


@pytest.mark.parametrize("across", [True, False])
def test_pad_keeps_everything_undistorted_between_white(across):
    pixels = decode(stripes(90, 30, across), square("pad"))
    pixels = pixels if across else pixels.transpose(1, 0, 2)
    assert (pixels[:10] == 255).all()
    assert (pixels[20:] == 255).all()
    assert (pixels[10:20] == stripes(30, 10, True)).all()


@pytest.mark.parametrize("aspect", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("size", [(16, 24), (32, 48), (160, 240)])
def test_the_aspect_rule_does_not_matter_for_an_image_of_the_right_shape(size, aspect):
    picture = Image.fromarray(noise(size[1], size[0], 3))
    expected = decode(picture, SMALL)
    assert (decode(picture, PreprocessConfig(height=24, width=16, aspect=aspect)) == expected).all()


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    preprocess=st.builds(
        PreprocessConfig,
        height=st.integers(16, 40),
        width=st.integers(16, 40),
        aspect=st.sampled_from(["stretch", "crop", "pad"]),
        resampling=st.sampled_from(["bilinear", "bicubic", "lanczos", "box"]),
    ),
)
def test_a_picture_of_one_colour_stays_so_in_any_shape(width, height, preprocess):
    pixels = decode(Image.new("RGB", (width, height), RED), preprocess)
    assert pixels.shape == preprocess.shape
    painted = (pixels == np.array(RED)).all(axis=2)
    assert painted.any()
    assert (painted | ((pixels == 255).all(axis=2) & (preprocess.aspect == "pad"))).all()


def test_resizing_is_antialiased():
    """Black and white lines become even grey, whatever the filter."""
    lines = np.tile(np.array([[0], [255]], np.uint8), (240, 160))
    for resampling in ("bilinear", "bicubic", "lanczos", "box"):
        pixels = decode(lines, PreprocessConfig(height=24, width=16, resampling=resampling))
        assert np.abs(pixels[2:-2].astype(int) - 127.5).max() < 5


# What a caller hands over


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1", "I;16", "CMYK"])
def test_a_callers_image_is_not_modified(mode):
    image = Image.fromarray(noise(40, 30, 3)).convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.fromarray(noise(40, 30).astype(np.uint16) * 257)
    image.info["title"] = "mine"
    before = (image.size, image.mode, image.tobytes(), dict(image.info))
    decode(image, SMALL)
    to_rgb(image).paste(0, (0, 0, 30, 40))
    assert (image.size, image.mode, image.tobytes(), dict(image.info)) == before


def test_a_callers_open_file_is_not_reduced_and_not_closed():
    file = saved(Image.new("RGB", (800, 1200), RED), "JPEG")
    corner = Image.open(io.BytesIO(file)).getpixel((799, 1199))
    image = Image.open(io.BytesIO(file))
    decode(image, SMALL)
    assert (image.size, image.mode, image.getpixel((799, 1199))) == ((800, 1200), "RGB", corner)


def test_a_callers_array_is_not_modified_and_not_shared():
    array = noise(24, 16, 3)
    pixels = decode(array, SMALL)
    assert (pixels == array).all()
    to_rgb(array).paste(0, (0, 0, 16, 24))
    assert (array == noise(24, 16, 3)).all()


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_uint8_arrays_are_accepted(channels):
    array = noise(24, 16, *channels)
    expected = array if channels == (3,) else array.reshape(24, 16, 1).repeat(3, axis=2)
    assert (decode(array, SMALL) == expected).all()
    assert (decode(array[::-1], SMALL) == expected[::-1]).all(), "not contiguous"


def test_array_image_and_file_of_the_same_pixels_agree():
    array = noise(50, 40, 3)
    image = Image.fromarray(array)
    for source in (image, saved(image, "PNG"), saved(image, "BMP"), saved(image, "WEBP", lossless=True)):
        assert (decode(source, SMALL) == decode(array, SMALL)).all()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((24, 16, 3)),
        np.zeros((24, 16, 3), np.float32),
        np.zeros((24, 16), np.uint16),
        np.zeros((24, 16), bool),
        np.zeros((24, 16, 4), np.uint8),
        np.zeros((24, 16, 2), np.uint8),
        np.zeros((3, 24, 16), np.uint8),
        np.zeros((1, 24, 16, 3), np.uint8),
        np.zeros((0, 16, 3), np.uint8),
        np.zeros(7, np.uint8),
    ],
)
def test_other_arrays_are_refused_by_rule_and_shape(array):
    message = refusal(array)
    assert "must be uint8 of shape (H, W, 3), (H, W, 1) or (H, W)" in message
    assert f"but got {array.dtype} of shape {array.shape}" in message


@pytest.mark.parametrize("source", [None, 3, ["poster.jpg"], io.BytesIO(b"")])
def test_other_things_are_refused_by_their_type(source):
    assert f"but got {type(source).__name__}" in refusal(source)


# What is refused


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"id,genres\ntt1,Drama\n", "this is no image that can be read (none of JPEG, PNG,"),
        (b"<html>404 Not Found</html>", "this is no image that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "this is no image that can be read"),
        (b"\0" * 1000, "this is no image that can be read"),
        (b"\xff\xd8\xff", "this is no image that can be read"),
    ],
)
def test_a_file_that_is_no_image_is_refused_by_name_and_reason(tmp_path, content, reason):
    path = tmp_path / "poster.jpg"
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path}: {reason}")
    assert refusal(str(path)) == refusal(path)
    assert refusal(content).startswith(reason)


def test_what_is_no_file_is_refused(tmp_path):
    assert refusal(tmp_path / "none.jpg") == f"{tmp_path}/none.jpg: there is no such file"
    assert refusal(tmp_path) == f"{tmp_path}: this is a folder, not an image"


@pytest.mark.parametrize("kind", ["EPS", "PDF", "ICO"])
def test_formats_that_are_not_on_the_list_are_refused(kind):
    """Pillow hands EPS to Ghostscript, which no poster is worth."""
    assert "this is no image that can be read" in refusal(saved(Image.new("RGB", (16, 24)), kind))


WHOLE = {
    **{name: golden_bytes(name) for name in CORNERS if (IMAGES / name).is_file()},
    "large.jpg": saved(smooth(300, 450), "JPEG", quality=70, progressive=True),
}


@pytest.mark.parametrize("name", [*CORNERS, "large.jpg"])
@pytest.mark.filterwarnings("error")
def test_an_image_that_is_cut_short_is_refused_and_never_filled_up(name):
    """Wherever it is cut, it is refused; only what follows the first picture may be missing."""
    data = WHOLE[name]
    whole = decode(data, SMALL)
    for end in range(1, len(data), max(1, len(data) // 40)):
        pixels = decoded_or_refused(data[:end])
        if pixels is not None:
            assert (pixels == whole).all(), end
            assert end > 0.5 * len(data) or name.startswith(("animation", "two_pictures"))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width, height):
    """A tiny PNG file whose header claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "height"), [(60_000, 60_000), (12_001, 10_000), (2**31 - 1, 2**31 - 1), (1, 2**31 - 1)]
)
def test_a_decompression_bomb_is_refused_before_it_is_decoded(width, height):
    tracemalloc.start()
    try:
        assert f"{MAX_PIXELS:,}" in refusal(png_claiming(width, height))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("error")
def test_up_to_the_limit_the_size_is_no_reason_to_refuse():
    """Nor to warn, although Pillow would: it is the missing pixels that are complained of."""
    assert "damaged" in refusal(png_claiming(1, 2000))
    assert MAX_PIXELS == 12_000 * 10_000
    assert "pixels" not in refusal(png_claiming(9_500, 9_500))


def test_an_array_above_the_limit_is_refused():
    endless = np.lib.stride_tricks.as_strided(np.zeros(1, np.uint8), (12_001, 10_000), (0, 0))
    assert "120,010,000 pixels" in refusal(endless)


def test_a_png_without_pixels_is_refused():
    assert refusal(png_claiming(0, 10))


class Endless:
    """A device or a server that never stops."""

    def read(self, size):
        return bytes(size)


def test_a_file_without_end_is_refused_once_it_is_too_large_for_any_poster():
    with pytest.raises(ImageError, match=rf"^the file has more than {MAX_BYTES // 10**6} MB"):
        read_bytes(Endless())
    assert MAX_BYTES == 3 * MAX_PIXELS


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_a_file_is_read_whole(size):
    data = np.random.default_rng(0).bytes(size)
    assert read_bytes(io.BytesIO(data)) == data


def test_what_has_no_name_is_called_as_the_caller_says(tmp_path):
    for source in (b"text", Image.new("F", (4, 4)), np.zeros(3)):
        with pytest.raises(ImageError, match=r"^row 7: "):
            decode(source, SMALL, name="row 7")
    with pytest.raises(ImageError, match=r"none\.jpg: there is no such file"):
        decode(tmp_path / "none.jpg", SMALL, name="row 7")


# Threads


def test_any_number_of_threads_read_without_a_warning_and_leave_the_filters_as_they_were():
    """With `catch_warnings`, filters that one thread puts back are those that another had set for itself."""
    header = struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 9_500, 9_500, 1, 24, *[0] * 6)
    files = [b"BM" + header] * 2000  # Pillow warns of their size.
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with ThreadPoolExecutor(8) as pool:
            headers = list(pool.map(read_header, files))
        assert warnings.filters == before
        assert shown == []
        warnings.warn("of the caller", stacklevel=1)
        assert [str(warning.message) for warning in shown] == ["of the caller"]
    assert {header.width for header in headers} == {9_500}


class TellTale(Image.Image):
    """An image that warns as Pillow does, and as its caller would, while it is decoded."""

    def load(self):
        warnings.warn_explicit("of Pillow", UserWarning, "Image.py", 1, "PIL.Image")
        warnings.warn_explicit("of the caller", UserWarning, "shop.py", 1, "shop")
        return super().load()


def test_a_callers_own_warnings_are_shown_while_posters_are_decoded():
    image = TellTale()
    image.__dict__.update(Image.new("RGB", (4, 4)).__dict__)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        to_rgb(image)
    assert {str(warning.message) for warning in shown} == {"of the caller"}


# Anything at all


def decoded_or_refused(data):
    """The pixels, or None for an ImageError with one line; any other exception fails the test."""
    try:
        return decode(data, SMALL)
    except ImageError as error:
        message = str(error)
    assert message.strip()
    assert "\n" not in message
    return None


def decodes_or_refuses(data, capfd, quiet=True):
    """Pixels of the right shape, or ImageError with one line; nothing else, and nothing on stderr."""
    pixels = decoded_or_refused(data)
    assert pixels is None or (pixels.shape, pixels.dtype) == (SHAPE, np.uint8)
    said = capfd.readouterr().err
    assert not (quiet and said), said


FUZZ = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.mark.filterwarnings("error")
@given(data=st.binary(max_size=400))
@example(data=b"P6")
@example(data=b"P5 16 24 65535\n")
@example(data=b"BM" + bytes(60))
@example(data=b"GIF89a" + bytes(20))
@example(data=b"II*\0" + bytes(40))
@example(data=b"RIFF\0\0\0\0WEBPVP8X")
@example(data=b"\0\0\0\x0cjP  \r\n\x87\n")
@FUZZ
def test_random_bytes_are_decoded_or_refused(capfd, data):
    decodes_or_refuses(data, capfd)


@st.composite
def damaged_files(draw):
    """A golden image with some bytes changed, most of them near its beginning, and perhaps cut short."""
    name = draw(st.sampled_from(sorted(CORNERS)))
    data = bytearray(golden_bytes(name))
    size = len(data)
    places = st.one_of(st.integers(0, min(200, size) - 1), st.integers(0, size - 1))
    for place, value in draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        data[place] = value
    end = draw(st.one_of(st.just(size), st.integers(0, size)))
    return name, bytes(data[:end])


@pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")
@given(damaged=damaged_files())
@settings(FUZZ, max_examples=400)
def test_damaged_files_are_decoded_or_refused(capfd, damaged):
    """Of compressed TIFF files libtiff itself complains on stderr, which nobody can turn off from Python."""
    name, data = damaged
    decodes_or_refuses(data, capfd, quiet=not name.endswith(".tif"))
