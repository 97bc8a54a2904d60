"""An engineer's day: a server behind a proxy, with a key and a log, monitored, and given new weights as it runs."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from posters.classifier import read_manifest, rewrite_manifest

pytestmark = pytest.mark.slow

KEY = {"Authorization": "Bearer the-key-of-the-shop"}


@contextmanager
def proxy(target: str, prefix: str) -> Iterator[str]:
    """A reverse proxy: what is asked for below the prefix goes to the target, without it, as nginx sends it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            url = target + self.path.removeprefix(prefix)
            answer = httpx.request(self.command, url, content=body, headers=headers | {"X-Forwarded-Prefix": prefix})
            self.send_response(answer.status_code)
            for name in ("content-type", "x-request-id"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET  # noqa: N815  # The name that the standard library looks for.

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{prefix}"
    server.shutdown()
    server.server_close()


def metrics_of(url: str) -> dict[str, float]:
    """Each metric, summed over its labels."""
    text = httpx.get(f"{url}/metrics", headers=KEY).text
    families = text_string_to_metric_families(text)
    return {family.name: sum(sample.value for sample in family.samples) for family in families}


def wait_until(true) -> None:
    end = monotonic() + 30
    while not true():
        assert monotonic() < end, "it took too long"
        sleep(0.05)


def test_a_server_behind_a_proxy_is_monitored_and_given_new_weights(golden: Path, tmp_path: Path):
    for name in ("one", "two", "bad"):
        shutil.copytree(golden / "classifier", tmp_path / name)
    manifest = read_manifest(tmp_path / "two")
    rewrite_manifest(tmp_path / "two", type(manifest)(**vars(manifest) | {"rules": manifest.rules[::-1]}), "# Two")
    (tmp_path / "bad" / "network.tflite").write_bytes(b"no network")
    (tmp_path / "live").symlink_to("one")
    (tmp_path / "keys").write_text("the-key-of-the-shop\n")
    poster = (golden / "posters" / "dusk.png").read_bytes()
    options = ["--port", "0", "--log", "json", "--api-key-file", str(tmp_path / "keys")]
    command = [sys.executable, "-m", "posters", "serve", "--classifier", str(tmp_path / "live"), *options]
    log = (tmp_path / "log").open("w")
    with subprocess.Popen(command, stdout=log, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        target = server.stderr.readline().partition(" ")[0]
        with proxy(target, "/posters") as url:
            # The page finds its parts below the prefix; without the key nothing is predicted.
            page = httpx.get(f"{url}/").text
            parts = [part.split('"')[0] for part in page.split('href="')[1:] if ".css" in part.split('"')[0]]
            assert parts
            assert all(httpx.get(httpx.URL(f"{url}/").join(part)).status_code == 200 for part in parts)
            assert httpx.get(f"{url}/healthz").status_code == 200
            assert httpx.post(f"{url}/api/predict", content=poster).status_code == 401

            def rule() -> str:
                answer = httpx.post(f"{url}/api/predict", content=poster, headers=KEY, timeout=60)
                assert answer.status_code == 200, answer.text
                return str(answer.json()["rule"])

            first = rule()
            before = metrics_of(url)

            # New weights under load: nobody's request is lost, and the rule that decides is another.
            with ThreadPoolExecutor(4) as threads:
                asked = [threads.submit(rule) for _ in range(40)]
                point(tmp_path, "two")
                server.send_signal(signal.SIGHUP)
                wait_until(lambda: rule() != first)
                second = rule()
                assert {each.result() for each in asked} <= {first, second}

            # A bad one is refused, and the one before goes on.
            point(tmp_path, "bad")
            server.send_signal(signal.SIGHUP)
            sleep(1)
            assert rule() == second
            assert httpx.get(f"{url}/healthz").status_code == 200

            # Everything was counted, and logged with a request's own number; nothing is a server's error.
            after = metrics_of(url)
            assert any(after[name] - before.get(name, 0) >= 40 for name in after if "request" in name)
        os.kill(server.pid, signal.SIGTERM)
        _, errors = server.communicate(timeout=60)
    log.close()
    assert server.returncode in (0, 143, -signal.SIGTERM)
    assert "Traceback" not in errors
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert len(lines) >= 45
    assert all(line["status"] < 500 for line in lines)
    assert len({json.dumps(line.get("request_id", line.get("id"))) for line in lines}) == len(lines)
    assert KEY["Authorization"].split()[1] not in (tmp_path / "log").read_text()


def point(folder: Path, name: str) -> None:
    """Let the link `live` name another classifier, at once."""
    (folder / "next").symlink_to(name)
    (folder / "next").replace(folder / "live")
