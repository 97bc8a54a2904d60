"""Packing: the right pixels in the right rows, whatever happened to the folder before; and no work done twice."""

import contextlib
import io
import itertools
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from posters import arrays as arrays_module
from posters.arrays import INDEX, pack
from posters.cache import arrays_directory, default_cache
from posters.catalogue import Catalogue, Poster
from posters.config import PreprocessConfig
from posters.errors import ArraysError
from posters.images import decode

SMALL = PreprocessConfig(height=16, width=16)
GENRES = ("Comedy", "Drama", "Horror")

PACK_MANY = """
    import os, sys
    from pathlib import Path
    from posters.arrays import pack
    from posters.catalogue import Catalogue, Poster
    from posters.config import PreprocessConfig

    root, directory, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    posters = tuple(Poster(str(n), f"{n}.png", ("Drama",)) for n in range(count))
    arrays = pack(Catalogue(posters, ("Drama",), root), directory, PreprocessConfig(height=16, width=16))
    print(len(arrays), arrays.posters[-1].tolist())
"""


def draw(path, seed, size=(16, 16)):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def catalogue_of(root, names):
    posters = tuple(Poster(f"id-{name}", name, (GENRES[n % 3],), title=name) for n, name in enumerate(names))
    return Catalogue(posters, GENRES, root)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "images").mkdir()
    return tmp_path / "images"


@pytest.fixture
def seven(root):
    """Seven posters, the names not in order."""
    names = [f"{name}.png" for name in "gcabfde"]
    for seed, name in enumerate(names):
        draw(root / name, seed)
    return catalogue_of(root, names)


@pytest.fixture
def packed(tmp_path):
    return tmp_path / "packed"


@pytest.fixture
def decoded(monkeypatch):
    """The pixels of each image that gets decoded from here on, in this process."""
    calls = []

    def counting(data, preprocess):
        calls.append(data)
        return decode(data, preprocess)

    monkeypatch.setattr(arrays_module, "decode", counting)
    return calls


def assert_right(arrays, catalogue, preprocess=SMALL):
    """Every row is what `decode` gives for its poster, and has its poster's genres."""
    assert arrays.ids == catalogue.ids
    assert (arrays.posters.shape, arrays.posters.dtype) == ((len(catalogue), *preprocess.shape), np.uint8)
    for row, poster in enumerate(catalogue):
        assert (arrays.posters[row] == decode(catalogue.image_path(poster), preprocess)).all(), poster.image
    assert (arrays.genres == catalogue.multi_hot()).all()
    assert arrays.genre_names == catalogue.genre_names
    assert arrays.preprocess == preprocess


# The right pixels


def test_rows_are_what_decode_gives_in_the_catalogues_order(seven, packed):
    arrays = pack(seven, packed, SMALL)
    assert_right(arrays, seven)
    assert len(arrays) == 7
    assert arrays.losses == ()
    assert (np.load(packed / "posters.npy") == arrays.posters).all(), "NumPy reads it by itself"


def test_posters_may_share_an_image(root, seven, packed):
    twice = replace(seven, posters=(*seven.posters, Poster("again", seven.posters[2].image, ("Horror",))))
    assert_right(pack(twice, packed, SMALL), twice)


def test_rows_of_ids_are_ascending_and_only_of_those_that_are_there(seven, packed):
    arrays = pack(seven, packed, SMALL)
    assert arrays.rows_of(["id-e.png", "nobody", "id-g.png"]).tolist() == [0, 6]
    assert arrays.rows_of([]).dtype == np.int64


def test_the_fingerprint_names_the_pixels(root, seven, packed, tmp_path):
    first = pack(seven, packed, SMALL).fingerprint
    assert pack(seven, tmp_path / "elsewhere", SMALL).fingerprint == first
    assert pack(seven.take([1, 0, 2, 3, 4, 5, 6]), packed, SMALL).fingerprint != first
    assert pack(seven, packed, PreprocessConfig(height=16, width=17)).fingerprint != first
    draw(root / "a.png", 99)
    assert pack(seven, packed, SMALL).fingerprint != first


# No work twice


