"""Images in a store: fsspec's own, in memory, here; an S3 server in `tests/tasks/test_stored_posters.py`."""

import sys
import zipfile

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from posters import load_classifier
from posters.catalogue.read import read_catalogue, read_named_images
from posters.cli.sources import stored_sources
from posters.errors import CatalogueError, ConfigError, ImageError, MissingExtraError
from posters.images import limits
from posters.images.object_store import is_stored, read_stored, stored_files


@pytest.fixture
def store(golden):
    """A store in memory: `shop` with the three golden posters, one broken and one empty; a note, and a sub-folder."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    files = {path.name: path.read_bytes() for path in (golden / "posters").iterdir()}
    files |= {"broken.png": b"no picture", "empty.png": b"", "notes.txt": b"to do", "old/1.png": files["dusk.png"]}
    for name, data in files.items():
        memory.pipe(f"/shop/{name}", data)
    return memory


@pytest.fixture
def broken_store(monkeypatch):
    """A store that is there and doesn't answer."""

    def no_answer(*_: object, **__: object) -> None:
        raise ConnectionError("nobody\nanswers")

    for name in ("info", "cat_file", "ls"):
        monkeypatch.setattr(MemoryFileSystem, name, no_answer)


def test_a_poster_in_a_store_is_predicted_like_its_file(store, golden):
    classifier = load_classifier(golden / "classifier", threads=1)
    assert classifier.predict("memory://shop/dusk.png") == classifier.predict(golden / "posters" / "dusk.png")


@pytest.mark.parametrize(
    "address", ["s3://bucket/a.jpg", "gs://b/a", "S3://b/a", "zip://a.jpg::s3://b/a.zip", "file:///a.jpg"]
)
def test_addresses_of_stores(address):
    assert is_stored(address)


@pytest.mark.parametrize("text", ["https://a.org/b.jpg", "HTTP://a", "data:,", "sqlite:///a.db", "c://a", "a.jpg"])
def test_what_is_no_address_of_a_store(text):
    assert not is_stored(text)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.png", "there is no such object"),
        ("empty.png", "the file is empty"),
        ("broken.png", "not an image"),
    ],
)
def test_a_bad_object_is_an_error_of_one_poster(store, golden, name, why):
    classifier = load_classifier(golden / "classifier", threads=1)
    first, second = classifier.predict_many([f"memory://shop/{name}", "memory://shop/dusk.png"])
    assert str(first.error).startswith(f"memory://shop/{name}: ")
    assert why in str(first.error)
    assert second.error is None


def test_an_object_that_is_too_large_is_refused(store, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 1_000_000)
    store.pipe("/shop/large.png", bytes(1_000_002))
    with pytest.raises(ImageError, match=r"large.png: the file has more than 1 MB"):
        read_stored("memory://shop/large.png")


def test_one_object_that_is_refused_costs_one_poster(store, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(MemoryFileSystem, "cat_file", refuse)
    with pytest.raises(ImageError, match=r"dusk.png: the store refuses to give it \(Access Denied\)"):
        read_stored("memory://shop/dusk.png")


def test_a_store_that_does_not_answer_ends_the_work_in_one_line(broken_store, golden):
    classifier = load_classifier(golden / "classifier", threads=1)
    line = r"^memory://shop/dusk.png: the store can't be read \(nobody answers\): check the address, the connection"
    with pytest.raises(ConfigError, match=line):
        list(classifier.predict_many(["memory://shop/dusk.png", "memory://shop/night.png"]))
    with pytest.raises(ConfigError, match=r"^memory://shop: the store can't be read"):
        stored_files("memory://shop")


def test_a_folder_gives_its_images_by_name(store, messages):
    names = ("broken", "dusk", "empty", "ghost", "night")
    found = [source.name for source in stored_sources("memory://shop/")]
    assert found == [f"memory://shop/{name}.png" for name in names]
    assert messages == ["memory://shop/: left out: 1 files of other kinds"]
    below = stored_sources("memory://shop", recursive=True)
    assert [source.name for source in below][-1] == "memory://shop/old/1.png"


def test_a_folder_that_is_not_there_is_one_line(store):
    with pytest.raises(ConfigError, match=r"^memory://shop/none/: there is no such folder in the store$"):
        stored_sources("memory://shop/none/")
    with pytest.raises(ConfigError, match=r"^nowhere://a/: fsspec can't open it \(Protocol not known: nowhere\)$"):
        stored_sources("nowhere://a/")


def test_passwords_are_in_no_message(store):
    with pytest.raises(ConfigError) as caught:
        stored_sources("nowhere://me:secret@a/")
    assert "secret" not in str(caught.value)


def test_without_fsspec_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=r"posters\[s3\]"):
        read_stored("s3://bucket/a.jpg")
    with pytest.raises(MissingExtraError, match=r"posters\[gs\]"):
        read_stored("gs://bucket/a.jpg")


