"""The golden classifier predicts what it always did; a damaged one is refused in one line that says what to do."""

import asyncio
import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from posters.calibration import Calibration, CalibrationCurve, no_calibration
from posters.catalogue import Catalogue, Poster
from posters.classifier import Manifest, load_classifier, write_classifier
from posters.classifier.manifest import FORMAT
from posters.errors import ClassifierError, ConfigError, ImageError, ScoresError
from posters.report.model_card import model_card

GENRES = ("Comedy", "Drama", "Horror", "Western")
NAMES = ("dusk.png", "ghost.png", "night.png")


@pytest.fixture(scope="module")
def classifier(golden):
    return load_classifier(golden / "classifier")


def refusal(directory: Path) -> str:
    """The one line with which a classifier is refused."""
    with pytest.raises(ClassifierError) as refused:
        load_classifier(directory)
    message = str(refused.value)
    assert message
    assert message == " ".join(message.split())
    return message


def edit(directory: Path, **changes) -> Path:
    """Change values of classifier.json; a value of None drops its key."""
    path = directory / "classifier.json"
    values = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in values.items() if value is not None}))
    return directory


def put(directory: Path, name: str, data: bytes) -> Path:
    """Replace a file, and its SHA-256 as well."""
    (directory / name).write_bytes(data)
    files = json.loads((directory / "classifier.json").read_text())["files"]
    return edit(directory, files={**files, name: hashlib.sha256(data).hexdigest()})


class TestPredicting:
    @pytest.mark.parametrize("name", NAMES)
    def test_the_golden_scores_are_met(self, classifier, golden, name):
        expected = json.loads((golden / "scores.json").read_text())
        assert sorted(expected) == sorted(path.name for path in (golden / "posters").iterdir()) == list(NAMES)
        probabilities = classifier.predict(golden / "posters" / name).probabilities
        assert probabilities == pytest.approx(expected[name], abs=1e-5)
        assert tuple(probabilities) == classifier.genre_names == GENRES
        assert all(type(value) is float for value in probabilities.values())

    def test_a_poster_may_come_in_any_form(self, classifier, golden):
        path = golden / "posters" / "dusk.png"
        image = Image.open(path)
        forms = [path, str(path), path.read_bytes(), image, np.asarray(image)]
        first, *others = [classifier.predict(form) for form in forms]
        assert all(other == first for other in others)

    def test_the_genres_are_those_at_their_threshold_the_surest_first(self, golden, tiny_classifier):
        scores = json.loads((golden / "scores.json").read_text())["night.png"]
        # Between its scores: 0.997 Comedy, 0.010 Drama, 0.832 Horror, 0.684 Western.
        for values, genres in [
            ((0.5, 0.5, 0.5, 0.5), ("Comedy", "Horror", "Western")),
            ((1, 0.005, 1, 0.6), ("Western", "Drama")),
            ((0.999, 0.999, 0.999, 0.999), ()),
            ((0, 0, 0, 0), ("Comedy", "Horror", "Western", "Drama")),
        ]:
            rule = {"genre_names": GENRES, "values": values, "rule": "fixed", "fitted_on": "nothing"}
            said = load_classifier(edit(tiny_classifier, rules=[rule])).predict(golden / "posters/night.png")
            assert said.genres == genres
            assert said.probabilities == pytest.approx(scores, abs=1e-5)

    def test_a_softmax_head_says_its_one_likeliest_genre(self, golden, tiny_classifier):
        said = load_classifier(edit(tiny_classifier, head="softmax"))
        assert [said.predict(golden / "posters" / name).genres for name in NAMES] == [
            ("Western",),
            ("Comedy",),
            ("Comedy",),
        ]

    def test_a_run_that_holds_a_classifier_is_opened_too(self, golden, tiny_classifier):
        run = tiny_classifier.parent / "run"
        run.mkdir()
        tiny_classifier.rename(run / "classifier")
        opened = load_classifier(str(run))
        assert opened.directory == run / "classifier"
        assert opened.predict(golden / "posters/dusk.png").genres == ("Western",)

    def test_many_threads_say_the_same(self, classifier, golden):
        poster = golden / "posters" / "dusk.png"
        many = load_classifier(golden / "classifier", threads=3).predict(poster)
        assert many.probabilities == pytest.approx(classifier.predict(poster).probabilities, abs=1e-6)

    @pytest.mark.parametrize("threads", [None, 1, 3])
    def test_many_posters_at_a_time_are_what_each_is_alone(self, golden, threads):
        classifier = load_classifier(golden / "classifier", threads=threads)
        posters = [golden / "posters" / name for name in NAMES] * 8
        results = classifier.predict_many(posters)
        for number, result in enumerate(results):
            # The same classifier may be asked in between, while threads compute what follows.
            alone = classifier.predict(posters[number])
            assert result.probabilities == pytest.approx(alone.probabilities, abs=1e-6)

    @pytest.mark.parametrize("threads", [None, 1, 3])
    def test_any_number_of_threads_may_ask_at_once(self, golden, threads):
        classifier = load_classifier(golden / "classifier", threads=threads)
        posters = [golden / "posters" / name for name in NAMES] * 4
        alone = [classifier.predict(poster).probabilities for poster in posters]
        with ThreadPoolExecutor(6) as others:
            at_once = list(others.map(classifier.predict, posters))
        assert [prediction.probabilities for prediction in at_once] == [pytest.approx(each, abs=1e-6) for each in alone]

    @pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
    def test_threads_are_a_whole_number_from_1_up(self, golden, threads):
        with pytest.raises(ConfigError, match=r"threads must be a whole number from 1 up, but got "):
            load_classifier(golden / "classifier", threads=threads)

    def test_a_poster_that_is_none_is_refused_by_name(self, classifier, tmp_path):
        (tmp_path / "note.jpg").write_text("no image")
        with pytest.raises(ImageError, match=r"note\.jpg: "):
            classifier.predict(tmp_path / "note.jpg")

    def test_loading_says_nothing_on_stderr(self, golden, capfd):
        load_classifier(golden / "classifier").predict(golden / "posters/dusk.png")
        assert capfd.readouterr() == ("", "")