def test_packing_again_decodes_nothing(seven, packed, decoded, messages):
    pack(seven, packed, SMALL)
    assert len(decoded) == 7
    before = (packed / "posters.npy").stat()
    assert_right(pack(seven, packed, SMALL), seven)
    after = (packed / "posters.npy").stat()
    assert len(decoded) == 7
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert messages == [f"7 posters are packed already in {packed}"]


def test_an_image_that_was_touched_but_has_the_same_bytes_is_not_decoded_again(root, seven, packed, decoded):
    pack(seven, packed, SMALL)
    os.utime(root / "a.png", ns=(1, 1))
    assert_right(pack(seven, packed, SMALL), seven)
    pack(seven, packed, SMALL)
    assert len(decoded) == 7


def test_only_an_image_whose_bytes_changed_is_decoded_again(root, seven, packed, decoded):
    pack(seven, packed, SMALL)
    draw(root / "a.png", 99, (20, 30))
    assert_right(pack(seven, packed, SMALL), seven)
    assert decoded[7:] == [(root / "a.png").read_bytes()]


@pytest.mark.parametrize(
    "changed", [replace(SMALL, width=32), replace(SMALL, aspect="pad"), replace(SMALL, resampling="lanczos")]
)
def test_a_change_of_preprocessing_decodes_everything_again(seven, packed, decoded, changed):
    pack(seven, packed, SMALL)
    assert_right(pack(seven, packed, changed), seven, changed)
    assert len(decoded) == 14


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4], [6, 5, 4, 3, 2, 1, 0], [3], [1, 6, 2]])
def test_rows_removed_or_reordered_are_not_decoded_again(seven, packed, decoded, rows):
    pack(seven, packed, SMALL)
    assert_right(pack(seven.take(rows), packed, SMALL), seven.take(rows))
    assert len(decoded) == 7


def test_only_rows_that_were_added_are_decoded(seven, packed, decoded):
    pack(seven.take([5, 1]), packed, SMALL)
    assert_right(pack(seven, packed, SMALL), seven)
    assert len(decoded) == 7


def test_other_genres_and_ids_need_no_decoding(seven, packed, decoded):
    pack(seven, packed, SMALL)
    renamed = replace(seven, posters=tuple(replace(p, id=p.id * 2, genres=()) for p in seven))
    assert_right(pack(renamed, packed, SMALL), renamed)
    assert len(decoded) == 7


# Unreadable images


def test_unreadable_images_are_left_out_counted_and_said(root, seven, packed, messages):
    (root / "c.png").write_bytes(b"")
    (root / "f.png").write_bytes(b"")
    (root / "d.png").unlink()
    arrays = pack(seven, packed, SMALL)
    assert_right(arrays, seven.take([0, 2, 3, 6]))
    assert {(loss.kind, loss.reason, loss.count, loss.examples) for loss in arrays.losses} == {
        ("image", "the file is empty", 2, ("c.png", "f.png")),
        ("image", "the file can't be read (No such file or directory)", 1, ("d.png",)),
    }
    assert messages == [str(loss) for loss in arrays.losses]
    again = pack(seven, packed, SMALL)
    assert again.losses == arrays.losses
    assert_right(again, seven.take([0, 2, 3, 6]))


def test_an_image_that_was_mended_is_read(root, seven, packed, decoded):
    good = (root / "c.png").read_bytes()
    (root / "c.png").write_bytes(good[:60])
    assert len(pack(seven, packed, SMALL)) == 6
    (root / "c.png").write_bytes(good)
    assert_right(pack(seven, packed, SMALL), seven)
    assert len(decoded) == 8


def test_an_image_that_could_not_be_opened_is_tried_again(root, seven, packed, monkeypatch):
    """Its size and time do not change when it may be read again, nor when the network drive is back."""
    read = Path.read_bytes

    def refused(path):
        if path.name == "c.png":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    assert pack(seven, packed, SMALL).losses[0].reason == "the file can't be read (Permission denied)"
    monkeypatch.undo()
    assert_right(pack(seven, packed, SMALL), seven)


def test_a_catalogue_without_any_readable_image_is_refused(root, seven, packed):
    for poster in seven:
        (root / poster.image).write_bytes(b"nothing")
    for _ in range(2):
        with pytest.raises(ArraysError, match="none of the 7 posters of the catalogue can be decoded: 7 images"):
            pack(seven, packed, SMALL)


