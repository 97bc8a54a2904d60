"""Measure `posters serve` under 32 clients, each of which sends a poster as soon as the last one is answered.

The peer is what a tutorial would write: Keras behind the same web server. The clients share the machine's cores with
the server.
"""

import asyncio
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import psutil

from scripts.bench.bench import Bench
from scripts.bench.contest import Contest, column, in_turn
from scripts.bench.networks import keras_file
from scripts.bench.processes import PEERS, POSTERS

_CLIENTS, _SECONDS = 32, 8
_OURS, _KERAS = "`posters serve`", "Keras behind FastAPI and uvicorn"


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed, each beside its peer."""
    bodies = [path.read_bytes() for path in bench.posters(64)]
    keras = keras_file(bench.made("networks"))
    commands = {
        _OURS: [POSTERS, "serve", "--port", "0"],
        _KERAS: [sys.executable, str(PEERS / "keras_server.py"), str(keras)],
    }
    with running(commands[_OURS]) as ours, running(commands[_KERAS]) as theirs:
        contenders: dict[str, Callable[[], tuple[float, ...]]] = {
            _OURS: lambda: _under_load(ours, "/api/predict", bodies),
            _KERAS: lambda: _under_load(theirs, "/predict", bodies),
        }
        figures = in_turn(contenders, bench.turns, "server")
    note = f"{_CLIENTS} clients, {_SECONDS} seconds in each turn, {len(bodies)} posters as files; decoding included."
    yield Contest("Server, throughput", "posters/s", True, column(figures, 0), {_KERAS: 2.0}, note)
    yield Contest("Server, 99th percentile of a request", "ms", False, column(figures, 1))
    yield Contest("Server, memory", "MiB", False, column(figures, 2))


Server = tuple[subprocess.Popen[str], int]


@contextmanager
def running(command: Sequence[str]) -> Iterator[Server]:
    """Yield a server and its port, once it has said it."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if said:
                yield process, int(said[1])
                return
        raise SystemExit(f"{' '.join(command)} did not begin to serve")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _under_load(server: Server, path: str, bodies: Sequence[bytes]) -> tuple[float, ...]:
    process, port = server
    began = time.perf_counter()
    taken = asyncio.run(clients(port, path, bodies, began + _SECONDS))
    rate = len(taken) / (time.perf_counter() - began)
    memory = psutil.Process(process.pid).memory_info().rss / 2**20
    return rate, 1000 * float(np.percentile(taken, 99)), memory


async def clients(port: int, path: str, bodies: Sequence[bytes], end: float) -> list[float]:
    """Return the seconds of each request of 32 clients."""
    clients = [_client(port, path, [*bodies[number % len(bodies) :], *bodies], end) for number in range(_CLIENTS)]
    return [seconds for client in await asyncio.gather(*clients) for seconds in client]


async def _client(port: int, path: str, bodies: Sequence[bytes], end: float) -> list[float]:
    """Seconds of each request. Over bare sockets: a client library would take as much of the machine as the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken: list[float] = []
    while time.perf_counter() < end:
        body = bodies[len(taken) % len(bodies)]
        began = time.perf_counter()
        head = (
            "POST " + path + " HTTP/1.1",
            "Host: localhost",
            "Content-Type: image/jpeg",
            f"Content-Length: {len(body)}",
        )
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"content-length: (\d+)", answer)
        if not answer.startswith(b"http/1.1 200") or length is None:
            raise SystemExit(f"the server refused: {answer[:200]!r}")
        await reader.readexactly(int(length[1]))
        taken.append(time.perf_counter() - began)
    writer.close()
    return taken
