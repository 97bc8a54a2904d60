"""Behind a proxy and beside other servers: prefixes, names, keys, other origins, Unix sockets, and the log."""

import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from posters.cli import main
from posters.errors import ConfigError
from posters.serve.access import AccessLogMiddleware, HostMiddleware, PrefixMiddleware, read_keys
from posters.serve.app import address_of, inherited_listener, listening_at
from tests.serve.conftest import running

KEY = "a-key-that-nobody-guesses"


# Below a path


@pytest.mark.parametrize("stripped", [True, False], ids=["the proxy cuts the path", "the proxy passes it on"])
def test_the_page_and_the_api_work_below_a_path(golden, dusk, stripped):
    """As a proxy asks: nginx with `proxy_pass http://posters/;`, or without the last slash."""
    with running(golden, root_path="/posters") as url:
        at = url if stripped else f"{url}/posters"
        page = httpx.get(f"{at}/").text
        assert 'href="page/style.css"' in page
        assert httpx.get(f"{at}/page/style.css").status_code == 200
        assert httpx.post(f"{at}/api/predict", content=dusk).json()["posters"][0]["predicted"] == ["Western"]
        assert httpx.get(f"{at}/openapi.json").json()["servers"] == [{"url": "/posters"}]


@given(prefix=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=30))
def test_a_prefix_from_a_proxy_is_a_path_or_nothing(prefix):
    async def echo(scope, receive, send):
        await PlainTextResponse(scope["root_path"])(scope, receive, send)

    told = TestClient(PrefixMiddleware(echo, "/own")).get("/", headers={"X-Forwarded-Prefix": prefix.encode("latin-1")})
    assert told.text == "/own" or (told.text.startswith("/") and told.text in prefix)


# Names and keys


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1", 200),
        ("[::1]:8000", 200),
        ("192.168.1.7:80", 200),
        ("Posters.Example", 200),
        ("posters.example.", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:80", 421),
        ("", 421),
    ],
)
def test_a_foreign_name_is_refused(host, status):
    """A page of evil.example whose name resolves to 127.0.0.1 has the browser ask for evil.example."""
    client = TestClient(HostMiddleware(PlainTextResponse("hello"), ["posters.example"]))
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == status
    if status == 421:
        assert "--allow-host" in answer.json()["error"]


def test_without_a_key_only_the_page_and_its_health_answer(golden, dusk):
    with running(golden, api_keys=(KEY, "another-key-of-theirs")) as url:
        for path in ("/", "/docs", "/page/style.css", "/healthz", "/v2/health/live", "/v2/health/ready"):
            assert httpx.get(f"{url}{path}").status_code == 200
        for path in (
            "/api/classifier",
            "/api/classifier/card",
            "/v2",
            "/v2/models/golden",
            "/metrics",
            "/page/../metrics",
        ):
            answer = httpx.get(f"{url}{path}")
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
        assert httpx.post(f"{url}/api/predict", content=dusk).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": f"Bearer {KEY}"}, 200),
        ({"authorization": f"bearer {KEY}"}, 200),
        ({"X-API-Key": KEY}, 200),
        ({"X-API-Key": "another-key-of-theirs"}, 200),
        ({"Authorization": f"Basic {KEY}"}, 401),
        ({"Authorization": f"Bearer {KEY[:-1]}"}, 401),
        ({"Authorization": f"Bearer {KEY}x"}, 401),
        ({"X-API-Key": ""}, 401),
        ({"X-API-Key": "clé".encode()}, 401),
    ],
)
def test_a_key_is_right_or_wrong_as_a_whole(golden, headers, status):
    with running(golden, api_keys=(KEY, "another-key-of-theirs")) as url:
        assert httpx.get(f"{url}/api/classifier", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no API key"),
        ("# nothing\n\n", "holds no API key"),
        ("short\n", "fewer than 16 characters"),
        ("schlüsselschlüsselschlüssel\n", "not ASCII"),
    ],
)
def test_a_file_of_keys_that_can_not_be(tmp_path, text, message):
    (tmp_path / "keys").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        read_keys(tmp_path / "keys")
    assert text.strip("# \n") == "" or text.strip() not in str(caught.value)


