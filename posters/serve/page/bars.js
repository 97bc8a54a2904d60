// A genre as a row: its name, its probability, its threshold, and both as a bar with a mark.

const template = document.querySelector("#genre");

/** A share for people. Only 0 and 1 themselves are called 0% and 100%. */
export function percent(share, digits = 0) {
  const least = 0.5 / 10 ** (digits + 2);
  if (share > 0 && share < least) return "<1%";
  if (share < 1 && share > 1 - least) return ">99%";
  return `${(100 * share).toFixed(digits)}%`;
}

function needs(threshold, digits) {
  if (threshold === undefined) return ""; // The rule decides poster by poster.
  if (threshold === null) return "never predicted";
  return threshold === 0 ? "always predicted" : `needs ${percent(threshold, digits)}`;
}

/** A button that is as large as its row, by the style sheet. */
function chooser(genre, choose) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = genre;
  button.setAttribute("aria-label", `${genre}: where it comes from`);
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => choose(genre));
  return button;
}

/** One row of a card; `choose(genre)` is called when it is pressed, and without it the row is no button. */
export function genreRow({ genre, probability }, isPredicted, rule, choose) {
  const row = template.content.firstElementChild.cloneNode(true);
  const threshold = rule.thresholds?.[genre];
  // Two numbers that look the same, but are not, get one digit more.
  const digits = threshold != null && percent(probability) === percent(threshold) ? 1 : 0;
  row.dataset.genre = genre;
  row.classList.toggle("predicted", isPredicted);
  row.querySelector(".name").append(choose ? chooser(genre, choose) : genre);
  row.querySelector(".share").textContent = percent(probability, digits);
  row.querySelector(".needs").textContent = needs(threshold, digits);
  row.querySelector(".needs").hidden = threshold === undefined;
  row.querySelector(".fill").style.width = `${100 * probability}%`;
  const mark = row.querySelector(".mark");
  mark.hidden = threshold == null;
  mark.style.left = `${100 * (threshold ?? 0)}%`;
  return row;
}
