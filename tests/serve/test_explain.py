"""Where on a poster a genre comes from, over the API."""

import io
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

import posters
from posters.classifier.runtime import LiteNetwork
from posters.serve.uploads import MAX_PIXELS
from posters.thresholds import Thresholds
from tests.serve.conftest import LIMIT
from tests.serve.test_api import bitmap, refusal

SAMPLES = Path(posters.__file__).parent / "serve" / "page" / "samples"


@pytest.fixture(scope="module")
def shipped():
    return posters.load_classifier()


@pytest.fixture(scope="module")
def poster():
    return (SAMPLES / "sample-0012.jpg").read_bytes()


@pytest.fixture
def ask(explaining):
    def asked(body=None, genre=None, **options):
        parameters = {} if genre is None else {"genre": genre}
        return httpx.post(f"{explaining}/api/explain", params=parameters, content=body, **options)

    return asked


@pytest.mark.parametrize("genre", ["Horror", "Sci-Fi", "Western"])
def test_it_explains_as_the_classifier_does(ask, shipped, poster, genre):
    answer = ask(poster, genre).json()
    expected = shipped.explain(poster, genre)
    assert answer["genre"] == genre
    assert answer["probability"] == expected.probability
    assert answer["size"] == [200, 300]
    assert answer["frame"] == [0, 0, 200, 300]
    assert answer["box"] == list(expected.box)
    assert answer["file"] is None
    assert answer["classifier"]["name"] == "efficientnet_lite0_posters"
    shares = np.array(answer["map"])
    assert shares.shape == expected.map.shape
    np.testing.assert_allclose(shares, np.maximum(expected.map, 0) / expected.map.max(), atol=5e-5)
    assert (shares.min(), shares.max()) == (0, 1)


def test_of_several_genres_that_are_said_the_surest_is_explained(ask, shipped, poster):
    said = shipped.predict(poster).genres
    assert len(said) > 1
    assert ask(poster).json()["genre"] == said[0]


def test_where_no_genre_is_said_the_surest_is_explained(ask, shipped, poster, monkeypatch):
    prediction = shipped.predict(poster)
    monkeypatch.setattr(Thresholds, "apply", lambda _, y_score: np.zeros(y_score.shape, np.uint8))
    surest = max(prediction.probabilities.items(), key=lambda item: item[1])
    answer = ask(poster).json()
    assert (answer["genre"], answer["probability"]) == surest


def test_where_nothing_speaks_for_it_the_map_is_all_zero(ask, poster, monkeypatch):
    compute = LiteNetwork.outputs

    def against(network, pixels):
        outputs = compute(network, pixels)
        outputs.maps[...] = -1
        return outputs

    monkeypatch.setattr(LiteNetwork, "outputs", against)
    answer = ask(poster, "Drama").json()
    assert answer["box"] is None
    assert np.array(answer["map"]).max() == 0


def test_a_form_has_one_file(ask, poster):
    assert ask(files=[("poster", ("night.jpg", poster))]).json()["file"] == "night.jpg"
    several = ask(files=[("poster", (name, poster)) for name in ("a.jpg", "b.jpg")])
    assert several.status_code == 400
    assert refusal(several) == "the form has 2 files, but needs one: send a request for each"


def test_a_genre_that_it_does_not_know(ask, shipped, poster):
    response = ask(poster, "Noir")
    assert response.status_code == 422
    assert refusal(response) == f"the classifier has no genre 'Noir', but {', '.join(shipped.genre_names)}"


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "the file is empty"),
        (b"no image", 400, "this is not an image in a supported format"),
        (b"x" * (LIMIT + 1), 413, "a request may have at most 0.3 MB"),
        (bitmap(10_000, MAX_PIXELS // 10_000 + 1), 413, "the poster has 40,010,000 pixels"),
    ],
    ids=["empty", "no image", "too large", "too many pixels"],
)
def test_what_can_not_be_read(ask, body, status, reason):
    response = ask(body, "Drama")
    assert response.status_code == status
    assert refusal(response).startswith(reason)


def test_a_picture_that_is_no_poster_has_a_novelty_above_1(explaining, client, dusk):
    file = io.BytesIO()
    Image.effect_noise((400, 600), 90).save(file, "PNG")
    (noise,) = httpx.post(f"{explaining}/api/predict", content=file.getvalue()).json()["posters"]
    assert noise["novelty"] > 1
    # The golden classifier can't tell.
    assert client.post("/api/predict", content=dusk).json()["posters"][0]["novelty"] is None


def test_a_classifier_that_does_not_explain_says_so(client, explaining, dusk):
    response = client.post("/api/explain", content=dusk)
    assert response.status_code == 404
    assert refusal(response) == "the classifier 'golden' has no maps: train it again"
    assert client.get("/api/classifier").json()["explains"] is False
    assert httpx.get(f"{explaining}/api/classifier").json()["explains"] is True


def test_openapi_describes_it(client):
    document = client.get("/openapi.json").json()
    explain = document["paths"]["/api/explain"]["post"]
    assert {"200", "400", "404", "413", "422", "503"} <= set(explain["responses"])
    assert set(explain["requestBody"]["content"]) == {"image/*", "multipart/form-data"}
    fields = document["components"]["schemas"]["ExplainResponse"]["properties"]
    assert all("description" in fields[name] for name in ("box", "size", "frame", "map"))
