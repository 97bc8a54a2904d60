// The page: posters come in, each becomes a card, and the chosen rule decides for all of them.

import { predict, readClassifier } from "./api.js";
import { Card } from "./card.js";
import { acceptPosters } from "./intake.js";
import { offerRules } from "./rules.js";
import { offerSamples } from "./samples.js";
import { showTrust } from "./trust.js";

const list = document.querySelector("#cards");
const section = document.querySelector("#posters");
const cards = new Set();
let classifier, rule;

/** For those who can't see the cards. */
const announce = (sentence) => (document.querySelector("#status").textContent = sentence);

function remove(card) {
  const next = card.element.nextElementSibling ?? card.element.previousElementSibling;
  cards.delete(card);
  card.remove();
  section.hidden = cards.size === 0;
  // The focus was on a button that is gone.
  (next?.querySelector(".remove") ?? document.querySelector("#files")).focus();
  announce(`${card.poster.name} removed.`);
}

/** Of the card that has the focus, or else of all. */
function hideHeat() {
  const all = [...cards];
  const own = all.filter((card) => card.element.contains(document.activeElement));
  (own.length ? own : all).forEach((card) => card.heat?.hide());
}

async function fill(card) {
  try {
    const { max_bytes: most } = classifier.limits;
    if (card.poster.blob.size > most) throw new Error(`The file is larger than the ${most / 1e6} MB that it may have.`);
    card.show(await predict(card.poster.blob), rule);
    const doubt = card.part(".unlike").hidden ? "" : " Unlike the posters it learned from.";
    announce(`${card.poster.name}: ${card.predicted().join(", ") || "no genre reaches its threshold"}.${doubt}`);
  } catch (error) {
    card.fail(error.message);
    announce(`${card.poster.name}: ${error.message}`);
  }
}

function take(posters) {
  const announced = (card, words) => announce(`${card.poster.name}: ${words}`);
  const { explains } = classifier;
  const added = posters.map((poster) => new Card(poster, { explains, removed: remove, announced }));
  list.prepend(...added.map((card) => card.element));
  added.forEach((card) => cards.add(card));
  section.hidden = cards.size === 0;
  section.scrollIntoView({ block: "nearest" });
  return Promise.all(added.map(fill));
}

function introduce({ classifier: { name }, genres, explains }) {
  document.querySelector("#hint").hidden = !explains;
  document.querySelector("#about").textContent =
    `The classifier “${name}” knows ${genres.length} genres. The rule below decides which of them it predicts, and it shows the probability of every genre.`;
}

async function start() {
  try {
    classifier = await readClassifier();
  } catch (error) {
    document.querySelector("#about").textContent = error.message;
    document.querySelector("#about").classList.add("alert");
    return;
  }
  introduce(classifier);
  offerRules(classifier.rules, (chosen) => {
    rule = chosen;
    cards.forEach((card) => card.draw(rule));
  });
  showTrust(classifier);
  acceptPosters(take);
  offerSamples(take);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hideHeat());
  document.querySelector("#clear").addEventListener("click", () => [...cards].forEach(remove));
}

start();
