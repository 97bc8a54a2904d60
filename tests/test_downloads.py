"""Posters from the web: fetched from a server of our own; whatever goes wrong is one line that names the address."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters import __version__, downloads
from posters.downloads import download, is_url
from posters.errors import ImageError


class Handler(BaseHTTPRequestHandler):
    """Answers by the path; keeps what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        answer = getattr(self, f"answer_{self.path.strip('/').partition('/')[0].partition('?')[0]}", self.answer_poster)
        answer()

    def send(self, code, body=b"", size=None, location=""):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body) if size is None else size))
        self.send_header("Connection", "close")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def answer_poster(self):
        self.send(200, b"poster " + self.path.encode())

    def answer_lost(self):
        self.send(404)

    def answer_moved(self):
        self.send(302, location="/poster.jpg")

    def answer_astray(self):
        self.send(302, location="ftp://127.0.0.1/poster.jpg")

    def answer_local(self):
        self.send(302, location="file:///etc/hostname")

    def answer_circle(self):
        self.send(302, location="/circle")

    def answer_large(self):
        self.send(200, size=10**12)

    def answer_broken(self):
        self.send(200, b"half", size=8)

    def answer_silent(self):
        self.server.over.wait(10)

    def answer_trickle(self):
        self.send(200, size=1000)
        while not self.server.over.wait(0.05):
            self.wfile.write(b".")
            self.wfile.flush()

    def answer_garbage(self):
        self.wfile.write(b"\0garbage\r\n\r\n")
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    """The server, its address as `url`, what it was asked as `asked`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # A client that hangs up is what some tests are about.
    server.url = f"http://127.0.0.1:{server.server_port}"
    server.asked, server.over = [], threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def refusal(url):
    with pytest.raises(ImageError) as refused:
        download(url)
    message = str(refused.value)
    assert message.startswith(f"{url}: ")
    assert "\n" not in message
    return message.removeprefix(f"{url}: ")


def test_what_lies_there(server):
    assert download(f"{server.url}/a.jpg") == b"poster /a.jpg"
    assert server.asked[-1][1]["User-Agent"] == f"posters/{__version__}"


def test_a_redirect_is_followed(server):
    assert download(f"{server.url}/moved") == b"poster /poster.jpg"


def test_an_address_as_people_write_it_is_escaped(server):
    download(f"{server.url}/Amélie 100%25.jpg?size=büg#top")
    assert server.asked[-1][0] == "/Am%C3%A9lie%20100%25.jpg?size=b%C3%BCg"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("lost", "the server says 404 Not Found: check the address"),
        ("astray", "it redirects to ftp://127.0.0.1/poster.jpg, and only http and https are followed"),
        ("local", "the server says 302 Found - Redirection to url 'file:///etc/hostname' is not allowed"),
        ("circle", "the server says 302 "),
        ("large", "it has 1,000,000,000,000 bytes, and at most 360,000,000 are fetched"),
        ("broken", "the connection broke off with 4 bytes to come: try again"),
        ("garbage", "it can't be reached ("),
    ],
)
def test_a_failure_says_what_and_what_to_do(server, path, reason):
    assert refusal(f"{server.url}/{path}").startswith(reason)


def test_a_server_that_says_nothing_is_given_up(server, monkeypatch):
    monkeypatch.setattr(downloads, "SILENCE_S", 0.2)
    assert refusal(f"{server.url}/silent") == "the server did not answer within 0.2 seconds: try again later"


def test_a_server_that_trickles_is_given_up(server, monkeypatch):
    monkeypatch.setattr(downloads, "TOTAL_S", 0.3)
    start = time.monotonic()
    assert "it was not there after 0.3 seconds" in refusal(f"{server.url}/trickle")
    assert time.monotonic() - start < 5


def test_a_server_that_is_not_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Taken, but nobody listens.
        assert "it can't be reached (Connection refused)" in refusal(f"http://127.0.0.1:{taken.getsockname()[1]}/a.jpg")


@pytest.mark.parametrize("url", ["http://", "http://[::1/x", "http://a..b/x", "http://host:port/", "http://a\tb/"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ImageError):
        download(url)


@pytest.mark.parametrize("text", ["HTTP://a/b.jpg", "https://a", "http://"])
def test_addresses_of_the_web_are_told(text):
    assert is_url(text)


@pytest.mark.parametrize("text", ["", "http", "http:/a", "file:///a", "ftp://a", "a/http://b", "C:\\a.jpg"])
def test_other_texts_are_none(text):
    assert not is_url(text)


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_not(text):
    assert is_url(text) == (text.lower().split("://")[0] in ("http", "https") and "://" in text)
