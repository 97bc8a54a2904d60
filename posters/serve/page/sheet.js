// The posters of a folder: what was predicted for each, what a person decided, and which of them are shown in which order.

const withoutSuffix = (path) => path.replace(/(?<=[^/])\.[^./]*$/, "");
const baseName = (path) => path.slice(path.lastIndexOf("/") + 1);

/** One poster: {blob, name, alt}, `key` (its name, size and date), `prediction` and `error` (null until one of them is
 *  there), `row` (of the table that came with it: {id, labels, unknown}, or null), and `decided`: genre to whether a person
 *  says that the poster has it. */
function item({ blob, name, alt }) {
  const key = `${name}|${blob.size}|${blob.lastModified ?? 0}`;
  return { blob, name, alt, key, prediction: null, error: null, row: null, decided: new Map() };
}

export class Sheet {
  constructor() {
    this.items = [];
    this.byKey = new Map();
  }

  /** Add posters, except those that are here already; returns the new items. */
  add(posters) {
    const fresh = posters.map(item).filter((each) => !this.byKey.has(each.key) && this.byKey.set(each.key, each));
    this.items.push(...fresh);
    return fresh;
  }

  /** The ids that a table has for these posters, or most likely has: file names without suffix, paths where these are not
   *  unique. */
  ids() {
    const times = new Map();
    for (const { name } of this.items) {
      const stem = withoutSuffix(baseName(name));
      times.set(stem, (times.get(stem) ?? 0) + 1);
    }
    return this.items.map(({ name, row }) => {
      if (row) return row.id;
      const stem = withoutSuffix(baseName(name));
      return times.get(stem) === 1 ? stem : withoutSuffix(name.slice(name.indexOf("/") + 1));
    });
  }
}

/** The probability of a genre. */
export const probabilityOf = ({ prediction }, genre) => prediction?.genres.find((each) => each.genre === genre)?.probability ?? 0;

/** What the rule predicts. */
export const predictedBy = ({ prediction }, rule) => prediction?.byRule[rule.name] ?? [];

/** The genres that a person begins with: those of the poster's table, or else those that the rule predicts. */
export const startOf = (item, rule) => item.row?.labels ?? new Set(predictedBy(item, rule));

function changed(item, start) {
  const has = ({ genre }) => item.decided.get(genre) ?? start.has(genre);
  return item.prediction?.genres.filter(has).map(({ genre }) => genre) ?? [];
}

/** The genres that are ticked, the likeliest first: those to begin with, changed by what a person decided. */
export const tickedOf = (item, rule) => changed(item, startOf(item, rule));

/** The genres of a poster, the likeliest first: those that the rule predicts, until a person has decided. */
export const genresOf = (item, rule) => (item.decided.size ? tickedOf(item, rule) : changed(item, new Set(predictedBy(item, rule))));

/** How far the classifier contradicts the labels of a poster's table, 0 to 1: the most that one of them is doubted. */
export function doubtOf({ row, prediction }) {
  if (!row || !prediction) return 0;
  const known = prediction.genres.filter(({ genre }) => !row.unknown.has(genre));
  return Math.max(0, ...known.map(({ genre, probability }) => (row.labels.has(genre) ? 1 - probability : probability)));
}

/** Whether what the rule predicts differs from the labels of a poster's table. */
export function differs(item, rule) {
  const predicted = new Set(predictedBy(item, rule));
  const other = ({ genre }) => !item.row.unknown.has(genre) && item.row.labels.has(genre) !== predicted.has(genre);
  return Boolean(item.row && item.prediction?.genres.some(other));
}

/** How sure the classifier is, 0 to 1: of a genre its probability, else the mean probability of the genres that the rule
 *  predicts, which is the share of them that is right on average; 0 if it predicts none. */
export function certaintyOf(item, rule, genre) {
  if (genre) return probabilityOf(item, genre);
  const predicted = predictedBy(item, rule);
  return predicted.length ? predicted.reduce((sum, each) => sum + probabilityOf(item, each), 0) / predicted.length : 0;
}

const SHOWN = {
  all: () => true,
  unchecked: (item) => item.prediction && !item.decided.size,
  checked: (item) => item.decided.size > 0,
  unlike: (item) => item.prediction?.novelty > 1,
  failed: (item) => item.error,
  differing: differs,
};

// What has no certainty, yet or ever, comes last in the orders by it.
const last = (a, b) => (a.certainty === null) - (b.certainty === null);
const ORDERS = {
  sure: (a, b) => last(a, b) || b.certainty - a.certainty,
  unsure: (a, b) => last(a, b) || a.certainty - b.certainty,
  name: () => 0, // As they came: by name.
  doubt: (a, b) => doubtOf(b.item) - doubtOf(a.item),
};

/** The items to show: {genre, without, least, most, state, order}; `genre` is "" for any, and `without` asks for the posters that
 *  don't have it; `state` is a key of SHOWN, `order` of ORDERS. */
export function selected(items, rule, { genre, without, least, most, state, order }) {
  return items
    .map((item) => ({ item, certainty: item.prediction ? certaintyOf(item, rule, genre) : null }))
    .filter(({ item, certainty }) => {
      if (!SHOWN[state](item, rule)) return false;
      if (genre && (certainty === null || genresOf(item, rule).includes(genre) === without)) return false;
      const all = least === 0 && most === 1;
      return all || (certainty !== null && certainty >= least && (certainty < most || most === 1));
    })
    .sort(ORDERS[order])
    .map(({ item }) => item);
}

/** How many posters have each genre. */
export function countGenres(items, rule) {
  const counts = new Map();
  for (const item of items) for (const genre of genresOf(item, rule)) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  return counts;
}
