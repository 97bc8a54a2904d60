// Asks the server. Whatever goes wrong is an Error whose message is one sentence for people.

const GONE = "The server can't be reached: is it still running?";
const MOVED = "The file can't be read any more: it was changed, moved or deleted.";
// What the server says about one poster; anything else would be the same for the next one.
const OF_A_POSTER = [400, 413, 422, 500];

const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

class AnswerError extends Error {
  /** `ofPoster`: whether another poster may fare better. */
  constructor(words, ofPoster) {
    super(words);
    this.ofPoster = ofPoster;
  }
}

const KEY = "posters-api-key";

/** Sends the API key that this tab has been given, if any. */
function withKey(options) {
  const key = sessionStorage.getItem(KEY);
  return key ? { ...options, headers: { Authorization: `Bearer ${key}` } } : options;
}

/** Asks once more, and as often as the server is full and tells when to come back. */
async function fetchWithRoom(path, options) {
  for (;;) {
    const response = await fetch(path, withKey(options));
    const seconds = Number(response.headers.get("Retry-After"));
    if (response.status !== 503 || !seconds) return response;
    // Not all of those who were refused at the same moment.
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds * (1 + Math.random() / 2)));
    options?.signal?.throwIfAborted();
  }
}

/** The server's response, which is one of success. */
export async function request(path, options) {
  let response;
  try {
    response = await fetchWithRoom(path, options);
    if (response.status === 401) {
      const key = prompt("This server needs an API key:");
      if (key) {
        sessionStorage.setItem(KEY, key.trim());
        response = await fetchWithRoom(path, options);
      }
    }
  } catch {
    throw new AnswerError(GONE, false);
  }
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  const words = error ?? `the server answered ${response.status}`;
  throw new AnswerError(sentence(words), OF_A_POSTER.includes(response.status));
}

/** The same as JSON. */
export const answer = async (path, options) => (await request(path, options)).json().catch(() => ({}));

/** What serves: genres, rules with their thresholds, figures, limits. */
export const readClassifier = () => answer("api/classifier");

/** Of a poster (a Blob): {genres, byRule, novelty, version}: every genre with its probability, the surest first; what each
 *  rule predicts; how unlike the classifier's posters the picture is, above 1 if it may be none; and which version of
 *  the classifier predicted it. `limits` are the server's; `signal` ends the request. */
export async function predict(blob, { max_bytes: most }, signal) {
  if (blob.size > most) throw new AnswerError(`The file is larger than the ${most / 1e6} MB that it may have.`, true);
  // Read first: to fetch(), a file that is gone and a server that is gone are the same.
  const body = await blob.arrayBuffer().catch(() => Promise.reject(new AnswerError(MOVED, true)));
  const values = await answer("api/predict?all=true", { method: "POST", body, signal });
  const { probabilities, by_rule: byRule, novelty } = values.posters[0];
  const genres = Object.entries(probabilities).map(([genre, probability]) => ({ genre, probability }));
  return { genres, byRule, novelty, version: values.classifier.version };
}

/** Where on a poster (a Blob) a genre comes from: {genre, size, frame, box, map}, see ExplainAnswer on the page of the API. */
export const explain = (blob, genre) =>
  answer(`api/explain?${new URLSearchParams({ genre })}`, { method: "POST", body: blob });