# Interruptions


class CutOffError(Exception):
    """Stands for a power cut in the middle of the work."""


@contextlib.contextmanager
def cut_off_after(count):
    """Decoding fails in an unforeseen way after `count` images."""
    left = itertools.count(1)

    def failing(data, preprocess):
        if next(left) > count:
            raise CutOffError
        return decode(data, preprocess)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays_module, "decode", failing)
        with pytest.raises(CutOffError):
            yield
        for thread in threading.enumerate():
            if thread.name == "posters-ahead":
                thread.join()  # What was begun is finished, and would count as the next packing's work.


@pytest.fixture
def fifty(root):
    """Fifty posters, three of them unreadable: more than three chunks of work."""
    names = [f"{n:02}.png" for n in range(50)]
    for seed, name in enumerate(names):
        draw(root / name, seed)
    for name in ("00.png", "17.png", "49.png"):
        (root / name).write_bytes(b"broken")
    return catalogue_of(root, names)


def readable(catalogue):
    return catalogue.take([row for row in range(50) if row not in (0, 17, 49)])


def test_an_interrupted_packing_goes_on_where_it_stopped(fifty, packed, tmp_path, decoded):
    with cut_off_after(42):
        pack(fifty, packed, SMALL, threads=1)
    assert not (packed / "posters.npy").exists()
    arrays = pack(fifty, packed, SMALL)
    assert len(decoded) == 50 - 40, "ten chunks of four were finished"
    assert_right(arrays, readable(fifty))
    pack(fifty, tmp_path / "at once", SMALL)
    for name in sorted(path.name for path in packed.iterdir()):
        assert (packed / name).read_bytes() == (tmp_path / "at once" / name).read_bytes(), name
    assert not list(packed.glob("*.partial"))


def test_what_was_packed_before_lasts_until_the_new_packing_is_complete(root, fifty, packed):
    pack(fifty, packed, SMALL)
    before = (packed / "posters.npy").read_bytes()
    for poster in fifty:
        draw(root / poster.image, poster.id.encode()[-5] + 1000)
    with cut_off_after(20):
        pack(fifty, packed, SMALL)
    assert (packed / "posters.npy").read_bytes() == before
    assert_right(pack(fifty, packed, SMALL), fifty)


def test_an_image_that_changed_after_the_interruption_is_decoded_again(root, fifty, packed, decoded):
    with cut_off_after(40):
        pack(fifty, packed, SMALL, threads=1)
    draw(root / "20.png", 99)
    assert_right(pack(fifty, packed, SMALL), readable(fifty))
    assert len(decoded) <= 50 - 20, "what comes before it is kept"


@pytest.mark.parametrize("step", ["replace 1", "replace 2", "unlink"])
def test_a_stop_between_the_last_steps_mixes_nothing(root, fifty, packed, monkeypatch, step):
    """The pixels and their index can't be renamed in one step."""
    pack(fifty, packed, SMALL)
    for poster in fifty:
        draw(root / poster.image, poster.id.encode()[-5] + 1000)
    steps = itertools.count(1)

    def stop(name, call):
        def stopping(*arguments, **options):
            if step in (name, f"{name} {next(steps)}"):
                raise CutOffError
            return call(*arguments, **options)

        return stopping

    kind, _, _ = step.partition(" ")
    owner = Path if kind == "unlink" else os
    with monkeypatch.context() as patch:
        patch.setattr(owner, kind, stop(kind, getattr(owner, kind)))
        with pytest.raises(CutOffError):
            pack(fifty, packed, SMALL)
    assert_right(pack(fifty, packed, SMALL), fifty)


