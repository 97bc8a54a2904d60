"""The limit: Python, NumPy and Pillow, one poster decoded and resized, and nothing predicted."""

import sys

import numpy as np
from PIL import Image

pixels = np.asarray(Image.open(sys.argv[1]).convert("RGB").resize((256, 384), Image.Resampling.BILINEAR))
print(pixels.mean())
