"""What a tutorial's script does to predict posters: load the model, load each image, `model.predict`."""

import sys

import keras
import numpy as np

model = keras.models.load_model(sys.argv[1], compile=False)
height, width = model.input_shape[1:3]
for path in sys.argv[2:]:
    image = keras.utils.load_img(path, target_size=(height, width), interpolation="bilinear")
    pixels = np.asarray(keras.utils.img_to_array(image), "uint8")
    print(path, model.predict(pixels[None], verbose=0)[0])
