"""Many posters from the web: each once, politely, and on after a kill; from servers of our own, some hostile."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.errors import ImageError
from posters.images import bulk_download, downloading
from posters.images.bulk_download import FAILURES, PER_HOST, TRIES, download_all, file_name, read_failures
from posters.images.downloading import seconds_to_wait
from tests.images.web_server import Server, png, running


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(bulk_download, "PAUSE_S", 0.01)


def test_each_image_is_fetched_once(server, tmp_path):
    urls = [f"{server.url}/poster/{number}" for number in range(30)]
    found = download_all(urls * 2, tmp_path)
    assert set(found) == set(urls)
    assert [found[url].read_bytes() for url in urls] == [png(number) for number in range(30)]
    assert download_all(urls, tmp_path) == found
    assert set(server.requests.values()) == {1}
    assert len(server.requests) == 30


def test_a_server_is_asked_for_few_images_at_a_time(server, tmp_path):
    server.delay = 0.02
    download_all([f"{server.url}/poster/{number}" for number in range(40)], tmp_path)
    assert 1 < server.busiest <= PER_HOST


@pytest.mark.parametrize("retry_after", ["1", "0", "", "soon", "-5", "1e9"])
def test_a_server_that_is_asked_too_often_is_left_alone_for_a_while(server, tmp_path, retry_after):
    url = f"{server.url}/busy/{retry_after}/7"
    start = time.monotonic()
    assert download_all([url], tmp_path)[url].read_bytes() == png(1)
    assert server.requests[f"/busy/{retry_after}/7"] == 2
    assert (time.monotonic() - start >= 1) == (retry_after == "1")


def test_during_the_pause_no_other_image_of_that_server_is_asked_for(server, tmp_path, monkeypatch):
    monkeypatch.setattr(bulk_download, "PER_HOST", 1)
    urls = [f"{server.url}/busy/1/0", *(f"{server.url}/poster/{number}" for number in range(9))]
    start = time.monotonic()
    download_all(urls, tmp_path)
    assert time.monotonic() - start >= 1
    # The first was refused, and everything else came after its second try.
    assert list(server.requests)[:2] == ["/busy/1/0", "/poster/0"]


def test_a_server_that_asks_to_wait_for_long_is_given_up_until_the_next_run(server, tmp_path, monkeypatch):
    monkeypatch.setattr(bulk_download, "PER_HOST", 1)
    busy, others = f"{server.url}/busy/86400/0", [f"{server.url}/poster/{number}" for number in range(9)]
    found = download_all([busy, *others], tmp_path)
    assert str(found[busy]) == "the server answered 429 Too Many Requests: try again later"
    assert {str(found[url]) for url in others} == {"the server asks to wait for 86,400 seconds: try again then"}
    assert sum(server.requests.values()) == 1
    assert read_failures(tmp_path) == {}
    assert all(not isinstance(result, ImageError) for result in download_all([busy, *others], tmp_path).values())


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("status/404", "the server answered 404 Not Found: check the URL"),
        ("status/410", "the server answered 410 Gone: check the URL"),
        ("status/299", "the server sent no image that can be read: check the URL"),
        ("text", "the server sent no image that can be read: check the URL"),
        ("bomb", "the server sent no image that can be read: check the URL"),
        ("endless", "it has 1,000,000,000,000,000 bytes, more than the limit of 360,000,000"),
        ("file", "the server answered 302 "),
        ("circle", "the server answered 302 "),
    ],
)
def test_what_fails_for_good_is_kept_and_not_asked_for_again(server, tmp_path, path, reason):
    url = f"{server.url}/{path}"
    first = download_all([url], tmp_path)[url]
    requests = sum(server.requests.values())
    second = download_all([url], tmp_path)[url]
    assert isinstance(first, ImageError)
    assert str(first) == str(second)
    assert str(first).startswith(reason)
    assert "\x1b" not in str(first)
    assert sum(server.requests.values()) == requests
    (tmp_path / FAILURES).unlink()
    download_all([url], tmp_path)
    assert sum(server.requests.values()) == 2 * requests


@pytest.mark.parametrize(
    ("path", "tries", "reason"),
    [
        ("status/500", TRIES, "the server answered 500 Internal Server Error: try again later"),
        ("status/503", TRIES, "the server answered 503 Service Unavailable: try again later"),
        ("status/403", 1, "the server answered 403 Forbidden: check the URL"),
        ("page", 1, "the server sent a web page: check the URL"),
        ("half", 1, "the connection broke off 980 bytes before the end: try again"),
        ("silent", 1, "the server did not answer within 1 seconds: try again later"),
    ],
)
def test_what_may_work_on_another_day_is_asked_for_in_the_next_run(server, tmp_path, monkeypatch, path, tries, reason):
    monkeypatch.setattr(downloading, "SILENCE_S", 1 if path == "silent" else 15)
    url = f"{server.url}/{path}"
    assert str(download_all([url], tmp_path)[url]) == reason
    assert server.requests[f"/{path}"] == tries
    assert read_failures(tmp_path) == {}
    download_all([url], tmp_path)
    assert server.requests[f"/{path}"] == 2 * tries
    assert [file for file in tmp_path.rglob("*") if file.is_file() and file.name != FAILURES] == []


def test_a_server_that_fails_again_and_again_is_given_up_and_others_are_not(server, tmp_path):
    broken = [f"{server.url}/page/{number}" for number in range(100)]
    with_other_name = [f"http://localhost:{server.server_port}/poster/{number}" for number in range(20)]
    found = download_all([*broken, *with_other_name], tmp_path)
    reasons = Counter(str(found[url]) for url in broken)
    assert set(reasons) == {
        "the server sent a web page: check the URL",
        "the server failed 8 times in a row: try again later",
    }
    assert sum(server.requests[f"/page/{number}"] for number in range(100)) < 8 + PER_HOST
    assert all(found[url].is_file() for url in with_other_name)


def test_missing_images_do_not_count_against_a_server(server, tmp_path):
    urls = [f"{server.url}/status/404/{number}" for number in range(40)] + [f"{server.url}/poster/1"]
    found = download_all(urls, tmp_path)
    assert found[urls[-1]].is_file()
    assert len(read_failures(tmp_path)) == 40


@pytest.mark.parametrize("url", ["http://", "http://[::1/x", "http://a..b/x", "http://host:port/", "http://a\tb/"])
def test_an_address_that_is_none_fails_alone(server, tmp_path, url):
    good = f"{server.url}/poster/1"
    found = download_all([url, good], tmp_path)
    assert isinstance(found[url], ImageError)
    assert found[good].is_file()


@pytest.mark.parametrize("damage", ["", '["http://a.org/1.jpg", "the ser', "\0\xff\n", "[[[[", '{"a": 1}\n', "3\n"])
def test_a_damaged_journal_loses_no_other_line(server, tmp_path, damage):
    (tmp_path / FAILURES).write_text(json.dumps(["http://a.org/0.jpg", "gone"]) + "\n" + damage, encoding="latin-1")
    url = f"{server.url}/status/404"
    download_all([url], tmp_path)
    assert read_failures(tmp_path) == {
        "http://a.org/0.jpg": "gone",
        url: "the server answered 404 Not Found: check the URL",
    }


def test_a_disk_that_cannot_be_written_to_ends_it(server, tmp_path):
    url = f"{server.url}/poster/1"
    (tmp_path / file_name(url)).parent.write_text("a file in place of a folder")
    with pytest.raises(OSError, match="exists"):
        download_all([url], tmp_path)


RUN = """
import signal
import sys
from pathlib import Path
from posters.images.bulk_download import download_all
# Ignored, where the tests were started in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
url, folder, count = sys.argv[1:]
download_all([f"{url}/poster/{number}" for number in range(int(count))], Path(folder))
"""


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_download_goes_on_where_a_kill_ended_it(server, tmp_path, how):
    server.delay = 0.05
    process = subprocess.Popen([sys.executable, "-c", RUN, server.url, tmp_path, "60"], stderr=subprocess.DEVNULL)
    while sum(server.requests.values()) < 20:
        time.sleep(0.01)
    server.delay = 1  # However late the signal comes, it comes before the end.
    process.send_signal(how)
    process.wait(timeout=10)
    whole = [path for path in tmp_path.glob("??/*") if not path.name.startswith(".")]
    assert 0 < len(whole) < 60
    server.delay = 0
    urls = [f"{server.url}/poster/{number}" for number in range(60)]
    found = download_all(urls, tmp_path)
    assert [found[url].read_bytes() for url in urls] == [png(number) for number in range(60)]
    # Only what was on its way when the kill came is fetched twice.
    assert sum(count - 1 for count in server.requests.values()) <= PER_HOST
    assert max(server.requests.values()) <= 2


def test_old_partial_files_are_removed_and_those_of_a_running_download_are_not(tmp_path):
    (tmp_path / "ab").mkdir()
    for name, age in (("old", 10**5), ("new", 0)):
        partial = tmp_path / "ab" / f".{name}.7.partial"
        partial.touch()
        os.utime(partial, (time.time() - age,) * 2)
    download_all([], tmp_path)
    assert [path.name for path in (tmp_path / "ab").iterdir()] == [".new.7.partial"]


def test_a_bar_shows_how_far_it_is(server, tmp_path, capsys):
    download_all([f"{server.url}/poster/{number}" for number in range(5)], tmp_path)
    err = capsys.readouterr().err
    assert "downloading" in err
    assert "5/5" in err


@given(st.text())
def test_any_header_gives_a_time_to_wait(text):
    assert seconds_to_wait(text) >= 0


@given(st.integers(0, 10**9))
def test_seconds_are_read_as_they_are(seconds):
    assert seconds_to_wait(str(seconds)) == seconds


def test_a_date_to_wait_for(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)  # Sun, 09 Sep 2001 01:46:40 GMT
    assert seconds_to_wait("Sun, 09 Sep 2001 01:47:40 GMT") == 60