class TestManyPosters:
    @pytest.fixture
    def images(self, golden):
        return [golden / "posters" / name for name in NAMES]

    def test_any_mix_comes_back_in_order_with_what_predict_says(self, classifier, images):
        picture = Image.open(images[0])
        mix = [images[0], str(images[1]), images[2].read_bytes(), picture, np.asarray(picture)] * 5
        results = list(classifier.predict_many(iter(mix)))
        assert all(result.poster is poster for result, poster in zip(results, mix, strict=True))
        assert results == [classifier.predict(poster) for poster in mix]
        assert {result.error for result in results} == {None}

    @pytest.mark.parametrize("count", [0, 1, 2, 100])
    def test_any_number_is_predicted(self, classifier, images, count):
        assert len(list(classifier.predict_many(images[:1] * count))) == count

    def test_a_poster_that_can_not_be_read_ends_nothing(self, classifier, images, tmp_path):
        own = ImageError("not in the archive")
        posters = [tmp_path / "none.jpg", images[0], b"text", np.zeros(3), None, own, images[1]]
        results = list(classifier.predict_many(posters))
        assert [not result.probabilities for result in results] == [result.error is not None for result in results]
        assert [str(result.error).partition(" (")[0] for result in results if result.error] == [
            f"{tmp_path}/none.jpg: there is no such file",
            "this is not an image in a supported format",
            "an image array must be uint8 of shape",
            "an image is a path, bytes, a PIL image or an array, but got NoneType",
            "not in the archive",
        ]
        assert [bool(result.probabilities) for result in results] == [False, True, False, False, False, False, True]

    def test_an_image_may_be_closed_and_an_array_painted_over_once_the_next_is_taken(self, classifier, images):
        canvas = np.zeros((24, 16, 3), np.uint8)

        def posters():
            for path in images * 10:
                with Image.open(path) as image:
                    yield image
                    canvas[:] = np.asarray(image.convert("RGB").resize((16, 24)))
                yield canvas

        pictures = list(classifier.predict_many(posters()))[::2]
        assert pictures == [classifier.predict(path) for path in images] * 10

    def test_other_errors_are_raised(self, classifier, images):
        def posters():
            yield from images
            raise OSError("the archive is gone")

        results = classifier.predict_many(posters())
        with pytest.raises(OSError, match="the archive is gone"):
            list(results)

    def test_the_options_of_predict_are_those_of_many_and_refused_at_once(self, classifier, images):
        for options in ({"rule": "precision=0.8"}, {"top": 2}, {"threshold": 0.9}):
            (result,) = classifier.predict_many(images[:1], **options)
            assert result == classifier.predict(images[0], **options)
        with pytest.raises(ConfigError):
            classifier.predict_many(images, top=0)


