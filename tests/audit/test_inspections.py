"""Images are inspected once, and again only when their bytes change."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat

from posters.audit.inspection import PREPROCESS, inspect, inspect_images
from posters.splitting.groups import perceptual_hashes
from posters.store.packed_posters import pack
from tests.audit.conftest import jpeg, picture


@pytest.fixture
def read(monkeypatch):
    """The images that are read from now on, in order."""
    names = []

    def reading(root, image):
        names.append(image)
        return inspect(root, image)

    monkeypatch.setattr("posters.audit.inspection.inspect", reading)
    return names


def inspected(shop):
    return inspect_images(shop.catalogue(), shop.folder / "cache", threads=1)


def test_an_image_is_measured_upright(tmp_path):
    turned = Image.new("RGB", (300, 200), (10, 20, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # To be shown turned by a quarter.
    turned.save(tmp_path / "turned.jpg", exif=exif)
    found = inspect(tmp_path, "turned.jpg")
    assert (found.format, found.width, found.height, found.error, found.readable) == ("JPEG", 200, 300, "", True)
    assert found.spread == pytest.approx(0, abs=0.5)
    assert found.size == (tmp_path / "turned.jpg").stat().st_size
    half = Image.new("RGB", (100, 150), (0, 0, 0))
    half.paste((0, 200, 0), (0, 0, 50, 150))
    half.save(tmp_path / "half.png")
    # Of the values 0 and 200, half each, the standard deviation is 100; red and blue have none.
    assert inspect(tmp_path, "half.png").spread == pytest.approx(100)


@given(st.binary(min_size=3 * 35, max_size=3 * 35))
def test_the_spread_is_that_of_pillow_to_the_bit(tmp_path_factory, pixels):
    image = Image.frombytes("RGB", (5, 7), pixels).resize((20, 28), Image.Resampling.NEAREST)
    folder = tmp_path_factory.mktemp("drawn")
    image.save(folder / "drawn.png")
    assert inspect(folder, "drawn.png").spread == max(ImageStat.Stat(image).stddev)


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


def test_tables_of_one_folder_share_inspections(shop, read):
    inspected(shop)
    del shop.rows[1:]
    assert list(inspected(shop)) == ["a.jpg"]
    shop.add("b")
    inspected(shop)
    assert read == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_an_interrupted_audit_resumes(shop, monkeypatch, read):
    def killed(root, image):
        if image == "c.jpg":
            raise KeyboardInterrupt
        return inspect(root, image)

    monkeypatch.setattr("posters.audit.inspection.CHUNK", 1)
    with monkeypatch.context() as during:
        during.setattr("posters.audit.inspection.inspect", killed)
        with pytest.raises(KeyboardInterrupt):
            inspected(shop)
    inspected(shop)
    assert read == ["c.jpg", "d.jpg"]


def test_an_audit_that_was_killed_in_its_last_moment_is_finished(shop, read):
    inspected(shop)
    (path,) = (shop.folder / "cache").glob("audit-*/inspections.jsonl")
    content, names = path.read_bytes(), sorted(path.parent.iterdir())
    path.rename(path.with_name("inspections.jsonl.partial"))
    inspected(shop)
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == (content, names)
    assert len(read) == 4, "nothing was read again"


def test_a_file_that_could_not_be_read_is_tried_again(shop, read):
    catalogue = shop.catalogue()
    (shop.images / "b.jpg").rename(shop.folder / "away.jpg")
    found = inspect_images(catalogue, shop.folder / "cache", threads=1)
    assert found["b.jpg"].error == "the file can't be read (No such file or directory)"
    (shop.folder / "away.jpg").rename(shop.images / "b.jpg")
    assert inspect_images(catalogue, shop.folder / "cache", threads=1)["b.jpg"].readable
    assert read[4:] == ["b.jpg"]


@pytest.mark.parametrize("tail", ["[1, 2]\n", "no json\n", '["a.jpg", 12'])
def test_a_damaged_journal_is_repaired(shop, read, tail):
    first = inspected(shop)
    (path,) = (shop.folder / "cache").glob("audit-*/inspections.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3]) + tail)
    assert inspected(shop) == first
    assert read[4:] == ["c.jpg", "d.jpg"]


@given(data=st.binary(max_size=64), cut=st.integers(0, 2000), flip=st.integers(0, 2000))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_inspected_or_have_an_error(tmp_path, data, cut, flip):
    whole = bytearray(jpeg(picture(3)))
    whole[flip % len(whole)] ^= 0xFF
    for content in (data, bytes(whole[:cut])):
        (tmp_path / "x.jpg").write_bytes(content)
        found = inspect(tmp_path, "x.jpg")
        assert found.size == len(content)
        assert found.readable == (found.width > 0)
        assert not (found.damaged and found.readable)
