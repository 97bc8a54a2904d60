// The two tables that can be taken away: genres, as `posters predict` writes them, and corrections, as `--corrections` reads them.

import { genresOf, predictedBy, probabilityOf } from "./sheet.js";

const FORMULA = /^[=+\-@\t\r\n']/; // What a spreadsheet would run; posters/_base/text.py marks it in the same way.

function cell(text) {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// Excel takes UTF-8 for something else without the mark.
const table = (rows) => `\ufeff${rows.map((row) => `${row.map(cell).join(",")}\n`).join("")}`;

/** A row for each poster, with what is wrong where it has no genres. */
export function genresTable(items, rule) {
  const rows = items.map((item) => {
    const genres = genresOf(item, rule);
    const shares = genres.map((genre) => probabilityOf(item, genre).toFixed(6));
    const error = item.prediction ? "" : (item.error ?? "not predicted yet");
    const novelty = item.prediction?.novelty?.toFixed(3) ?? ""; // Not every classifier can tell.
    return [item.name, genres.join("|"), shares.join("|"), novelty, error, item.decided.size ? "yes" : ""];
  });
  return table([["poster", "genres", "probabilities", "novelty", "error", "checked"], ...rows]);
}

/** A row for each genre that a person decided. */
export function correctionsTable(items, ids, rule) {
  const rows = items.flatMap((item, place) =>
    [...item.decided].map(([genre, has]) => {
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
