"""Hold exports in their own runtimes to `posters predict`, on real posters.

    python -m venv openvino && openvino/bin/pip install openvino
    python -m venv tfjs && tfjs/bin/pip install tensorflow tf-keras tensorflow-hub
    tfjs/bin/pip install --no-deps tensorflowjs
    npm install --prefix tfjs-npm @tensorflow/tfjs @tensorflow/tfjs-backend-wasm
    python scripts/runtimes.py posters.csv --images images --openvino openvino/bin/python \
        --tensorflowjs tfjs/bin/python --npm tfjs-npm --write

Each file gets the pixels that the documented snippet makes of the posters (docs/prediction.md, "Other runtimes"), and
is run by its runtime and nothing of this package; `posters predict` decodes the posters itself. The table tells how
far probabilities and novelties are apart, and how many decisions differ. A runtime that isn't named isn't run, and its
row says so. `--write` puts the table into docs/prediction.md.
"""

import argparse
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from posters.catalogue import read_catalogue
from posters.classifier import Classifier, load_classifier
from posters.cli.output import progress_bar
from posters.tasks.export import export

PAGE = Path(__file__).parents[1] / "docs" / "prediction.md"
BEGIN, END = "<!-- runtimes: begin -->", "<!-- runtimes: end -->"
HEAD = (
    "| file | | runtime | largest difference | mean | decisions that differ | novelty: largest |\n"
    "| --- | --- | --- | ---: | ---: | ---: | ---: |"
)
PLACES = {
    "onnx": "network.onnx",
    "web": "web",
    "litert": "network.tflite",
    "litert-int8": "network-int8.tflite",
    "saved_model": "saved_model",
}

OPENVINO = """
import sys
import numpy as np, openvino
compiled = openvino.Core().compile_model(sys.argv[1], "CPU")
pixels, given = np.load(sys.argv[2], mmap_mode="r"), {"probabilities": [], "novelty": []}
for poster in pixels:
    found = compiled(poster[None])
    for name, rows in given.items():
        rows.append(found[name][0])
np.savez(sys.argv[3], **given)
print(openvino.__version__.split("-")[0])
"""
# The npm package's own build, as the exported page has it, on the processor of Node.js.
NODE = """
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
const [folder, network, pixels, out, height, width] = process.argv.slice(2);
const { env, InferenceSession, Tensor } = await import(`${folder}/ort.js`);
env.wasm.wasmBinary = gunzipSync(readFileSync(`${folder}/ort.wasm.gz`));
env.wasm.numThreads = 1;
const session = await InferenceSession.create(readFileSync(network), { executionProviders: ["wasm"] });
const all = readFileSync(pixels), size = 3 * height * width, rows = [];
for (let at = 0; at < all.length; at += size) {
  const poster = new Tensor("uint8", new Uint8Array(all.subarray(at, at + size)), [1, +height, +width, 3]);
  const { probabilities, novelty } = await session.run({ poster }, ["probabilities", "novelty"]);
  rows.push({ probabilities: [...probabilities.data], novelty: [...novelty.data] });
}
writeFileSync(out, JSON.stringify(rows));
console.log(env.versions.web);
"""
# What it converts from decision forests and JAX is imported in any case, and needs packages of other TensorFlows.
CONVERTER = """
import sys, types
sys.modules["tensorflow_decision_forests"] = types.ModuleType("tensorflow_decision_forests")
sys.modules["tensorflowjs.converters.jax_conversion"] = types.SimpleNamespace(convert_jax=None)
from tensorflowjs.converters.converter import pip_main
pip_main()
"""
TENSORFLOW_JS = """
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
const [npm, model, pixels, out, height, width] = process.argv.slice(2);
const require = createRequire(`${npm}/`);
const tf = require("@tensorflow/tfjs"), wasm = require("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(`${npm}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`);
await tf.setBackend("wasm");
const { modelTopology, weightsManifest, format, signature } = JSON.parse(readFileSync(`${model}/model.json`));
const parts = weightsManifest.flatMap(({ paths }) => paths).map((name) => readFileSync(`${model}/${name}`));
const joined = Buffer.concat(parts), weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
const weightData = joined.buffer.slice(joined.byteOffset, joined.byteOffset + joined.length);
const artifacts = { modelTopology, weightSpecs, weightData, format, signature };
const network = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
const all = readFileSync(pixels), size = 3 * height * width, rows = [];
for (let at = 0; at < all.length; at += size) {
  const poster = tf.tensor(new Int32Array(all.subarray(at, at + size)), [1, +height, +width, 3], "int32");
  const found = network.predict(poster);
  const values = [found].flat().map((each) => [...each.dataSync()]).sort((one, other) => one.length - other.length);
  rows.push({ novelty: values[0], probabilities: values[1] });
  tf.dispose([poster, found]);
}
writeFileSync(out, JSON.stringify(rows));
console.log(tf.version.tfjs);
"""


@dataclass(frozen=True)
class Given:
    """What a runtime gives for all posters, and how it calls itself; or why there is nothing."""

    runtime: str
    outputs: dict[str, np.ndarray]
    reason: str = ""