def run(*arguments):
    """A Python process; it has no `if __name__ == "__main__"`, as many scripts have none."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def many(root, tmp_path):
    """600 images and a script that packs them."""
    for number in range(600):
        Image.new("RGB", (16, 16), (number % 256, number // 256, 7)).save(root / f"{number}.png")
    (tmp_path / "pack_many.py").write_text(textwrap.dedent(PACK_MANY))
    return tmp_path / "pack_many.py"


LAST_OF_MANY = [[[599 % 256, 599 // 256, 7]] * 16] * 16


@pytest.mark.slow
def test_a_script_without_a_main_guard_packs_and_two_of_them_may_pack_at_once(many, root, packed):
    """The processes wait for each other, and the second finds the work done."""
    both = [run(many, root, packed, 600) for _ in range(2)]
    printed = [process.communicate(timeout=60) for process in both]
    assert [out for out, _ in printed] == [f"600 {LAST_OF_MANY}\n"] * 2, printed
    assert sum("600 posters are packed already" in err for _, err in printed) == 1
    assert not any("Traceback" in err or "Warning" in err for _, err in printed)


@pytest.mark.slow
def test_a_killed_packing_goes_on_and_gives_the_same_bytes(many, root, packed, tmp_path):
    process = run(many, root, packed, 600)
    journal = packed / f"{INDEX}.partial"
    until = time.monotonic() + 30
    while time.monotonic() < until and not (journal.exists() and journal.stat().st_size > 2000):
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert journal.exists()
    catalogue = Catalogue(tuple(Poster(str(n), f"{n}.png", ("Drama",)) for n in range(600)), ("Drama",), root)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        arrays = pack(catalogue, packed, SMALL, threads=1)
    assert_right(arrays, catalogue)
    assert " 0/600" not in said.getvalue(), "the bar begins where the killed one stopped"
    pack(catalogue, tmp_path / "at once", SMALL, threads=1)
    for name in ("posters.npy", INDEX):
        assert (packed / name).read_bytes() == (tmp_path / "at once" / name).read_bytes()


# Damage


def files_of(folder):
    return sorted(path for path in folder.iterdir() if path.name != ".lock")


@pytest.fixture(scope="module")
def damaged_world(tmp_path_factory):
    """Forty posters, and the folders that a finished and an interrupted packing of them leave."""
    world = SimpleNamespace(base=tmp_path_factory.mktemp("damage"))
    world.images = world.base / "images"
    world.images.mkdir()
    names = [f"{n:02}.png" for n in range(40)]
    for seed, name in enumerate(names):
        draw(world.images / name, seed)
    world.catalogue = catalogue_of(world.images, names)
    world.finished, world.interrupted = world.base / "finished", world.base / "interrupted"
    pack(world.catalogue, world.finished, SMALL)
    with cut_off_after(35):
        pack(world.catalogue, world.interrupted, SMALL, threads=1)
    world.foreign = world.base / "foreign"
    pack(world.catalogue.take(range(39, -1, -1)), world.foreign, SMALL)
    return world


def right_or_refused(catalogue, folder):
    """After any damage: the right pixels, or ArraysError; and once what it names is removed, the right pixels."""
    try:
        arrays = pack(catalogue, folder, SMALL)
    except ArraysError:
        for path in files_of(folder):
            path.unlink()
        arrays = pack(catalogue, folder, SMALL)
    assert_right(arrays, catalogue)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["finished", "interrupted"])
@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_files_cut_short_never_give_wrong_rows(damaged_world, state, data):
    folder = damaged_world.base / "work"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(getattr(damaged_world, state), folder)
    for path in files_of(folder):
        size = path.stat().st_size
        os.truncate(path, data.draw(st.one_of(st.just(size), st.integers(0, size)), path.name))
    right_or_refused(damaged_world.catalogue, folder)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["finished", "interrupted"])
@given(data=st.data())
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_damaged_index_never_gives_wrong_rows(damaged_world, state, data):
    folder = damaged_world.base / "work"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(getattr(damaged_world, state), folder)
    (path,) = folder.glob(f"{INDEX}*")
    lines = path.read_bytes().splitlines(keepends=True)
    number = st.integers(0, len(lines) - 1)
    kind = data.draw(st.sampled_from(["bytes", "drop", "swap", "repeat"]))
    if kind == "bytes":
        content = bytearray(b"".join(lines))
        for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)))):
            content[place] = value
        lines = [bytes(content)]
    elif kind == "drop":
        del lines[data.draw(number)]
    elif kind == "repeat":
        lines.insert(data.draw(number), lines[data.draw(number)])
    else:
        one, other = data.draw(number), data.draw(number)
        lines[one], lines[other] = lines[other], lines[one]
    path.write_bytes(b"".join(lines))
    right_or_refused(damaged_world.catalogue, folder)


@pytest.mark.parametrize("state", ["finished", "interrupted"])
@pytest.mark.parametrize(
    "foreign",
    [
        lambda world: np.load(world.foreign / "posters.npy"),
        lambda world: np.zeros((40, 16, 16, 3), np.uint8),
        lambda world: np.zeros((40, 16, 16), np.uint8),
        lambda world: np.zeros((40, 16, 16, 3), np.float32),
        lambda world: np.asfortranarray(np.load(world.finished / "posters.npy")),
        lambda world: np.load(world.finished / "posters.npy")[:-1],
        lambda world: np.zeros(()),
    ],
)
def test_foreign_pixels_never_become_rows(damaged_world, state, foreign, tmp_path):
    folder = tmp_path / "packed"
    shutil.copytree(getattr(damaged_world, state), folder)
    with open(folder / ("posters.npy" if state == "finished" else "posters.npy.partial"), "wb") as file:
        np.save(file, foreign(damaged_world))
    right_or_refused(damaged_world.catalogue, folder)


@pytest.mark.parametrize("name", ["posters.npy", "posters.npy.partial", "index", "index.partial"])
def test_any_file_may_be_missing(damaged_world, name, tmp_path):
    state = "interrupted" if name.endswith("partial") else "finished"
    folder = tmp_path / "packed"
    shutil.copytree(getattr(damaged_world, state), folder)
    (folder / name.replace("index", INDEX)).unlink()
    assert_right(pack(damaged_world.catalogue, folder, SMALL), damaged_world.catalogue)


@pytest.mark.parametrize("name", ['a "b", c.png', "名前.png", " x .png", "#1.png", "line\nbreak.png", "re\rturn.png"])
def test_odd_file_names(root, packed, decoded, name):
    draw(root / name, 1)
    draw(root / "plain.png", 2)
    catalogue = catalogue_of(root, ["plain.png", name])
    for _ in range(2):
        assert_right(pack(catalogue, packed, SMALL), catalogue)
    assert len(decoded) == 2


# The machine


def test_a_disk_that_is_too_small_is_refused_before_the_work(seven, packed, monkeypatch, decoded):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=7 * 16 * 16 * 3 - 1))
    with pytest.raises(ArraysError, match=r"packing 7 posters into .* takes 0.0 GB, but only 0.0 GB are free there"):
        pack(seven, packed, SMALL)
    assert decoded == []


def test_a_disk_that_fills_up_on_the_way_is_said_in_one_line(seven, packed, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(arrays_module.GrowingRows, "append", full)
    with pytest.raises(ArraysError, match="No space left on device"):
        pack(seven, packed, SMALL)


def test_a_folder_that_cannot_be_made_is_said_in_one_line(seven, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArraysError, match=r"posters can't be packed into .*file"):
        pack(seven, tmp_path / "file", SMALL)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_catalogue(root, tmp_path):
    """One picture under many ids, so that the test is quick; rows are what memory would go for."""
    draw(root / "a.png", 1)
    preprocess = PreprocessConfig(height=64, width=64)

    def peak(count):
        posters = tuple(Poster(str(n), "a.png", ("Drama",)) for n in range(count))
        tracemalloc.start()
        pack(Catalogue(posters, ("Drama",), root), tmp_path / str(count), preprocess, threads=1)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    pixels = 1500 * 64 * 64 * 3
    assert peak(1600) - peak(100) < pixels / 5


# Where it lies


def test_the_cache_is_the_users_unless_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "own"))
    assert default_cache() == tmp_path / "own"
    monkeypatch.delenv("POSTERS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "posters"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path.home() / ".cache" / "posters"


def test_each_table_image_folder_and_preprocessing_has_its_own_folder(seven, tmp_path):
    folders = {
        arrays_directory(tmp_path, catalogue, preprocess)
        for catalogue in (seven, replace(seven, table=tmp_path / "t.csv"), replace(seven, image_root=tmp_path))
        for preprocess in (SMALL, replace(SMALL, aspect="crop"))
    }
    assert len(folders) == 6
    assert arrays_directory(tmp_path, seven.take([0]), SMALL) in folders, "rows may change"