class TestTables:
    """Tables on this machine, whose images are in a store."""

    @staticmethod
    def named(tmp_path, text):
        (tmp_path / "t.csv").write_text(text)
        return read_named_images(tmp_path / "t.csv", images="memory://shop/")

    def test_names_are_taken_at_their_word_and_the_rest_is_listed(self, store, tmp_path):
        text = "id,image\n1,dusk.png\n2,night\n3,old/1\n4,memory://shop/dusk.png\n5,none.png\n6,none\n7,no/such\n8,../a.png\n"
        found = self.named(tmp_path, text)
        assert list(found.values())[:7] == [
            *("memory://shop/dusk.png", "memory://shop/night.png", "memory://shop/old/1.png", "memory://shop/dusk.png"),
            *("memory://shop/none.png", "memory://shop/none.jpg", "memory://shop/no/such.jpg"),
        ]
        assert isinstance(found["8"], ImageError)

    def test_names_with_extensions_need_no_listing(self, store, tmp_path, monkeypatch):
        monkeypatch.setattr(MemoryFileSystem, "ls", lambda *_, **__: pytest.fail("a listing"))
        assert self.named(tmp_path, "id,image\n1,dusk.png\n") == {"1": "memory://shop/dusk.png"}

    def test_images_are_looked_for_by_id(self, store, tmp_path):
        assert self.named(tmp_path, "id,title\nnight,Night\n") == {"night": "memory://shop/night.png"}

    def test_a_store_that_is_not_there_is_one_line(self, store, tmp_path):
        (tmp_path / "t.csv").write_text("id,image\n1,dusk.png\n")
        with pytest.raises(ConfigError, match=r"^memory://none: there is no such folder in the store$"):
            read_named_images(tmp_path / "t.csv", images="memory://none")

    def test_a_table_of_addresses_asks_for_the_folder_that_they_share(self, tmp_path):
        (tmp_path / "t.csv").write_text("id,image\n1,s3://b/posters/10.jpg\n2,s3://b/posters/11.jpg\n")
        with pytest.raises(CatalogueError, match=r"in a store: to predict, pass images=ADDRESS: s3://b/posters"):
            read_named_images(tmp_path / "t.csv")

    def test_a_catalogue_is_refused(self, store, tmp_path):
        (tmp_path / "t.csv").write_text("id,image,genres\n1,dusk.png,Drama\n")
        with pytest.raises(CatalogueError, match=r"memory://shop: only `posters predict` reads images from a store"):
            read_catalogue(tmp_path / "t.csv", images="memory://shop")


def test_an_archive_is_a_folder_too(tmp_path, golden):
    with zipfile.ZipFile(tmp_path / "posters.zip", "w") as archive:
        archive.write(golden / "posters" / "dusk.png", "in/dusk.png")
    address = f"zip://in::file://{tmp_path}/posters.zip"
    assert stored_files(address) == [f"zip://in/dusk.png::file://{tmp_path}/posters.zip"]
    assert read_stored(stored_files(address)[0]) == (golden / "posters" / "dusk.png").read_bytes()
