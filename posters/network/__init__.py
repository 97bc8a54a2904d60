"""The network and its training: the only folder of the package that imports TensorFlow or Keras."""

from posters.network.tensorflow import keras, tf

__all__ = ["keras", "tf"]
