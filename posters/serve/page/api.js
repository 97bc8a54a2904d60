// Asks the server. Whatever goes wrong is an Error whose message is one sentence for people.

const GONE = "The server can't be reached: is it still running?";

const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

const KEY = "posters-api-key";

/** Sends the API key that this tab has been given, if any. */
function withKey(options) {
  const key = sessionStorage.getItem(KEY);
  return key ? { ...options, headers: { Authorization: `Bearer ${key}` } } : options;
}

/** The server's response, which is one of success. */
export async function request(path, options) {
  let response;
  try {
    response = await fetch(path, withKey(options));
    if (response.status === 401) {
      const key = prompt("This server needs an API key:");
      if (key) {
        sessionStorage.setItem(KEY, key.trim());
        response = await fetch(path, withKey(options));
      }
    }
  } catch {
    throw new Error(GONE);
  }
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new Error(sentence(error ?? `the server answered ${response.status}`));
}

/** The same as JSON. */
export const answer = async (path, options) => (await request(path, options)).json().catch(() => ({}));

/** What serves: genres, rules with their thresholds, figures, limits. */
export const readClassifier = () => answer("api/classifier");

/** Of a poster (a Blob): {genres, byRule}, every genre with its probability, the surest first, and what each rule predicts. */
export async function predict(blob) {
  const values = await answer("api/predict?all=true", { method: "POST", body: blob });
  const { probabilities, by_rule: byRule } = values.posters[0];
  return { genres: Object.entries(probabilities).map(([genre, probability]) => ({ genre, probability })), byRule };
}

/** Where on a poster (a Blob) a genre comes from: {genre, size, frame, box, map}, see ExplainAnswer on the page of the API. */
export const explain = (blob, genre) =>
  answer(`api/explain?${new URLSearchParams({ genre })}`, { method: "POST", body: blob });
