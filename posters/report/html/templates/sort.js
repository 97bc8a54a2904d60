// Sorts a table by the column whose title is pressed. Without this script the page lacks nothing but that.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  for (const header of table.querySelectorAll("th.sorts")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const column = header.cellIndex, text = header.classList.contains("words");
      const up = header.getAttribute("aria-sort") === (text ? "ascending" : "descending") ? -1 : 1;
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const undefinedLast = (a, b) => (a === "") - (b === "");
      const compare = text
        ? (a, b) => up * a.localeCompare(b)
        : (a, b) => undefinedLast(a, b) || up * (parseFloat(b) - parseFloat(a));
      const rows = [...body.rows].sort((a, b) => compare(value(a), value(b)));
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", (up === 1) === text ? "ascending" : "descending");
      body.append(...rows);
    });
  }
}
document.querySelectorAll(".scripted").forEach((one) => (one.hidden = false));
