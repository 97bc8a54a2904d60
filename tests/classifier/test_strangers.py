"""Classifiers that strangers made: whatever is in their files, one line is said and nothing else happens."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import posters
from posters._base.atomic_files import sha256_of
from posters.classifier import isolated, load_classifier, read_manifest, trial
from posters.classifier.isolated import NoProcessError
from posters.classifier.manifest import CARD, LIGHT_NETWORK, MANIFEST
from posters.classifier.runtime import LiteNetwork
from posters.errors import LONGEST, ClassifierError
from posters.models import CLASSIFIER


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache that knows no network yet."""
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def edit(tiny_classifier):
    """Changes what the manifest holds."""

    def edit(change):
        path = tiny_classifier / MANIFEST
        values = json.loads(path.read_text())
        change(values)
        path.write_text(json.dumps(values))
        return tiny_classifier

    return edit


def put(directory: Path, name: str, content: bytes) -> None:
    """Replaces a file, and the SHA-256 that the manifest has of it: whoever made the one made the other."""
    (directory / name).write_bytes(content)
    values = json.loads((directory / MANIFEST).read_text())
    values["files"][name] = sha256_of(directory / name)
    (directory / MANIFEST).write_text(json.dumps(values))


def refusal(directory) -> str:
    with pytest.raises(ClassifierError) as caught:
        load_classifier(directory)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) <= LONGEST
    return message


class TestNetworks:
    def test_what_passed_is_not_tried_again(self, tiny_classifier, cache, monkeypatch):
        load_classifier(tiny_classifier, isolate=False)
        assert len(list(cache.glob("trial-*"))) == 1
        monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("it was tried again"))
        load_classifier(tiny_classifier, isolate=False)

    def test_the_trial_finds_this_package_wherever_it_is(self, tiny_classifier, tmp_path, cache):
        """A script may have found it by its own sys.path alone."""
        root = Path(posters.__file__).parents[1]
        code = f"import sys; sys.path.insert(0, {str(root)!r}); import posters; posters.load_classifier(sys.argv[1])"
        bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [sys.executable, "-c", code, str(tiny_classifier)]
        done = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert list(cache.glob("trial-*"))

    def test_where_no_process_can_be_started_a_warning_says_so(self, tiny_classifier, monkeypatch, messages):
        def refuse(*_, **__):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr("subprocess.Popen", refuse)
        assert load_classifier(tiny_classifier).genre_names
        assert len(messages) == 2
        for message, words in zip(messages, ("is opened without a trial:", "runs in this process"), strict=True):
            assert words in message
            assert "not permitted" in message
        with pytest.raises(NoProcessError):  # A server insists, unless it is told not to.
            load_classifier(tiny_classifier, interpreters=1)
        assert load_classifier(tiny_classifier, interpreters=1, isolate=False).genre_names

    def test_that_of_the_package_needs_no_trial(self, monkeypatch):
        monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("it was tried"))
        load_classifier()

    def test_nothing_in_its_own_directory_vouches_for_it(self, tiny_classifier, cache):
        for folder in (tiny_classifier, tiny_classifier / "cache"):
            folder.mkdir(exist_ok=True)
            (folder / "trial-0123456789abcdef").touch()
        trial.check_network(tiny_classifier / "network.tflite", read_manifest(tiny_classifier))
        assert list(cache.glob("trial-*"))

    def test_a_cache_that_can_not_be_written_costs_a_trial_each_time(self, tiny_classifier, cache):
        cache.write_text("no folder")
        assert load_classifier(tiny_classifier).genre_names

    @pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
    def test_a_cut_one_is_refused(self, tiny_classifier, share):
        content = (tiny_classifier / LIGHT_NETWORK).read_bytes()
        put(tiny_classifier, LIGHT_NETWORK, content[: int(len(content) * share)])
        assert "can't be run" in refusal(tiny_classifier)

    def test_whatever_happens_to_it_happens_to_another_process(self, tiny_classifier, monkeypatch):
        """Bytes changed by chance: each is refused in one line, or runs and gives probabilities."""
        content = bytearray((tiny_classifier / LIGHT_NETWORK).read_bytes())
        rng = np.random.default_rng(0)
        refused = 0
        for _ in range(12):
            changed = content.copy()
            for place in rng.integers(0, len(content), 20):
                changed[place] = rng.integers(256)
            put(tiny_classifier, LIGHT_NETWORK, bytes(changed))
            try:
                classifier = load_classifier(tiny_classifier)
                pixels = np.zeros(classifier.manifest.preprocess.shape, np.uint8)
                assert all(0 <= p <= 1 for p in classifier.predict(pixels).probabilities.values())
            except ClassifierError:
                refused += 1
        assert refused

    @pytest.mark.parametrize(("code", "words"), [("os.abort()", "ended with -6"), ("while True: pass", "within 1 s")])
    def test_a_crash_and_an_endless_one_are_refused(self, tiny_classifier, tmp_path, monkeypatch, code, words):
        """A stand-in for the runtime in the process of the trial."""
        (tmp_path / "sitecustomize.py").write_text(
            f"import os, sys\nif any('isolated' in word for word in sys.orig_argv):\n    {code}\n"
        )
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        monkeypatch.setattr(isolated, "SECONDS", 1)
        assert words in refusal(tiny_classifier)

    @pytest.mark.parametrize("value", [np.nan, np.inf, 1.5, -0.1])
    def test_outputs_that_are_no_probabilities_are_refused_on_every_call(self, tiny_classifier, monkeypatch, value):
        manifest = read_manifest(tiny_classifier)
        network = LiteNetwork(tiny_classifier / LIGHT_NETWORK, manifest.preprocess.shape, len(manifest.genre_names))
        own = LiteNetwork._value

        def broken(self, name):
            found = own(self, name).copy()
            found[0] = value
            return found

        monkeypatch.setattr(LiteNetwork, "_value", broken)
        with pytest.raises(ClassifierError, match="gives probabilities that can't be"):
            network(np.zeros(manifest.preprocess.shape, np.uint8))


