"""Files that are not images, too large, or damaged: refused in one line, and never decoded to wrong pixels."""

import io
import struct
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from posters.errors import DamagedImageError, ImageError
from posters.images.decoding import decode, read_bytes
from posters.images.limits import MAX_BYTES, MAX_PIXELS
from tests.images.pictures import (
    CORNERS,
    IMAGES,
    SHAPE,
    SMALL,
    golden_bytes,
    noise,
    png_claiming,
    refusal,
    saved,
    smooth,
)

# What is refused


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"id,genres\ntt1,Drama\n", "this is not an image in a supported format (JPEG, PNG,"),
        (b"<html>404 Not Found</html>", "this is not an image in a supported format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "this is not an image in a supported format"),
        (b"\0" * 1000, "this is not an image in a supported format"),
        (b"\xff\xd8\xff", "this is not an image in a supported format"),
    ],
)
def test_a_file_that_is_not_an_image_is_refused_by_name_and_reason(tmp_path, content, reason):
    path = tmp_path / "poster.jpg"
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path}: {reason}")
    assert refusal(str(path)) == refusal(path)
    assert refusal(content).startswith(reason)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert refusal(tmp_path / "none.jpg") == f"{tmp_path}/none.jpg: there is no such file"
    assert refusal(tmp_path) == f"{tmp_path}: this is a folder, not an image"


@pytest.mark.parametrize("kind", ["EPS", "PDF", "ICO"])
def test_formats_that_are_not_on_the_list_are_refused(kind):
    """Pillow hands EPS to Ghostscript, which no poster is worth."""
    assert "this is not an image in a supported format" in refusal(saved(Image.new("RGB", (16, 24)), kind))


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
def test_a_size_up_to_the_limit_is_accepted():
    """Nor to warn, although Pillow would: it is the missing pixels that are complained of."""
    assert "damaged" in refusal(png_claiming(100, 2000))
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


@pytest.mark.slow
def test_a_file_without_end_is_refused_once_it_is_too_large_for_any_poster():
    with pytest.raises(ImageError, match=rf"^the file has more than {MAX_BYTES // 10**6} MB"):
        read_bytes(Endless())
    assert MAX_BYTES == 3 * MAX_PIXELS


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_a_file_is_read_whole(size):
    data = np.random.default_rng(0).bytes(size)
    assert read_bytes(io.BytesIO(data)) == data


def test_errors_use_the_callers_name_for_bytes_and_arrays(tmp_path):
    for source in (b"text", Image.new("F", (4, 4)), np.zeros(3)):
        with pytest.raises(ImageError, match=r"^row 7: "):
            decode(source, SMALL, name="row 7")
    with pytest.raises(ImageError, match=r"none\.jpg: there is no such file"):
        decode(tmp_path / "none.jpg", SMALL, name="row 7")


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


def decodes_or_refuses(data, capfd):
    """Pixels of the right shape, or ImageError with one line; nothing else, and nothing on stderr."""
    pixels = decoded_or_refused(data)
    assert pixels is None or (pixels.shape, pixels.dtype) == (SHAPE, np.uint8)
    printed = capfd.readouterr().err
    assert not printed


def tiff_with_an_odd_field():
    """A sound picture with a private field of a type that there is not: libtiff decodes it, and complains."""
    data = bytearray(saved(Image.fromarray(noise(60, 40, 3)), "TIFF", compression="tiff_lzw", tiffinfo={65_000: 1}))
    (fields,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, fields)
    last = fields + 2 + 12 * (count - 1)
    assert struct.unpack_from("<H", data, last) == (65_000,)
    data[last + 2 : last + 4] = struct.pack("<H", 14)
    return bytes(data)


def cut_tiff(compression):
    data = saved(Image.fromarray(noise(60, 40, 3)), "TIFF", compression=compression)
    return data.replace(data[1000:1400], bytes(400))


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_a_damaged_tiff_is_refused_and_nothing_is_printed(capfd, compression):
    assert "the image is damaged (" in refusal(cut_tiff(compression))
    assert decode(saved(Image.fromarray(noise(60, 40, 3)), "TIFF", compression=compression), SMALL).shape == SHAPE
    assert capfd.readouterr().err == ""


def test_a_tiff_of_which_its_decoder_complains_is_refused_though_it_decodes(capfd):
    assert "the image is damaged (libtiff complained in " in refusal(tiff_with_an_odd_field())
    with pytest.raises(DamagedImageError):
        decode(Image.open(io.BytesIO(tiff_with_an_odd_field())), SMALL)
    assert (np.asarray(Image.open(io.BytesIO(tiff_with_an_odd_field()))) == noise(60, 40, 3)).all()
    assert capfd.readouterr().err == ""


def test_threads_hear_of_their_own_files_alone(capfd):
    sound = saved(Image.fromarray(noise(60, 40, 3)), "TIFF", compression="tiff_adobe_deflate")
    files = [sound, cut_tiff("tiff_adobe_deflate")] * 200
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(decoded_or_refused, files))
    assert [pixels is not None for pixels in results] == [True, False] * 200
    assert capfd.readouterr().err == ""


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


@pytest.mark.slow
@pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")
@given(damaged=damaged_files())
@settings(FUZZ, max_examples=400)
def test_damaged_files_are_decoded_or_refused(capfd, damaged):
    _, data = damaged
    decodes_or_refuses(data, capfd)
