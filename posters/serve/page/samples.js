// Posters of invented films, to try without having one.

const FOLDER = "page/samples/";

async function poster({ file, title, genres }) {
  const blob = await (await fetch(FOLDER + file)).blob();
  return { blob, name: title, alt: `The invented poster ${title}`, drawnAs: genres.join(", ") };
}

function offered(sample, take) {
  const image = new Image(200, 300);
  image.src = FOLDER + sample.file;
  image.alt = `Try ${sample.title}, drawn as ${sample.genres.join(", ")}`;
  const button = document.createElement("button");
  button.type = "button";
  button.title = sample.title;
  button.append(image);
  button.addEventListener("click", async () => take([await poster(sample)]));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

/** Shows them; `take` gets the one that is pressed. */
export async function offerSamples(take) {
  const { posters } = await (await fetch(`${FOLDER}samples.json`)).json();
  document.querySelector("#samples").replaceChildren(...posters.map((sample) => offered(sample, take)));
}
