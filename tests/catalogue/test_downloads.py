"""Images that a table has only addresses of: offered, or with `download` fetched once, unless they are there."""

import re
import shutil

import pytest

from posters.catalogue import read_catalogue
from posters.catalogue.catalogue import store_catalogue, stored_catalogue
from posters.catalogue.problems import Cause
from posters.catalogue.read import read_named_images
from posters.cli import parser
from posters.config import PreprocessConfig
from posters.errors import ImageError
from posters.store.packed_posters import pack
from tests.images.web_server import png, running


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))
    with running() as server:
        yield server


@pytest.fixture
def table(desk, server):
    """Four rows: two images, the first of them twice, and one that is not found."""
    addresses = ["poster/1", "poster/2", "poster/1", "status/404"]
    rows = [f"{number},{server.url}/{address},Drama|War\n" for number, address in enumerate(addresses)]
    return desk.table("t.csv", "id,poster_url,genres\n" + "".join(rows))


def test_without_download_it_is_offered_with_the_number_of_images(desk, table, server):
    offer = "download=True to fetch 3 images from the web"
    assert desk.refusal("t.csv").endswith(f"pass images=FOLDER, or {offer}")
    desk.images("0.jpg")
    (problem,) = desk.read("t.csv").problems
    assert (problem.count, problem.cause) == (3, Cause.MISSING_IMAGE)
    assert str(problem).startswith(
        "3 rows: the image is not in the image folder, but has a web address: pass --download"
    )
    assert server.requests == {}


def test_a_table_of_addresses_needs_no_image_folder(desk, table, server, tmp_path):
    for _ in range(2):
        catalogue = desk.read("t.csv", download=True)
        assert catalogue.image_root == tmp_path / "cache" / "downloads"
        assert [catalogue.image_path(poster).read_bytes() for poster in catalogue] == [png(1), png(2), png(1)]
        (problem,) = catalogue.problems
        assert (problem.count, problem.cause, problem.items[0].id) == (1, Cause.DOWNLOAD, "3")
        reason = "the image can't be downloaded: the server answered 404 Not Found: check the URL"
        assert str(problem) == f"1 row: {reason} ({server.url}/status/404 in row 5)"
        assert server.requests == {"/poster/1": 1, "/poster/2": 1, "/status/404": 1}


@pytest.mark.parametrize("name", ["7.png", "7.webp", "heat.jpg"])
def test_an_image_that_is_there_under_the_id_or_the_tail_of_the_address_is_not_fetched(desk, server, name):
    desk.table("t.csv", f"id,image,genres\n7,{server.url}/poster/heat.jpg?w=92,Drama\n8,{server.url}/poster/8,Drama\n")
    folder = desk.images(name)
    catalogue = desk.read("t.csv", download=True)
    assert catalogue.posters[0].image == name
    assert catalogue.image_root == folder
    assert catalogue.image_path(catalogue.posters[1]).read_bytes() == png(8)
    assert server.requests == {"/poster/8": 1}
    assert not any(problem.kind == "image" for problem in catalogue.problems)


def test_downloaded_images_are_images_like_others(desk, server, tmp_path):
    desk.table("t.csv", f"id,image,genres\n7,heat.png,Drama\n8,{server.url}/poster/8,Drama\n")
    folder = desk.images("heat.png")
    (folder / "heat.png").write_bytes(png(7))
    catalogue = desk.read("t.csv", download=True)
    packed = pack(catalogue, tmp_path / "packed", PreprocessConfig(height=24, width=16))
    assert packed.posters[:, 0, 0].tolist() == [[7, 0, 7], [8, 0, 7]]
    store_catalogue(catalogue, tmp_path / "kept.jsonl")
    shutil.move(folder, tmp_path / "moved")
    stored = stored_catalogue(tmp_path / "kept.jsonl", tmp_path / "moved")
    assert [stored.image_path(poster).read_bytes() for poster in stored] == [png(7), png(8)]


