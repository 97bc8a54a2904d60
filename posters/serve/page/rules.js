// The chooser of the rule that decides which genres are predicted.

/** Fills the chooser; calls `changed(rule)` for the first rule and for each that is chosen. */
export function offerRules(rules, changed) {
  const select = document.querySelector("#rule");
  select.replaceChildren(...rules.map(({ name }) => new Option(name, name)));
  select.disabled = rules.length < 2;
  const choose = () => {
    const rule = rules[select.selectedIndex];
    const fitted = rule.fitted_on === "nothing" ? "" : ` Fitted on ${rule.fitted_on}.`;
    document.querySelector("#promise").textContent = rule.promise + fitted;
    document.querySelector("#key").hidden = !rule.thresholds; // Without thresholds there are no marks.
    changed(rule);
  };
  select.addEventListener("change", choose);
  choose();
}
