// The classifier's own figures: how good it was on validation, beside never looking, and what it was made from.

const MEANING =
  "Macro mAP is 1 if every genre's posters rank before all others, and the mean share of the genres if the order is random. ";
const FLATTERS =
  "These posters also chose the weights and the thresholds, which flatters the figure: quote what posters evaluate measures " +
  "on test posters. ";
const CROSS_VALIDATED =
  "Each poster was scored by a network that was not trained on it; the classifier is the average of those networks. ";

function made(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

function against(name, value, own) {
  const row = document.createElement("li");
  const bar = made("span", "", own ? "bar predicted" : "bar");
  const fill = made("i", "", "fill");
  fill.style.width = `${100 * value}%`;
  bar.append(fill);
  row.append(made("span", name), bar, made("span", value.toFixed(3)));
  return row;
}

function figures({ macro_map: own, macro_map_of_the_prior: chance, posters }, kind, caution) {
  const figure = made("p", own.toFixed(3), "figure");
  figure.append(" ", made("small", `macro mAP on ${posters.toLocaleString("en")} ${kind} posters`));
  const list = made("ul", "", "against");
  list.append(against("this classifier", own, true), against("never looking", chance, false));
  document.querySelector("#meaning").prepend(MEANING + caution);
  return [figure, list];
}

const text = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

function measured({ out_of_fold: outOfFold, validation }) {
  if (outOfFold) return figures(outOfFold, "cross-validated", CROSS_VALIDATED);
  if (validation) return figures(validation, "validation", FLATTERS);
  return [made("p", "This classifier has no figures of its quality.")];
}

/** Fills the section; one sentence for a classifier without figures. */
export function showTrust({ metrics, provenance, calibrated_on: calibrated }) {
  document.querySelector("#figures").replaceChildren(...measured(metrics));
  const rows = Object.entries({ ...provenance, "probabilities calibrated on": calibrated });
  document.querySelector("#provenance").replaceChildren(
    ...rows.flatMap(([name, value]) => [made("dt", name), made("dd", text(value))]),
  );
  document.querySelector("#trust").hidden = false;
}