class TestChoosing:
    # 0.997 Comedy, 0.010 Drama, 0.832 Horror, 0.684 Western.
    @pytest.mark.parametrize(
        ("options", "genres"),
        [
            ({"top": 1}, ("Comedy",)),
            ({"top": 3}, ("Comedy", "Horror", "Western")),
            ({"top": 4}, ("Comedy", "Horror", "Western", "Drama")),
            ({"top": 100}, ("Comedy", "Horror", "Western", "Drama")),
            ({"threshold": 0}, ("Comedy", "Horror", "Western", "Drama")),
            ({"threshold": 0.7}, ("Comedy", "Horror")),
            ({"threshold": 1.0}, ()),
        ],
    )
    @pytest.mark.parametrize("head", ["sigmoid", "softmax"])
    def test_the_likeliest_few_or_those_from_one_threshold_on(self, golden, tiny_classifier, options, genres, head):
        said = load_classifier(edit(tiny_classifier, head=head)).predict(golden / "posters/night.png", **options)
        assert said.genres == genres
        assert len(said.probabilities) == 4

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"top": 0}, "top must be a whole number from 1 up, but got 0"),
            ({"top": 1.5}, "top must be a whole number"),
            ({"top": True}, "top must be a whole number"),
            ({"threshold": -0.1}, "threshold must be a number from 0 to 1, but got -0.1"),
            ({"threshold": float("nan")}, "threshold must be a number"),
            ({"threshold": "0.5"}, "threshold must be a number"),
            ({"top": 1, "threshold": 0.5}, "give one of them"),
            ({"top": 1, "rule": "f1"}, "give one of them"),
            ({"threshold": 0.5, "rule": "f1"}, "give one of them"),
        ],
    )
    def test_what_contradicts_itself_or_makes_no_sense_is_refused(self, classifier, golden, options, reason):
        with pytest.raises(ConfigError, match=reason):
            classifier.predict(golden / "posters/night.png", **options)


def rule(**changes):
    """A rule as classifier.json holds it."""
    plain = {"genre_names": GENRES, "values": [0.5] * 4, "rule": "f1", "fitted_on": "nothing"}
    return plain | changes


