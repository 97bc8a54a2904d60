"""Posters from the web: fetched from a server of our own; whatever goes wrong is one line that names the address."""

import base64
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters import __version__, load_classifier
from posters.errors import ImageError
from posters.images import downloading as downloads
from posters.images.downloading import download, is_url, without_credentials


class Handler(BaseHTTPRequestHandler):
    """Answers by the path; keeps the requests."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers)))
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

    def answer_elsewhere(self):
        """Behind the first part of the path stands where to go."""
        self.send(302, location=f"http://{self.path.removeprefix('/elsewhere/')}")

    def answer_secure(self):
        self.send(302, location=f"https://{self.path.removeprefix('/secure/')}")

    def answer_slow(self):
        """A header that never ends."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.dribble(b"x")

    def answer_patient(self):
        """Interim answers without end."""
        self.dribble(b"HTTP/1.1 100 Continue\r\n\r\n")

    def dribble(self, what):
        while not self.server.over.wait(0.05):
            try:
                self.wfile.write(what)
                self.wfile.flush()
            except OSError:
                return

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


class Server(ThreadingHTTPServer):
    """Keeps its requests; `over` ends the answers that would take long."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
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


def test_a_file_is_downloaded(server):
    assert download(f"{server.url}/a.jpg") == b"poster /a.jpg"
    assert server.requests[-1][1]["User-Agent"] == f"posters/{__version__}"


def test_a_redirect_is_followed(server):
    assert download(f"{server.url}/moved") == b"poster /poster.jpg"


def test_a_url_as_people_write_it_is_escaped(server):
    download(f"{server.url}/Amélie 100%25.jpg?size=büg#top")
    assert server.requests[-1][0] == "/Am%C3%A9lie%20100%25.jpg?size=b%C3%BCg"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("lost", "the server answered 404 Not Found: check the URL"),
        ("astray", "it redirects to ftp://127.0.0.1/poster.jpg, but only http and https are supported"),
        ("local", "the server answered 302 Found - Redirection to url 'file:///etc/hostname' is not allowed"),
        ("circle", "the server answered 302 "),
        ("large", "it has 1,000,000,000,000 bytes, more than the limit of 360,000,000"),
        ("broken", "the connection broke off 4 bytes before the end: try again"),
        ("garbage", "it can't be reached ("),
    ],
)
def test_a_failure_names_the_problem_and_what_to_do(server, path, reason):
    assert refusal(f"{server.url}/{path}").startswith(reason)


def test_a_silent_server_is_given_up(server, monkeypatch):
    monkeypatch.setattr(downloads, "SILENCE_S", 0.2)
    assert refusal(f"{server.url}/silent") == "the server did not answer within 0.2 seconds: try again later"


def test_a_server_that_trickles_is_given_up(server, monkeypatch):
    monkeypatch.setattr(downloads, "TOTAL_S", 0.3)
    start = time.monotonic()
    assert "the download took more than 0.3 seconds" in refusal(f"{server.url}/trickle")
    assert time.monotonic() - start < 5


def test_a_server_that_does_not_exist():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Taken, but not listening.
        assert "it can't be reached (Connection refused)" in refusal(f"http://127.0.0.1:{taken.getsockname()[1]}/a.jpg")


@pytest.mark.parametrize("url", ["http://", "http://[::1/x", "http://a..b/x", "http://host:port/", "http://a\tb/"])
def test_an_invalid_url_is_refused(url):
    with pytest.raises(ImageError):
        download(url)


@pytest.mark.parametrize("text", ["HTTP://a/b.jpg", "https://a", "http://"])
def test_urls_of_the_web_are_recognised(text):
    assert is_url(text)


@pytest.mark.parametrize("text", ["", "http", "http:/a", "file:///a", "ftp://a", "a/http://b", "C:\\a.jpg"])
def test_other_texts_are_not_urls(text):
    assert not is_url(text)


@given(st.text(max_size=30))
def test_any_text_is_a_url_or_not(text):
    assert is_url(text) == (text.lower().split("://")[0] in ("http", "https") and "://" in text)


@pytest.mark.parametrize("path", ["slow", "patient", "trickle"])
def test_one_deadline_ends_whatever_it_waits_for(server, monkeypatch, path):
    monkeypatch.setattr(downloads, "TOTAL_S", 0.5)
    start = time.monotonic()
    assert "the download took more than 0.5 seconds" in refusal(f"{server.url}/{path}")
    assert time.monotonic() - start < 10


def test_the_deadline_holds_in_a_handshake_too(monkeypatch):
    """A server that answers the greeting of TLS with the head of a long record, and then with a byte now and then."""
    monkeypatch.setattr(downloads, "TOTAL_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dribble():
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x40\x00")
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.05)

        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        start = time.monotonic()
        assert "the download took more than 0.5 seconds" in refusal(
            f"https://127.0.0.1:{listener.getsockname()[1]}/a.jpg"
        )
        assert time.monotonic() - start < 10
        thread.join(10)


def test_no_greeting_of_tls_reaches_an_address_that_is_not_public(server):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = f"localhost:{listener.getsockname()[1]}"
        received = []

        def listen():
            connection, _ = listener.accept()
            with connection:
                received.append(connection.recv(9))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        assert "which is no public address" in refusal(f"{server.url}/secure/{where}/poster.jpg")
        thread.join(10)
        assert received == [b""]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST"])
def test_a_redirect_to_an_address_that_is_not_public_is_refused(server, host):
    where = f"{host}:{server.server_port}/poster.jpg"
    message = refusal(f"{server.url}/elsewhere/{where}")
    assert message == (
        f"it redirects to {host.lower()}, which is no public address: "
        "download it yourself, or allow it by posters.allow_private_redirects"
    )
    downloads.allow_private_redirects()
    try:
        assert download(f"{server.url}/elsewhere/{where}") == b"poster /poster.jpg"
    finally:
        downloads.allow_private_redirects(False)


def test_what_the_user_names_himself_is_his_own_business(server):
    assert download(f"{server.url}/elsewhere/127.0.0.1:{server.server_port}/poster.jpg") == b"poster /poster.jpg"


def test_credentials_are_used_for_their_server_and_never_printed(server):
    url = server.url.replace("://", "://me:s%C3%A9cret@")
    download(f"{url}/poster.jpg")
    assert server.requests[-1][1]["Authorization"] == "Basic " + base64.b64encode("me:sécret".encode()).decode()
    downloads.allow_private_redirects()
    try:
        download(f"{url}/elsewhere/localhost:{server.server_port}/poster.jpg")
    finally:
        downloads.allow_private_redirects(False)
    assert "Authorization" not in server.requests[-1][1]
    with pytest.raises(ImageError) as refused:
        download(f"{url}/lost")
    assert str(refused.value).startswith(f"{server.url}/lost: ")


def test_a_prediction_names_no_credentials(server):
    prediction = next(iter(load_classifier().predict_many([f"{server.url.replace('://', '://me:secret@')}/lost"])))
    assert "secret" not in str(prediction.error)


@given(st.text(max_size=40), st.text("abc:@%", max_size=9))
def test_only_what_stands_before_the_host_is_left_out(path, credentials):
    assert without_credentials(f"https://{credentials}@example.org/{path}") == f"https://example.org/{path}"
