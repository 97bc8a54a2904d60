"""What a careful tutorial serves: Keras behind FastAPI, compiled once, one poster at a time.

Without the lock, TensorFlow works on as many posters as there are clients: a thirtieth of the throughput, and gigabytes
of memory.
"""

import io
import sys
import threading

import keras
import numpy as np
import tensorflow as tf
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image
from starlette.concurrency import run_in_threadpool

model = keras.models.load_model(sys.argv[1], compile=False)
height, width = model.input_shape[1:3]
compiled = tf.function(lambda posters: model(posters, training=False))
lock = threading.Lock()
app = FastAPI()


def predicted(data: bytes) -> list[float]:
    """Return the probabilities of one poster's bytes."""
    image = Image.open(io.BytesIO(data)).convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    pixels = tf.constant(np.asarray(image)[None])
    with lock:
        return [float(probability) for probability in compiled(pixels).numpy()[0]]


@app.post("/predict")
async def predict(request: Request) -> list[float]:
    """Answer a request whose body is a poster."""
    return await run_in_threadpool(predicted, await request.body())


uvicorn.run(app, host="127.0.0.1", port=0, access_log=False)
