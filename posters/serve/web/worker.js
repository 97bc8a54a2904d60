// The network, in a thread of its own, so that the page stays quick while posters are predicted.

import { decide } from "./decide.js";
import { locate } from "./locate.js";
import { posterPixels } from "./pixels.js";
import { env, InferenceSession, Tensor } from "./runtime/ort.js";

const RUNTIME = new URL("runtime/ort.wasm.gz", import.meta.url);

async function bytesOf(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The network can't be loaded: the host answered ${response.status} for ${address.pathname}.`);
  return response.arrayBuffer();
}

/** Some hosts unpack a .gz themselves, by their header Content-Encoding. */
async function unpacked(bytes) {
  const [first, second] = new Uint8Array(bytes);
  if (first !== 0x1f || second !== 0x8b) return bytes;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function open({ network: digest }) {
  const network = new URL(`../network.onnx?${digest}`, import.meta.url);
  const [runtime, weights] = await Promise.all([bytesOf(RUNTIME).then(unpacked), bytesOf(network)]);
  env.wasm.wasmBinary = runtime;
  env.wasm.numThreads = 1; // Threads need headers that plain hosts don't send.
  return InferenceSession.create(weights, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
}

/** Once before anybody waits for it: browsers compile what is first run. */
async function warm(session, { classifier }) {
  const { height, width } = classifier.preprocess;
  await session.run({ poster: new Tensor("uint8", new Uint8Array(3 * height * width), [1, height, width, 3]) });
}

async function run(session, blob, { preprocess, limits }, outputs) {
  const { pixels, size } = await posterPixels(blob, preprocess, limits);
  const poster = new Tensor("uint8", pixels, [1, preprocess.height, preprocess.width, 3]);
  const named = outputs.filter((name) => session.outputNames.includes(name));
  return { ...(await session.run({ poster }, named)), size };
}

async function predict(session, { blob, classifier }) {
  const { probabilities, novelty } = await run(session, blob, classifier, ["probabilities", "novelty"]);
  return { ...decide([...probabilities.data], classifier), novelty: novelty?.data[0] ?? null }; // Not every classifier can tell.
}

async function explain(session, { blob, genre, classifier }) {
  const { maps, size } = await run(session, blob, classifier, ["maps"]);
  const [, height, width, count] = maps.dims;
  const place = classifier.genres.indexOf(genre);
  const at = (y, x) => maps.data[count * (width * y + x) + place];
  const map = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => at(y, x)));
  return locate(genre, map, size, classifier.preprocess);
}

const JOBS = { warm, predict, explain };
let opened, last = Promise.resolve();

async function answer({ id, job, ...given }) {
  try {
    postMessage({ id, value: await JOBS[job](await opened, given) });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
}

addEventListener("message", ({ data }) => {
  opened ??= open(data.classifier);
  last = last.then(() => answer(data)); // One at a time: a session can't run twice at once.
});