def snippet(width: int, height: int) -> Callable[[Path], np.ndarray]:
    """Return the documented function from a path to pixels, for posters of this size."""
    section = PAGE.read_text(encoding="utf-8").partition("## Other runtimes")[2]
    code = re.findall(r"^```python\n(.*?)^```", section, flags=re.DOTALL | re.MULTILINE)[0]
    code = code.partition("\n\n\nposter = ")[0].replace("width=256, height=384", f"width={width}, height={height}")
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    pixels_of: Callable[[Path], np.ndarray] = names["pixels_of"]
    return pixels_of


def each(pixels: np.ndarray, run: Callable[[np.ndarray], dict[str, np.ndarray]], name: str) -> dict[str, np.ndarray]:
    """Run one poster at a time."""
    found = [run(poster[None]) for poster in tqdm(pixels, desc=name, unit="poster")]
    return {key: np.concatenate([np.atleast_2d(one[key]) for one in found]) for key in ("probabilities", "novelty")}


def by_onnxruntime(path: Path, pixels: np.ndarray) -> Given:
    """ONNX Runtime for Python."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = ["probabilities", "novelty"]

    def run(poster: np.ndarray) -> dict[str, np.ndarray]:
        return dict(zip(names, session.run(names, {"poster": poster}), strict=True))

    return Given(f"onnxruntime {onnxruntime.__version__}", each(pixels, run, "onnxruntime"))


def by_litert(path: Path, pixels: np.ndarray) -> Given:
    """LiteRT for Python."""
    import ai_edge_litert
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(path)).get_signature_runner()
    return Given(
        f"ai-edge-litert {ai_edge_litert.__version__}", each(pixels, lambda poster: run(poster=poster), "LiteRT")
    )


def by_tensorflow(folder: Path, pixels: np.ndarray) -> Given:
    """TensorFlow, as TensorFlow Serving runs it."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))

    def run(poster: np.ndarray) -> dict[str, np.ndarray]:
        found = loaded.signatures["with_novelty"](poster=tf.constant(poster))
        return {name: value.numpy() for name, value in found.items()}

    return Given(f"tensorflow {tf.__version__}", each(pixels, run, "TensorFlow"))


