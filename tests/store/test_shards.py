"""Posters in shards: read like packed ones, kept whole through kills, and refused where they are of something else."""

import pickle
import shutil

import numpy as np
import pytest

from posters.catalogue import Poster
from posters.config import PreprocessConfig
from posters.errors import ArraysError
from posters.splitting.groups import perceptual_hashes
from posters.store import packed_posters as arrays_module
from posters.store import shards as shards_module
from posters.store.packed_posters import pack
from posters.store.shards import INDEX, SETTINGS, open_shards, pack_shards
from tests.store.conftest import SMALL, assert_right, catalogue_of, cut_off_after, draw, readable

pytest.importorskip("pyarrow")


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(shards_module, "SHARD", 20)


@pytest.fixture(params=["disk", "store"])
def place(request, tmp_path):
    """A folder for shards: on a disk, and in a store."""
    if request.param == "disk":
        yield tmp_path / "shards"
        return
    memory = pytest.importorskip("fsspec").filesystem("memory")
    yield "memory://films/shards"
    memory.rm("/films", recursive=True)


def contents(place):
    """The files of a folder on a disk, by name."""
    return {path.name: path.read_bytes() for path in sorted(place.iterdir()) if path.name != ".lock"}


def test_shards_are_read_like_packed_posters(fifty, place, packed):
    arrays, plain = pack_shards(fifty, place, SMALL), pack(fifty, packed, SMALL)
    assert_right(arrays, readable(fifty))
    everything = np.asarray(plain.posters)
    for rows in (np.array([46, 0, 30, 31]), slice(None), slice(5, 9), np.array([], int), [3], -1, 45):
        np.testing.assert_array_equal(arrays.posters[rows], everything[rows])
    np.testing.assert_array_equal(np.stack(list(arrays.posters)), everything)
    assert (arrays.files, arrays.fingerprint, arrays.problems) == (plain.files, plain.fingerprint, plain.problems)
    assert perceptual_hashes(arrays, packed).tolist() == perceptual_hashes(plain, packed).tolist()


def test_they_can_be_sent_to_a_worker(fifty, place):
    posters = pack_shards(fifty, place, SMALL).posters
    there = pickle.loads(pickle.dumps(posters))
    np.testing.assert_array_equal(there[np.arange(30)], posters[np.arange(30)])


def test_an_interrupted_packing_goes_on(fifty, tmp_path, decoded):
    pack_shards(fifty, tmp_path / "whole", SMALL, threads=1)
    del decoded[:]
    place = tmp_path / "shards"
    with cut_off_after(30):
        pack_shards(fifty, place, SMALL, threads=1)
    assert list(contents(place)) == [SETTINGS, "shard-00000.parquet"]
    with pytest.raises(ArraysError, match=r"shards is not complete: run the same `posters pack` again$"):
        open_shards(fifty, place, SMALL)
    pack_shards(fifty, place, SMALL)
    # The shard that was there is not made again.
    assert len(decoded) == 30
    assert contents(place) == contents(tmp_path / "whole")


def test_nothing_is_decoded_again_unless_its_shard_changed(fifty, root, place, decoded, messages):
    before = pack_shards(fifty, place, SMALL)
    del decoded[:]
    pack_shards(fifty, place, SMALL)
    assert not decoded
    assert any("50 posters are packed already" in message for message in messages)
    draw(root / "25.png", 99)
    after = pack_shards(fifty, place, SMALL)
    assert len(decoded) == 20
    assert_right(after, readable(fifty))
    assert after.fingerprint != before.fingerprint


def test_a_table_may_grow(root, tmp_path, decoded):
    names = [f"{number:02}.png" for number in range(45)]
    for seed, name in enumerate(names):
        draw(root / name, seed)
    pack_shards(catalogue_of(root, names[:30]), tmp_path / "shards", SMALL)
    del decoded[:]
    assert_right(pack_shards(catalogue_of(root, names), tmp_path / "shards", SMALL), catalogue_of(root, names))
    assert len(decoded) == 25


