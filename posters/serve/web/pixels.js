// From an image file to the network's pixels, as posters/images/decoding.py goes. The browser decodes, lays
// transparency over white, turns by EXIF and converts colours to sRGB; what differs from Pillow is told in
// docs/deployment.md.

import { resize } from "./resize.js";

const ALTERED =
  "This browser changes what pages read of a picture, against fingerprinting, and the network would see noise: allow this page to read canvases, or use another browser.";

function canvasOf(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  return canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
}

/** Whether what is drawn can be read back unchanged. */
function readsTrue() {
  const pen = canvasOf(32, 32);
  pen.fillStyle = "rgb(17, 101, 203)";
  pen.fillRect(0, 0, 32, 32);
  return pen.getImageData(0, 0, 32, 32).data.every((value, place) => value === [17, 101, 203, 255][place % 4]);
}

/** Refuse the shapes that Python refuses. */
function check(width, height, { max_pixels: most, min_side: least, max_aspect: thinnest }) {
  const shape = `The image is ${width} x ${height} pixels`;
  if (width * height > most) throw new Error(`${shape}, more than ${most.toLocaleString("en")}: scale it down.`);
  if (Math.min(width, height) < least) throw new Error(`${shape}, and no side may have fewer than ${least}: find a larger copy.`);
  if (Math.max(width, height) > thinnest * Math.min(width, height))
    throw new Error(`${shape}, one side more than ${thinnest} times the other: no poster has this shape.`);
}

/** By how much Pillow shrinks a JPEG while it decodes it, so that it stays twice as large as needed. */
function draft(width, height, wanted) {
  const scale = Math.min(Math.floor(width / (2 * wanted.width)), Math.floor(height / (2 * wanted.height)));
  return [8, 4, 2].find((factor) => scale >= factor) ?? 1;
}

/** RGBA to RGB, each pixel the mean of a square: what libjpeg's scaled transform gives, to a rounding. */
function shrunk({ data, width, height }, factor) {
  const [w, h] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const out = new Uint8Array(3 * w * h);
  for (let y = 0, to = 0; y < h; y++) {
    const bottom = Math.min(height, (y + 1) * factor);
    for (let x = 0; x < w; x++) {
      const right = Math.min(width, (x + 1) * factor);
      const count = (bottom - y * factor) * (right - x * factor);
      for (let channel = 0; channel < 3; channel++, to++) {
        let sum = 0;
        for (let row = y * factor; row < bottom; row++)
          for (let column = x * factor; column < right; column++) sum += data[4 * (width * row + column) + channel];
        out[to] = Math.floor(sum / count + 0.5);
      }
    }
  }
  return { data: out, width: w, height: h };
}

async function isJpeg(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  return first === 0xff && second === 0xd8;
}

/** Of an image file (a Blob): {pixels, size}, the network's pixels and [width, height] of the upright poster. */
export async function posterPixels(blob, preprocess, limits) {
  if (!readsTrue()) throw new Error(ALTERED);
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    throw new Error("This browser can't read the file: it is damaged, or no image of a format that it knows.");
  }
  try {
    const { width, height } = bitmap;
    check(width, height, limits);
    const pen = canvasOf(width, height);
    pen.fillStyle = "white";
    pen.fillRect(0, 0, width, height);
    pen.drawImage(bitmap, 0, 0);
    const factor = (await isJpeg(blob)) ? draft(width, height, preprocess) : 1;
    const image = shrunk(pen.getImageData(0, 0, width, height), factor);
    return { pixels: resize(image, preprocess), size: [width, height] };
  } finally {
    bitmap.close();
  }
}
