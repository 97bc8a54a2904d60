"""Make the golden images: one small picture in many file formats, and the pixels that `decode` gives for each.

    python tests/golden/make_images.py

Run it only when the decoder's rule is meant to change (see `DECODER_VERSION`), and look at what changed: the tests also
hold each image against the colours of its four corners, which nobody computed by the decoder.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from posters.config import PreprocessConfig
from posters.images.decoding import decode

FOLDER = Path(__file__).parent / "images"
PREPROCESS = PreprocessConfig(height=24, width=16)

WIDTH, HEIGHT = 40, 60
RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 60), (40, 60, 200), (240, 220, 40)


def quadrants(colours, mode="RGB", size=(WIDTH, HEIGHT)):
    """Four colours: upper left, upper right, lower left, lower right; and a spot that makes every half differ."""
    width, height = size
    image = Image.new(mode, size)
    draw = ImageDraw.Draw(image)
    for number, colour in enumerate(colours):
        left, top = number % 2 * width // 2, number // 2 * height // 2
        draw.rectangle([left, top, left + width // 2, top + height // 2], fill=colour)
    draw.ellipse([width * 0.3, height * 0.2, width * 0.6, height * 0.4], fill=colours[2])
    return image


def picture(size=(WIDTH, HEIGHT)):
    return quadrants((RED, GREEN, BLUE, YELLOW), size=size)


def grey16():
    levels = np.asarray(quadrants((0, 85, 170, 255), "L")).astype(np.uint16)
    return levels * 257


def with_transparent_quadrant():
    return quadrants(((*RED, 255), (*GREEN, 128), (*BLUE, 255), (*YELLOW, 0)), "RGBA")


def palette_with_transparency():
    image = picture().quantize(8)
    yellow = image.getpixel((WIDTH - 1, HEIGHT - 1))
    return image, yellow


def turned_picture():
    """Stored lying on its side, with the EXIF orientation that puts it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture().transpose(Image.Transpose.ROTATE_90), exif


def make_images(folder):
    folder.mkdir(parents=True, exist_ok=True)
    rgb, black = picture(), Image.new("RGB", (WIDTH, HEIGHT))
    rgb.save(folder / "rgb.jpg", quality=92)
    rgb.save(folder / "progressive.jpg", quality=92, progressive=True)
    rgb.convert("CMYK").save(folder / "cmyk.jpg", quality=92)
    turned, exif = turned_picture()
    turned.save(folder / "turned.jpg", quality=92, exif=exif)
    rgb.save(folder / "two_pictures.mpo", save_all=True, append_images=[black], quality=92)
    picture((60, 40)).save(folder / "wide.jpg", quality=92)
    picture((20, 80)).save(folder / "tall.jpg", quality=92)
    rgb.save(folder / "rgb.png")
    Image.fromarray(grey16()).save(folder / "grey16.png")
    palette, yellow = palette_with_transparency()
    palette.save(folder / "palette.png", transparency=yellow)
    with_transparent_quadrant().save(folder / "rgba.png")
    quadrants(((0, 255), (0, 128), (170, 255), (170, 0)), "LA").save(folder / "la.png")
    quadrants((0, 1, 1, 0), "1").save(folder / "bits.png")
    rgb.save(folder / "animation.gif", save_all=True, append_images=[black])
    rgb.save(folder / "animation.webp", save_all=True, append_images=[black], lossless=True)
    Image.fromarray(grey16()).save(folder / "grey16.tif", compression="tiff_adobe_deflate")
    rgb.save(folder / "rgb.tif", compression="tiff_lzw")
    rgb.save(folder / "rgb.bmp")
    rgb.save(folder / "rgb.ppm")
    (folder / "grey16.pgm").write_bytes(b"P5 %d %d 65535\n" % (WIDTH, HEIGHT) + grey16().astype(">u2").tobytes())
    rgb.save(folder / "rgb.avif", quality=90)
    rgb.save(folder / "rgb.jp2")


def main():
    make_images(FOLDER)
    images = sorted(path for path in FOLDER.iterdir() if path.suffix != ".npz")
    np.savez_compressed(FOLDER / "expected.npz", **{path.name: decode(path, PREPROCESS) for path in images})


if __name__ == "__main__":
    main()
