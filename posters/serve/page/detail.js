// One poster of a folder, large: its card, with a box to tick at each genre, in a dialog that turns to the next one.

import { Card } from "./card.js";
import { predictedBy, startOf, tickedOf } from "./sheet.js";

const dialog = document.querySelector("#detail");
const KEYS = 9; // genres that have a key, 1 to 9

/** The card of an item, with all its genres and a box at each. */
class Correctable extends Card {
  constructor(item, options) {
    super(item, options);
    this.item = item;
    this.all = true;
    this.decide = options.decide;
    this.part(".remove").setAttribute("aria-label", "Close");
  }

  predicted() {
    return tickedOf(this.item, this.rule);
  }

  draw(rule) {
    super.draw(rule);
    if (!this.genres) return;
    this.part(".more").hidden = true;
    this.part(".labels").hidden = !this.item.row;
    if (this.item.row) this.part(".labels").textContent = this.comparison();
    [...this.part(".genres").children].forEach((row, place) => row.prepend(this.box(row.dataset.genre, place)));
  }

  /** Labels and prediction in words, one beside the other. */
  comparison() {
    const { labels, unknown } = this.item.row;
    const list = (genres) => [...genres].join(", ") || "none";
    const doubtful = unknown.size ? ` Unknown: ${list(unknown)}.` : "";
    return `Labels: ${list(labels)}.${doubtful} Predicted: ${list(predictedBy(this.item, this.rule))}.`;
  }

  box(genre, place) {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: this.predicted().includes(genre) });
    box.setAttribute("aria-label", genre);
    if (place < KEYS) Object.assign(box, { title: `Key ${place + 1}`, ariaKeyShortcuts: String(place + 1) });
    box.classList.toggle("decided", this.item.decided.has(genre));
    box.addEventListener("change", () => this.decide(genre, box.checked));
    return box;
  }
}

export class Detail {
  /** `changed(item)` is called when a person decided something, `closed(item)` with the last one that was shown. */
  constructor({ explains, changed, closed, announce }) {
    Object.assign(this, { explains, changed, announce, card: null });
    const on = (id, act) => document.querySelector(id).addEventListener("click", act);
    on("#previous", () => this.turn(-1));
    on("#next", () => this.turn(1));
    on("#confirm", () => this.agree());
    dialog.addEventListener("keydown", (event) => this.press(event));
    dialog.addEventListener("close", () => {
      this.card.remove();
      closed(this.items[this.place]);
    });
  }

  /** Show one of some items, in their order, by a rule. */
  open(items, item, rule) {
    Object.assign(this, { items: [...items], place: items.indexOf(item), rule });
    dialog.showModal();
    this.show();
    document.querySelector("#confirm").focus();
  }

  get item() {
    return this.items[this.place];
  }

  get isOpen() {
    return dialog.open;
  }

  turn(step) {
    const place = this.place + step;
    if (place < 0 || place >= this.items.length) return;
    this.place = place;
    this.show();
  }

  show() {
    const { item, explains } = this;
    this.card?.remove();
    this.card = new Correctable(item, {
      explains,
      removed: () => dialog.close(),
      announced: (card, words) => this.announce(words),
      decide: (genre, has) => this.decide(genre, has),
    });
    document.querySelector("#detail-card").replaceChildren(this.card.element);
    document.querySelector("#detail-title").textContent = `${this.place + 1} of ${this.items.length.toLocaleString("en")}`;
    const ends = { "#previous": this.place === 0, "#next": this.place === this.items.length - 1 };
    for (const [id, end] of Object.entries(ends)) {
      const button = document.querySelector(id);
      // A button that is disabled loses the focus, and the dialog its keys.
      if (end && button === document.activeElement) document.querySelector("#confirm").focus();
      button.disabled = end;
    }
    this.card.rule = this.rule;
    if (item.prediction) this.card.show(item.prediction, this.rule);
    else if (item.error) this.card.fail(item.error);
    this.announce(`${item.name}: ${item.prediction ? this.card.predicted().join(", ") || "no genre" : (item.error ?? "not predicted yet")}.`);
  }

  /** The item's prediction has come while it is shown. */
  refresh(item) {
    if (this.isOpen && item === this.item) this.show();
  }

  decide(genre, has) {
    const { decided } = this.item;
    // Back to what it began with: then nobody has decided anything, unless all of it was agreed to.
    if (decided.has(genre) && has === startOf(this.item, this.rule).has(genre)) decided.delete(genre);
    else decided.set(genre, has);
    this.redraw();
    this.announce(`${genre} ${has ? "added" : "removed"}.`);
  }

  /** The poster has the genres that are ticked: all of them are decided. One that can't be read is passed over. */
  agree() {
    for (const genre of tickedOf(this.item, this.rule)) this.item.decided.set(genre, true);
    this.redraw();
    if (this.place === this.items.length - 1) dialog.close();
    else this.turn(1);
  }

  /** Draw the card anew, with the focus where it was. */
  redraw() {
    const focused = document.activeElement.matches?.("#detail-card input") ? document.activeElement.ariaLabel : null;
    this.card.draw(this.rule);
    if (focused) dialog.querySelector(`input[aria-label="${CSS.escape(focused)}"]`)?.focus();
    this.changed(this.item);
  }

  press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const digit = Number(event.key);
    if (event.key === "ArrowRight") this.turn(1);
    else if (event.key === "ArrowLeft") this.turn(-1);
    else if (digit >= 1 && digit <= KEYS) this.card.element.querySelectorAll("input")[digit - 1]?.click();
    else return;
    event.preventDefault();
  }
}
