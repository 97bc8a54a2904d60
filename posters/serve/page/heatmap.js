// Draws where on a poster a genre comes from: heat, and a box around the strongest region, as posters predict --explain.

const LONGEST = 720; // pixels of a drawing's longer side
// From dark to bright, so that stronger looks stronger, also in grey and to the colour-blind: eight colours of
// matplotlib's "inferno" (CC0), evenly spaced from 0 to 1.
const RAMP = [
  [0, 0, 4],
  [40, 11, 83],
  [101, 21, 110],
  [159, 42, 99],
  [212, 72, 66],
  [245, 125, 21],
  [250, 193, 39],
  [252, 255, 164],
];
const OPAQUE = 0.72; // of the strongest place, so that the poster is seen through it

/** [red, green, blue, opacity], each from 0 to 255, of a share of the strongest place. */
function colour(share) {
  const at = Math.min(Math.max(share, 0), 1) * (RAMP.length - 1);
  const below = Math.min(Math.floor(at), RAMP.length - 2);
  const mixed = RAMP[below].map((value, channel) => value + (at - below) * (RAMP[below + 1][channel] - value));
  return [...mixed, (255 * OPAQUE * at) / (RAMP.length - 1)];
}

const COLOURS = Array.from({ length: 256 }, (_, place) => colour(place / 255));

/** Catmull-Rom's cubic: smooth, and it keeps the values that it goes through. */
function cubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((2.5 - 0.5 * x) * x - 4) * x + 2 : 0;
}

/** What each of `length` pixels takes of `count` places that fill `start` to `end` evenly: [[place, weight]], or []
 *  where the pixel is outside of these. */
function weights(length, count, start, end) {
  return Array.from({ length }, (_, pixel) => {
    const at = ((pixel + 0.5 - start) / (end - start)) * count - 0.5;
    if (at < -0.5 || at > count - 0.5) return [];
    const near = [-1, 0, 1, 2].map((step) => Math.floor(at) + step).filter((place) => place >= 0 && place < count);
    const sum = near.reduce((whole, place) => whole + cubic(place - at), 0);
    return near.map((place) => [place, cubic(place - at) / sum]);
  });
}

/** A map (rows of shares) as one share for each pixel, row by row; 0 outside of the frame. */
function enlarged(map, width, height, [left, top, right, bottom]) {
  const across = weights(width, map[0].length, left, right);
  const rows = map.map((row) => across.map((taken) => taken.reduce((sum, [place, weight]) => sum + weight * row[place], 0)));
  const down = weights(height, map.length, top, bottom);
  return down.flatMap((taken) =>
    across.map((_, x) => taken.reduce((sum, [place, weight]) => sum + weight * rows[place][x], 0)),
  );
}

function paint(canvas, shares) {
  const image = new ImageData(canvas.width, canvas.height);
  shares.forEach((share, pixel) => image.data.set(COLOURS[Math.round(255 * Math.min(Math.max(share, 0), 1))], 4 * pixel));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** A white line between two black ones, which is seen on any ground. */
function drawBox(canvas, [left, top, right, bottom]) {
  const line = Math.ceil(Math.max(canvas.width, canvas.height) / 240);
  const pen = canvas.getContext("2d");
  for (const [width, style] of [[3 * line, "#000"], [line, "#fff"]]) {
    pen.lineWidth = width;
    pen.strokeStyle = style;
    // The lines lie within the box, so that they are whole also at the poster's edge.
    pen.strokeRect(left + 1.5 * line, top + 1.5 * line, right - left - 3 * line, bottom - top - 3 * line);
  }
}

/** Draws an answer of /api/explain; the canvas gets the sides of the poster, scaled. */
export function drawHeat(canvas, { map, size, frame, box }) {
  const scale = LONGEST / Math.max(...size);
  const scaled = (sides) => sides.map((side) => side * scale);
  [canvas.width, canvas.height] = scaled(size).map((side) => Math.max(1, Math.round(side)));
  paint(canvas, enlarged(map, canvas.width, canvas.height, scaled(frame)));
  if (box) drawBox(canvas, scaled(box));
}

/** Draws all colours beside each other, the weakest first. */
export function drawScale(canvas) {
  [canvas.width, canvas.height] = [COLOURS.length, 1];
  paint(canvas, COLOURS.map((_, place) => place / (COLOURS.length - 1)));
}
