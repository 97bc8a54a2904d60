// Which genres the rules of a classifier predict, as posters/thresholds/ decides.

/** Expected F1 of the k likeliest genres for each k from 1 to `most`; see expected_f1_decisions in Python. */
function gains(p, most) {
  const total = new Array(most).fill(0);
  for (let i = 0; i < most; i++) {
    let others = [1]; // the distribution of how many genres the poster has beside this one
    p.forEach((q, place) => {
      if (place === i) return;
      const next = [...others, 0].map((share, count) => share * (1 - q) + (count ? others[count - 1] * q : 0));
      others = next;
    });
    for (let k = i + 1; k <= most; k++)
      total[k - 1] += p[i] * others.reduce((sum, share, count) => sum + (share * 2) / (k + count + 1), 0);
  }
  return total;
}

/** The genres that one rule predicts; `genres` is [{genre, probability}], the likeliest first. */
function predicted(genres, { name, thresholds, most }) {
  if (thresholds) return genres.filter(({ genre, probability }) => thresholds[genre] !== null && probability >= thresholds[genre]);
  if (name === "argmax") return genres.slice(0, 1);
  const all = gains(genres.map(({ probability }) => probability), Math.min(most, genres.length));
  return genres.slice(0, all.indexOf(Math.max(...all)) + 1);
}

/** Of probabilities in the order of the classifier's genres: {genres, byRule}, as the server answers. */
export function decide(probabilities, { genres: names, rules }) {
  const genres = names.map((genre, place) => ({ genre, probability: probabilities[place] }));
  genres.sort((one, other) => other.probability - one.probability); // Stable: of two as likely, the first comes first.
  const named = (rule) => predicted(genres, rule).map(({ genre }) => genre);
  return { genres, byRule: Object.fromEntries(rules.map((rule) => [rule.name, named(rule)])) };
}
