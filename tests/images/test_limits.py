"""What decoding may cost: images are refused by their header, threads share one budget, and nothing takes too long."""

import io
import json
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

import posters
from posters.config import PreprocessConfig
from posters.errors import ConfigError, ImageError, options_named
from posters.images import limits
from posters.images.decoding import decode, read_header, rgb_image, to_rgb
from posters.images.limits import BUDGET, IMAGE_MEMORY, MAX_SMALL_BYTES, GuardedFile, MemoryBudget
from posters.images.png_chunks import SIGNATURE, chunk
from tests.images.pictures import SMALL, golden_bytes, noise, png_claiming, refusal, saved, smooth


@pytest.fixture(autouse=True)
def default_memory():
    yield
    posters.set_image_memory(IMAGE_MEMORY / 1e9)
    assert BUDGET.taken == 0


# By the header


def jpeg2000_claiming(width, height):
    """The golden JPEG2000 file with another size in both of its headers."""
    data = bytearray(golden_bytes("rgb.jp2"))
    box, codestream = data.index(b"ihdr") + 4, data.index(b"\xff\x51") + 6
    data[box : box + 8] = struct.pack(">II", height, width)
    for place in (codestream, codestream + 16):  # of the picture, and of its only tile
        data[place : place + 8] = struct.pack(">II", width, height)
    return bytes(data)


def webp_claiming(width, height):
    """The golden animation, whose frame is smaller than its canvas."""
    data = bytearray(golden_bytes("animation.webp"))
    data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def text_of(width, height):
    return b"P3 %d %d 255\n" % (width, height) + b"0 " * 10


