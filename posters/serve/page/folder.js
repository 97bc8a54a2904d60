// Many posters at once: they are sent a few at a time and shown as tiles, which can be filtered, ordered, corrected and taken
// away as tables.

import { predict } from "./api.js";
import { percent } from "./bars.js";
import { correctionsTable, download, genresTable } from "./csv.js";
import { Detail } from "./detail.js";
import { Grid } from "./grid.js";
import { matchLabels, readLabels } from "./labels.js";
import { digest, Memory } from "./memory.js";
import { Sending } from "./sending.js";
import { certaintyOf, countGenres, differs, genresOf, selected, Sheet } from "./sheet.js";

const part = (id) => document.querySelector(`#${id}`);
const template = part("tile");
const REDRAW = 700; // milliseconds: oftener, tiles would move under the hand
const ANOTHER = "Another classifier serves by now: reload the page, and choose the folder again.";

const many = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

function lasting(seconds) {
  if (seconds === null) return "";
  return seconds < 60 ? ", less than a minute left" : `, about ${many(Math.round(seconds / 60), "minute")} left`;
}

export class Folder {
  /** `classifier` is what serves; `announce(words)` is for those who can't see the tiles. */
  constructor(classifier, announce) {
    Object.assign(this, { classifier, announce, sheet: new Sheet(), memory: new Memory(), others: [], tables: [], rule: null, genre: "" });
    // Whatever changes what is predicted makes predictions of before worthless: network, rules, calibration.
    this.version = digest(JSON.stringify({ ...classifier, limits: null }));
    const { limits, explains } = classifier;
    this.sending = new Sending((item, signal) => this.send(item, signal), () => this.drawSoon(true), limits.max_posters);
    this.grid = new Grid(part("tiles"), {
      make: (item) => this.makeTile(item),
      fill: (element, item) => this.fillTile(element, item),
      dropped: (element) => URL.revokeObjectURL(element.address),
      chosen: (item) => this.detail.open(this.grid.items, item, this.rule),
    });
    const closed = (item) => {
      this.draw();
      this.grid.focus(Math.max(0, this.grid.items.indexOf(item)));
    };
    this.detail = new Detail({ explains, announce, closed, changed: (item) => this.keepDecisions(item) });
    this.offerTools();
  }

  get isOpen() {
    return this.sheet.items.length > 0;
  }

  offerTools() {
    const groups = [["With", "+"], ["Without", "-"]].map(([label, sign]) => {
      const group = Object.assign(document.createElement("optgroup"), { label });
      group.append(...this.classifier.genres.map((genre) => new Option(genre, sign + genre)));
      return group;
    });
    part("by-genre").replaceChildren(new Option("Any genre", ""), ...groups);
    for (const id of ["by-state", "by-genre", "by-certainty", "order"]) part(id).addEventListener("change", () => this.draw());
    part("stop").addEventListener("click", () => (this.sending.runs ? this.sending.stop() : this.sending.start()));
    part("take-genres").addEventListener("click", () => download("genres.csv", genresTable(this.sheet.items, this.rule)));
    part("take-corrections").addEventListener("click", () =>
      download("corrections.csv", correctionsTable(this.sheet.items, this.sheet.ids(), this.rule)),
    );
  }

  /** Add posters, with what this browser remembers of them; send the others. `others`: names of files left out; `tables`:
   *  files of labels. */
  async add(posters, others = [], tables = []) {
    const fresh = this.sheet.add(posters);
    this.others.push(...others);
    await this.readTables(tables);
    document.body.classList.toggle("many", this.isOpen);
    part("sheet").hidden = !this.isOpen;
    this.draw();
    this.announce(`${many(this.sheet.items.length, "poster")}.`);
    const keys = fresh.map(({ key }) => key);
    const [predictions, decisions] = await Promise.all([
      this.memory.recall("predictions", keys.map((key) => `${this.version}|${key}`)),
      this.memory.recall("decisions", keys),
    ]);
    fresh.forEach((item, place) => {
      item.prediction = predictions[place] ?? null;
      item.decided = new Map(decisions[place]);
      this.grid.refresh(item);
    });
    this.draw();
    this.sending.add(fresh.filter((item) => !item.prediction && this.sheet.byKey.has(item.key)));
  }

