"""Images are read once, and what was seen in them is kept."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from posters.arrays import pack
from posters.audit.inspecting import inspect_images
from posters.audit.inspection import PREPROCESS, inspect
from posters.duplicates import perceptual_hashes

from .conftest import jpeg, picture


@pytest.fixture
def read(monkeypatch):
    """The images that are really read, in order."""
    names = []

    def reading(root, image):
        names.append(image)
        return inspect(root, image)

    monkeypatch.setattr("posters.audit.inspecting.inspect", reading)
    return names


def inspected(shop):
    return inspect_images(shop.catalogue(), shop.folder / "cache", threads=1)


def test_what_is_seen_in_an_image(tmp_path):
    turned = Image.new("RGB", (300, 200), (10, 20, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # To be shown turned by a quarter.
    turned.save(tmp_path / "turned.jpg", exif=exif)
    seen = inspect(tmp_path, "turned.jpg")
    assert (seen.format, seen.width, seen.height, seen.error, seen.readable) == ("JPEG", 200, 300, "", True)
    assert seen.spread == pytest.approx(0, abs=0.5)
    assert seen.size == os.path.getsize(tmp_path / "turned.jpg")
    half = Image.new("RGB", (100, 150), (0, 0, 0))
    half.paste((0, 200, 0), (0, 0, 50, 150))
    half.save(tmp_path / "half.png")
    # Of the values 0 and 200, half each, the standard deviation is 100; red and blue have none.
    assert inspect(tmp_path, "half.png").spread == pytest.approx(100)


def test_hashes_are_those_that_splits_are_grouped_by(shop):
    catalogue = shop.catalogue()
    expected = perceptual_hashes(pack(catalogue, shop.folder / "packed", PREPROCESS), shop.folder)
    assert [inspected(shop)[poster.image].hash for poster in catalogue] == expected.tolist()


def test_only_files_that_changed_are_read_again(shop, read):
    first = inspected(shop)
    assert read == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert inspected(shop) == first
    shop.put("b.jpg", jpeg(picture(9), 50))
    shop.add("e", data=jpeg(picture(10)))
    second = inspected(shop)
    assert read[4:] == ["b.jpg", "e.jpg"]
    assert second["a.jpg"] == first["a.jpg"]
    assert second["b.jpg"] != first["b.jpg"]


def test_tables_of_one_folder_share_what_was_seen(shop, read):
    inspected(shop)
    del shop.rows[1:]
    assert list(inspected(shop)) == ["a.jpg"]
    shop.add("b")
    inspected(shop)
    assert read == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_an_interrupted_audit_goes_on_where_it_was(shop, monkeypatch, read):
    def killed(root, image):
        if image == "c.jpg":
            raise KeyboardInterrupt
        return inspect(root, image)

    monkeypatch.setattr("posters.audit.inspecting._CHUNK", 1)
    with monkeypatch.context() as during:
        during.setattr("posters.audit.inspecting.inspect", killed)
        with pytest.raises(KeyboardInterrupt):
            inspected(shop)
    inspected(shop)
    assert read == ["c.jpg", "d.jpg"]


def test_a_file_that_could_not_be_read_is_tried_again(shop, read):
    catalogue = shop.catalogue()
    (shop.images / "b.jpg").rename(shop.folder / "away.jpg")
    seen = inspect_images(catalogue, shop.folder / "cache", threads=1)
    assert seen["b.jpg"].error == "the file can't be read (No such file or directory)"
    (shop.folder / "away.jpg").rename(shop.images / "b.jpg")
    assert inspect_images(catalogue, shop.folder / "cache", threads=1)["b.jpg"].readable
    assert read[4:] == ["b.jpg"]


@pytest.mark.parametrize("tail", ["[1, 2]\n", "no json\n", '["a.jpg", 12'])
def test_a_damaged_file_of_inspections_is_made_good(shop, read, tail):
    first = inspected(shop)
    (path,) = (shop.folder / "cache").glob("audit-*/inspections.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3]) + tail)
    assert inspected(shop) == first
    assert read[4:] == ["c.jpg", "d.jpg"]


@given(data=st.binary(max_size=64), cut=st.integers(0, 2000), flip=st.integers(0, 2000))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_of_any_kind_are_inspected_or_said_to_be_bad(tmp_path, data, cut, flip):
    whole = bytearray(jpeg(picture(3)))
    whole[flip % len(whole)] ^= 0xFF
    for content in (data, bytes(whole[:cut])):
        (tmp_path / "x.jpg").write_bytes(content)
        seen = inspect(tmp_path, "x.jpg")
        assert seen.size == len(content)
        assert seen.readable == (seen.width > 0)
        assert not (seen.damaged and seen.readable)
