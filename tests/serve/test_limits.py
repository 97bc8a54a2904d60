"""What one client can't take from the others: pixels, memory, connections, time, and lines of the log."""

import io
import json
import resource
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from select import select
from types import SimpleNamespace

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from posters.serve import connections, middleware
from posters.serve.access import AccessLogMiddleware
from posters.serve.connections import GuardedProtocol
from tests.serve.conftest import running

BEGUN = b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nnot all of it"


def _connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=20)


def _png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


def _status(connection: socket.socket) -> int:
    return int(connection.recv(4096).split()[1])


# Pixels and forms


def test_the_pixels_of_a_request_have_a_limit_together(client, dusk):
    large = _png(6000, 6000)
    form = [("poster", ("a.png", large))] * 3
    refused = client.post("/api/predict", files=form)
    assert refused.status_code == 413
    assert "100,000,000 pixels together" in refused.json()["error"]
    assert client.post("/api/predict", files=[("poster", ("a.png", dusk))] * 3).status_code == 200


def test_the_type_of_a_form_in_any_case(client, dusk):
    body = b'--x\r\nContent-Disposition: form-data; name="p"; filename="a.png"\r\n\r\n' + dusk + b"\r\n--x--\r\n"
    answer = client.post("/api/predict", content=body, headers={"Content-Type": "Multipart/Form-Data; boundary=x"})
    assert answer.json()["posters"][0]["predicted"] == ["Western"]


