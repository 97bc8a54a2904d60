"""Drive `posters serve` with clients that others wrote.

    python -m venv clients && clients/bin/pip install schemathesis openapi-python-client 'tritonclient[http]'
    python scripts/clients.py --python clients/bin/python --promtool promtool

- **schemathesis** makes requests from the OpenAPI document, valid and invalid ones, and holds the answers against it.
  One of its checks is left out: `positive_data_acceptance` wants every request to be taken that fits the schema, and no
  schema can tell which bytes are a poster.
- **openapi-python-client** generates a client from the document, which then predicts a poster.
- **tritonclient** sends pixels and files as binary tensors, and gets binary tensors back.
- **promtool check metrics** (Prometheus) and the parser of prometheus_client read the metrics.

Each prints a line; the first that fails ends the script with what it wrote.
"""

import argparse
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

REPOSITORY = Path(__file__).parent.parent
POSTER = REPOSITORY / "tests" / "golden" / "posters" / "dusk.png"
CLASSIFIER = REPOSITORY / "tests" / "golden" / "classifier"

TRITON = """
import sys
import numpy as np
import tritonclient.http as triton
address, poster, width, height = sys.argv[1:]
client = triton.InferenceServerClient(address.removeprefix("http://"))
name = "golden"
assert client.is_server_live() and client.is_model_ready(name)
pixels = np.fromfile("pixels", np.uint8).reshape(1, int(height), int(width), 3)
files = np.array([open(poster, "rb").read()], np.object_)
found = []
for input, values, kind in (("poster", pixels, "UINT8"), ("image", files, "BYTES")):
    tensor = triton.InferInput(input, list(values.shape), kind)
    tensor.set_data_from_numpy(values, binary_data=True)
    outputs = [triton.InferRequestedOutput(name, binary_data=True) for name in ("probabilities", "decisions")]
    answer = client.infer(name, [tensor], outputs=outputs, parameters={"rule": "f1"})
    found.append((answer.as_numpy("probabilities"), answer.as_numpy("decisions")))
(pixel_scores, pixel_decisions), (scores, decisions) = found
assert scores.shape == decisions.shape == (1, 4) and scores.dtype == np.float32
np.testing.assert_array_equal(decisions, pixel_decisions)
np.testing.assert_allclose(scores, pixel_scores)
print(scores[0].tolist())
"""
GENERATED = """
import io, sys
from client import Client
from client.api.posters import predict
from client.models import PredictFilesBody as Body
from client.types import File
address, poster = sys.argv[1:]
file = File(payload=io.BytesIO(open(poster, "rb").read()), file_name="dusk.png", mime_type="image/png")
answer = predict.sync(client=Client(base_url=address), body=Body(poster=[file]), rule="f1")
print(answer.rule, answer.posters[0].predicted)
"""


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server of the classifier that the tests have, once it tells it."""
    words = ["serve", "--classifier", str(CLASSIFIER), "--port", "0", "--max-upload", "1"]
    process = subprocess.Popen([sys.executable, "-m", "posters", *words], stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr or ():
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0]
                return
        raise SystemExit("the server did not begin to serve")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def run(words: list[str], folder: Path, given: str = "") -> str:
    """Run a program, and return what it printed; end with its output if it fails."""
    done = subprocess.run(words, cwd=folder, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{words[0]} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    """Let each client have its turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the Python in which the clients are installed")
    parser.add_argument("--promtool", help="the program of that name; without it, the parser alone reads the metrics")
    parser.add_argument("--examples", default="30", help="of schemathesis, for each operation (default: 30)")
    options = parser.parse_args()
    python = str(Path(options.python).absolute())
    beside = Path(python).parent
    with serving() as address, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = f"{address}/openapi.json"
        words = ["run", document, "--max-examples", options.examples, "--exclude-checks", "positive_data_acceptance"]
        printed = run([str(beside / "schemathesis"), *words], folder)
        print("schemathesis:", re.findall(r"\d+ generated.*", printed)[-1])
        words = ["generate", "--url", document, "--output-path", str(folder / "client"), "--meta", "none"]
        run([str(beside / "openapi-python-client"), *words], folder)
        print("openapi-python-client:", run([python, "-c", GENERATED, address, str(POSTER)], folder).strip())
        with Image.open(POSTER) as image:
            (folder / "pixels").write_bytes(image.convert("RGB").tobytes())
        words = [python, "-c", TRITON, address, str(POSTER), *map(str, image.size)]
        print("tritonclient:", run(words, folder).strip())
        metrics = httpx.get(f"{address}/metrics").text
        print("prometheus_client:", len(list(text_string_to_metric_families(metrics))), "families of metrics")
        if options.promtool:
            run([str(Path(options.promtool).absolute()), "check", "metrics"], folder, metrics)
            print("promtool: no complaint")


if __name__ == "__main__":
    main()
