"""The same network by ONNX Runtime, the lightest script that a person would write for it."""

import sys

import numpy as np
import onnxruntime
from PIL import Image

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options)
height, width = session.get_inputs()[0].shape[1:3]
for path in sys.argv[2:]:
    pixels = np.asarray(Image.open(path).convert("RGB").resize((width, height), Image.Resampling.BILINEAR))
    print(path, session.run(None, {"poster": pixels[None]})[0][0])
