// Files of a drop or of a chosen folder, those of sub-folders too: images, tables of labels, and what is neither.

import { isTable } from "./labels.js";

// Those of posters/catalogue/image_folder.py; browsers know the type of some of them only.
const IMAGE = /\.(jpe?g|jpe|jfif|png|webp|gif|bmp|tiff?|avif|jp2|ppm|heic|heif|jxl)$/i;
// What systems leave in folders: nobody misses it.
const SYSTEM = /^(\._.*|\.DS_Store|Thumbs\.db|desktop\.ini)$/i;

const isImage = ({ file, unread }) => !unread && (IMAGE.test(file.name) || file.type.startsWith("image/"));

/** The files below an entry of a drop, as [{file, path}]; of what can't be read, the name alone. */
const filesBelow = (entry) => readBelow(entry).catch(() => [{ file: { name: entry.name, type: "" }, path: entry.name, unread: true }]);

async function readBelow(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = entry.createReader();
  const entries = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // At most 100 a time.
    if (!some.length) break;
    entries.push(...some);
  }
  const found = [];
  for (const each of entries) found.push(...(await filesBelow(each)));
  return found;
}

/** Sorts the files of a folder: {posters: [{file, path}], by name, tables: files, others: names of the files left out}. */
export function sorted(files) {
  const mine = files.filter(({ file }) => !SYSTEM.test(file.name));
  const byPath = (a, b) => a.path.localeCompare(b.path, "en", { numeric: true });
  return {
    posters: mine.filter((each) => isImage(each)).sort(byPath),
    tables: mine.filter(({ file, unread }) => !unread && isTable(file.name)).map(({ file }) => file),
    others: mine.filter((each) => !isImage(each) && (each.unread || !isTable(each.file.name))).map(({ file }) => file.name),
  };
}

/** What a drop holds, {posters, tables, others}, or null if there is no folder in it. Call it before anything is awaited: the drop's
 *  items are gone afterwards. */
export function folderDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return null;
  return Promise.all(entries.map(filesBelow)).then((found) => sorted(found.flat()));
}