class TestRules:
    def test_the_first_decides_unless_another_is_asked_for(self, classifier, golden):
        poster = golden / "posters/night.png"
        assert classifier.predict(poster).genres == classifier.predict(poster, "f1").genres
        # 0.997 Comedy, 0.010 Drama, 0.832 Horror, 0.684 Western; precision=0.8 never says Comedy and Western.
        assert classifier.predict(poster, "fixed").genres == ("Comedy", "Horror", "Western")
        assert classifier.predict(poster, "precision=0.8").genres == ()

    def test_an_unknown_rule_is_refused_with_those_there_are(self, classifier, golden):
        with pytest.raises(ConfigError, match=r"no rule 'best', but f1, fixed, precision=0\.8"):
            classifier.predict(golden / "posters/night.png", "best")

    def test_a_softmax_head_may_be_read_by_a_rule_too(self, golden, tiny_classifier):
        said = load_classifier(edit(tiny_classifier, head="softmax"))
        assert said.predict(golden / "posters/night.png", "fixed").genres == ("Comedy", "Horror", "Western")

    def test_probabilities_are_calibrated_before_anything_reads_them(self, golden, tiny_classifier):
        plain = load_classifier(golden / "classifier").predict(golden / "posters/night.png").probabilities
        calibration = no_calibration(GENRES).to_dict()
        calibration["curves"][3] |= {"method": "platt", "parameters": [2.0, -3.0]}
        said = load_classifier(edit(tiny_classifier, calibration=calibration))
        probabilities = said.predict(golden / "posters/night.png").probabilities
        odds = np.log(plain["Western"] / (1 - plain["Western"]))
        assert probabilities["Western"] == pytest.approx(1 / (1 + np.exp(3 - 2 * odds)), abs=1e-6)
        assert {**probabilities, "Western": 0} == {**plain, "Western": 0}
        assert "Western" not in said.predict(golden / "posters/night.png", "fixed").genres
        catalogue = Catalogue((Poster("1", "night.png", ("Western",)),), GENRES, golden / "posters")
        assert said.score(catalogue).y_score[0] == pytest.approx(list(probabilities.values()))
        assert said.score_uncalibrated(catalogue).y_score[0] == pytest.approx(list(plain.values()))


