"""Download many posters into a folder: each once, politely, and going on where a kill ended it.

An image is a file whose name is made from its address; it is there whole or not at all, so what is there is not fetched
again. An address that will never work, such as one that is not found, is kept in `failures.jsonl` with the reason, and
not asked for again either. Delete that file to try all of them again.

No server is asked for more than `PER_HOST` images at a time. One that answers 429 or 503 is left alone for as long as
its Retry-After asks; one that asks for too long, or fails too often in a row, is given up until the next run.
"""

import hashlib
import json
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

from posters._base.atomic_files import replacing
from posters._base.cache_folder import default_cache
from posters._base.progress import tqdm
from posters.errors import ImageError
from posters.images.decoding import read_header
from posters.images.downloading import TOTAL_S, DownloadError, download

CONNECTIONS = 16
PER_HOST = 4  # connections to one server; browsers open six
TRIES = 4
PAUSE_S = 1.0  # after the first failure that may pass; twice as long after each further one
LONGEST_PAUSE_S = 120  # that a server may ask for
GIVE_UP_AFTER = 8  # addresses of one server that fail in a row, none of them for good

FAILURES = "failures.jsonl"


def downloads_folder() -> Path:
    """Return the folder of downloaded images in the cache, which all tables share.

    Examples:
        >>> downloads_folder().name
        'downloads'
    """
    return default_cache() / "downloads"


def file_name(url: str) -> str:
    """Return the path of an address's image below the folder of downloads.

    Examples:
        >>> file_name("https://example.org/heat.jpg")
        'c5/c58c9d9e6140f65580c01fb6322453dd'
    """
    # No extension: an address may have a wrong one or none, and images are recognised by their bytes.
    digest = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{digest[:2]}/{digest}"


