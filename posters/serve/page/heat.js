// The heat map of one poster: its genre, the server's explanation, and the same in words.

import { explain } from "./api.js";
import { drawHeat, drawScale } from "./heatmap.js";

const template = document.querySelector("#why");

const third = (share, names) => names[Math.min(2, Math.floor(3 * share))];

/** Where on a poster a box lies, in words. */
function placed([left, top, right, bottom], [width, height]) {
  if ((right - left) * (bottom - top) > 0.6 * width * height) return "on most of it";
  const row = third((top + bottom) / 2 / height, ["top", "", "bottom"]);
  const column = third((left + right) / 2 / width, ["left", "", "right"]);
  return `at the ${[row, column].filter(Boolean).join(" ") || "centre"}`;
}

function words({ genre, box, size }) {
  if (!box) return `Nothing on this poster speaks for ${genre}.`;
  return `Where ${genre} comes from: most of all ${placed(box, size)}, in the box. The brighter a place, the more it speaks for ${genre}.`;
}

export class Heat {
  /** `changed(words)` is called when a map is shown or hidden, or when there is something to say instead. */
  constructor(blob, canvas, changed) {
    this.blob = blob;
    this.canvas = canvas;
    this.changed = changed;
    this.answers = new Map(); // by genre, so that none is requested twice
    this.chosen = null; // the genre whose map is shown or on its way
    this.about = null; // the genre that the caption speaks of: the chosen one, or one that failed
    this.caption = template.content.firstElementChild.cloneNode(true);
    drawScale(this.caption.querySelector("canvas"));
  }

  /** Show a genre's map in place of any other, or hide it. */
  toggle(genre) {
    if (genre === this.chosen) this.hide();
    else this.show(genre);
  }

  hide() {
    if (this.about) this.become(null, null, "");
  }

  async show(genre) {
    this.become(genre, genre, `Locating ${genre} …`);
    try {
      const answer = await this.answer(genre);
      if (this.chosen === genre) this.draw(answer);
    } catch (error) {
      if (this.chosen === genre) this.become(null, genre, error.message, "alert");
    }
  }

  answer(genre) {
    if (!this.answers.has(genre)) {
      const answer = explain(this.blob, genre);
      answer.catch(() => this.answers.delete(genre)); // Choosing it again tries again.
      this.answers.set(genre, answer);
    }
    return this.answers.get(genre);
  }

  draw(answer) {
    drawHeat(this.canvas, answer);
    this.become(answer.genre, answer.genre, words(answer), answer.box ? "shown" : "");
  }

  /** `kind` is "shown" with a map on the poster, "alert" where something failed, or "". */
  become(chosen, about, sentence, kind = "") {
    [this.chosen, this.about] = [chosen, about];
    this.canvas.hidden = kind !== "shown";
    this.caption.className = `why ${kind}`;
    this.caption.querySelector("p").textContent = sentence;
    this.changed(sentence);
  }
}
