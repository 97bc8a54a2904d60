// Asks the server. Whatever goes wrong is an Error whose message is one sentence for people.

const GONE = "The server can't be reached: is posters serve still running?";

const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

const KEY = "posters-api-key";

/** Sends the API key that this tab has been given, if any. */
function withKey(options) {
  const key = sessionStorage.getItem(KEY);
  return key ? { ...options, headers: { Authorization: `Bearer ${key}` } } : options;
}

async function answer(path, options) {
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
  const values = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(sentence(values.error ?? `the server answered ${response.status}`));
  return values;
}

/** What serves: genres, rules with their thresholds, figures, limits. */
export const readClassifier = () => answer("api/classifier");

/** Of a poster (a Blob): {genres, byRule, novelty}: every genre with its probability, the surest first, what each rule
 *  predicts, and how unlike the classifier's posters the picture is, above 1 if it may be none. */
export async function predict(blob) {
  const values = await answer("api/predict?all=true", { method: "POST", body: blob });
  const { probabilities, by_rule: byRule, novelty } = values.posters[0];
  const genres = Object.entries(probabilities).map(([genre, probability]) => ({ genre, probability }));
  return { genres, byRule, novelty };
}

/** Where on a poster (a Blob) a genre comes from: {genre, size, frame, box, map}, see ExplainAnswer on the page of the API. */
export const explain = (blob, genre) =>
  answer(`api/explain?${new URLSearchParams({ genre })}`, { method: "POST", body: blob });
