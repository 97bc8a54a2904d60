// The page: posters come in, each becomes a card, and the chosen rule decides for all of them.

import { predict, readClassifier } from "./api.js";
import { Card } from "./card.js";
import { Folder } from "./folder.js";
import { acceptPosters } from "./intake.js";
import { offerRules } from "./rules.js";
import { offerSamples } from "./samples.js";
import { showTrust } from "./trust.js";

const list = document.querySelector("#cards");
const section = document.querySelector("#posters");
const cards = new Set();
const MANY = 24; // cards, which are tall; more posters than that become tiles
let classifier, rule, folder;

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
    card.show(await predict(card.poster.blob, classifier.limits), rule);
    const doubt = card.part(".unlike").hidden ? "" : " Unlike the posters it learned from.";
    announce(`${card.poster.name}: ${card.predicted().join(", ") || "no genre reaches its threshold"}.${doubt}`);
  } catch (error) {
    card.fail(error.message);
    announce(`${card.poster.name}: ${error.message}`);
  }
}

/** Show a folder, or many posters, as tiles; the cards become tiles, too. */
function takeFolder({ posters, others = [], tables = [] }) {
  const before = [...cards].map(({ poster }) => poster);
  cards.forEach((card) => card.remove());
  cards.clear();
  section.hidden = before.length + posters.length === 0 && !folder.isOpen;
  const left = [...others, ...tables.map(({ name }) => name)];
  const refused = posters.length || (tables.length && folder.isOpen) ? "" : whyNone(left, tables);
  Object.assign(document.querySelector("#refused"), { textContent: refused, hidden: !refused });
  if (refused) announce(refused);
  return folder.add([...before, ...posters], others, tables);
}

function whyNone(left, tables) {
  if (tables.length && tables.length === left.length) return `${left[0]} is a table: hand in its posters too.`;
  return `There is no image in this folder${left.length ? ` (${left[0]} …)` : ""}.`;
}

function take(posters) {
  if (folder.isOpen || cards.size + posters.length > MANY) return takeFolder({ posters });
  const announced = (card, words) => announce(`${card.poster.name}: ${words}`);
  const { explains } = classifier;
  const added = posters.map((poster) => new Card(poster, { explains, removed: remove, announced }));
  list.prepend(...added.map((card) => card.element));
  added.forEach((card) => cards.add(card));
  section.hidden = cards.size === 0;
  section.scrollIntoView({ block: "nearest" });
  return Promise.all(added.map(fill));
}

function clear() {
  [...cards].forEach(remove);
  if (!folder.isOpen || !folder.clear()) return;
  section.hidden = true;
  document.querySelector("#posters-title").textContent = "Predictions";
  document.querySelector("#files").focus();
  announce("All posters removed.");
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
  folder = new Folder(classifier, announce);
  offerRules(classifier.rules, (chosen) => {
    rule = chosen;
    cards.forEach((card) => card.draw(rule));
    folder.decide(rule);
  });
  showTrust(classifier);
  acceptPosters(take, takeFolder);
  offerSamples(take);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hideHeat());
  document.querySelector("#clear").addEventListener("click", clear);
}

start();
