// Files of a drop or of a chosen folder, those of sub-folders too, without what is no image.

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

/** Keeps the images of a folder, by name: {posters: [{file, path}], others: names of the files left out}. */
export function sorted(files) {
  const mine = files.filter(({ file }) => !SYSTEM.test(file.name));
  const byPath = (a, b) => a.path.localeCompare(b.path, "en", { numeric: true });
  return {
    posters: mine.filter((each) => isImage(each)).sort(byPath),
    others: mine.filter((each) => !isImage(each)).map(({ file }) => file.name),
  };
}

/** What a drop holds, {posters, others}, or null if there is no folder in it. Call it before anything is awaited: the drop's
 *  items are gone afterwards. */
export function folderDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return null;
  return Promise.all(entries.map(filesBelow)).then((found) => sorted(found.flat()));
}