def ran(words: list[str]) -> str:
    """Run a program, and return the last line that it printed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{words[0]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout.strip().splitlines()[-1]


def rows_of(path: Path) -> dict[str, np.ndarray]:
    """Return the outputs that a program of JavaScript wrote."""
    rows = json.loads(path.read_text())
    return {name: np.array([row[name] for row in rows]) for name in ("probabilities", "novelty")}


def by_openvino(python: str | None, path: Path, pixels: np.ndarray, folder: Path) -> Given:
    """OpenVINO in a Python of its own."""
    if python is None:
        return Given("OpenVINO", {}, "not run: no --openvino")
    np.save(folder / "pixels.npy", pixels)
    words = [str(path), str(folder / "pixels.npy"), str(folder / "openvino.npz")]
    version = ran([python, "-c", OPENVINO, *words])
    with np.load(folder / "openvino.npz") as found:
        return Given(f"OpenVINO {version}", dict(found))


def by_node(program: str, words: list[str], pixels: np.ndarray, folder: Path, name: str) -> Given:
    """A program of JavaScript in Node.js."""
    script, out, bytes_ = folder / f"{name}.mjs", folder / f"{name}.json", folder / "pixels.bin"
    script.write_text(program)
    pixels.tofile(bytes_)
    version = ran(["node", str(script), *words, str(bytes_), str(out), *map(str, pixels.shape[1:3])])
    return Given(f"{name} {version}, Node.js", rows_of(out))


def by_onnxruntime_web(page: Path, pixels: np.ndarray, folder: Path) -> Given:
    """The network and the runtime of an exported page."""
    words = [str(page / "page" / "runtime"), str(page / "network.onnx")]
    return by_node(NODE, words, pixels, folder, "onnxruntime-web")


def by_tensorflowjs(options: argparse.Namespace, saved: Path, pixels: np.ndarray, folder: Path) -> Given:
    """TensorFlow.js, converted from the SavedModel."""
    if options.tensorflowjs is None or options.npm is None:
        return Given("TensorFlow.js", {}, "not run: no --tensorflowjs or --npm")
    model = folder / "tfjs"
    words = ["--input_format=tf_saved_model", "--signature_name=with_novelty", str(saved), str(model)]
    code = CONVERTER
    done = subprocess.run([options.tensorflowjs, "-c", code, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        return Given("TensorFlow.js", {}, f"doesn't convert: {done.stderr.strip().splitlines()[-1]}")
    npm = str(Path(options.npm).absolute())
    return by_node(TENSORFLOW_JS, [npm, str(model)], pixels, folder, "tensorflow.js")


# By name: the format, and what runs a file of it, from options, file, pixels and a folder.
RUNS: dict[str, tuple[str, Callable[..., Given]]] = {
    "onnxruntime": ("onnx", lambda options, file, pixels, folder: by_onnxruntime(file, pixels)),
    "openvino": ("onnx", lambda options, file, pixels, folder: by_openvino(options.openvino, file, pixels, folder)),
    "onnxruntime-web": ("web", lambda options, file, pixels, folder: by_onnxruntime_web(file, pixels, folder)),
    "litert": ("litert", lambda options, file, pixels, folder: by_litert(file, pixels)),
    "litert-int8": ("litert-int8", lambda options, file, pixels, folder: by_litert(file, pixels)),
    "tensorflow": ("saved_model", lambda options, file, pixels, folder: by_tensorflow(file, pixels)),
    "tensorflowjs": (
        "saved_model",
        lambda options, file, pixels, folder: by_tensorflowjs(options, file, pixels, folder),
    ),
}


def row(
    name: str, to: str, given: Given, expected: dict[str, np.ndarray], decide: Callable[[np.ndarray], np.ndarray]
) -> str:
    """Return a row of the table."""
    begin = f"| `{to}` | {name} | {given.runtime} |"
    if given.reason:
        return f"{begin} {given.reason} | | | |"
    apart = {name: np.abs(given.outputs[name] - values) for name, values in expected.items()}
    decisions = decide(given.outputs["probabilities"].astype(float)) != decide(expected["probabilities"])
    found = apart["probabilities"]
    cells = (f"{found.max():.2g}", f"{found.mean():.2g}", f"{int(decisions.sum())} of {decisions.size:,}")
    return f"{begin} {' | '.join(cells)} | {apart['novelty'].max():.2g} |"


def with_row(page: str, line: str) -> str:
    """Return the page with a row in place of that of the same name, or added; rows are in the order of `RUNS`."""
    head, rest = page.split(BEGIN)
    rows = {cells(each)[1]: each for each in rest.split(END)[0].splitlines() if each.startswith("| `")}
    rows[cells(line)[1]] = line
    table = "\n".join([HEAD, *(rows[name] for name in RUNS if name in rows)])
    return f"{head}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"


def cells(line: str) -> list[str]:
    """Return the cells of a row."""
    return [each.strip() for each in line.strip("|").split("|")]


def by_posters(classifier: Classifier, paths: list[Path]) -> dict[str, np.ndarray]:
    """Return the pixels of the documented snippet, and what `posters predict` gives of the same files."""
    height, width, _ = classifier.manifest.preprocess.shape
    pixels_of = snippet(width, height)
    pixels = np.stack([pixels_of(path) for path in tqdm(paths, desc="snippet", unit="poster")])
    predicted = list(tqdm(classifier.predict_many(paths, "f1"), total=len(paths), desc="posters", unit="poster"))
    return {
        "pixels": pixels,
        "probabilities": np.array([[*each.probabilities.values()] for each in predicted]),
        "novelty": np.array([[each.novelty] for each in predicted]),
    }


def exported(classifier: str, to: str, folder: Path, posters: list[Path]) -> Path:
    """Return a file in the folder, written unless it is there."""
    output = folder / PLACES[to]
    path = output / "1" if to == "saved_model" else output
    if not path.exists():
        export(classifier, to, output=output, posters=posters, progress=progress_bar("comparing", leave=False))
    return path


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", help="of real posters")
    parser.add_argument("--images", type=Path, help="their folder")
    parser.add_argument("--only", nargs="+", choices=RUNS, default=list(RUNS), help="these runtimes (default: all)")
    parser.add_argument("--classifier", default="posters", help="whose exports (default: posters)")
    parser.add_argument("--posters", type=int, default=200, help="drawn from the table (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
    parser.add_argument("--exports", type=Path, help="a folder that keeps the files, and has those of a run before")
    parser.add_argument("--openvino", help="a Python that has it")
    parser.add_argument("--tensorflowjs", help="a Python that has tensorflowjs")
    parser.add_argument("--npm", help="a folder in which npm installed @tensorflow/tfjs and its wasm backend")
    parser.add_argument("--write", action="store_true", help="also into docs/prediction.md")
    options = parser.parse_args()
    catalogue = read_catalogue(options.table, options.images, report=False)
    drawn = np.random.default_rng(options.seed).permutation(len(catalogue))
    paths = [catalogue.image_path(catalogue[int(row)]) for row in drawn[: options.posters + 200]]
    classifier = load_classifier(options.classifier)
    with tempfile.TemporaryDirectory() as name:
        folder = options.exports or Path(name)
        folder.mkdir(exist_ok=True)
        kept = folder / f"posters-{options.seed}-{options.posters}.npz"
        if not kept.exists():
            np.savez(kept, allow_pickle=False, **by_posters(classifier, paths[: options.posters]))
        with np.load(kept) as file:
            expected = dict(file)
        pixels = expected.pop("pixels")
        for runtime in options.only:
            to, run = RUNS[runtime]
            path = exported(options.classifier, to, folder, paths[options.posters :])
            with tempfile.TemporaryDirectory() as scratch:
                given = run(options, path, pixels, Path(scratch))
            line = row(runtime, to, given, expected, lambda scores: classifier.decide(scores, "f1"))
            print(line, flush=True)
            if options.write:
                PAGE.write_text(with_row(PAGE.read_text(encoding="utf-8"), line), encoding="utf-8")


if __name__ == "__main__":
    main()
