"""A server of images, and of everything that goes wrong on the web."""

import io
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image


def png(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 24), (number % 256, number // 256, 7)).save(file, "PNG")
    return file.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Answers by the path: /poster/7 is the image 7, /status/404 an error, and so on."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self):
        with self.server.lock:
            self.server.requests[self.path] += 1
            self.server.busy += 1
            self.server.busiest = max(self.server.busiest, self.server.busy)
        kind, _, what = self.path.strip("/").partition("/")
        try:
            time.sleep(self.server.delay)
            getattr(self, f"answer_{kind}")(what)
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def send(self, code, body=b"", **headers):
        self.send_response(code, "\x1b[2Jno\tno")
        for name, value in {"Content_Length": len(body), "Connection": "close", **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def answer_poster(self, what):
        self.send(200, png(int(re.match("[0-9]+", what)[0])))

    def answer_status(self, what):
        self.send(int(what.partition("/")[0]))

    def answer_busy(self, what):
        """Too many requests at first; Retry-After is in the path: /busy/1/7."""
        if self.server.requests[self.path] > 1:
            self.answer_poster("1")
        else:
            self.send(429, Retry_After=what.partition("/")[0])

    def answer_page(self, what):
        self.send(200, b"<html>Please log in</html>")

    def answer_text(self, what):
        self.send(200, b"no image")

    def answer_bomb(self, what):
        self.send(200, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\0\0\0....")

    def answer_half(self, what):
        self.send(200, png(1)[:20], Content_Length=1000)

    def answer_endless(self, what):
        self.send(200, Content_Length=10**15)

    def answer_file(self, what):
        self.send(302, Location="file:///etc/hostname")

    def answer_circle(self, what):
        self.send(302, Location=self.path)

    def answer_silent(self, what):
        self.server.over.wait(20)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    """Counts its requests by path, and how many it ever answered at one time."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self, delay: float = 0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: Counter[str] = Counter()
        self.delay = delay
        self.busy = self.busiest = 0
        self.lock = threading.Lock()
        self.over = threading.Event()

    def handle_error(self, *_: object) -> None:
        """A client that is killed is what some tests are about."""


@contextmanager
def running() -> Iterator[Server]:
    """A server that answers while the block runs."""
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True, args=(0.02,)).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
