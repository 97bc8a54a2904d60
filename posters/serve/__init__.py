"""A classifier over HTTP: a page, a JSON API, the Open Inference Protocol, health and figures.

One process opens one classifier once. Nothing here loads TensorFlow.
"""

from posters.serve.app import create_app
from posters.serve.pool import Pool
from posters.serve.server import listening, serve

__all__ = ["Pool", "create_app", "listening", "serve"]