class TestDamage:
    def test_no_such_directory(self, tmp_path):
        message = refusal(tmp_path / "nowhere")
        assert message == f"{tmp_path / 'nowhere'} is not a classifier: there is no such directory"

    def test_a_directory_without_manifest(self, tmp_path):
        assert refusal(tmp_path) == f"{tmp_path} is not a classifier: it has no classifier.json"

    def test_a_file_is_no_classifier(self, golden):
        assert "dusk.png is not a classifier" in refusal(golden / "posters/dusk.png")

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"{",
            b"\xff\xfe\x00",
            b"[]",
            b"null",
            b"1",
            b'"classifier"',
            b"[" * 100_000,
            b'{"format": 1, "prior": ' + b"[" * 100_000,
        ],
        ids=lambda text: repr(text[:30]),
    )
    def test_a_manifest_that_is_not_a_json_object(self, tiny_classifier, text):
        (tiny_classifier / "classifier.json").write_bytes(text)
        message = refusal(tiny_classifier)
        assert message.startswith(f"{tiny_classifier / 'classifier.json'} is damaged (")
        assert message.endswith("): copy or train the classifier again")

    @pytest.mark.parametrize("number", [None, 0, 1, FORMAT + 1, "2", [2], True])
    def test_an_unknown_format_names_both(self, tiny_classifier, number):
        message = refusal(edit(tiny_classifier, format=number))
        assert f"has the format {number!r}, and this version of posters reads {FORMAT}" in message

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"genre_names": None}, "'genre_names' is missing"),
            ({"genre_names": []}, "genre_names"),
            ({"genre_names": "ABCD"}, "genre_names"),
            ({"genre_names": ["Comedy", "Drama", "Horror", "Horror"]}, "genre_names"),
            ({"genre_names": list(reversed(GENRES))}, "don't belong together"),
            ({"head": "relu"}, "head must be one of sigmoid, softmax, but got 'relu'"),
            ({"head": 7}, "head must be one of sigmoid, softmax, but got 7"),
            ({"preprocess": {"height": "24"}}, "height must be a value of type int, but got '24'"),
            ({"preprocess": {"hight": 24}}, "hight"),
            ({"prior": [0.1, 0.2, 0.3]}, "don't belong together"),
            ({"prior": [0.1, 0.2, 0.3, float("nan")]}, "prior"),
            ({"prior": [0.1, 0.2, 0.3, 1.5]}, "prior"),
            ({"prior": [0.1, 0.2, 0.3, 10**400]}, "prior"),
            ({"prior": [0.1, 0.2, 0.3, "0.4"]}, "prior"),
            ({"prior": [0.1, 0.2, 0.3, True]}, "prior"),
            ({"metrics": [["validation", 1]]}, "metrics"),
            ({"provenance": 5}, "provenance"),
            ({"files": [[5, "ab"]]}, "files"),
            ({"files": ["ab"]}, "files"),
            ({"files": {"network.tflite": 5}}, "files"),
            ({"rules": 0.5}, "rules"),
            ({"rules": []}, "rules"),
            ({"rules": [rule(rule=1)]}, "the rule of a rule must be str"),
            ({"rules": [rule(values=[0.5, 0.5, 0.5, "1"])]}, "thresholds"),
            ({"rules": [rule(genre_names=GENRES[::-1])]}, "don't belong together"),
            ({"rules": [rule(), rule()]}, "different names"),
            ({"calibration": 5}, "calibration"),
            ({"calibration": {"fitted_on": "nothing", "curves": []}}, "don't belong together"),
        ],
        ids=lambda value: str(value)[:50],
    )
    def test_a_manifest_of_another_shape_says_what_is_wrong_with_it(self, tiny_classifier, changes, reason):
        message = refusal(edit(tiny_classifier, **changes))
        assert message.startswith(f"{tiny_classifier / 'classifier.json'} is damaged (")
        assert reason in message
        assert "Error(" not in message

    @pytest.mark.parametrize("name", ["MODEL_CARD.md", "network.tflite"])
    def test_a_missing_file_is_named(self, tiny_classifier, name):
        (tiny_classifier / name).unlink()
        assert refusal(tiny_classifier) == (
            f"{tiny_classifier / name} is missing: copy the whole classifier directory again"
        )

    @pytest.mark.parametrize("name", ["MODEL_CARD.md", "network.tflite"])
    @pytest.mark.parametrize("place", [0, -1])
    def test_one_changed_bit_is_noticed(self, tiny_classifier, name, place):
        data = bytearray((tiny_classifier / name).read_bytes())
        data[place] ^= 1
        (tiny_classifier / name).write_bytes(data)
        assert refusal(tiny_classifier) == (
            f"{tiny_classifier / name} was changed after the classifier was written: copy or train the classifier again"
        )

    @pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.9])
    def test_a_network_cut_short_is_refused_though_its_hash_is_right(self, tiny_classifier, share, capfd):
        data = (tiny_classifier / "network.tflite").read_bytes()
        message = refusal(put(tiny_classifier, "network.tflite", data[: int(share * len(data))]))
        assert message.startswith(f"{tiny_classifier / 'network.tflite'} can't be run (")
        assert capfd.readouterr().err == ""

    def test_garbage_is_no_network_though_its_hash_is_right(self, tiny_classifier):
        assert "can't be run" in refusal(put(tiny_classifier, "network.tflite", b"garbage " * 100))

    def test_a_network_that_fails_while_it_runs_is_a_classifier_error(self, tiny_classifier, golden):
        """Flips single bits of a network: whatever its runtime stumbles over, nobody sees another exception."""
        data = (tiny_classifier / "network.tflite").read_bytes()
        outcomes = set()
        for place in range(len(data) * 2 // 3, len(data), 29):
            flipped = bytearray(data)
            flipped[place] ^= 1
            try:
                load_classifier(put(tiny_classifier, "network.tflite", bytes(flipped))).predict(
                    golden / "posters/dusk.png"
                )
                outcomes.add("predicts")
            except ClassifierError as error:
                outcomes.add("refused" if "network.tflite" in str(error) else str(error))
        assert outcomes == {"predicts", "refused"}

    @pytest.mark.parametrize("genres", [GENRES[:3], (*GENRES, "War")])
    def test_genres_that_do_not_fit_the_network(self, tiny_classifier, genres):
        changes = {
            "genre_names": genres,
            "rules": [rule(genre_names=genres, values=[0.5] * len(genres))],
            "calibration": no_calibration(genres).to_dict(),
            "prior": [0.1] * len(genres),
        }
        message = refusal(edit(tiny_classifier, **changes))
        assert message.startswith(f"{tiny_classifier / 'network.tflite'} ")
        assert f"{len(genres)} probabilities" in message

    def test_a_size_that_does_not_fit_the_network(self, tiny_classifier):
        message = refusal(edit(tiny_classifier, preprocess={"height": 32, "width": 16}))
        assert message.startswith(f"{tiny_classifier / 'network.tflite'} ")

    @pytest.mark.parametrize(
        "name", ["../outside", "/etc/hostname", "..", ".", "", "a/b", "x" * 300, "nul\0", "\ud800"]
    )
    def test_names_that_leave_the_directory_are_refused(self, tiny_classifier, name):
        digest = hashlib.sha256(b"secret").hexdigest()
        (tiny_classifier.parent / "outside").write_bytes(b"secret")
        (tiny_classifier / "outside").write_bytes(b"secret")  # The same name inside must not make it pass.
        files = json.loads((tiny_classifier / "classifier.json").read_text())["files"]
        message = refusal(edit(tiny_classifier, files={**files, name: digest}))
        assert message.startswith(str(tiny_classifier))

    def test_a_manifest_without_network_is_refused(self, tiny_classifier):
        message = refusal(edit(tiny_classifier, files={}))
        assert message == (
            f"{tiny_classifier / 'classifier.json'} lists no network.tflite: copy or train the classifier again"
        )


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in plain data, as a path of keys."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def with_changed(value, path, change):
    """A copy of plain data with the value at `path` replaced, or dropped where `change` is `...`."""
    if not path:
        return None if change is ... else change
    copied = value.copy()
    if change is ... and len(path) == 1:
        del copied[path[0]]
    else:
        copied[path[0]] = with_changed(value[path[0]], path[1:], change)
    return copied


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_the_manifest_is_refused_or_harmless(tiny_classifier, golden, data):
    """One value anywhere in classifier.json dropped, or replaced by any other: a ClassifierError or a working one."""
    path = tiny_classifier / "classifier.json"
    values = json.loads((golden / "classifier" / "classifier.json").read_text())
    place = data.draw(st.sampled_from(list(places(values))))
    path.write_text(json.dumps(with_changed(values, place, data.draw(PLAIN | st.just(...)))))
    try:
        opened = load_classifier(tiny_classifier)
    except ClassifierError as error:
        assert str(error).startswith(str(tiny_classifier))  # noqa: PT017 - it may also be harmless
        return
    assert tuple(opened.predict(golden / "posters/dusk.png").probabilities) == opened.genre_names
    json.dumps(opened.manifest.to_dict())


def test_a_classifier_of_format_2_opens_and_predicts_the_same(tiny_classifier, golden):
    """Versions before 0.2 wrote it: a rule's name was called `optimises`."""
    expected = load_classifier(golden / "classifier").manifest
    values = json.loads((tiny_classifier / "classifier.json").read_text())
    rules = [{("optimises" if key == "rule" else key): value for key, value in r.items()} for r in values["rules"]]
    opened = load_classifier(edit(tiny_classifier, format=2, rules=rules))
    assert opened.manifest == expected
    assert [thresholds.rule for thresholds in opened.manifest.rules] == ["f1", "fixed", "precision=0.8"]
    poster = golden / "posters/night.png"
    assert opened.predict(poster) == load_classifier(golden / "classifier").predict(poster)
    assert opened.manifest.to_dict()["format"] == FORMAT


class TestWriting:
    def manifest(self, directory: Path) -> Manifest:
        return load_classifier(directory).manifest

    def test_what_is_written_is_read_again(self, tiny_classifier, tmp_path):
        manifest = replace(self.manifest(tiny_classifier), files={}, provenance={"seed": 5, "made by": "größe"})
        data = (tiny_classifier / "network.tflite").read_bytes()
        write_classifier(
            tmp_path / "new/copy", manifest, "# Card", lambda folder: (folder / "network.tflite").write_bytes(data)
        )
        read = self.manifest(tmp_path / "new/copy")
        assert replace(read, files={}) == manifest
        assert read.files["network.tflite"] == hashlib.sha256(data).hexdigest()
        assert sorted(path.name for path in (tmp_path / "new/copy").iterdir()) == [
            "MODEL_CARD.md",
            "classifier.json",
            "network.tflite",
        ]

    def test_the_new_one_takes_the_place_of_the_old_one_whole(self, tiny_classifier):
        manifest, data = self.manifest(tiny_classifier), (tiny_classifier / "network.tflite").read_bytes()
        (tiny_classifier / "of the old one").touch()
        write_classifier(
            tiny_classifier, manifest, "# New", lambda folder: (folder / "network.tflite").write_bytes(data)
        )
        assert (tiny_classifier / "MODEL_CARD.md").read_text() == "# New"
        assert not (tiny_classifier / "of the old one").exists()
        load_classifier(tiny_classifier)

    @pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()])
    def test_the_old_one_stays_when_writing_fails(self, tiny_classifier, error):
        before = {path.name: path.read_bytes() for path in tiny_classifier.iterdir()}

        def fail(folder: Path) -> None:
            (folder / "network.tflite").write_bytes(b"half of")
            raise error

        with pytest.raises(type(error)):
            write_classifier(tiny_classifier, self.manifest(tiny_classifier), "# New", fail)
        assert {path.name: path.read_bytes() for path in tiny_classifier.iterdir()} == before
        assert [path.name for path in tiny_classifier.parent.iterdir()] == ["tiny"]

    def test_figures_that_json_cannot_say_leave_the_old_one(self, tiny_classifier):
        manifest = replace(self.manifest(tiny_classifier), metrics={"macro_map": float("nan")})
        before = (tiny_classifier / "classifier.json").read_bytes()
        with pytest.raises(ValueError, match="JSON"):
            write_classifier(tiny_classifier, manifest, "# New", lambda folder: None)
        assert (tiny_classifier / "classifier.json").read_bytes() == before


