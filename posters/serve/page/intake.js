// Where posters come from: dropped, pasted, or chosen. Each way ends in `take(posters)`, a folder in `takeFolder`.

import { folderDrop, sorted } from "./folders.js";
import { isTable } from "./labels.js";

function named(file, path = file.name) {
  const name = path || "pasted";
  return { blob: file, name, alt: `The poster ${name}` };
}

const offered = ({ posters, ...rest }) => ({ posters: posters.map(({ file, path }) => named(file, path)), ...rest });

/** Files one by one: with a table among them they are taken as a folder is, since its labels are shown there. */
function takeFiles(files, take, takeFolder) {
  if (files.some(({ name }) => isTable(name))) takeFolder(offered(sorted(files.map((file) => ({ file, path: file.name })))));
  else take(files.map((file) => named(file)));
}

function acceptDrops(take, takeFolder) {
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (on) => document.body.classList.toggle("dragging", on);
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false));
  document.addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(false);
    const folder = folderDrop(event.dataTransfer);
    if (folder) takeFolder(offered(await folder));
    else takeFiles([...event.dataTransfer.files], take, takeFolder);
  });
}

function acceptPastes(take) {
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files.map((file) => named(file)));
  });
}

function acceptChoices(take, takeFolder) {
  const files = document.querySelector("#files");
  files.addEventListener("change", () => {
    takeFiles([...files.files], take, takeFolder);
    files.value = ""; // So that the same file can be chosen again.
  });
  const folder = document.querySelector("#folder");
  folder.addEventListener("change", () => {
    takeFolder(offered(sorted([...folder.files].map((file) => ({ file, path: file.webkitRelativePath })))));
    folder.value = "";
  });
}

/** Calls `take` with [{blob, name, alt}] whenever somebody hands in files, and `takeFolder` with {posters, tables, others}
 *  for a folder, or for files with a table among them: images, tables, and the names of other files. */
export function acceptPosters(take, takeFolder) {
  acceptDrops(take, takeFolder);
  acceptPastes(take);
  acceptChoices(take, takeFolder);
}
