"""Drive `posters serve` with clients that others wrote.

    python -m venv clients && clients/bin/pip install schemathesis openapi-python-client 'tritonclient[http]'
    python scripts/clients.py --python clients/bin/python --promtool promtool --wrk wrk

- **schemathesis** makes requests from the OpenAPI document, valid and invalid ones, and holds the answers against it.
  One of its checks is left out: `positive_data_acceptance` wants every request to be taken that fits the schema, and no
  schema can tell which bytes are a poster.
- **openapi-python-client** generates a client from the document, which then predicts a poster.
- **tritonclient** sends pixels and files as binary tensors, and gets binary tensors back.
- **promtool check metrics** (Prometheus) and the parser of prometheus_client read the metrics.
- **wrk** sends posters over kept connections, and to other routes between them: no answer but 200, no connection that
  was dropped or closed, and each answer the one that was asked for. How fast that is, it doesn't tell here.

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

# wrk ends quietly a connection that the server closes after an answer, and opens another: so the header is counted.
WRK = """
local file = io.open("poster", "rb")
local body = file:read("*a")
file:close()
local asked, threads = 0, {}
seen, closed, strange = 0, 0, 0
local routes = {
  function() return wrk.format("POST", "/api/predict", {["Content-Type"] = "image/png"}, body) end,
  function() return wrk.format("GET", "/healthz") end,
  function() return wrk.format("POST", "/api/predict?all=true", {["Content-Type"] = "image/png"}, body) end,
  function() return wrk.format("GET", "/api/classifier") end,
}
local words = {"predicted", "live", "probabilities", "genres"}
function setup(thread) table.insert(threads, thread) end
function request() asked = asked + 1; return routes[(asked - 1) % #routes + 1]() end
function response(status, headers, answer)
  seen = seen + 1
  for name, value in pairs(headers) do
    if name:lower() == "connection" and value:lower() == "close" then closed = closed + 1 end
  end
  local fits = false
  for _, word in ipairs(words) do fits = fits or answer:find(word, 1, true) ~= nil end
  if status ~= 200 or not fits then strange = strange + 1 end
end
function done(summary)
  local total = {seen = 0, closed = 0, strange = 0}
  for _, thread in ipairs(threads) do
    for name in pairs(total) do total[name] = total[name] + thread:get(name) end
  end
  local errors = summary.errors
  print(string.format("%d requests, %d other answers than 200 with what was asked for, %d connections closed, "
    .. "%d dropped or refused, %d timeouts", total.seen, total.strange + errors.status, total.closed,
    errors.connect + errors.read + errors.write, errors.timeout))
end
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


def hammer(wrk: str, address: str, folder: Path, seconds: int, connections: int = 8) -> str:
    """Have wrk send requests over kept connections, and return its line; end if one of them fared badly."""
    (folder / "poster").write_bytes(POSTER.read_bytes())
    (folder / "wrk.lua").write_text(WRK)
    # Its own limit of 2 s is for machines that have nothing else to do.
    words = ["-t", "2", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "60s", "-s", "wrk.lua", address]
    line = run([wrk, *words], folder).strip().splitlines()[-1]
    numbers = list(map(int, re.findall(r"(\d+) (?:requests|other|connections|dropped|timeouts)", line)))
    if len(numbers) != 5 or not numbers[0] or any(numbers[1:]):
        raise SystemExit(f"wrk: {line}")
    return f"{line}; {connections} connections, {seconds} s"


def main() -> None:
    """Let each client have its turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the Python in which the clients are installed")
    parser.add_argument("--promtool", help="the program of that name; without it, the parser alone reads the metrics")
    parser.add_argument("--wrk", help="the program of that name; without it, no client keeps its connections busy")
    parser.add_argument("--seconds", type=int, default=20, help="of wrk (default: 20)")
    parser.add_argument("--only-wrk", action="store_true", help="no other client")
    parser.add_argument("--examples", default="30", help="of schemathesis, for each operation (default: 30)")
    options = parser.parse_args()
    python = str(Path(options.python).absolute())
    beside = Path(python).parent
    with serving() as address, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.wrk:
            print("wrk:", hammer(options.wrk, address, folder, options.seconds))
        if options.only_wrk:
            return
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