  /** Read tables of labels, and give each poster its row, whichever came first. */
  async readTables(files) {
    for (const file of files) {
      const failed = ({ message }) => ({ name: file.name, error: message });
      this.tables.push(await readLabels(file, this.classifier.genres).catch(failed));
    }
    for (const table of this.tables) if (table.rows) table.missing = matchLabels(this.sheet.items, table.rows);
    const labelled = this.sheet.items.some(({ row }) => row);
    document.querySelectorAll(".with-labels").forEach((option) => (option.hidden = option.disabled = !labelled));
    part("tiles").classList.toggle("labelled", labelled);
    const words = this.tables.map((table) => this.tableWords(table)).join(" ");
    Object.assign(part("tables"), { textContent: words, hidden: !words });
    part("tables").classList.toggle("alert", this.tables.some(({ error }) => error));
    if (files.length) this.announce(words);
  }

  tableWords({ name, error, rows, missing, strange }) {
    if (error) return `${name} can't be read as labels: ${error}.`;
    const left = strange.slice(0, 3).join(", ") + (strange.length > 3 ? " …" : "");
    return [
      `${name} has labels of ${many(rows.length - missing, "poster")}`,
      missing && `; ${many(missing, "row")} ${missing === 1 ? "names" : "name"} no poster here`,
      strange.length && `; the classifier doesn't know ${left}`,
      ".",
    ].filter(Boolean).join("");
  }

  async send(item, signal) {
    try {
      const { version, ...prediction } = await predict(item.blob, this.classifier.limits, signal);
      if (version !== this.classifier.classifier.version) throw new Error(ANOTHER);
      item.prediction = prediction;
      this.memory.keep("predictions", `${this.version}|${item.key}`, prediction);
    } catch (error) {
      if (!error.ofPoster) throw error;
      item.error = error.message;
    }
    this.grid.refresh(item);
    this.detail.refresh(item);
    this.drawSoon();
  }

  keepDecisions(item) {
    if (item.decided.size) this.memory.keep("decisions", item.key, [...item.decided]);
    else this.memory.forget("decisions", [item.key]);
    this.grid.refresh(item);
    this.drawWords();
  }

  /** The rule that decides from now on. */
  decide(rule) {
    this.rule = rule;
    if (!this.isOpen) return;
    this.refreshTiles();
    this.draw();
  }

  /** Remove all posters, and what is remembered of them; false if the person would rather not. */
  clear() {
    const { items } = this.sheet;
    const checked = items.filter(({ decided }) => decided.size).length;
    const question = `Remove all posters, and forget what you checked on ${many(checked, "poster")}?`;
    if (checked && !confirm(question)) return false;
    this.sending.clear();
    this.memory.forget("predictions", items.map(({ key }) => `${this.version}|${key}`));
    this.memory.forget("decisions", items.map(({ key }) => key));
    Object.assign(this, { sheet: new Sheet(), others: [], tables: [] });
    this.readTables([]);
    this.grid.show([]);
    document.body.classList.remove("many");
    part("sheet").hidden = true;
    return true;
  }

  // What is shown

  drawSoon(now = false) {
    if (now) this.draw();
    else this.timer ??= setTimeout(() => this.draw(), REDRAW);
  }

