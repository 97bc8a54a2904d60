// What this browser remembers of folders, so that a closed page goes on where it was: predictions and decisions, no pictures.

const STORES = ["predictions", "decisions"];

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open() {
  const request = indexedDB.open("posters", 1);
  request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
  return settled(request);
}

/** A few letters that change if any of the text does (FNV-1a): for keys, not for secrets. */
export function digest(text) {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  return (hash >>> 0).toString(16);
}

export class Memory {
  constructor() {
    // A private window may have none: then nothing is remembered, and all else works.
    this.database = Promise.resolve().then(open).catch(() => null);
  }

  /** Whether there is one. */
  async works() {
    return (await this.database) !== null;
  }

  /** The values of the keys, undefined where there is none. */
  async recall(store, keys) {
    const database = await this.database;
    if (!database) return keys.map(() => undefined);
    const values = database.transaction(store).objectStore(store);
    return Promise.all(keys.map((key) => settled(values.get(key))));
  }

  async keep(store, key, value) {
    const database = await this.database;
    // A full disk costs what would be remembered, and nothing that is on the page.
    if (database) await settled(database.transaction(store, "readwrite").objectStore(store).put(value, key)).catch(() => {});
  }

  async forget(store, keys) {
    const database = await this.database;
    if (!database) return;
    const values = database.transaction(store, "readwrite").objectStore(store);
    await Promise.all(keys.map((key) => settled(values.delete(key))));
  }
}
