"""The folder of `posters export --to web`, and what of it can't be made."""

import hashlib
import io
import json
import re
import tarfile
from pathlib import Path

import pytest

import posters
from posters.classifier import load_classifier
from posters.errors import ConfigError
from posters.tasks import web_page
from posters.tasks.web_page import check_ready, write_page

PAGE = Path(posters.__file__).parent / "serve" / "page"


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Put a program named npm, of these lines, in front of any other."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def install(*lines):
        (folder / "npm").write_text("\n".join(["#!/bin/sh", *lines]))
        (folder / "npm").chmod(0o755)

    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return install


@pytest.fixture
def site(tmp_path):
    """The folder of a page, with nothing but its network."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "network.onnx").write_bytes(b"network")
    return tmp_path / "site"


@pytest.fixture
def packed(tmp_path, npm, monkeypatch):
    """An npm that hands out a runtime of two files."""
    with tarfile.open(tmp_path / "runtime.tgz", "w:gz") as files:
        for name, text in (("ort.wasm.bundle.min.mjs", b"export {};"), ("ort-wasm-simd-threaded.wasm", b"wasm")):
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(text)
            files.addfile(member, io.BytesIO(text))
    npm(f"cp {tmp_path}/runtime.tgz .")
    return tmp_path / "runtime.tgz"


def test_the_page_is_that_of_the_server_without_a_server(tiny_classifier, packed, site, monkeypatch):
    monkeypatch.setattr(web_page, "digest_of", lambda path: web_page.DIGEST)
    write_page(site, load_classifier(tiny_classifier))
    html = (site / "index.html").read_text()
    assert "server" not in re.sub("<code>.*?</code>", "", html)
    linked = re.findall(r'(?:href|src)="([^#"]+)"', html)
    assert [name for name in linked if not (site / name).is_file()] == []
    policy = re.search('Content-Security-Policy" content="([^"]+)"', html)[1]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    # What imports what is all there, and nothing comes from elsewhere.
    scripts = {path.name: path.read_text() for path in (site / "page").glob("*.js")}
    imported = {name for text in scripts.values() for name in re.findall(r'from "\./([^"]+)"', text)}
    assert imported - {"runtime/ort.js"} <= set(scripts)
    assert (site / "page" / "runtime" / "ort.js").read_text() == "export {};"
    assert not [name for name, text in scripts.items() if re.search(r"""(fetch|import)\(["'`]?https?:""", text)]


def test_the_page_tells_what_the_server_tells_and_how_many_genres_balanced_predicts(
    tiny_classifier, packed, site, monkeypatch
):
    monkeypatch.setattr(web_page, "digest_of", lambda path: web_page.DIGEST)
    classifier = load_classifier(tiny_classifier)
    write_page(site, classifier)
    told = json.loads((site / "classifier.json").read_text())
    assert told["genres"] == list(classifier.genre_names)
    assert [rule["name"] for rule in told["rules"]] == [rule.rule for rule in classifier.manifest.rules]
    assert told["rules"][0]["most"] == getattr(classifier.manifest.rules[0], "most", None)
    assert told["limits"]["max_aspect"] == 20
    assert told["network"] == hashlib.sha256(b"network").hexdigest()


def test_another_runtime_than_the_known_one_is_refused(tiny_classifier, packed, site):
    with pytest.raises(ConfigError, match=r"npm fetched another onnxruntime-web@\S+ than was published"):
        write_page(site, load_classifier(tiny_classifier))


def test_a_registry_out_of_reach_is_one_line(tiny_classifier, npm, site):
    npm("echo 'npm error code ENOTFOUND' >&2", "echo 'npm error more' >&2", "exit 1")
    with pytest.raises(
        ConfigError, match=r"npm can't fetch onnxruntime-web@\S+ \(code ENOTFOUND\): try again"
    ) as raised:
        write_page(site, load_classifier(tiny_classifier))
    assert "\n" not in str(raised.value)


def test_without_npm_nothing_is_begun(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="there is no npm, which fetches the web runtime: install Node"):
        check_ready(tmp_path / "site")


def test_other_files_are_not_replaced_but_an_older_page_is(tmp_path, npm):
    npm("exit 0")
    (tmp_path / "site").mkdir()
    check_ready(tmp_path / "site")
    (tmp_path / "site" / "thesis.pdf").touch()
    with pytest.raises(ConfigError, match="holds other files, and a page would replace them all"):
        check_ready(tmp_path / "site")
    (tmp_path / "site" / "page").mkdir()
    (tmp_path / "site" / "page" / "worker.js").touch()
    check_ready(tmp_path / "site")