def download_all(urls: Iterable[str], folder: Path) -> dict[str, Path | ImageError]:
    """Download the images that are not there yet, with a progress bar.

    Args:
        urls: addresses of http or https.
        folder: where the images are kept.

    Returns:
        by address, the path of its image, or why there is none; the messages don't repeat the address.

    Raises:
        OSError: the folder can't be written to.

    Examples:
        >>> import tempfile
        >>> url = "https://example.org/heat.jpg"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / file_name(url)
        ...     path.parent.mkdir()
        ...     path.touch()
        ...     download_all([url], Path(folder)) == {url: path}
        True
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_partial_files(folder)
    failures = read_failures(folder)
    found: dict[str, Path | ImageError] = {}
    wanted = []
    for url in dict.fromkeys(urls):
        path = folder / file_name(url)
        if path.exists():
            found[url] = path
        elif url in failures:
            found[url] = DownloadError(failures[url])
        else:
            wanted.append(url)
    bar = tqdm(total=len(wanted), desc="downloading", unit="poster", disable=not wanted)
    with bar, (folder / FAILURES).open("a", encoding="utf-8") as journal:
        for url, result in _results(wanted, folder):
            found[url] = result
            if isinstance(result, DownloadError) and result.permanent:
                # A kill may have left half a line before it.
                journal.write(f"\n{json.dumps([url, str(result)])}\n")
                journal.flush()
            bar.update()
    return found


def read_failures(folder: Path) -> dict[str, str]:
    """Return why each address failed for good, as far as the journal can be read.

    Examples:
        >>> read_failures(Path("nowhere"))
        {}
    """
    failures = {}
    with suppress(FileNotFoundError), (folder / FAILURES).open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            with suppress(ValueError, TypeError, RecursionError):
                url, reason = json.loads(line)
                failures[str(url)] = str(reason)
    return failures


def _remove_partial_files(folder: Path) -> None:
    """Remove what killed downloads left; those of a process that still runs are younger."""
    for path in folder.glob("??/.*.partial*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - 10 * TOTAL_S:
                path.unlink()


def _results(urls: list[str], folder: Path) -> Iterator[tuple[str, Path | ImageError]]:
    """Yield each address with its image or its failure, as they come."""
    queue = PoliteQueue(urls)
    for _ in range(min(CONNECTIONS, len(urls))):
        # Daemon threads, so that Ctrl-C doesn't wait for a server that doesn't answer.
        threading.Thread(target=_work, args=(queue, folder), name="posters-download", daemon=True).start()
    try:
        for _ in urls:
            url, result = queue.results.get()
            if isinstance(result, Exception) and not isinstance(result, ImageError):
                raise result
            yield url, result
    finally:
        queue.stop()


def _work(queue: "PoliteQueue", folder: Path) -> None:
    while (url := queue.take()) is not None:
        try:
            queue.succeeded(url, _fetch(url, folder))
        except DownloadError as error:
            error.args = (str(error).removeprefix(f"{url}: "),)
            queue.failed(url, error)
        # A full disk, or a bug: raised again where the results are taken.
        except Exception as error:
            queue.results.put((url, error))


def _fetch(url: str, folder: Path) -> Path:
    data = download(url)
    try:
        read_header(data)
    except ImageError as error:
        # A page may be a network's, which asks to log in, and hide what the server would have sent.
        page = data.lstrip()[:1] == b"<"
        reason = "the server sent a web page" if page else "the server sent no image that can be read"
        raise DownloadError(f"{url}: {reason}: check the URL", permanent=not page) from error
    path = folder / file_name(url)
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return path


@dataclass
class _Host:
    """A server: its addresses in turn, and how it takes the requests."""

    waiting: deque[str] = field(default_factory=deque)
    busy: int = 0
    rests_until: float = 0.0
    failed_in_a_row: int = 0


class PoliteQueue:
    """Hands addresses to threads, so that each server is asked for few images at a time, and for none while it rests.

    Args:
        urls: different addresses.

    Attributes:
        results: each address, with the path of its image, an ImageError or another exception.

    Examples:
        >>> queue = PoliteQueue(["https://a.org/1.jpg"])
        >>> queue.take()
        'https://a.org/1.jpg'
        >>> queue.failed("https://a.org/1.jpg", DownloadError("the server answered 404 Not Found"))
        >>> queue.take() is None, queue.results.get()
        (True, ('https://a.org/1.jpg', DownloadError('the server answered 404 Not Found')))
    """

    def __init__(self, urls: Iterable[str]) -> None:
        self.results: SimpleQueue[tuple[str, Path | Exception]] = SimpleQueue()
        self._changed = threading.Condition()
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._tries: dict[str, int] = {}
        self._stopped = False
        for url in urls:
            self._hosts.setdefault(_host_of(url), _Host()).waiting.append(url)

    def take(self) -> str | None:
        """Wait for an address that may be fetched now; None once there will be no more."""
        with self._changed:
            while self._hosts and not self._stopped:
                now = time.monotonic()
                # Lazily: of 10,000 servers, nearly always the first is ready.
                free = (host for host in self._hosts.items() if host[1].waiting and host[1].busy < PER_HOST)
                ready = next((name for name, host in free if host.rests_until <= now), None)
                if ready is not None:
                    self._hosts.move_to_end(ready)  # Servers take turns.
                    self._hosts[ready].busy += 1
                    return self._hosts[ready].waiting.popleft()
                self._changed.wait(self._seconds_to_rest(now))
            return None

    def succeeded(self, url: str, path: Path) -> None:
        """Count an address as done."""
        with self._changed:
            self._hosts[_host_of(url)].failed_in_a_row = 0
            self._finish(url, path)

    def failed(self, url: str, error: DownloadError) -> None:
        """Count an address as failed, or have it tried again once its server has rested."""
        with self._changed:
            host = self._hosts[_host_of(url)]
            if error.permanent:
                # The server works, and answers.
                host.failed_in_a_row = 0
                self._finish(url, error)
                return
            tries = self._tries[url] = self._tries.get(url, 0) + 1
            pause = max(error.retry_after, PAUSE_S * 2 ** (tries - 1))
            if error.retry_after > LONGEST_PAUSE_S:
                self._give_up(host, f"the server asks to wait for {error.retry_after:,.0f} seconds: try again then")
            elif error.soon and tries < TRIES:
                host.rests_until = max(host.rests_until, time.monotonic() + pause)
                host.waiting.appendleft(url)
                host.busy -= 1
                self._changed.notify_all()
                return
            else:
                host.failed_in_a_row += 1
                if host.failed_in_a_row >= GIVE_UP_AFTER:
                    self._give_up(host, f"the server failed {GIVE_UP_AFTER} times in a row: try again later")
            self._finish(url, error)

    def _seconds_to_rest(self, now: float) -> float | None:
        """Return after how long the first server may be asked again; None if all are busy."""
        resting = (host for host in self._hosts.values() if host.waiting and host.busy < PER_HOST)
        return min((host.rests_until - now for host in resting), default=None)

    def stop(self) -> None:
        """Hand out no more addresses."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _finish(self, url: str, result: Path | DownloadError) -> None:
        host = self._hosts[_host_of(url)]
        host.busy -= 1
        if not host.waiting and not host.busy:
            del self._hosts[_host_of(url)]
        self.results.put((url, result))
        self._changed.notify_all()

    def _give_up(self, host: _Host, reason: str) -> None:
        while host.waiting:
            self.results.put((host.waiting.popleft(), DownloadError(reason, permanent=False)))


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.casefold()
    except ValueError:
        return ""
