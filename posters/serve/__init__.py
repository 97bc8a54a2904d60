"""A classifier over HTTP: a page, a JSON API, the Open Inference Protocol, health and metrics.

One process opens one classifier, once. Nothing here loads TensorFlow.
"""

from posters.serve.app import ServerOptions, create_app, listening, serve
from posters.serve.queue import JobQueue
from posters.serve.reload import Reloader

__all__ = ["JobQueue", "Reloader", "ServerOptions", "create_app", "listening", "serve"]