class TestScoring:
    def catalogue(self, golden, genre_names=GENRES, **genres) -> Catalogue:
        """The golden posters and perhaps others, with their genres."""
        rows = {"dusk": ("Western",), "night": ("Comedy", "Horror"), "ghost": (), **genres}
        posters = tuple(Poster(id, f"{id}.png", names) for id, names in rows.items())
        return Catalogue(posters, tuple(genre_names), golden / "posters")

    def test_columns_follow_the_order_of_the_classifier(self, classifier, golden):
        scores = classifier.score(self.catalogue(golden, ("Western", "Horror", "Comedy")))
        assert scores.genre_names == GENRES
        assert scores.ids == ("dusk", "night", "ghost")
        assert scores.y_true.tolist() == [[0, 0, 0, 1], [1, 0, 1, 0], [0, 0, 0, 0]]
        expected = json.loads((golden / "scores.json").read_text())
        wanted = [[expected[f"{id}.png"][name] for name in GENRES] for id in scores.ids]
        assert scores.y_score == pytest.approx(np.array(wanted), abs=1e-5)

    def test_scores_are_what_predict_says(self, classifier, golden):
        catalogue = self.catalogue(golden)
        scores = classifier.score(catalogue)
        for row, poster in zip(scores.y_score, catalogue, strict=True):
            assert row.tolist() == list(classifier.predict(catalogue.image_path(poster)).probabilities.values())

    def test_unreadable_posters_are_named_and_left_out(self, classifier, golden, capfd):
        catalogue = self.catalogue(golden, lost=("Drama",))
        scores = classifier.score(catalogue)
        assert scores.ids == ("dusk", "night", "ghost")
        assert len(scores.y_true) == len(scores.y_score) == 3
        error = capfd.readouterr().err
        assert f"lost is left out: {golden / 'posters/lost.png'}: there is no such file" in error
        assert error.count("\n") == 1

    def test_a_catalogue_without_a_readable_poster_is_refused(self, classifier, tmp_path):
        catalogue = Catalogue((Poster("lost", "lost.png", ("Drama",)),), ("Drama",), tmp_path)
        with pytest.raises(ScoresError, match=r"none of the 1 posters of the catalogue can be read"):
            classifier.score(catalogue)

    def test_genres_that_it_does_not_know_are_refused_by_name(self, classifier, golden):
        with pytest.raises(ScoresError, match=r"does not know: War, Biography; it knows Comedy, Drama, Horror, West"):
            classifier.score(self.catalogue(golden, ("War", "Comedy", "Biography", "Horror", "Western")))

    def test_progress_sees_every_poster(self, classifier, golden):
        seen = []

        def progress(rows):
            for row in rows:
                seen.append(row.id)
                yield row

        classifier.score(self.catalogue(golden), progress)
        assert seen == ["dusk", "night", "ghost"]


