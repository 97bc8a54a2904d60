"""`posters serve`: what it says, when it refuses, how it ends, and what it loads."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from posters.classifier.manifest import FORMAT
from posters.cli import main
from posters.serve.app import address_of, listening

PAGE = Path(__file__).parents[2] / "posters" / "serve" / "page"


@pytest.fixture
def refused(capsys):
    """The one line on stderr of a command that did nothing."""

    def run(*arguments: object) -> str:
        assert main(["serve", *map(str, arguments)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("posters: ")
        assert err.count("\n") == 1
        return err.removeprefix("posters: ").rstrip()

    return run


def test_a_port_in_use(refused, golden):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("--classifier", golden, "--port", port)
    assert said == f"can't listen on port {port} of 127.0.0.1 (Address already in use): choose another --port"


def test_a_classifier_of_another_version(refused, tiny_classifier):
    manifest = json.loads((tiny_classifier / "classifier.json").read_text())
    (tiny_classifier / "classifier.json").write_text(json.dumps({**manifest, "format": 1}))
    said = refused("--classifier", tiny_classifier, "--port", 0)
    assert said.startswith(
        f"{tiny_classifier}/classifier.json has the format 1, and this version of posters reads {FORMAT}"
    )


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--classifier", "nowhere"], "nowhere is not a classifier: there is no such directory"),
        (["--host", "nowhere.invalid"], "there is no host 'nowhere.invalid'"),
        (["--port", "70000"], "a port is a number from 0 to 65535, but got 70000"),
        (["--interpreters", "0"], "interpreters must be at least 1, but got 0"),
        (["--queue", "0"], "queue must be at least 1, but got 0"),
        (["--max-upload", "0"], "--max-upload must be at least 1, but got 0"),
    ],
)
def test_options_that_cannot_be(refused, golden, options, reason):
    assert refused("--classifier", golden, "--port", "0", *options).startswith(reason)


def test_without_the_extra(refused, golden, monkeypatch):
    monkeypatch.setattr(
        "posters._base.optional_imports.find_spec", lambda module: None if module == "uvicorn" else module
    )
    said = refused("--classifier", golden)
    assert said == "uvicorn is not installed, and this needs it: run `pip install 'posters[serve]'`"


def test_an_address_of_the_sixth_version_is_written_in_brackets():
    try:
        listener = listening("::1", 0)
    except Exception:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert re.fullmatch(r"http://\[::1\]:\d+", address_of(listener))


def _minding_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_it_serves_until_it_is_interrupted(golden, dusk):
    command = [sys.executable, "-m", "posters", "serve", "--classifier", golden, "--port", "0", "--interpreters", "1"]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    # What was started in the background ignores Ctrl-C, and so would what it starts.
    with subprocess.Popen(command, **pipes, preexec_fn=_minding_interrupts) as server:
        said = server.stderr.readline()
        url = said.partition(" ")[0]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        assert said == f"{url} serves {golden}/classifier, 1 at a time; Ctrl-C ends it\n"
        assert httpx.post(f"{url}/api/predict", content=dusk).json()["posters"][0]["predicted"] == ["Western"]
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=20)
    assert (server.returncode, out, err) == (130, "", "posters: interrupted\n")


LOADED = """
import asyncio, json, sys
from pathlib import Path
from posters.classifier import load_classifier
from posters.serve import JobQueue, create_app
golden = Path(sys.argv[1])
with JobQueue(load_classifier(golden, interpreters=1), 1) as queue:
    create_app(queue)
    asyncio.run(queue.run(lambda classifier: classifier.predict(golden / "posters" / "dusk.png")))
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.slow
def test_it_loads_nothing_that_trains(golden):
    done = subprocess.run([sys.executable, "-c", LOADED, golden], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert {"fastapi", "ai_edge_litert"} <= loaded
    assert not loaded & {"tensorflow", "keras", "pandas", "sklearn", "scipy", "matplotlib", "joblib", "jinja2"}


def test_the_page_is_whole_and_asks_nobody_else():
    for path in PAGE.glob("*.*"):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text
        for asked in re.findall(r'(?:src|href)="page/([^"]+)"|from "\./([^"]+)"', text):
            assert (PAGE / "".join(asked)).is_file()


def test_the_samples_are_small_and_can_be_read():
    from posters.images.decoding import read_header

    samples = json.loads((PAGE / "samples" / "samples.json").read_text(encoding="utf-8"))["posters"]
    files = [PAGE / "samples" / sample["file"] for sample in samples]
    assert sorted(files) == sorted((PAGE / "samples").glob("*.jpg"))
    assert sum(file.stat().st_size for file in files) < 60_000
    assert {(read_header(file).width, read_header(file).height) for file in files} == {(200, 300)}
