// Where on a poster a genre comes from: posters/classifier/explanation.py.

import { takings } from "./resize.js";

const SCALE = 8; // how much the map is enlarged, so that a box is not tied to its few places
const SHARE = 0.5; // of the strongest place, from which on a place belongs to the region

/** The rectangle of the poster that the network sees: [left, top, right, bottom] in pixels of the poster. */
function frameOf([width, height], preprocess) {
  if (preprocess.aspect === "stretch") return [0, 0, width, height];
  const scales = [width / preprocess.width, height / preprocess.height];
  const scale = preprocess.aspect === "crop" ? Math.min(...scales) : Math.max(...scales);
  const [w, h] = [scale * preprocess.width, scale * preprocess.height];
  return [(width - w) / 2, (height - h) / 2, (width + w) / 2, (height + h) / 2];
}

const mixed = ({ first, weights }, value) => weights.reduce((sum, weight, place) => sum + weight * value(first + place), 0);

function enlarged(map) {
  const [h, w] = [map.length, map[0].length];
  const [across, down] = [takings(w, 0, w, SCALE * w, "bilinear"), takings(h, 0, h, SCALE * h, "bilinear")];
  const rows = map.map((row) => across.map((taken) => mixed(taken, (place) => row[place])));
  return down.map((taken) => across.map((_, x) => mixed(taken, (place) => rows[place][x])));
}

/** The places of at least half the maximum that are connected to it, side by side: [[row, column]]. */
function region(map) {
  const strongest = Math.max(...map.flat());
  const [row] = map.flatMap((values, y) => (values.includes(strongest) ? [y] : []));
  const found = [[row, map[row].indexOf(strongest)]];
  const seen = new Set(found.map(String));
  for (const [y, x] of found) // It grows while it is walked through.
    for (const next of [[y - 1, x], [y + 1, x], [y, x - 1], [y, x + 1]])
      if (map[next[0]]?.[next[1]] >= SHARE * strongest && !seen.has(String(next))) {
        seen.add(String(next));
        found.push(next);
      }
  return found;
}

/** First and last edge in whole pixels of a poster; the margins keep rounding errors from growing the box. */
function span(places, step, start, length) {
  const [first, last] = [Math.min(...places), Math.max(...places) + 1].map((place) => start + step * place);
  return [Math.max(0, Math.floor(first + 1e-6)), Math.min(length, Math.ceil(last - 1e-6))];
}

function strongestBox(map, size, frame) {
  const large = enlarged(map);
  const places = region(large);
  const [left, right] = span(places.map(([, x]) => x), (frame[2] - frame[0]) / large[0].length, frame[0], size[0]);
  const [top, bottom] = span(places.map(([y]) => y), (frame[3] - frame[1]) / large.length, frame[1], size[1]);
  return left < right && top < bottom ? [left, top, right, bottom] : null;
}

/** Of a genre's map (rows of what each place adds to its logit): {genre, size, frame, box, map}, as the server answers. */
export function locate(genre, map, size, preprocess) {
  const frame = frameOf(size, preprocess);
  const strongest = Math.max(...map.flat());
  const shares = map.map((row) => row.map((value) => (strongest > 0 ? Math.max(0, value) / strongest : 0)));
  return { genre, size, frame, box: strongest > 0 ? strongestBox(map, size, frame) : null, map: shares };
}
