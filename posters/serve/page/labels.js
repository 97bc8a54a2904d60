// A table of labels that comes with posters: which genres it has for each of them. It reads what people mostly have, a CSV file
// with a column of genres, or one of marks for each; posters/catalogue reads all that there is.

const IDS = ["id", "poster_id", "movie_id", "film_id", "imdb_id", "tconst", "tmdb_id"];
const IMAGES = ["image", "image_path", "filename", "file_name", "file", "filepath", "file_path", "path", "poster", "poster_path", "poster_url", "image_url"];
const GENRES = ["genres", "genre", "genre_names", "labels", "label", "tags"];
// Those of posters/catalogue/genre_names.py; a test compares them.
const ALIASES = {
  Animated: "Animation",
  Biographical: "Biography",
  Biopic: "Biography",
  Documentaries: "Documentary",
  Historical: "History",
  Musicals: "Musical",
  Noir: "Film-Noir",
  Reality: "Reality-TV",
  Romantic: "Romance",
  "Science Fiction": "Sci-Fi",
  SciFi: "Sci-Fi",
  SF: "Sci-Fi",
  Shorts: "Short",
  "Short Film": "Short",
  Sports: "Sport",
  Talk: "Talk-Show",
  Westerns: "Western",
};
const YES = new Set(["1", "1.0", "true", "yes", "y", "x", "✓", "✔"]);
const NO = new Set(["", "0", "0.0", "false", "no", "n"]);
const UNKNOWN = new Set(["-1", "-1.0", "?", "unknown"]);

const genreKey = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
const columnKey = (name) => name.trim().toLowerCase().replace(/[\s_-]+/g, "_");
const withoutSuffix = (path) => path.replace(/(?<=[^/])\.[^./]*$/, "");
const baseName = (path) => path.slice(path.lastIndexOf("/") + 1);

export const isTable = (name) => /\.(csv|tsv)$/i.test(name);

/** The text of a file: UTF-8, or what Excel saves without asking. */
async function textOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** The rows of CSV, a list of cells each (RFC 4180); what separates them is what the header has most of. */
export function rowsOf(text) {
  const first = text.slice(0, (text.indexOf("\n") + 1 || text.length + 1) - 1);
  const count = (letter) => first.split(letter).length;
  const separator = [",", ";", "\t", "|"].reduce((best, letter) => (count(letter) > count(best) ? letter : best));
  const rows = [];
  let row = [];
  const letter = separator === "|" ? "\\|" : separator;
  // A field in quotes, or up to what separates it.
  const field = new RegExp(`(?:"((?:[^"]|"")*)" *|(?!")([^${letter}\r\n]*))(${letter}|\r\n|\n|\r|$)`, "y");
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (!found) throw new Error(`row ${rows.length + 1} has a quote that is not closed or not doubled`);
    row.push(found[1]?.replaceAll('""', '"') ?? found[2]);
    if (found[3] === separator && field.lastIndex < text.length) continue;
    if (row.some((cell) => cell.trim())) rows.push(row);
    row = [];
  }
  return rows;
}

/** The names in a cell: "Drama|War", "Drama, War", "['Drama', 'War']". */
function namesIn(cell) {
  const text = cell.trim().replace(/^[[(]|[\])]$/g, "");
  const separator = ["|", "\n", ";", ","].find((each) => text.includes(each));
  const parts = separator ? text.split(separator) : [text];
  return parts.map((part) => part.trim().replace(/^['"]|['"]$/g, "").trim()).filter(Boolean);
}

/** For each row, the genres that it has, or is not sure of. */
function marksOf(header, place) {
  const genre = header[place].replace(/^\s*(?:genres?|labels?|tags?|is|has)[\s_.:-]+(?=\S)/i, "").trim();
  return (row) => {
    const mark = (row[place] ?? "").trim().toLowerCase();
    if (!YES.has(mark) && !NO.has(mark) && !UNKNOWN.has(mark)) throw new Error(`the column ${genre} holds “${row[place]}”, no mark such as 0 or 1`);
    return { genre, yes: YES.has(mark), unknown: UNKNOWN.has(mark) };
  };
}

/** Reads a table: {name, rows: [{id, image, labels, unknown}], strange}. `strange` are names of no genre of the classifier. */
export async function readLabels(file, genres) {
  const [header, ...rows] = rowsOf((await textOf(file)).replace(/^\ufeff/, ""));
  const keys = (header ?? []).map(columnKey);
  const find = (names) => keys.indexOf(names.find((name) => keys.includes(name)));
  const [id, image, genreCell, unknownCell] = [IDS, IMAGES, GENRES, ["unknown"]].map(find);
  if (keys.includes("change") && keys.includes("accept")) throw new Error("it is a file of corrections, not of labels");
  if (!rows.length || (id < 0 && image < 0)) throw new Error("it has no column id or image, or no row");
  const known = new Map(genres.map((genre) => [genreKey(genre), genre]));
  for (const [alias, genre] of Object.entries(ALIASES)) if (genres.includes(genre) && !known.has(genreKey(alias))) known.set(genreKey(alias), genre);
  const marks = header.map((_, place) => marksOf(header, place)).filter((mark) => known.has(genreKey(mark([]).genre)));
  if (genreCell < 0 && !marks.length) throw new Error("it has no column genres, and none for a genre of the classifier");
  const strange = new Set();
  const settled = (names) => {
    names.filter((name) => !known.has(genreKey(name))).forEach((name) => strange.add(name));
    return new Set(names.map((name) => known.get(genreKey(name))).filter(Boolean));
  };
  const read = rows.map((row) => {
    const found = genreCell < 0 ? marks.map((mark) => mark(row)) : [];
    const chosen = (kind, place) => settled(genreCell < 0 ? found.filter((each) => each[kind]).map(({ genre }) => genre) : namesIn(row[place] ?? ""));
    const about = { id: (row[id] ?? "").trim(), image: (row[image] ?? "").trim().replaceAll("\\", "/") };
    return { ...about, labels: chosen("yes", genreCell), unknown: chosen("unknown", unknownCell) };
  });
  return { name: file.name, rows: read, strange: [...strange] };
}

/** Gives each item the row that names it, as `item.row`; returns how many rows name none. Names count with and without their
 *  folder and suffix, unless two posters go by one. */
export function matchLabels(items, rows) {
  const places = new Map();
  for (const item of items) {
    const below = item.name.slice(item.name.indexOf("/") + 1);
    const names = new Set([item.name, below, baseName(item.name)].flatMap((name) => [name, withoutSuffix(name)]));
    for (const name of names) places.set(name.toLowerCase(), places.has(name.toLowerCase()) ? null : item);
  }
  let missing = 0;
  for (const row of rows) {
    const names = [row.image, baseName(row.image), withoutSuffix(row.image), withoutSuffix(baseName(row.image)), row.id];
    const found = names.map((name) => name && places.get(name.toLowerCase())).find(Boolean);
    if (found) found.row = { ...row, id: row.id || withoutSuffix(row.image) };
    else missing += 1;
  }
  return missing;
}
