// The two tables that can be taken away: genres, as `posters predict` writes them, and corrections, as `--corrections` reads them.

import { genresOf, predictedBy, probabilityOf, startOf } from "./sheet.js";

const FORMULA = /^[=+\-@\t\r\n']/; // What a spreadsheet would run; posters/_base/text.py marks it in the same way.

function cell(text) {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// Excel takes UTF-8 for something else without the mark.
const table = (rows) => `\ufeff${rows.map((row) => `${row.map(cell).join(",")}\n`).join("")}`;

/** A row for each poster, with what is wrong where it has no genres. */
export function genresTable(items, rule) {
  const labelled = items.some(({ row }) => row);
  const rows = items.map((item) => {
    const genres = genresOf(item, rule);
    const shares = genres.map((genre) => probabilityOf(item, genre).toFixed(6));
    const error = item.prediction ? "" : (item.error ?? "not predicted yet");
    const novelty = item.prediction?.novelty?.toFixed(3) ?? ""; // Not every classifier can tell.
    const labels = labelled ? [[...(item.row?.labels ?? [])].join("|")] : [];
    return [item.name, genres.join("|"), shares.join("|"), novelty, error, item.decided.size ? "yes" : "", ...labels];
  });
  return table([["poster", "genres", "probabilities", "novelty", "error", "checked", ...(labelled ? ["labels"] : [])], ...rows]);
}

/** A row for each genre that a person decided; where a table came with the poster, only for what is another than there. */
export function correctionsTable(items, ids, rule) {
  const rows = items.flatMap((item, place) =>
    [...item.decided].filter(([genre, has]) => !item.row || item.row.unknown.has(genre) || startOf(item, rule).has(genre) !== has).map(([genre, has]) => {
      const predicted = predictedBy(item, rule).includes(genre) ? "yes" : "no";
      return [ids[place], genre, has ? "add" : "remove", "yes", predicted, probabilityOf(item, genre).toFixed(6), item.name];
    }),
  );
  return table([["id", "genre", "change", "accept", "predicted", "probability", "poster"], ...rows]);
}

/** Hand a file to the person. */
export function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // The browser reads it after this turn.
}