def test_bytes_that_are_no_image_are_refused_without_a_file_name(classifier):
    buffer = io.BytesIO()
    Image.new("F", (4, 4)).save(buffer, "TIFF")
    with pytest.raises(ImageError, match=r"^grey levels of 32 bits"):
        classifier.predict(buffer.getvalue())


def test_the_card_of_a_classifier_that_says_nothing_of_its_calibrations_worth(classifier):
    """Somebody else's manifest may be calibrated and have no figures for it: the card goes without."""
    curves = (CalibrationCurve("platt", (2.0, 0.0)), CalibrationCurve(), CalibrationCurve(), CalibrationCurve())
    manifest = replace(classifier.manifest, calibration=Calibration(GENRES, curves, "validation, 12 posters"))
    card = model_card(manifest)
    assert "The probabilities of 1 genre are calibrated, fitted on validation, 12 posters." in card
    worth = {"log_loss_before": 0.3, "log_loss_after": 0.2, "ece_before": 0.1, "ece_after": 0.05}
    told = model_card(replace(manifest, metrics={**manifest.metrics, "calibration": worth}))
    assert "log loss from 0.3000 to 0.2000, and the expected calibration error from 0.1000 to 0.0500" in told


def test_a_prediction_is_asked_for_a_genre_by_name(golden):
    classifier = load_classifier(golden / "classifier")
    prediction = classifier.predict(golden / "posters" / "dusk.png")
    for genre, probability in prediction.probabilities.items():
        assert prediction[genre] == probability
    with pytest.raises(KeyError, match="no genre 'comedi': did you mean Comedy"):
        prediction["comedi"]
    (missing,) = classifier.predict_many(["none.jpg"])
    with pytest.raises(ImageError, match="there is no such file"):
        missing["Comedy"]


def test_an_event_loop_awaits_many_predictions_and_their_errors(golden):
    classifier = load_classifier(golden / "classifier")
    files = sorted((golden / "posters").glob("*.png"))

    async def predict():
        beats = 0

        async def beat():
            nonlocal beats
            while True:
                beats += 1
                await asyncio.sleep(0)

        beating = asyncio.create_task(beat())
        found = await asyncio.gather(*(classifier.predict_async(file, top=1) for file in files))
        beating.cancel()
        with pytest.raises(ImageError):
            await classifier.predict_async(b"no image")
        return found, beats

    found, beats = asyncio.run(predict())
    assert found == [classifier.predict(file, top=1) for file in files]
    assert beats > 1
