// Asks the server. Whatever goes wrong is an Error whose message is one sentence for people.

const GONE = "The server can't be reached: is posters serve still running?";

const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

async function answer(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error(GONE);
  }
  const values = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(sentence(values.error ?? `the server answered ${response.status}`));
  return values;
}

/** What serves: genres, rules with their thresholds, figures, limits. */
export const readClassifier = () => answer("/api/classifier");

/** Genres of a poster (a Blob), the surest first: [{genre, probability}]. */
export async function predict(blob) {
  const values = await answer("/api/predict", { method: "POST", body: blob });
  return values.posters[0].genres;
}

/** Where on a poster (a Blob) a genre comes from: {genre, size, frame, box, map}, see ExplainAnswer on the page of the API. */
export const explain = (blob, genre) =>
  answer(`/api/explain?${new URLSearchParams({ genre })}`, { method: "POST", body: blob });
