"""The static page of `posters export --to web`: that of `posters serve`, with a network in place of the server."""

import base64
import gzip
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from posters._base.atomic_files import sha256_of, write_json
from posters._base.optional_imports import require
from posters.classifier import Classifier
from posters.classifier.description import description
from posters.classifier.manifest import CARD, WEB_NETWORK
from posters.errors import ConfigError
from posters.images.limits import MAX_ASPECT, MAX_BYTES, MAX_PIXELS, MIN_SIDE

# The web runtime, by its name in npm's registry, and the digest that the registry gives this version.
RUNTIME = "onnxruntime-web@1.30.0"
DIGEST = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
# Of its hundreds of files the two that one thread on the processor needs.
_MODULE, _BINARY = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"
_SECONDS = 600  # for 33 MB
_CARD = "MODEL_CARD.txt"

_SERVE = Path(__file__).parent.parent / "serve"
# Of the page of a server: what it loads for its API, and what speaks with the server.
_SERVER_ONLY = ("docs.html", "docs.css", "docs.js", "index.html", "api.js")

# The page may load and ask nothing but its own host. `posters serve` sends the like as a header, which static hosts
# don't; WebAssembly has to be allowed by name.
_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
# What of the server's page is not true here, and what is.
_REPLACED = {
    "<head>": f'<head>\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
    "One moment: asking the server for its classifier.": "One moment: loading. If this stays, the page was opened as a "
    "file: it needs a web host, such as <code>python -m http.server</code> in its folder.",
    "They are sent only to this server, which does not store them.": "They stay on your device: the network runs in "
    "your browser, and nothing is sent.",
    '<li><a href="docs">API</a></li>\n': "",
    '<li><a href="metrics">Metrics</a></li>\n': "",
    "api/classifier/card": _CARD,
    "api/classifier": "classifier.json",
    'the <a href="openapi.json">API</a> does not.': "for the network runs in your browser.",
}


def check_ready(folder: Path) -> None:
    """Refuse what would fail only after minutes.

    Args:
        folder: of the page.

    Raises:
        ConfigError: there is no npm, or the folder holds something else than a page.

    Examples:
        >>> from unittest.mock import patch
        >>> with patch("shutil.which", return_value=None):
        ...     check_ready(Path("site"))
        Traceback (most recent call last):
        posters.errors.ConfigError: there is no npm, which fetches the web runtime: install Node.js (https://nodejs.org)
    """
    if shutil.which("npm") is None:
        raise ConfigError("there is no npm, which fetches the web runtime: install Node.js (https://nodejs.org)")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "page" / "worker.js").exists():
        raise ConfigError(f"{folder} holds other files, and a page would replace them all: choose another --output")


def write_page(folder: Path, classifier: Classifier) -> None:
    """Fill a folder with all that a browser needs beside the network.

    Args:
        folder: holds the network, and gets `index.html`, `classifier.json`, the model card and `page/`.
        classifier: what the page tells of.

    Raises:
        ConfigError: the runtime can't be fetched, or is not the one that is known.
    """
    page = folder / "page"
    shutil.copytree(_SERVE / "page", page, ignore=shutil.ignore_patterns(*_SERVER_ONLY))
    shutil.copytree(_SERVE / "web", page, dirs_exist_ok=True)
    html = (_SERVE / "page" / "index.html").read_text(encoding="utf-8")
    for theirs, ours in _REPLACED.items():
        html = html.replace(theirs, ours)
    (folder / "index.html").write_text(html, encoding="utf-8")
    limits = {
        "max_posters": 1,
        "max_bytes": MAX_BYTES,
        "max_pixels": MAX_PIXELS,
        "min_side": MIN_SIDE,
        "max_aspect": MAX_ASPECT,
    }
    told = description(classifier.manifest, classifier.name, classifier.explains)
    # What a browser has kept of an older network is not mixed with this description.
    digest = sha256_of(folder / WEB_NETWORK)
    write_json(folder / "classifier.json", {**told, "limits": limits, "network": digest})
    if CARD in classifier.manifest.files:
        # Under a name that browsers show and don't save.
        shutil.copy(classifier.directory / CARD, folder / _CARD)
    _fetch_runtime(page / "runtime")


def _fetch_runtime(folder: Path) -> None:
    folder.mkdir()
    with tempfile.TemporaryDirectory() as place:
        # Nothing of the package is run: it is packed and not installed.
        command = [shutil.which("npm") or "npm", "pack", RUNTIME, "--prefer-offline", "--ignore-scripts"]
        options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": _SECONDS, "check": False}
        try:
            done = subprocess.run(command, cwd=place, **options)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(f"npm can't fetch {RUNTIME} ({error}): try again") from error
        packed = list(Path(place).glob("*.tgz"))
        if done.returncode or not packed:
            reasons = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
            reason = reasons[0].removeprefix("npm error ") if reasons else f"it ended with {done.returncode}"
            raise ConfigError(f"npm can't fetch {RUNTIME} ({reason}): try again where it reaches its registry")
        if digest_of(packed[0]) != DIGEST:
            raise ConfigError(f"npm fetched another {RUNTIME} than was published: check which registry it asks")
        with tarfile.open(packed[0]) as files:
            (folder / "ort.js").write_bytes(_member(files, _MODULE))
            # Compressed, since not every host compresses: 3.7 MB in place of 14. The page unpacks it.
            (folder / "ort.wasm.gz").write_bytes(gzip.compress(_member(files, _BINARY), mtime=0))
    # npm's package holds no licence, and whoever hands on a copy has to. That of the runtime for Python is the same.
    for name in ("LICENSE", "ThirdPartyNotices.txt"):
        shutil.copy(Path(require("onnxruntime", "onnx").__file__).parent / name, folder)


def _member(files: tarfile.TarFile, name: str) -> bytes:
    member = files.extractfile(f"package/dist/{name}")
    if member is None:
        raise ConfigError(f"{RUNTIME} has no {name}: please report it")
    return member.read()


def digest_of(path: Path) -> str:
    """Return a file's digest as npm's registry writes it.

    Examples:
        >>> digest_of(Path(__file__))[:7]
        'sha512-'
    """
    return f"sha512-{base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()}"
