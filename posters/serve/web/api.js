// In place of the api.js that asks a server: the same functions, answered in this browser. Whatever goes wrong is an
// Error whose message is one sentence for people.

const NO_WORKER =
  "This browser can't run the network: Chrome or Edge 91, Firefox 114 or Safari 16.4 is the oldest that can; or the page's files are incomplete.";

const waiting = new Map(); // by number of the question: {resolve, reject}
let worker, classifier;

function start() {
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data: { id, value, error } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(refused(error));
  });
  worker.addEventListener("error", () => {
    worker = null;
    waiting.forEach(({ reject }) => reject(new Error(NO_WORKER)));
    waiting.clear();
  });
}

/** What is wrong with one poster; another may fare better. */
const refused = (words) => Object.assign(new Error(words), { ofPoster: true });

let asked = 0;

function ask(job, given = {}) {
  return new Promise((resolve, reject) => {
    if (!worker) throw new Error(NO_WORKER);
    waiting.set(asked, { resolve, reject });
    worker.postMessage({ id: asked++, job, classifier, ...given });
  });
}

/** What predicts: genres, rules with their thresholds, figures, limits. The network begins to load. */
export async function readClassifier() {
  const response = await fetch("classifier.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`The host answered ${response.status} for classifier.json.`);
  classifier = await response.json();
  start();
  ask("warm").catch(() => {}); // Each poster will tell what is wrong.
  return classifier;
}

/** Of a poster (a Blob): {genres, byRule, novelty, version}: every genre with its probability, the surest first; what each
 *  rule predicts; how unlike the classifier's posters the picture is, above 1 if it may be none, null if the classifier
 *  can't tell; and its version. `limits` are the classifier's. */
export async function predict(blob, { max_bytes: most } = classifier.limits) {
  if (blob.size > most) throw refused(`The file is larger than the ${most / 1e6} MB that it may have.`);
  return { ...(await ask("predict", { blob })), version: classifier.classifier.version };
}

/** Where on a poster (a Blob) a genre comes from: {genre, size, frame, box, map}. */
export const explain = (blob, genre) => ask("explain", { blob, genre });
