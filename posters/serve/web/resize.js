// Resizes RGB pixels as posters/images/resizing.py does: the resampling of Pillow in whole numbers, by
// https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c. A canvas would smooth in its own way.

const ONE = 2 ** 22; // of a weight, as Pillow keeps it
const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

function cubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * -0.5 + 2 : 0;
}

// How far each reaches, and its weight at a distance; both widen as far as the picture shrinks.
const FILTERS = {
  box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  bicubic: [2, cubic],
  lanczos: [3, (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)],
};

/** What each of `count` pixels takes of `length` others, of which `start` to `end` fill it: [{first, weights}]. */
export function takings(length, start, end, count, filter) {
  const [reach, weight] = FILTERS[filter];
  const scale = Math.fround(end - start) / count;
  const wider = Math.max(scale, 1);
  return Array.from({ length: count }, (_, pixel) => {
    const centre = start + (pixel + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach * wider + 0.5));
    const last = Math.min(length, Math.trunc(centre + reach * wider + 0.5));
    const weights = Array.from({ length: last - first }, (_, x) => weight((x + first - centre + 0.5) / wider));
    const sum = weights.reduce((whole, each) => whole + each, 0);
    return { first, weights: weights.map((each) => (sum ? each / sum : each)) };
  });
}

/** One pass: `count` lines of `steps` pixels, each of three bytes, become lines of as many pixels as there are takings. */
function pass(data, taken, count, { line, step, toLine, toStep }) {
  const out = new Uint8Array(3 * count * taken.length);
  const whole = taken.map(({ first, weights }) => [first, weights.map((each) => Math.trunc(each * ONE + Math.sign(each) / 2))]);
  whole.forEach(([first, weights], pixel) => {
    for (let number = 0; number < count; number++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = ONE / 2;
        let from = line * number + step * first + channel;
        for (const each of weights) {
          sum += each * data[from];
          from += step;
        }
        out[toLine * number + toStep * pixel + channel] = Math.min(255, Math.max(0, Math.floor(sum / ONE)));
      }
    }
  });
  return out;
}

/** `{data, width, height}`, three bytes a pixel, of which the box [left, top, right, bottom] fills the new one. */
function resample({ data, width, height }, [left, top, right, bottom], toWidth, toHeight, filter) {
  let pixels = data;
  if (toWidth !== width || left !== 0 || right !== width) {
    const ways = { line: 3 * width, step: 3, toLine: 3 * toWidth, toStep: 3 };
    pixels = pass(pixels, takings(width, left, right, toWidth, filter), height, ways);
  }
  // Pillow 13 goes down first where a tall image makes that cheaper, and then rounds a few pixels to the next level.
  if (toHeight !== height || top !== 0 || bottom !== height) {
    const ways = { line: 3, step: 3 * toWidth, toLine: 3, toStep: 3 * toWidth };
    pixels = pass(pixels, takings(height, top, bottom, toHeight, filter), toWidth, ways);
  }
  return pixels;
}

function pad(image, width, height, filter) {
  const scale = Math.min(width / image.width, height / image.height);
  const [w, h] = [image.width, image.height].map((side) => Math.max(1, Math.floor(side * scale + 0.5)));
  const fitted = resample(image, [0, 0, image.width, image.height], w, h, filter);
  const [left, top] = [Math.floor((width - w) / 2), Math.floor((height - h) / 2)];
  const out = new Uint8Array(3 * width * height).fill(255);
  for (let row = 0; row < h; row++) out.set(fitted.subarray(3 * w * row, 3 * w * (row + 1)), 3 * (width * (row + top) + left));
  return out;
}

/** The network's pixels, three bytes each, of an image {data, width, height}, by the classifier's preprocessing. */
export function resize(image, { width, height, aspect, resampling }) {
  if (aspect === "pad") return pad(image, width, height, resampling);
  let box = [0, 0, image.width, image.height];
  if (aspect === "crop") {
    const ratio = width / height;
    const [w, h] = [Math.min(image.width, image.height * ratio), Math.min(image.height, image.width / ratio)];
    const [left, top] = [(image.width - w) / 2, (image.height - h) / 2];
    box = [left, top, left + w, top + h].map(Math.fround); // Pillow keeps the box so, and the difference shows.
  }
  return resample(image, box, width, height, resampling);
}