def test_what_is_not_fetched_is_not_lost_and_other_problems_are_as_before(desk, server):
    rows = [
        f"1,{server.url}/poster/1,Drama",
        f",{server.url}/poster/2,Drama",
        "3,gone.jpg,Drama",
        "4,,Drama",
        f"5,{server.url}/text,Drama",
        f"6,{server.url}/page,Drama",
        "7,ftp://127.0.0.1/7.jpg,Drama",
    ]
    desk.table("t.csv", "id,image,genres\n" + "\n".join(rows))
    desk.images("other.txt")
    catalogue = desk.read("t.csv", download=True, max_lost=1)
    assert catalogue.ids == ("1",)
    assert {(problem.cause, item.id) for problem in catalogue.problems for item in problem.items} == {
        (Cause.NO_ID, ""),
        (Cause.MISSING_IMAGE, "3"),
        (Cause.MISSING_IMAGE, "7"),
        (Cause.NO_IMAGE_NAMED, "4"),
        (Cause.DOWNLOAD, "5"),
        (Cause.DOWNLOAD, "6"),
    }


@pytest.mark.parametrize(
    "words",
    [
        "catalogue t.csv",
        "audit t.csv",
        "train t.csv --run run",
        "evaluate run t.csv",
        "predict t.csv",
        "similar t.csv --in t.csv",
        "export run --to onnx",
    ],
)
def test_every_command_that_reads_a_table_has_the_option(words):
    command = parser(words.split()[0])
    assert [command.parse_args([*words.split(), *more]).download for more in ([], ["--download"])] == [False, True]


def test_a_data_frame_and_a_table_without_genres(desk, server):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"id": ["1"], "poster_url": [f"{server.url}/poster/1"], "genres": ["Drama"]})
    catalogue = read_catalogue(frame, min_posters=1, download=True)
    assert catalogue.image_path(catalogue.posters[0]).read_bytes() == png(1)
    path = desk.table("t.csv", f"id,poster_url\n1,{server.url}/poster/1\n2,{server.url}/status/404\n")
    named = read_named_images(path, download=True)
    assert named["1"].read_bytes() == png(1)
    assert re.search("row 3: .*/status/404: the server answered 404 Not Found", str(named["2"]))
    (desk.folder / "images").mkdir()
    named = read_named_images(path)
    assert all(isinstance(image, ImageError) and "pass download=True" in str(image) for image in named.values())


class TestAddressesThatEndAlike:
    """An image saved under the last part of its address is of one of them, and nobody knows of which."""

    @pytest.fixture
    def table(self, desk, server):
        addresses = ["poster/1", "poster/2", "poster/2?size=9", "poster/7/heat.jpg", "poster/8/heat.jpg"]
        rows = [f"{letter},{server.url}/{address},Drama\n" for letter, address in zip("abcde", addresses, strict=True)]
        desk.images("b.jpg", "1.png", "heat.jpg")
        return desk.table("t.csv", "id,image,genres\n" + "".join(rows))

    def test_they_are_left_out_and_counted(self, desk, table):
        catalogue = desk.read("t.csv")
        assert {poster.id: poster.image for poster in catalogue} == {"a": "1.png", "b": "b.jpg"}
        (problem,) = (each for each in catalogue.problems if "other addresses end in it" in each.reason)
        assert (problem.count, [item.id for item in problem.items]) == (2, ["d", "e"])
        named = read_named_images(table)
        assert [id for id, image in named.items() if isinstance(image, ImageError)] == ["c", "d", "e"]

    def test_with_download_each_is_fetched(self, desk, table, server):
        catalogue = desk.read("t.csv", download=True)
        assert [catalogue.image_path(poster).name for poster in catalogue][:2] == ["1.png", "b.jpg"]
        images = {poster.id: catalogue.image_path(poster) for poster in catalogue}
        assert [images[id].read_bytes() for id in "de"] == [png(7), png(8)]
        assert "/poster/1" not in server.requests

    def test_an_address_that_fails_is_not_replaced_by_the_image_of_another(self, desk, server):
        desk.images("heat.jpg")
        rows = f"1,{server.url}/poster/7/heat.jpg,Drama\n2,{server.url}/status/404/heat.jpg,Drama\n"
        desk.table("t.csv", "id,image,genres\n" + rows)
        catalogue = desk.read("t.csv", download=True)
        assert catalogue.ids == ("1",)
        assert Cause.DOWNLOAD in {problem.cause for problem in catalogue.problems}

    def test_one_address_with_other_queries_is_one_image(self, desk):
        desk.images("heat.jpg")
        desk.table("t.csv", "id,image,genres\n1,http://a.org/heat.jpg?w=9,War\n2,http://a.org/heat.jpg#top,War\n")
        assert [poster.image for poster in desk.read("t.csv")] == ["heat.jpg"] * 2
