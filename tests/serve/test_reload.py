"""New weights while it serves: on SIGHUP, or when a link is changed; what can't be used changes nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from posters.classifier import Classifier, load_classifier
from posters.serve import JobQueue, Reloader
from posters.serve.reload import check_classifier


@pytest.fixture
def versions(golden, tmp_path) -> Path:
    """Two classifiers, of other rules, and a link to the first."""
    for name, first in (("old", "f1"), ("new", "fixed")):
        copy = Path(shutil.copytree(golden / "classifier", tmp_path / name))
        manifest = json.loads((copy / "classifier.json").read_text())
        manifest["rules"].sort(key=lambda rule: rule["rule"] != first)
        (copy / "classifier.json").write_text(json.dumps(manifest))
    (tmp_path / "live").symlink_to("old")
    return tmp_path


@pytest.fixture
def queue(versions):
    with JobQueue(load_classifier(versions / "live", interpreters=1), queue=8) as queue:
        yield queue


def change(versions: Path, target: str) -> None:
    """Point the link elsewhere in one step, as a deployment does."""
    (versions / "next").symlink_to(target)
    (versions / "next").rename(versions / "live")


def first_rule(queue: JobQueue) -> str:
    return queue.classifier.manifest.rules[0].rule


def test_the_new_classifier_serves_after_a_reload(versions, queue):
    reloader = Reloader(queue, str(versions / "live"))
    assert not reloader.moved
    change(versions, "new")
    assert reloader.moved
    assert first_rule(queue) == "f1"
    assert reloader.reload()
    assert first_rule(queue) == "fixed"
    assert not reloader.moved


@pytest.mark.parametrize("damage", ["missing", "cut", "no classifier"])
def test_a_bad_classifier_leaves_the_old_one(versions, queue, messages, damage):
    reloader, old = Reloader(queue, str(versions / "live")), queue.classifier
    if damage == "cut":
        network = versions / "new" / "network.tflite"
        network.write_bytes(network.read_bytes()[:1000])
    if damage == "no classifier":
        (versions / "new" / "classifier.json").unlink()
    change(versions, "gone" if damage == "missing" else "new")
    assert not reloader.reload()
    assert queue.classifier is old
    assert any("the new classifier is not used" in message for message in messages)
    # It is not tried again and again: only another change, or a signal, has it tried.
    assert not reloader.moved


def test_a_network_that_gives_no_probabilities_is_not_used(versions, queue, monkeypatch):
    predict = Classifier.predict

    def broken(self, *arguments):
        prediction = predict(self, *arguments)
        return type(prediction)(prediction.genres, dict.fromkeys(prediction.probabilities, float("nan")))

    monkeypatch.setattr(Classifier, "predict", broken)
    assert not Reloader(queue, str(versions / "live")).reload()


def test_a_good_one_passes(queue):
    check_classifier(queue.classifier)


SERVE = "import sys; from posters.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["signal", "link"])
def test_no_request_is_lost_while_the_classifier_changes(versions, dusk, wait_until, way):
    command = [sys.executable, "-c", SERVE, "serve", "--classifier", versions / "live", "--port", "0", "--queue", "99"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        url = server.stderr.readline().partition(" ")[0]

        def rule() -> str:
            answer = httpx.post(f"{url}/api/predict", content=dusk, timeout=30)
            assert answer.status_code == 200
            return answer.json()["rule"]

        assert rule() == "f1"
        with ThreadPoolExecutor(4) as threads:
            asked = [threads.submit(rule) for _ in range(60)]
            change(versions, "new")
            if way == "signal":
                server.send_signal(signal.SIGHUP)
            wait_until(lambda: rule() == "fixed", seconds=20)
            assert {each.result() for each in asked} <= {"f1", "fixed"}
        os.kill(server.pid, signal.SIGTERM)
        server.communicate(timeout=20)