BOMBS = {
    "thin.png": (png_claiming(1, 119_000_000, 1, 0), "1 x 119000000 pixels, and no side may have fewer than 16"),
    "long.png": (png_claiming(16, 321), "16 x 321 pixels, one side more than 20 times the other"),
    "la16.png": (png_claiming(10_954, 10_954, 16, 4), "would take 1.1 GB of memory, more than the limit of 1.0 GB"),
    "64M.jp2": (jpeg2000_claiming(8000, 8000), "64,000,000 pixels, more than the limit of 12,000,000 for JPEG2000"),
    "maxa.webp": (webp_claiming(16_383, 7300), "would take 2.5 GB of memory, more than the limit of 1.0 GB"),
    "text.ppm": (text_of(2000, 2000), "4,000,000 pixels, more than the limit of 3,000,000 for PPM written as text"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_an_image_is_refused_by_its_header(name):
    data, reason = BOMBS[name]
    tracemalloc.start()
    start = time.process_time()
    try:
        assert reason in refusal(data)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - start < 1


@pytest.mark.parametrize("size", [(16, 16), (16, 320), (320, 16)])
def test_sides_and_shapes_up_to_the_limit_are_accepted(size):
    assert read_header(saved(Image.new("RGB", size), "PNG")).width == size[0]
    assert decode(saved(Image.new("RGB", size), "PNG"), SMALL).shape == (24, 16, 3)


def test_what_is_in_memory_may_have_any_shape():
    assert decode(np.zeros((1, 100, 3), np.uint8), SMALL).shape == decode(Image.new("L", (1, 1)), SMALL).shape


def test_a_header_is_read_without_decoding_what_stands_before_the_orientation(monkeypatch):
    """ImageMagick writes EXIF data behind the pixels, where Pillow finds them once it has decoded all of these."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(Image.new("RGB", (40, 60)), "PNG")
    behind = data[:-12] + chunk(b"eXIf", exif.tobytes()[6:]) + data[-12:]
    assert decode(behind, PreprocessConfig(height=40, width=60)).shape == (40, 60, 3)
    assert to_rgb(behind).size == (60, 40)
    decoded = []
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load_prepare", lambda image: decoded.append(image.size))
    for file in (data, behind):
        header = read_header(file)
        assert (header.width, header.height) == ((60, 40) if file is behind else (40, 60))
    assert (40, 60) not in decoded


# Memory


def test_a_large_image_of_any_mode_is_converted_as_a_small_one_is(monkeypatch):
    """In bands, which must not be seen."""
    rgb = Image.fromarray(noise(100, 80, 3))
    alpha = rgb.convert("RGBA")
    alpha.putalpha(Image.fromarray(noise(100, 80, seed=1)))
    grey16 = Image.fromarray(noise(100, 80).astype(np.uint16) * 257)
    images = [rgb.convert(mode) for mode in ("L", "1", "P", "CMYK", "YCbCr", "HSV")] + [
        alpha,
        alpha.convert("LA"),
        grey16,
    ]
    for image in images:
        monkeypatch.setattr("posters.images.colour._BAND_PIXELS", 10**6)
        whole = to_rgb(image).tobytes()
        monkeypatch.setattr("posters.images.colour._BAND_PIXELS", 7 * 80)
        assert to_rgb(image).tobytes() == whole, image.mode


def test_an_image_that_needs_more_than_the_limit_is_decoded_once_more_is_allowed():
    data = webp_claiming(6000, 4000)
    posters.set_image_memory(0.4)
    assert "would take 0.6 GB of memory, more than the limit of 0.4 GB: scale it down" in refusal(data)
    assert refusal(data).endswith("or allow more (posters.set_image_memory)")
    with options_named():
        assert refusal(data).endswith("or allow more (--image-memory)")
    posters.set_image_memory(0.7)
    assert decode(data, SMALL).shape == (24, 16, 3)


@pytest.mark.parametrize("gigabytes", [0, 0.1, -1, float("nan"), float("inf"), True, "2"])
def test_a_limit_that_makes_no_sense_is_refused(gigabytes):
    with pytest.raises(ConfigError, match="number of gigabytes from"):
        posters.set_image_memory(gigabytes)


def test_threads_wait_for_their_share_and_never_take_more_than_there_is():
    budget, most, order = MemoryBudget(100), 0, []
    lock = threading.Lock()

    def work(size):
        nonlocal most
        with budget.share(size):
            with lock:
                most = max(most, budget.taken)
                order.append(size)
            time.sleep(0.002)

    threads = [threading.Thread(target=work, args=(size,)) for size in [30, 60, 90, 20, 50] * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (len(order), budget.taken) == (40, 0)
    assert most <= 100


def test_a_large_share_is_not_overtaken_for_ever():
    budget, got = MemoryBudget(100), threading.Event()

    def large():
        with budget.share(100):
            got.set()

    def small():
        while not got.is_set():
            with budget.share(40):
                time.sleep(0.001)

    threads = [threading.Thread(target=target, daemon=True) for target in (small, small, large)]
    for thread in threads:
        thread.start()
    assert got.wait(5)
    for thread in threads:
        thread.join(5)


def test_a_share_inside_a_share_is_part_of_it():
    """It would else wait for itself, or for a thread that waits for it."""
    budget = MemoryBudget(100)
    with budget.share(80):
        with budget.share(80):
            assert budget.taken == 80
        assert budget.taken == 80
    assert budget.taken == 0


def test_the_share_is_given_back_after_a_failure_and_held_until_the_picture_is_done_with():
    with pytest.raises(ImageError):
        decode(png_claiming(2000, 2000), SMALL)
    assert BUDGET.taken == 0
    with rgb_image(golden_bytes("rgb.jpg")):
        assert BUDGET.taken > 40 * 60 * 4
    with pytest.raises(KeyError), rgb_image(golden_bytes("rgb.jpg")):
        raise KeyError
    assert BUDGET.taken == 0


PEAK = """
import json, resource, sys, threading
from pathlib import Path
from posters.config import PreprocessConfig
from posters.images.decoding import decode
from posters.errors import ImageError
def work(path):
    try:
        decode(path, PreprocessConfig())
    except ImageError as error:
        refused.append(str(error))
refused = []
threads = [threading.Thread(target=work, args=(path,)) for path in sys.argv[1:]]
for thread in threads: thread.start()
for thread in threads: thread.join()
usage = resource.getrusage(resource.RUSAGE_SELF)
# Not `ru_maxrss`, which begins with the peak of the process that started this one.
peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
print(json.dumps([peak, usage.ru_utime + usage.ru_stime, refused]))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The costliest files that are accepted, about, and how each was written."""
    folder = tmp_path_factory.mktemp("large")
    Image.new("LA", (10_500, 10_000)).save(folder / "la.png", compress_level=1)
    Image.new("RGB", (7500, 5500), "red").save(folder / "lossless.webp", lossless=True, quality=0, method=0)
    Image.new("RGB", (8000, 8700), "red").save(folder / "progressive.jpg", progressive=True, subsampling=0)
    Image.new("RGB", (8000, 8500), "red").save(folder / "strip.tif", compression="tiff_adobe_deflate", strip_size=10**9)
    Image.new("RGB", (10_000, 8000), "red").save(folder / "large.bmp")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["la.png", "lossless.webp", "progressive.jpg", "strip.tif", "large.bmp", "six", "all"])
def test_a_process_takes_less_than_a_gigabyte_and_each_image_less_than_five_seconds(large, name):
    """Measured by the kernel, in a process of its own; "all" decodes ten at once, "six" one WebP in six threads."""
    several = {"all": sorted(large.iterdir()) * 2, "six": [large / "lossless.webp"] * 6}
    files = several.get(name, [large / name])
    done = subprocess.run([sys.executable, "-c", PEAK, *files], capture_output=True, text=True, check=True)
    peak, seconds, refused = json.loads(done.stdout)
    assert refused == []
    # The heaps of several threads have gaps, which are not the budget's.
    assert peak < IMAGE_MEMORY * (1.05 if len(files) > 1 else 1)
    assert seconds < 5 * len(files)


def test_a_large_file_is_decoded_from_its_path_as_from_its_bytes(tmp_path):
    path = tmp_path / "large.bmp"
    Image.fromarray(noise(2000, 1400, 3)).save(path)
    assert path.stat().st_size > MAX_SMALL_BYTES
    assert (decode(path, SMALL) == decode(path.read_bytes(), SMALL)).all()


# Time


def test_a_progressive_jpeg_may_have_fewer_pixels_than_another(monkeypatch):
    """Its coefficients are all there before the first pixel is, however small the picture that is wanted."""
    monkeypatch.setitem(limits._SLOW, "progressive", ("progressive JPEG", 1_000_000))
    picture = smooth(1000, 1100)
    assert decode(saved(picture, "JPEG"), SMALL).shape == (24, 16, 3)
    assert "1,100,000 pixels, more than the limit of 1,000,000 for progressive JPEG" in refusal(
        saved(picture, "JPEG", progressive=True)
    )


def test_a_jpeg_of_very_many_scans_is_refused():
    data = saved(smooth(1000, 1500), "JPEG", progressive=True)
    place = data.rindex(b"\xff\xda")
    many = data[:place] + data[place:-2] * 3300 + data[-2:]
    assert "scans, which take too long to decode: save it again" in refusal(many)
    assert decode(data, SMALL).shape == (24, 16, 3)


def test_a_file_is_not_read_again_and_again():
    file = GuardedFile(bytes(MAX_SMALL_BYTES))
    passes = (file.read() for _ in range(10) if file.seek(0) == 0)
    with pytest.raises(ImageError, match="takes too long to decode: save it again as JPEG or PNG"):
        list(passes)


@pytest.mark.slow
def test_a_file_that_keeps_a_loop_busy_is_refused_in_time():
    """Pillow decodes run-length encoded BMP in Python; here, it is told millions of times that the row is over."""
    header = struct.pack("<IiiHHIIiiII", 40, 100, 100, 1, 8, 1, 0, 0, 0, 256, 0)
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + header + bytes(1024) + bytes(60_000_000)
    start = time.process_time()
    assert "takes too long to decode" in refusal(data)
    assert time.process_time() - start < 8


def test_a_png_whose_profile_or_text_is_huge_is_decoded_without_it():
    data = saved(Image.fromarray(noise(60, 40, 3)), "PNG")
    header, rest = data[:33], data[33:]
    assert header.startswith(SIGNATURE)
    huge = zlib.compress(bytes(3_000_000))
    for extra in (chunk(b"iCCP", b"x\0\0" + huge), chunk(b"zTXt", b"Comment\0\0" + huge)):
        assert (decode(header + extra + rest, SMALL) == decode(data, SMALL)).all()


def test_a_callers_own_file_is_planned_by_its_header_too():
    opened = Image.open(io.BytesIO(webp_claiming(9000, 9000)))
    assert "would take 1.7 GB of memory, more than the limit of 1.0 GB" in refusal(opened)
