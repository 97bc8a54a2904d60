// The page of a review: one poster, its genres, and keys for everything.

import { answer, request } from "../api.js";
import { Heat } from "../heat.js";
import { Genres } from "./genres.js";

const part = (selector) => document.querySelector(selector);
const FILES = {
  true: "The corrections are a CSV file, which posters train takes with --corrections.",
  false: "The labels are a CSV file, which posters train takes as a table.",
};
const REVIEWER = "posters-reviewer";
const reviewer = part("#reviewer");
const genres = new Genres(part("#genres"));
let review, item, heat = null, busy = false, again = false;

const announce = (words) => (part("#status").textContent = words);

function ask(path, values = {}) {
  const body = JSON.stringify({ reviewer: reviewer.value.trim(), again, ...values });
  return answer(path, { method: "POST", body, headers: { "Content-Type": "application/json" } });
}

/** Ask for what comes next, one at a time: a key that is pressed meanwhile would decide about a poster not yet seen. */
async function go(path, values) {
  if (busy) return;
  if (!reviewer.value.trim()) return reviewer.focus();
  busy = true;
  part("#item").setAttribute("aria-busy", "true");
  try {
    await show(await ask(path, values));
    part("#problem").hidden = true;
  } catch (error) {
    part("#problem").textContent = `${error.message} What you answered is still here: try again.`;
    part("#problem").hidden = false;
  } finally {
    busy = false;
    part("#item").setAttribute("aria-busy", "false");
  }
}

async function show({ item: next, progress, undone, notice }) {
  item = next;
  part("#notice").textContent = notice ? `${notice}. What is decided is kept.` : "";
  showProgress(progress);
  part("#item").hidden = item === null;
  part("#end").hidden = item !== null;
  if (item === null) return showEnd(progress);
  genres.show(item.questions, undone);
  part("#title").textContent = item.title ?? item.id;
  if (item.year) part("#title").append(" ", Object.assign(document.createElement("small"), { textContent: item.year }));
  part("#lead").textContent = genres.lead(review.blind);
  part("#item").classList.toggle("many", item.questions.length > 12);
  part("#item").classList.toggle("blind", review.blind);
  await showPicture();
  // So that a screen reader begins here, and Space or the arrows act on the first genre.
  genres.focus();
  announce(`${undone ? "Undone: " : ""}${part("#title").textContent}. ${part("#lead").textContent}`);
}

async function showPicture() {
  const [image, none] = [part("#item img"), part("#item .none")];
  URL.revokeObjectURL(image.src);
  heat?.hide(); // An answer on its way has nobody left to see it.
  heat = null;
  try {
    // Not by its address: a key of the API goes with it.
    const blob = await (await request(`api/poster?${new URLSearchParams({ id: item.id })}`)).blob();
    image.src = URL.createObjectURL(blob);
    if (review.explains) heat = new Heat(blob, part(".picture canvas"), showHeat);
    image.alt = `The poster of ${item.title ?? item.id}`;
    none.hidden = true;
  } catch (error) {
    none.textContent = `The poster can't be shown. ${error.message}`;
    none.hidden = false;
  }
  image.hidden = !none.hidden;
  part("#map").hidden = heat === null;
}

/** Where on the poster the genre in the frame comes from, in place of any other. */
function showHeat(words) {
  part("#item .poster").classList.toggle("heated", !part(".picture canvas").hidden);
  part("#heat").replaceChildren(...(words ? [heat.caption] : []));
  part("#map").setAttribute("aria-pressed", String(heat.chosen !== null));
  if (words) announce(words);
}

function showProgress({ posters, decided, own, skipped }) {
  const count = (number) => number.toLocaleString("en");
  const words = [`${count(decided)} of ${count(posters)} decided`, `${count(own)} by you`];
  if (skipped) words.push(`${count(skipped)} skipped`);
  part("#progress").textContent = words.join(" · ");
  // Of a sample, everybody decides about the whole.
  part(".progress .fill").style.width = `${(100 * (review.blind ? own : decided)) / Math.max(1, posters)}%`;
}

async function showEnd({ posters, decided, own, skipped }) {
  const others = !review.blind && decided + skipped < posters;
  const whole = review.blind ? "You have decided about the whole sample" : "Every poster is decided";
  part("#end h1").textContent = others ? "Other reviewers have the rest" : skipped ? "Only posters that you skipped are left" : whole;
  part("#again").textContent = skipped ? "Review the skipped ones" : "Look again";
  part("#again").hidden = !skipped && !others;
  part("#back").hidden = !own && !skipped;
  part("#download").hidden = review.blind;
  const sentences = review.blind ? await measured() : [FILES[review.labelled]];
  part("#sentences").replaceChildren(...sentences.map((words) => Object.assign(document.createElement("p"), { textContent: words })));
  part("#end h1").focus();
  announce(part("#end h1").textContent);
}

const measured = () => answer("api/measurement").then(({ sentences }) => sentences, (error) => [error.message]);

async function download() {
  const file = URL.createObjectURL(await (await request("api/corrections")).blob());
  Object.assign(document.createElement("a"), { href: file, download: review.labelled ? "corrections.csv" : "labels.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(file), 10_000);
}

const acts = {
  decide: () => item && go("api/decide", { poster: item.id, genres: genres.answers }),
  skip: () => item && go("api/skip", { poster: item.id }),
  undo: () => go("api/undo"),
  map: () => item && heat?.toggle(genres.chosen),
};
const KEYS = { Enter: acts.decide, s: acts.skip, z: acts.undo, h: acts.map, Escape: () => heat?.hide(), u: () => item && genres.unknown(), ArrowDown: () => item && genres.move(1), ArrowUp: () => item && genres.move(-1) };

function press(event) {
  const { key, target } = event;
  if (!review || busy || event.ctrlKey || event.metaKey || event.altKey || target === reviewer) return;
  // Buttons other than genres do on Enter what they are for.
  if (key === "Enter" && target.closest("button:not(.answer), a")) return;
  const digit = item && /^[1-9]$/.test(key) ? () => genres.toggle(Number(key) - 1) : undefined;
  const act = digit ?? KEYS[key.length === 1 ? key.toLowerCase() : key];
  if (!act || (event.repeat && !key.startsWith("Arrow"))) return;
  event.preventDefault();
  act();
}

async function start() {
  try {
    review = await answer("api/review");
  } catch (error) {
    part("#progress").textContent = error.message;
    return;
  }
  part("#download").textContent = review.labelled ? "Download corrections" : "Download labels";
  part("#table").textContent = `· ${review.table}`;
  reviewer.value = localStorage.getItem(REVIEWER) ?? review.reviewer;
  reviewer.addEventListener("change", () => {
    localStorage.setItem(REVIEWER, reviewer.value.trim());
    go("api/next");
  });
  for (const [name, act] of Object.entries(acts)) part(`#${name}`).addEventListener("click", act);
  part("#back").addEventListener("click", acts.undo);
  part("#again").addEventListener("click", () => {
    again = true; // Without effect where nothing was skipped.
    go("api/next");
  });
  part("#download").addEventListener("click", download);
  document.addEventListener("keydown", press);
  await go("api/next");
}

start();
