"""What the first requests would load and open, before the server says that it serves.

Else the memory of a server that nobody has asked yet tells nothing: modules of image formats, the first computation of
each interpreter and the heaps of its threads add a tenth, which looks like a leak to whoever watches it.
"""

import asyncio
import io
from contextlib import suppress
from threading import Barrier

from PIL import Image

from posters.classifier import Classifier
from posters.errors import PostersError
from posters.serve.queue import JobQueue
from posters.serve.uploads import check_pixels

_FORMATS = ("JPEG", "PNG", "WEBP")  # In which posters come. Encoding the others would take more than they leave.


def warm_up(queue: JobQueue) -> None:
    """Predict a picture of noise in each common format, and refuse what is none, on every interpreter of a queue.

    What a network makes of noise is no matter: a classifier that fails on it serves all the same.

    Args:
        queue: that nobody uses yet.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> with JobQueue(load_classifier(interpreters=1), queue=1) as queue:
        ...     warm_up(queue)
        ...     queue.waiting
        0
    """
    # Behind the pictures: of what none of the usual formats is, Pillow asks each of its plugins.
    posters = [*map(_noise, _FORMATS), b"no picture"]
    together = Barrier(queue.interpreters)

    def job(classifier: Classifier) -> None:
        together.wait()  # Or one thread would do it all.
        for poster in posters:
            with suppress(PostersError):
                classifier.predict(check_pixels(poster))

    asyncio.run(queue.run_all([job] * queue.interpreters))


def _noise(form: str) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((200, 300), 80).convert("RGB").save(file, form)
    return file.getvalue()