def test_other_posters_are_refused(fifty, tmp_path):
    place = tmp_path / "shards"
    pack_shards(fifty, place, SMALL)
    fewer = fifty.take(range(1, 50))
    for function in (pack_shards, open_shards):
        with pytest.raises(ArraysError, match=r"shards.* holds other posters than"):
            function(fewer, place, SMALL)
    with pytest.raises(ArraysError, match=r"has shards of more posters, such as shard-00002\.parquet"):
        pack_shards(fifty.take(range(40)), place, SMALL)
    assert_right(open_shards(fifty, place, SMALL), readable(fifty))


def test_another_size_version_or_pillow_is_refused(fifty, tmp_path, monkeypatch):
    place = tmp_path / "shards"
    pack_shards(fifty, place, SMALL)
    for function in (pack_shards, open_shards):
        with pytest.raises(ArraysError, match=r"was packed with height = 16, not 32: give the same options, or name"):
            function(fifty, place, PreprocessConfig(height=32, width=16))
    monkeypatch.setattr(arrays_module.PIL, "__version__", "1.0")
    with pytest.raises(ArraysError, match="was packed with another version of Pillow"):
        pack_shards(fifty, place, SMALL)
    # What is packed stays of use.
    assert len(open_shards(fifty, place, SMALL)) == 47
    monkeypatch.setattr(shards_module, "DECODER_VERSION", 0)
    with pytest.raises(ArraysError, match="was packed by another version of this package"):
        open_shards(fifty, place, SMALL)


def test_a_folder_of_other_files_is_refused(fifty, tmp_path):
    with pytest.raises(ArraysError, match="images holds other files: name a new folder as shards"):
        pack_shards(fifty, fifty.image_root, SMALL)


@pytest.mark.parametrize("name", ["shard-00001.parquet", INDEX, SETTINGS])
@pytest.mark.parametrize("at", [0.5, 1.0])
def test_damage_is_one_line(fifty, tmp_path, name, at):
    place = tmp_path / "shards"
    pack_shards(fifty, place, SMALL)
    data = bytearray((place / name).read_bytes())
    middle = int(at * (len(data) - 40))
    data[middle : middle + 40] = bytes(255 - byte for byte in data[middle : middle + 40])
    (place / name).write_bytes(data)
    with pytest.raises(ArraysError, match=r"^[^\n]*shards/[^\n]* is damaged[^\n]*$"):
        open_shards(fifty, place, SMALL).posters[:]


def test_a_shard_of_other_pixels_or_none_is_one_line(fifty, tmp_path):
    place = tmp_path / "shards"
    posters = pack_shards(fifty, place, SMALL).posters
    shutil.copy(place / "shard-00000.parquet", place / "shard-00001.parquet")
    with pytest.raises(ArraysError, match=r"shard-00001\.parquet is damaged, or has other posters by now: remove it"):
        posters[:]
    assert "shard-00001" in str(posters.failure)
    (place / "shard-00001.parquet").unlink()
    with pytest.raises(ArraysError, match=r"shard-00001\.parquet can't be read \(No such file or directory\): pack"):
        posters.keeping(1)[:]
    # As the message says.
    assert_right(pack_shards(fifty, place, SMALL), readable(fifty))


def test_as_many_shards_are_kept_as_asked_for(fifty, place, monkeypatch):
    posters, read = pack_shards(fifty, place, SMALL).posters, []
    reading = shards_module.ShardedPosters._read
    monkeypatch.setattr(
        shards_module.ShardedPosters, "_read", lambda self, number: read.append(number) or reading(self, number)
    )
    alternating = [0, 20, 40, 1, 21, 41]
    for kept, expected in ((3, [0, 1, 2]), (2, [0, 1, 2, 0, 1, 2])):
        few = posters.keeping(kept)
        del read[:]
        for row in alternating:
            few[row]
        assert read == expected


def test_a_poster_without_pixels_has_no_row(root, tmp_path):
    (root / "broken.png").write_bytes(b"no picture")
    catalogue = catalogue_of(root, ["broken.png"])
    with pytest.raises(ArraysError, match=r"none of the 1 posters of .* can be decoded"):
        pack_shards(catalogue, tmp_path / "shards", SMALL)
    draw(root / "broken.png", 1)
    assert pack_shards(catalogue, tmp_path / "shards", SMALL).posters.shape == (1, 16, 16, 3)
    assert catalogue.posters[0] == Poster("id-broken.png", "broken.png", ("Comedy",), title="broken.png")
