// One poster and what the classifier says of it.

import { genreRow } from "./bars.js";
import { said } from "./rules.js";

const template = document.querySelector("#card");
const FIRST = 6; // rows before "all genres" is pressed; what is said is always among them

export class Card {
  /** `poster`: {blob, name, alt, drawnAs}; `removed(card)` is called when its button is pressed. */
  constructor(poster, removed) {
    this.poster = poster;
    this.genres = null;
    this.all = false;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part("h3").textContent = this.part("h3").title = poster.name;
    this.part(".remove").setAttribute("aria-label", `Remove ${poster.name}`);
    this.part(".remove").addEventListener("click", () => removed(this));
    this.part(".more").addEventListener("click", () => this.fold());
    this.showPicture();
  }

  part(selector) {
    return this.element.querySelector(selector);
  }

  showPicture() {
    const image = this.part("img");
    image.alt = this.poster.alt;
    image.addEventListener("error", () => this.showNoPicture());
    image.src = this.address = URL.createObjectURL(this.poster.blob);
  }

  showNoPicture() {
    const note = document.createElement("p");
    note.className = "none";
    note.textContent = "This browser can't show the file.";
    this.part(".poster").replaceChildren(note);
  }

  /** Show genres, by a rule. */
  show(genres, rule) {
    this.genres = genres;
    this.draw(rule);
  }

  /** Draw again by a rule, if there is anything to draw yet. */
  draw(rule) {
    if (!this.genres) return;
    this.rule = rule;
    this.element.setAttribute("aria-busy", "false");
    const named = said(this.genres, rule);
    this.part(".verdict").textContent = named.join(", ") || "No genre reaches its threshold";
    this.part(".verdict").classList.toggle("none", named.length === 0);
    this.drawDrawnAs();
    const shown = this.all ? this.genres.length : Math.max(FIRST, named.length);
    const rows = this.genres.map((each) => genreRow(each, named.includes(each.genre), rule));
    // A rule may say a genre and pass over a surer one.
    const visible = rows.filter((row, place) => place < shown || row.classList.contains("said"));
    this.part(".genres").replaceChildren(...visible);
    this.drawMore(rows.length, visible.length);
  }

  drawDrawnAs() {
    const note = this.part(".drawn");
    note.hidden = !this.poster.drawnAs;
    note.textContent = `Drawn as ${this.poster.drawnAs}`;
  }

  drawMore(count, visible) {
    const more = this.part(".more");
    more.hidden = count <= visible && !this.all;
    more.textContent = this.all ? "Fewer genres" : `All ${count} genres`;
    more.setAttribute("aria-expanded", String(this.all));
  }

  fold() {
    this.all = !this.all;
    this.draw(this.rule);
  }

  /** Say in one sentence why there is nothing to show. */
  fail(sentence) {
    this.element.setAttribute("aria-busy", "false");
    this.part(".verdict").textContent = sentence;
    this.part(".verdict").classList.add("alert");
  }

  remove() {
    this.element.remove();
    URL.revokeObjectURL(this.address);
  }
}
