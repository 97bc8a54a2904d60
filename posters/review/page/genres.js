// The genres of one poster, each yes, no or unknown.

const template = document.querySelector("#genre");
const CHECKED = { yes: "true", no: "false", unknown: "mixed" };
const KINDS = ["missing", "false"];
const SHORT = { missing: "missing?", false: "false?" };
const CHANGES = { yes: "added", no: "removed", unknown: "made unknown" };

const list = (names) => new Intl.ListFormat("en").format(names);

/** A probability for people. */
const percent = (share) => (share === null ? "" : share < 0.005 ? "<1%" : share > 0.995 ? ">99%" : `${Math.round(100 * share)}%`);

export class Genres {
  /** `list`: an element to fill. */
  constructor(list) {
    this.list = list;
    this.questions = [];
    this.answers = {};
  }

  /** Show questions with the answers that were given before, or with the labels of the table, or with none. */
  show(questions, answers) {
    this.questions = questions;
    this.answers = Object.fromEntries(questions.map(({ genre, label, predicted }) => [genre, answers?.[genre] ?? label ?? (predicted ? "yes" : "no")]));
    this.list.replaceChildren(...questions.map((question, place) => this.row(question, place)));
    this.current = 0;
    this.draw();
  }

  row({ genre, probability, doubt }, place) {
    const row = template.content.firstElementChild.cloneNode(true);
    row.querySelector("kbd").textContent = place < 9 ? place + 1 : "";
    row.querySelector(".name").textContent = genre;
    row.querySelector(".share").textContent = percent(probability);
    row.querySelector(".bar").hidden = probability === null;
    row.querySelector(".fill").style.width = `${100 * (probability ?? 0)}%`;
    row.classList.toggle("doubted", doubt !== null);
    const [box, unknown] = row.querySelectorAll("button");
    unknown.setAttribute("aria-label", `${genre}: unknown`);
    box.addEventListener("click", () => this.toggle(place));
    box.addEventListener("focus", () => this.mark(place));
    unknown.addEventListener("click", () => this.unknown(place));
    return row;
  }

  draw() {
    this.questions.forEach(({ genre, label, doubt }, place) => {
      const row = this.list.children[place];
      const given = this.answers[genre];
      row.classList.toggle("current", place === this.current);
      row.querySelector(".answer").setAttribute("aria-checked", CHECKED[given]);
      // One stop of the Tab key for the list; arrows go on from there.
      row.querySelector(".answer").tabIndex = place === this.current ? 0 : -1;
      row.querySelector(".unknown").setAttribute("aria-pressed", String(given === "unknown"));
      row.querySelector(".unknown").tabIndex = place === this.current ? 0 : -1;
      const changed = label !== null && given !== label;
      row.classList.toggle("changed", changed);
      row.querySelector(".note").textContent = changed ? CHANGES[given] : SHORT[doubt] ?? "";
    });
  }

  /** The genre in the frame. */
  get chosen() {
    return this.questions[this.current].genre;
  }

  mark(place) {
    this.current = place;
    this.draw();
  }

  set(place, given) {
    const question = this.questions[place];
    if (!question) return;
    this.answers[question.genre] = given(this.answers[question.genre]);
    this.mark(place);
    this.focus();
  }

  /** From no or unknown to yes, and back. */
  toggle(place) {
    this.set(place, (before) => (before === "yes" ? "no" : "yes"));
  }

  unknown(place = this.current) {
    this.set(place, (before) => (before === "unknown" ? "no" : "unknown"));
  }

  move(step) {
    this.mark((this.current + step + this.questions.length) % this.questions.length);
    this.focus();
  }

  focus() {
    this.list.children[this.current]?.querySelector(".answer").focus({ preventScroll: false });
  }

  /** In a sentence, what the reviewer should look at. */
  lead(blind) {
    if (blind) return "Labels and probabilities are hidden, so that they lead nobody.";
    if (this.questions.every(({ label }) => label === null)) return "It has no labels yet. Are the predicted genres right?";
    const doubted = this.questions.filter(({ doubt }) => doubt !== null);
    if (!doubted.length) return "No label is doubted. Are its genres right?";
    const sentence = (kind) => {
      const genres = doubted.filter(({ doubt }) => doubt === kind).map(({ genre }) => genre);
      return genres.length ? `${list(genres)} ${genres.length > 1 ? "seem" : "seems"} to be ${kind}.` : "";
    };
    return KINDS.map(sentence).filter(Boolean).join(" ");
  }
}
