// Where posters come from: dropped, pasted, or chosen. Each way ends in `take(posters)`.

const named = (file) => ({ blob: file, name: file.name || "pasted", alt: `The poster ${file.name || "pasted"}` });

function acceptDrops(take) {
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (on) => document.body.classList.toggle("dragging", on);
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false));
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(false);
    take([...event.dataTransfer.files].map(named));
  });
}

function acceptPastes(take) {
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files.map(named));
  });
}

function acceptChoices(take) {
  const input = document.querySelector("#files");
  input.addEventListener("change", () => {
    take([...input.files].map(named));
    input.value = ""; // So that the same file can be chosen again.
  });
}

/** Calls `take` with [{blob, name, alt}] whenever somebody hands in files. */
export function acceptPosters(take) {
  acceptDrops(take);
  acceptPastes(take);
  acceptChoices(take);
}