class TestFiles:
    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    @pytest.mark.parametrize("name", [MANIFEST, LIGHT_NETWORK, CARD])
    def test_pipes_and_devices_are_refused_at_once(self, tiny_classifier, name):
        (tiny_classifier / name).unlink()
        os.mkfifo(tiny_classifier / name)
        assert "pipe or a device" in refusal(tiny_classifier)
        (tiny_classifier / name).unlink()
        (tiny_classifier / name).symlink_to("/dev/zero")
        assert name in refusal(tiny_classifier)

    @pytest.mark.parametrize("name", [LIGHT_NETWORK, CARD])
    def test_a_link_out_of_the_directory_is_refused(self, tiny_classifier, tmp_path, name):
        (tmp_path / "elsewhere").write_bytes((tiny_classifier / name).read_bytes())
        (tiny_classifier / name).unlink()
        (tiny_classifier / name).symlink_to(tmp_path / "elsewhere")
        assert "is a link out of the directory" in refusal(tiny_classifier)

    def test_the_directory_itself_may_be_a_link(self, tiny_classifier, tmp_path):
        (tmp_path / "live").symlink_to(tiny_classifier)
        assert load_classifier(tmp_path / "live").genre_names

    @pytest.mark.parametrize("name", [MANIFEST, LIGHT_NETWORK, CARD])
    def test_a_sparse_terabyte_is_not_read(self, tiny_classifier, name):
        with (tiny_classifier / name).open("r+b") as file:
            file.truncate(2**40)
        assert "bytes" in refusal(tiny_classifier)


def nested(depth: int):
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


class TestManifests:
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda values: values["metrics"].update(deep=nested(900)), id="deep"),
            pytest.param(lambda values: values["prior"].__setitem__(0, int("9" * 400)), id="400 digits"),
            pytest.param(lambda values: values["preprocess"].update(height=int("9" * 400)), id="400 digits high"),
            pytest.param(lambda values: values["provenance"].update(made="\ud800"), id="surrogate"),
            pytest.param(lambda values: values.update(rules=values["rules"] * 20_000), id="60,000 rules"),
            pytest.param(lambda values: values["rules"][0].update(rule="\x1b[2J"), id="escape code"),
            pytest.param(lambda values: values["rules"][0].update(rule="f" * 100_000), id="long name"),
            pytest.param(lambda values: values.update(provenance=[]), id="provenance of another kind"),
            pytest.param(lambda values: values.update(format="x" * 100_000), id="long format"),
            pytest.param(lambda values: values["files"].update({"\x1b[31m" * 999: "0"}), id="long file name"),
        ],
    )
    def test_what_nobody_writes_is_refused_in_one_short_line(self, edit, change):
        assert MANIFEST in refusal(edit(change))

    def test_a_genre_with_an_escape_code_is_refused(self, edit):
        def change(values):
            renamed = json.dumps(values).replace("Comedy", r"\u001b]0;owned\u0007")
            values.update(json.loads(renamed))

        assert r"\x1b" in refusal(edit(change))


def test_the_packages_own_pass():
    assert read_manifest(CLASSIFIER).genre_names
