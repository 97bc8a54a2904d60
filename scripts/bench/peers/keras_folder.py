"""Keras's own way to predict many posters: a dataset of a folder, and `model.predict` in batches."""

import sys

import keras
import tensorflow as tf

model = keras.models.load_model(sys.argv[1], compile=False)
height, width = model.input_shape[1:3]
posters = keras.utils.image_dataset_from_directory(
    sys.argv[2], labels=None, image_size=(height, width), batch_size=32, shuffle=False, verbose=False
)
pixels = posters.map(lambda batch: tf.cast(tf.round(batch), tf.uint8)).prefetch(tf.data.AUTOTUNE)
for path, probabilities in zip(posters.file_paths, model.predict(pixels, verbose=0), strict=True):
    print(path, probabilities)
