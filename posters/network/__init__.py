"""The network and how it is fitted: the only folder of the package that imports TensorFlow or Keras.

Build (`model`, `backbones`, `losses`, `schedules`), data (`data`), fit (`fit`), score (`features`), the weights of
classifiers that exist already (`weights`), and what leaves training: the light network of every classifier
(`light_network`) and the files of other runtimes (`export`).
"""

from posters.network.tensorflow import keras, tf

__all__ = ["keras", "tf"]