  draw() {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.isOpen) return;
    this.drawWords();
    const items = selected(this.sheet.items, this.rule, this.view());
    if (this.genre !== this.view().genre) {
      this.genre = this.view().genre;
      this.refreshTiles();
    }
    part("shown").textContent = items.length
      ? `${items.length.toLocaleString("en")} of ${many(this.sheet.items.length, "poster")} shown.`
      : "No poster is like that.";
    // Under a dialog nothing moves: whoever closes it comes back to the same place.
    if (!this.detail.isOpen) this.grid.show(items);
  }

  /** What the choosers above the tiles ask for. */
  view() {
    const [least, most] = part("by-certainty").value.split(" ").map(Number);
    const chosen = part("by-genre").value;
    const asked = { genre: chosen.slice(1), without: chosen.startsWith("-"), state: part("by-state").value };
    return { ...asked, least, most, order: part("order").value };
  }

  refreshTiles() {
    this.grid.tiles.forEach((element, item) => this.fillTile(element, item));
  }

  drawWords() {
    const { items } = this.sheet;
    const { runs, error, waiting } = this.sending;
    const failed = items.filter((item) => item.error).length;
    const checked = items.filter(({ decided }) => decided.size).length;
    const done = items.filter((item) => item.prediction).length + failed;
    Object.assign(part("progress"), { max: items.length, value: done });
    const words = [
      `${done.toLocaleString("en")} of ${many(items.length, "poster")} done${lasting(this.sending.secondsLeft)}`,
      failed && `${failed.toLocaleString("en")} can't be read`,
      checked && `${checked.toLocaleString("en")} checked`,
    ];
    part("progress-words").textContent = `${error ? `${error} ` : ""}${words.filter(Boolean).join(" · ")}`;
    part("progress-words").classList.toggle("alert", Boolean(error));
    part("stop").hidden = !runs && !waiting.length;
    part("stop").textContent = runs ? "Stop" : "Go on";
    if (!runs && done === items.length && this.announced !== done) this.announce(`All ${many((this.announced = done), "poster")} done.`);
    part("posters-title").textContent = many(items.length, "poster");
    part("take-corrections").disabled = !checked;
    this.drawLeftOut();
    const counts = countGenres(items, this.rule);
    const predicted = items.filter((item) => item.prediction).length;
    for (const option of [...part("by-genre").options].slice(1)) {
      const [sign, genre] = [option.value[0], option.value.slice(1)];
      const count = counts.get(genre) ?? 0;
      option.text = `${genre} (${(sign === "+" ? count : predicted - count).toLocaleString("en")})`;
    }
  }

  drawLeftOut() {
    const { others } = this;
    part("left-out").hidden = !others.length;
    const names = others.slice(0, 3).join(", ");
    part("left-out").textContent = `Left out ${many(others.length, "file")} that ${others.length === 1 ? "is no image" : "are no images"} or can't be opened: ${names}${others.length > 3 ? " …" : ""}`;
  }

  makeTile({ blob, alt }) {
    const element = template.content.firstElementChild.cloneNode(true);
    const image = Object.assign(new Image(), { alt: "", decoding: "async", title: alt });
    image.addEventListener("error", () => image.replaceWith("This browser can't show the file."));
    image.src = element.address = URL.createObjectURL(blob);
    element.querySelector(".thumb").append(image);
    return element;
  }

  fillTile(element, item) {
    const put = (selector, words) => (element.querySelector(selector).textContent = words);
    const genres = genresOf(item, this.rule);
    const certainty = item.prediction ? certaintyOf(item, this.rule, this.genre) : 0;
    put(".tile-name", item.name.slice(item.name.lastIndexOf("/") + 1));
    element.querySelector("button").title = item.name;
    const missing = item.error ?? (item.prediction ? "No genre" : "…");
    put(".tile-genres", genres.join(", ") || missing);
    put(".tile-labels", item.row ? `Labels: ${[...item.row.labels].join(", ") || "none"}` : "");
    element.classList.toggle("differs", differs(item, this.rule));
    element.classList.toggle("failed", Boolean(item.error));
    element.classList.toggle("checked", item.decided.size > 0);
    put(".sure", item.decided.size ? "Checked" : item.prediction ? this.genre ? `${this.genre} ${percent(certainty)}` : `${percent(certainty)} certain` : "");
    element.querySelector(".fill").style.width = `${100 * certainty}%`;
    element.querySelector(".bar").hidden = !item.prediction;
  }
}