@pytest.mark.parametrize("kept", [b"--x--\r\n", b"\r\n--x--\r\n", b" cut\r\n--x--\r\n"])
def test_a_form_that_was_cut_short_is_refused_and_no_poster_of_it_left_out(client, dusk, kept):
    part = b'--x\r\nContent-Disposition: form-data; name="p"; filename="a.png"\r\n\r\n'
    whole = part + dusk + b"\r\n" + part + dusk + b" cut\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert len(client.post("/api/predict", content=whole, headers=headers).json()["posters"]) == 2
    answer = client.post("/api/predict", content=whole.removesuffix(kept), headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"] == "the form was cut short: its last boundary is missing"


def test_a_large_form_needs_no_folder_for_temporary_files(client, monkeypatch):
    """As in a hardened container, whose file system can't be written."""
    noise = io.BytesIO()
    Image.effect_noise((500, 500), 80).convert("RGB").save(noise, "BMP")
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    monkeypatch.setattr("starlette.formparsers.MultiPartParser.spool_max_size", 1)
    answer = client.post("/api/predict", files=[("poster", ("a.bmp", noise.getvalue()[:290_000]))])
    assert answer.status_code == 400, "cut"
    answer = client.post("/api/predict", files=[("poster", ("a.bmp", noise.getvalue()))])
    assert answer.status_code == 413
    small = io.BytesIO()
    Image.effect_noise((300, 300), 80).convert("RGB").save(small, "BMP")
    assert client.post("/api/predict", files=[("poster", ("a.bmp", small.getvalue()))]).status_code == 200


# Bodies


def test_an_abandoned_upload_is_no_failure(golden, capfd, wait_until):
    with running(golden, log="json") as url:
        with _connect(url) as connection:
            connection.sendall(BEGUN)
            time.sleep(0.2)
        counted = 'posters_requests_total{route="/api/predict",status="499"} 1.0'
        wait_until(lambda: counted in httpx.get(f"{url}/metrics").text)
    out, err = capfd.readouterr()
    assert err == ""
    first = json.loads(out.splitlines()[0])
    assert (first["route"], first["status"], len(first["id"])) == ("/api/predict", 499, 16)


def test_who_sends_nothing_goes(golden, monkeypatch):
    monkeypatch.setattr(middleware.BodyLimitMiddleware.__init__, "__defaults__", (0.3,))
    with running(golden) as url, _connect(url) as connection:
        connection.sendall(BEGUN)
        assert _status(connection) == 408


def test_a_body_that_drips_has_an_end(golden, monkeypatch):
    monkeypatch.setattr(middleware, "BODY_S", 0.5)
    with running(golden) as url, _connect(url) as connection:
        connection.sendall(BEGUN)
        connection.settimeout(0.05)
        for _ in range(200):
            connection.sendall(b".")
            try:
                assert _status(connection) == 408
                break
            except TimeoutError:
                continue
        else:
            pytest.fail("it was never given up")


def test_uploads_under_way_have_a_limit_together(golden, dusk, wait_until):
    """Of ten times the largest body: what half-sent ones hold is free again when they are gone."""
    part = BEGUN.replace(b"1000", b"299000") + b"." * 250_000
    with running(golden) as url:
        with ExitStack() as stack:
            stalled = [stack.enter_context(_connect(url)) for _ in range(14)]
            for connection in stalled:
                connection.sendall(part)
            # Twelve fit. The server reads several at a time: any of them can be one too many, not only the last.
            wait_until(lambda: len(select(stalled, [], [], 0)[0]) >= 2)
            assert {_status(refused) for refused in select(stalled, [], [], 0)[0]} == {503}
        wait_until(lambda: httpx.post(f"{url}/api/predict", content=dusk).status_code == 200)


# Connections


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell what is resident")
def test_the_memory_of_abandoned_uploads_goes_back(golden, wait_until):
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    head = b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
    with running(golden, max_bytes=10_000_000) as url:
        before = resident()
        with ExitStack() as open_ones:
            for _ in range(8):
                open_ones.enter_context(_connect(url)).sendall(head + bytes(8_000_000))
            wait_until(lambda: resident() > before + 50_000_000)
            held = resident()
        # From what is held, since the process of all these tests does other things with its memory, too.
        wait_until(lambda: resident() < held - 40_000_000)


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries give memory back themselves")
def test_freed_memory_goes_back_after_many_small_bodies_too(monkeypatch):
    async def answer(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await PlainTextResponse("done")(scope, receive, send)

    trimmed = []
    monkeypatch.setattr(middleware.ctypes, "CDLL", lambda _: SimpleNamespace(malloc_trim=trimmed.append))
    client = TestClient(middleware.BodyLimitMiddleware(answer, max_bytes=2_000_000))
    for _ in range(8):
        client.post("/", content=bytes(1_000_000))
    assert trimmed == []
    for _ in range(8):
        client.post("/", content=bytes(1_000_000))
    assert trimmed == [0]


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries give memory back themselves")
def test_freed_memory_goes_back_when_nobody_asks(monkeypatch, wait_until):
    trimmed = []
    monkeypatch.setattr(middleware.ctypes, "CDLL", lambda _: SimpleNamespace(malloc_trim=trimmed.append))
    app = Starlette(middleware=[Middleware(middleware.BodyLimitMiddleware, max_bytes=100, quiet_s=0.5)])
    # As a context, it has one loop for all requests.
    with TestClient(app) as client:
        for _ in range(5):
            client.post("/", content=b"few")
        assert trimmed == []
        wait_until(lambda: trimmed == [0])


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: loc", BEGUN.partition(b"\r\n\r\n")[0]])
def test_a_head_that_never_comes(golden, monkeypatch, sent):
    monkeypatch.setattr(GuardedProtocol, "head_s", 0.3)
    with running(golden) as url, _connect(url) as connection:
        connection.sendall(sent)
        assert connection.recv(100) == b""


def test_a_client_that_asks_again_and_again_keeps_its_connection(golden, monkeypatch):
    monkeypatch.setattr(GuardedProtocol, "head_s", 2.0)
    with running(golden) as url, httpx.Client(base_url=url) as client:
        ports = set()
        for _ in range(5):
            answer = client.get("/healthz")
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr")[1])
            time.sleep(0.6)
    assert len(ports) == 1


def test_connections_have_a_limit(golden, monkeypatch, wait_until):
    monkeypatch.setattr(connections, "MAX_CLIENT_CONNECTIONS", 3)
    with running(golden) as url:
        held = [_connect(url) for _ in range(3)]
        with _connect(url) as other:
            assert _status(other) == 503
        for connection in held:
            connection.close()
        wait_until(lambda: httpx.get(f"{url}/healthz").status_code == 200)


def test_what_is_no_request_leaves_nothing_in_the_log(golden, capfd):
    with running(golden) as url, _connect(url) as connection:
        connection.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
        assert _status(connection) == 400
    assert capfd.readouterr() == ("", "")


def test_a_damaged_form_leaves_nothing_in_the_log(golden, capfd):
    with running(golden) as url:
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        assert httpx.post(f"{url}/api/predict", content=b"--x\r\n\xff\xd8\r\n", headers=headers).status_code == 400
    assert capfd.readouterr() == ("", "")


def test_a_failure_is_one_line_with_the_id_of_its_request(capsys):
    async def broken(scope, receive, send):
        await PlainTextResponse("sorry", 500)(scope, receive, send)
        raise ValueError("a\nb")

    TestClient(AccessLogMiddleware(broken, "none")).get("/", headers={"X-Request-ID": "7"})
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("request 7: failed: ")
    assert "ValueError" in line
    assert "test_limits.py:" in line