def test_no_file_of_keys(tmp_path, golden, capsys):
    missing = tmp_path / "none"
    assert main(["serve", "--classifier", str(golden), "--port", "0", "--api-key-file", str(missing)]) == 2
    assert f"the API keys in {missing} can't be read" in capsys.readouterr().err


def test_pages_of_other_origins_may_ask_if_they_are_named(golden):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    with running(golden, cors_origins=("https://shop.example",), api_keys=(KEY,)) as url:
        answer = httpx.options(f"{url}/api/predict", headers=asked)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://shop.example")
        other = httpx.options(f"{url}/api/predict", headers={**asked, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
    with running(golden) as url:
        assert "access-control-allow-origin" not in httpx.get(f"{url}/healthz", headers=asked).headers


def test_a_balancer_may_ask_for_the_head_alone(client):
    answer = client.head("/healthz")
    assert (answer.status_code, answer.content) == (200, b"")


# The log


def test_each_request_is_a_line_with_its_id_and_nothing_of_its_own():
    file = io.StringIO()
    client = TestClient(AccessLogMiddleware(PlainTextResponse("hello"), "json", file))
    ids = [
        client.get("/secret.jpg", headers=headers).headers["x-request-id"] for headers in ({}, {"X-Request-ID": "7-a"})
    ]
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [line["id"] for line in lines] == ids
    assert ids[1] == "7-a"
    assert all((line["method"], line["status"], line["bytes"]) == ("GET", 200, 5) for line in lines)
    assert all(line["milliseconds"] >= 0 for line in lines)
    assert "secret" not in file.getvalue()


@given(id=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=80))
def test_no_id_breaks_a_line(id):
    file = io.StringIO()
    client = TestClient(AccessLogMiddleware(PlainTextResponse("hello"), "text", file))
    answer = client.get("/", headers={"X-Request-ID": id.encode("latin-1")})
    assert file.getvalue().count("\n") == 1
    assert f" {answer.headers['x-request-id']} GET other 200 " in file.getvalue()
    assert answer.headers["x-request-id"].isascii()


# Other sockets


def test_a_unix_socket_is_left_by_a_killed_server_or_in_use(tmp_path):
    path = tmp_path / "posters.sock"
    with listening_at(path) as listener:
        assert address_of(listener) == f"unix:{path}"
        assert oct(path.stat().st_mode & 0o777) == "0o660"
        with pytest.raises(ConfigError, match=r"can't listen at .*posters.sock \(Address already in use\)"):
            listening_at(path)
    with listening_at(path):
        pass


def test_what_is_no_socket_is_not_replaced(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"can't listen at .*notes.txt"):
        listening_at(tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_only_the_sockets_of_this_process_are_taken(monkeypatch):
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", str(os.getpid() + 1))
    assert inherited_listener() is None
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    monkeypatch.setenv("LISTEN_FDS", "2")
    with pytest.raises(ConfigError, match="one socket is needed, but systemd passes 2"):
        inherited_listener()


SERVE = "import sys; from posters.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.slow
def test_it_serves_at_a_unix_socket_and_logs(tmp_path, golden, dusk):
    path = tmp_path / "posters.sock"
    command = [sys.executable, "-c", SERVE, "serve", "--classifier", golden, "--uds", path, "--log", "json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stderr.readline().startswith(f"unix:{path} serves ")
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost") as client:
            assert client.post("/api/predict", content=dusk).status_code == 200
        server.terminate()
        out, _ = server.communicate(timeout=20)
    (line,) = map(json.loads, out.splitlines())
    assert (line["route"], line["status"]) == ("/api/predict", 200)


# What systemd does: bind, pass the socket as the first descriptor after stderr, and name the process that it is for.
ACTIVATE = """
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
if listener.fileno() != 3:
    os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, "-c", sys.argv[1], *sys.argv[2:]])
"""


@pytest.mark.slow
def test_it_takes_over_the_socket_that_systemd_opened(golden):
    command = [sys.executable, "-c", ACTIVATE, SERVE, "serve", "--classifier", golden]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        port = int(server.stdout.readline())
        # At once: the kernel keeps the request until the server is there.
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).json()["live"] is True
        server.terminate()
        server.communicate(timeout=20)


def test_a_path_that_is_too_long_for_a_socket():
    with pytest.raises(ConfigError, match="can't listen at"):
        listening_at(Path("/" + "x" * 200))
    assert socket.AF_UNIX
