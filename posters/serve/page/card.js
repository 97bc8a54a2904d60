// One poster and its prediction.

import { genreRow } from "./bars.js";
import { Heat } from "./heat.js";

const template = document.querySelector("#card");
const FIRST = 6; // rows before "all genres" is pressed; predicted genres are always among them

export class Card {
  /** `poster`: {blob, name, alt, drawnAs}; `explains`: whether its genres can be explained; `removed(card)` is called
   *  when its button is pressed, `announced(card, words)` when it has news for screen readers. */
  constructor(poster, { explains, removed, announced }) {
    this.poster = poster;
    this.genres = null;
    this.all = false;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part("h3").textContent = this.part("h3").title = poster.name;
    this.part(".remove").setAttribute("aria-label", `Remove ${poster.name}`);
    this.part(".remove").addEventListener("click", () => removed(this));
    this.part(".more").addEventListener("click", () => this.fold());
    this.showPicture();
    this.heat = explains ? new Heat(poster.blob, this.part("canvas"), (words) => this.showHeat(words, announced)) : null;
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
    this.heat = null; // There is nothing to lay it on.
    this.draw(this.rule);
  }

  /** Write the explanation beside its genre, and mark the genre. */
  showHeat(words, announced) {
    if (!this.heat) return; // The picture has turned out to be none meanwhile.
    this.part(".poster").classList.toggle("heated", !this.heat.canvas.hidden);
    this.markChosen();
    this.part(".about")?.scrollIntoView({ block: "nearest" });
    if (words) announced(this, words);
  }

  markChosen() {
    if (!this.heat) return;
    this.heat.caption.remove();
    for (const row of this.part(".genres").children) {
      row.querySelector("button").setAttribute("aria-pressed", String(row.dataset.genre === this.heat.chosen));
      row.classList.toggle("about", row.dataset.genre === this.heat.about);
      if (row.dataset.genre === this.heat.about) row.append(this.heat.caption);
    }
  }

  /** Show {genres, byRule, novelty}, by a rule. */
  show({ genres, byRule, novelty }, rule) {
    this.part(".unlike").hidden = !(novelty > 1); // null: the classifier can't tell.
    this.genres = genres;
    this.byRule = byRule;
    this.draw(rule);
  }

  /** The genres that the rule predicts, the likeliest first. */
  predicted() {
    return this.byRule[this.rule.name] ?? []; // Another classifier may serve by now, without this rule.
  }

  /** Draw again by a rule, if there is anything to draw yet. */
  draw(rule) {
    if (!this.genres) return;
    this.rule = rule;
    this.element.setAttribute("aria-busy", "false");
    const named = this.predicted();
    this.part(".verdict").textContent = named.join(", ") || "No genre reaches its threshold";
    this.part(".verdict").classList.toggle("none", named.length === 0);
    this.drawDrawnAs();
    const shown = this.all ? this.genres.length : Math.max(FIRST, named.length);
    const choose = this.heat && ((genre) => this.heat.toggle(genre));
    const rows = this.genres.map((each) => genreRow(each, named.includes(each.genre), rule, choose));
    // A rule may predict a genre and not a likelier one; the explained genre stays too.
    const stays = (row) => row.classList.contains("predicted") || row.dataset.genre === this.heat?.about;
    const visible = rows.filter((row, place) => place < shown || stays(row));
    this.part(".genres").replaceChildren(...visible);
    this.markChosen();
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

  /** Show in one sentence why there is nothing to show. */
  fail(sentence) {
    this.element.setAttribute("aria-busy", "false");
    this.part(".verdict").textContent = sentence;
    this.part(".verdict").classList.add("alert");
  }

  remove() {
    this.heat?.hide(); // An answer on its way has nobody left to see it.
    this.element.remove();
    URL.revokeObjectURL(this.address);
  }
}
