"""Classifiers on the Hugging Face Hub: our folder is uploaded to a small server that speaks its API, and read again."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from posters.tasks.export_hub import export_to_hub

COMMIT = "a" * 40
HUGE = 5 * 10**12
SCRIPT = """
import posters
try:
    classifier = posters.load_classifier({name!r})
    print(classifier.predict({poster!r}).genres, classifier.directory.name)
except posters.errors.PostersError as error:
    print(type(error).__name__, error)
"""


class Hub(BaseHTTPRequestHandler):
    """The routes of the Hub that are needed here; `films/genres` has one commit, `main`, which is also `v1`."""

    def __init__(self, *args, folder: Path, asked: list[str]) -> None:
        self.folder, self.asked = folder, asked
        super().__init__(*args)

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        path = self.path.partition("?")[0].strip("/")
        parts = path.removeprefix("api/models/").split("/")
        files = sorted(file.name for file in self.folder.iterdir())
        if parts[:2] != ["films", "genres"]:
            self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif parts[3:4] and parts[3] not in ("main", "v1", COMMIT):
            self.answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        elif parts[2] == "tree":
            entries = [self.entry(name) for name in files]
            self.answer(200, json.dumps(entries).encode())
        elif parts[2] == "revision":
            named = {"id": "films/genres", "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
            self.answer(200, json.dumps(named).encode())
        elif parts[4] in files:
            data = (self.folder / parts[4]).read_bytes()
            self.answer(200, data, {"X-Repo-Commit": COMMIT, "ETag": f'"{sha256(data).hexdigest()}"'})
        else:
            self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        route = self.path.partition("?")[0].removeprefix("/api/models/films/genres")
        if route == "/preupload/main":
            files = [{**file, "uploadMode": "regular", "shouldIgnore": False} for file in json.loads(body)["files"]]
            self.answer(200, json.dumps({"files": files}).encode())
        elif route == "/commit/main":
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    (self.folder / line["value"]["path"]).write_bytes(base64.b64decode(line["value"]["content"]))
            url = "http://127.0.0.1/films/genres"
            self.answer(200, json.dumps({"commitUrl": f"{url}/commit/{COMMIT}", "commitOid": COMMIT}).encode())
        else:  # The check of README.md's YAML, and that of the name.
            self.answer(200, b'{"errors": [], "warnings": []}')

    def entry(self, name: str) -> dict[str, object]:
        data = (self.folder / name).read_bytes()
        return {"type": "file", "path": name, "size": self.size_of(name, data), "oid": sha256(data).hexdigest()[:40]}

    def size_of(self, name: str, data: bytes) -> int:
        return HUGE if name == "huge.bin" else len(data)

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        name = self.path.rpartition("/")[2]
        self.send_header("Content-Length", str(self.size_of(name, body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def folder(golden, tmp_path) -> Path:
    return export_to_hub(golden / "classifier", tmp_path / "folder", licence="mit")


@pytest.fixture
def endpoint(folder, asked) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, folder=folder, asked=asked))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def program(tmp_path, endpoint):
    """What a program of its own prints: huggingface_hub reads its variables once."""

    def run(script: str, endpoint: str = endpoint) -> str:
        caches = {"HF_HOME": str(tmp_path / "hub"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        variables = {"HF_ENDPOINT": endpoint, **caches}
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def load(golden, program):
    """What is printed by a program that loads a classifier of the Hub."""
    poster = str(golden / "posters" / "dusk.png")
    return lambda name, **where: program(SCRIPT.format(name=name, poster=poster), **where)


def test_huggingface_hub_uploads_the_folder_as_it_is(program, load, folder, tmp_path):
    there = tmp_path / "exported"
    folder.rename(there)
    folder.mkdir()
    upload = f"upload_folder(repo_id='films/genres', folder_path={str(there)!r}, token='hf_token')"
    program(f"from huggingface_hub import upload_folder; {upload}")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        file.name: file.read_bytes() for file in there.iterdir()
    }
    assert load("hf://films/genres") == f"('Western',) {COMMIT}"


@pytest.mark.parametrize("name", ["hf://films/genres", "hf://films/genres@v1", f"hf://films/genres@{COMMIT}"])
def test_a_classifier_of_the_hub_predicts_like_the_one_that_was_exported(load, name):
    assert load(name) == f"('Western',) {COMMIT}"


def test_without_a_connection_the_cache_is_enough(load):
    load("hf://films/genres")
    assert load("hf://films/genres", endpoint="http://127.0.0.1:9") == f"('Western',) {COMMIT}"


def test_its_network_is_tried_in_a_process_of_its_own(load, folder):
    # The light network of a stranger, with a manifest that vouches for it.
    network, manifest = folder / "network.tflite", folder / "classifier.json"
    network.write_bytes(b"\0\0\0\0TFL3" + bytes(1000))
    values = json.loads(manifest.read_text())
    values["files"]["network.tflite"] = sha256(network.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(values))
    assert load("hf://films/genres").startswith("ClassifierError ")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("hf://films/nothing", "there is no such repository, or it is hidden: set HF_TOKEN to see it"),
        ("hf://films/genres@v9", "the repository has no such branch, tag or commit"),
        ("hf://films/gen res", "write hf://owner/name, or hf://owner/name@revision"),
        ("hf://a/b/c", "can't be had"),
    ],
)
def test_what_the_hub_does_not_have_is_one_line(load, name, reason):
    told = load(name)
    assert told.startswith("ClassifierError ")
    assert reason in told
    assert "\n" not in told


def test_a_repository_larger_than_any_classifier_is_refused_before_it_is_downloaded(load, folder, asked):
    (folder / "huge.bin").write_bytes(b"not all of it")
    refusal = "ClassifierError hf://films/genres has 5,000.0 GB to download, and a classifier has 4 at most"
    assert load("hf://films/genres") == refusal
    assert [each for each in asked if each.startswith("HEAD") and "tflite" in each]
    assert not [each for each in asked if each.startswith("GET") and "tflite" in each]


def test_a_hub_that_can_not_be_reached_is_one_line(load):
    told = load("hf://films/genres", endpoint="http://127.0.0.1:9")
    assert told.startswith(
        "ClassifierError hf://films/genres can't be had: the Hub can't be reached, and its cache has"
    )


def test_the_command_takes_it_and_serves_no_other_links(golden, tmp_path, tiny_classifier):
    # A folder that only looks like the Hub's cache, with a link out of it.
    place = tmp_path / "models--a--b" / "snapshots" / COMMIT
    place.parent.mkdir(parents=True)
    tiny_classifier.rename(place)
    (tmp_path / "elsewhere").mkdir()
    (place / "network.tflite").rename(tmp_path / "elsewhere" / "network.tflite")
    (place / "network.tflite").symlink_to(tmp_path / "elsewhere" / "network.tflite")
    (tmp_path / "models--a--b" / "blobs").symlink_to(tmp_path / "elsewhere")
    poster = golden / "posters" / "dusk.png"
    command = [sys.executable, "-m", "posters", "predict", "--classifier", place, poster]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "is a link out of the directory" in done.stderr) == (2, True)
