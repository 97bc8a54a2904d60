// Which genres a rule predicts, and the chooser of the rule.

/** The genres that a rule predicts, of [{genre, probability}] with the likeliest first. */
export function predictedGenres(genres, rule) {
  if (rule.name === "argmax") return genres.slice(0, 1).map(({ genre }) => genre);
  const reaches = ({ genre, probability }) =>
    rule.thresholds[genre] !== null && probability >= rule.thresholds[genre];
  return genres.filter(reaches).map(({ genre }) => genre);
}

/** Fills the chooser; calls `changed(rule)` for the first rule and for each that is chosen. */
export function offerRules(rules, changed) {
  const select = document.querySelector("#rule");
  select.replaceChildren(...rules.map(({ name }) => new Option(name, name)));
  select.disabled = rules.length < 2;
  const choose = () => {
    const rule = rules[select.selectedIndex];
    const fitted = rule.fitted_on === "nothing" ? "" : ` Fitted on ${rule.fitted_on}.`;
    document.querySelector("#promise").textContent = rule.promise + fitted;
    changed(rule);
  };
  select.addEventListener("change", choose);
  choose();
}
