"""What a server has done before its first request."""

import subprocess
import sys
from threading import current_thread
from types import SimpleNamespace

import pytest

from posters.errors import ClassifierError
from posters.serve import JobQueue
from posters.serve.warm_up import warm_up


def test_the_first_request_loads_nothing(golden):
    """In a process of its own: this one has loaded everything."""
    program = f"""
import io, sys
from PIL import Image
from posters.classifier import load_classifier
from posters.serve import JobQueue
from posters.serve.warm_up import warm_up
classifier = load_classifier({str(golden)!r}, interpreters=2)
with JobQueue(classifier, queue=1) as queue:
    if "cold" not in sys.argv:
        warm_up(queue)
    known = set(sys.modules)
    for form in ("JPEG", "PNG", "WEBP", "GIF"):
        Image.new("RGB", (60, 90)).save(file := io.BytesIO(), form)
        classifier.predict(file.getvalue())
    print(sorted(set(sys.modules) - known))
"""
    loaded = [
        subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True).stdout
        for words in ([], ["cold"])
    ]
    assert loaded[0] == "[]\n"
    assert "PIL." in loaded[1]


@pytest.mark.parametrize("error", [None, ClassifierError("the network failed")])
def test_every_interpreter_takes_part_whatever_becomes_of_noise(error):
    names = []

    def predict(poster):
        names.append(current_thread().name)
        if error:
            raise error

    with JobQueue(SimpleNamespace(interpreters=3, predict=predict), queue=1) as queue:
        warm_up(queue)
        assert queue.has_room
    assert {name: names.count(name) for name in names} == {f"interpreter_{number}": 3 for number in range(3)}
