"""Clients of `posters serve`, three of ten requests malformed: who is answered, how soon, and what memory is left."""

import argparse
import io
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
from PIL import Image
from tqdm import tqdm

_MALFORMED = 0.3  # of the requests
_LEFT = 1.10  # times the resident memory of a server that nobody has asked yet, after the load
_GROWTH = 1.05  # times that of one that has warmed up
_SETTLE_S = 3.0
_WARM_S = 10.0


def add_parser(parts: Any) -> None:
    """Add the subcommand `server`."""
    parser = parts.add_parser("server", help="clients of `posters serve`, 30% of their requests malformed")
    parser.add_argument("--minutes", type=float, default=10.0, help="after 10 s of warming up (default: 10)")
    parser.add_argument("--clients", type=int, default=50, help="at a time (default: 50)")
    parser.add_argument("--seed", type=int, default=1, help="of the order of requests (default: 1)")
    parser.set_defaults(run=run)


@cache
def _images() -> tuple[bytes, bytes]:
    """Return a poster, and a file of few bytes whose 64 megapixels are too many."""
    poster, bomb = io.BytesIO(), io.BytesIO()
    Image.effect_noise((400, 600), 80).convert("RGB").save(poster, "JPEG")
    Image.new("1", (8000, 8000)).save(bomb, "PNG")
    return poster.getvalue(), bomb.getvalue()


@contextmanager
def _server(log: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server of its own process, and its address."""
    command = [sys.executable, "-m", "posters", "serve", "--port", "0"]
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            while not (found := re.match(r"(http://\S+) serves ", log.read_text())):
                if process.poll() is not None:
                    raise SystemExit(f"the server did not start: {log.read_text()}")
                time.sleep(0.05)
            yield process, found[1]
        finally:
            process.terminate()


def _resident(process: subprocess.Popen[bytes]) -> int:
    """Return the kilobytes of a process in memory, as Linux counts them."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]


class _Client:
    """One client, which asks again and again until its time is over.

    Args:
        url: of the server.
        seed: of its choices.
    """

    def __init__(self, url: str, seed: int) -> None:
        self._url, self._random = url, random.Random(seed)
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._poster, self._bomb = _images()

    def ask(self, end: float) -> None:
        """Send requests until `end`, of `time.monotonic`."""
        kinds = [self._cut, self._text, self._wrong_form, self._too_short, self._abandoned, self._slow]
        kinds += [self._no_http, self._bombed]
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while time.monotonic() < end:
                kind = self._random.choice(kinds) if self._random.random() < _MALFORMED else self._good
                try:
                    status = str(kind(client))
                except (httpx.HTTPError, OSError) as error:
                    status = type(error).__name__
                self.statuses[f"{kind.__name__.strip('_')} {status}"] += 1

    def _good(self, client: httpx.Client) -> int:
        start = time.monotonic()
        status = client.post("/api/predict", content=self._poster).status_code
        self.seconds.append(time.monotonic() - start)
        return status

    def _cut(self, client: httpx.Client) -> int:
        return client.post(
            "/api/predict", content=self._poster[: self._random.randrange(len(self._poster))]
        ).status_code

    def _text(self, client: httpx.Client) -> int:
        return client.post("/api/predict", content=self._random.randbytes(self._random.randrange(2000))).status_code

    def _wrong_form(self, client: httpx.Client) -> int:
        headers = {"Content-Type": "Multipart/Form-Data; boundary=x"}
        return client.post("/api/predict", content=b"--x\r\n" + self._poster[:500], headers=headers).status_code

    def _bombed(self, client: httpx.Client) -> int:
        return client.post("/api/predict", content=self._bomb).status_code

    def _too_short(self, _: httpx.Client) -> str:
        return self._raw(self._head(len(self._poster) // 2) + self._poster, answer=True)

    def _abandoned(self, _: httpx.Client) -> str:
        return self._raw(self._head(len(self._poster)) + self._poster[:1000])

    def _no_http(self, _: httpx.Client) -> str:
        return self._raw(self._random.randbytes(100) + b"\r\n\r\n", answer=True)

    def _slow(self, _: httpx.Client) -> str:
        head = self._head(len(self._poster))
        return self._raw(*(head[start : start + 20] for start in range(0, len(head), 20)), pause=0.2)

    def _head(self, length: int) -> bytes:
        return f"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()

    def _raw(self, *pieces: bytes, answer: bool = False, pause: float = 0.0) -> str:
        """Send bytes as they are, and return the status if an answer is waited for."""
        host, port = self._url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            words = connection.recv(100).split() if answer else []
            return words[1].decode() if len(words) > 1 else "left"


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Return the counts of a load, and which promises fell."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _server(log := Path(folder) / "log") as (process, url),
        ThreadPoolExecutor(options.clients) as threads,
    ):

        def load(seconds: float) -> tuple[list[_Client], int]:
            clients = [_Client(url, 1000 * options.seed + number) for number in range(options.clients)]
            end = time.monotonic() + seconds
            asking = [threads.submit(client.ask, end) for client in clients]
            for future in tqdm(asking, desc=f"{seconds:g} s of load", unit="client"):
                future.result()
            # Behind what clients that gave up have left in the queue.
            while httpx.post(f"{url}/api/predict", content=_images()[0], timeout=None).status_code == 503:
                time.sleep(_SETTLE_S)
            time.sleep(_SETTLE_S)
            return clients, _resident(process)

        before = _resident(process)
        _, warm = load(_WARM_S)
        clients, after = load(60 * options.minutes)
        alive, lines = process.poll() is None, log.read_text().splitlines()[1:]
    statuses = sum((client.statuses for client in clients), Counter[str]())
    seconds = [each for client in clients for each in client.seconds]
    fallen = {
        "a good request was not answered": any(key.startswith("good ") and key != "good 200" for key in statuses),
        "a malformed request made a 5xx other than 503": any(re.search(r" 5(?!03)\d\d$", key) for key in statuses),
        "the server died": not alive,
        "the log has lines": bool(lines),
        "memory was not given back": after > _LEFT * before,
        "memory grew": after > _GROWTH * warm,
    }
    return {
        "clients": options.clients,
        "minutes": options.minutes,
        "requests": dict(statuses),
        "good_median_s": round(quantiles(seconds, n=100)[49], 4),
        "good_p99_s": round(quantiles(seconds, n=100)[98], 4),
        "resident_kb": {"before": before, "warm": warm, "after": after},
        "log": lines[:10],
        "fallen": [promise for promise, fell in fallen.items() if fell],
    }
