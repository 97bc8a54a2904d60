"""New weights without an interruption: open another classifier beside the one that serves, check it, change over."""

import asyncio
import os
from pathlib import Path

import numpy as np

from posters._base.log import logger
from posters.classifier import Classifier, load_classifier
from posters.errors import ClassifierError, PostersError
from posters.models import classifier_directory
from posters.serve.queue import JobQueue

# Between two looks at whether the link names another directory: a call of the file system each.
SECONDS = 2.0


class Reloader:
    """Replaces the classifier of a queue on request, or when the link that names it is changed.

    Requests under way finish on the old classifier. If the new one can't be opened or fails its check, the old one
    stays, and the log tells why.

    Args:
        queue: whose classifier is replaced.
        name: of the classifier, as for `load_classifier`: where it lies, or a link to that.

    Examples:
        >>> with JobQueue(load_classifier(interpreters=1), queue=1) as queue:
        ...     Reloader(queue, "nowhere").reload()
        False
    """

    def __init__(self, queue: JobQueue, name: str) -> None:
        self._queue, self._name = queue, name
        self._place = self._find()

    def _find(self) -> str:
        return os.path.realpath(classifier_directory(self._name))

    @property
    def moved(self) -> bool:
        """Whether the name leads to another directory than when it was last opened."""
        return self._find() != self._place

    def reload(self) -> bool:
        """Open the classifier again, check it and serve it; return whether it serves now."""
        # Before it is opened: a link that is changed meanwhile is noticed at the next look.
        self._place = self._find()
        try:
            classifier = load_classifier(self._name, **self._queue.classifier.opened_with)
            check_classifier(classifier)
        except PostersError as error:
            logger.warning(f"the new classifier is not used ({error}); {self._queue.classifier.directory} still serves")
            return False
        self._queue.classifier = classifier
        logger.info(f"{Path(self._place)} serves now")
        return True

    async def watch(self, wanted: asyncio.Event) -> None:
        """Reload whenever `wanted` is set, or the link leads elsewhere, until cancelled."""
        while True:
            try:
                await asyncio.wait_for(wanted.wait(), SECONDS)
            except TimeoutError:
                if not await asyncio.to_thread(lambda: self.moved):
                    continue
            wanted.clear()
            # In a thread of its own: the server answers while a network is opened.
            await asyncio.to_thread(self.reload)


def check_classifier(classifier: Classifier) -> None:
    """Predict one grey image, so that a network that can't run is noticed before anybody asks it.

    Raises:
        ClassifierError: a probability is not a number from 0 to 1.

    Examples:
        >>> check_classifier(load_classifier(interpreters=1))
    """
    prediction = classifier.predict(np.full(classifier.manifest.preprocess.shape, 128, np.uint8))
    probabilities = np.array(list(prediction.probabilities.values()))
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ClassifierError(f"{classifier.directory} gives probabilities that are not from 0 to 1")
