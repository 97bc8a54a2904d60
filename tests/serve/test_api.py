"""The JSON API over a real connection."""

import asyncio
import io
import json
import shutil
from base64 import b64encode
from pathlib import Path

import httpx
import pytest
from PIL import Image
from starlette.exceptions import HTTPException

from posters.classifier import load_classifier
from posters.classifier.runtime import LiteNetwork
from posters.cli import main
from posters.errors import ClassifierError
from posters.serve.middleware import BodyLimitMiddleware
from posters.serve.uploads import MAX_PIXELS
from tests.serve.conftest import LIMIT, running


def refusal(response: httpx.Response) -> str:
    """The one sentence of an error."""
    values = response.json()
    assert list(values) == ["error"]
    assert values["error"]
    assert "\n" not in values["error"]
    return values["error"]


def bitmap(width: int, height: int) -> bytes:
    """A picture of one colour, small as a file."""
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


class TestPredict:
    def test_it_says_what_the_classifier_says(self, client, dusk, golden):
        answer = client.post("/api/predict", content=dusk).json()
        expected = load_classifier(golden).predict(dusk)
        [poster] = answer["posters"]
        assert poster["file"] is poster["error"] is None
        assert tuple(poster["predicted"]) == expected.genres == ("Western",)
        assert poster["genres"] == [{"genre": "Western", "probability": expected.probabilities["Western"]}]
        assert poster["probabilities"] is None
        assert answer["rule"] == "f1"
        assert answer["classifier"] == {"name": "golden", "version": "d41bff81ca6f", "made": "2026-01-01"}

    @pytest.mark.parametrize(
        "decision", [{}, {"rule": "fixed"}, {"top": 2}, {"top": 9}, {"threshold": 0.15}, {"threshold": 1}]
    )
    def test_python_command_line_and_api_decide_alike(self, client, dusk, golden, tmp_path, capsys, decision):
        (tmp_path / "dusk.png").write_bytes(dusk)
        expected = load_classifier(golden / "classifier").predict(dusk, **decision)
        answer = client.post("/api/predict", params={"all": "true"} | decision, content=dusk).json()
        [poster] = answer["posters"]
        assert poster["predicted"] == list(expected.genres)
        assert poster["probabilities"] == expected.probabilities
        assert list(poster["probabilities"].values()) == sorted(expected.probabilities.values(), reverse=True)
        words = [f"--{name}={value}" for name, value in decision.items()]
        file = str(tmp_path / "dusk.png")
        assert main(["predict", file, "--classifier", str(golden / "classifier"), "--format", "jsonl", *words]) == 0
        shown = json.loads(capsys.readouterr().out)["genres"]
        assert [each["genre"] for each in shown] == [each["genre"] for each in poster["genres"]]
        request = {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1]}], "parameters": decision}
        request["inputs"][0]["data"] = [b64encode(dusk).decode()]
        outputs = client.post(f"/v2/models/{answer['classifier']['name']}/infer", json=request).json()["outputs"]
        decided = next(output["data"] for output in outputs if output["name"] == "decisions")
        genres = load_classifier(golden / "classifier").genre_names
        assert {name for name, yes in zip(genres, decided, strict=True) if yes} == set(expected.genres)

    def test_another_rule_decides(self, client, dusk):
        answer = client.post("/api/predict", params={"rule": "precision=0.8"}, content=dusk).json()
        assert answer["rule"] == "precision=0.8"
        assert answer["posters"][0]["predicted"] == []

    def test_several_posters_come_in_a_form_and_one_may_be_bad(self, client, dusk):
        files = [("poster", ("dusk.png", dusk)), ("poster", ("bad.png", b"no image")), ("other", ("last.png", dusk))]
        answer = client.post("/api/predict", files=files)
        assert answer.status_code == 200
        first, bad, last = answer.json()["posters"]
        assert (first["file"], bad["file"], last["file"]) == ("dusk.png", "bad.png", "last.png")
        assert first["predicted"] == last["predicted"] == ["Western"]
        assert bad["genres"] is None
        assert bad["error"].startswith("this is not an image in a supported format")


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [(b"", "the file is empty"), (b"no image", "this is not an image in a supported format (JPEG")],
    )
    def test_what_is_no_image(self, client, body, reason):
        response = client.post("/api/predict", content=body)
        assert response.status_code == 400
        assert refusal(response).startswith(reason)

    def test_an_image_cut_short(self, client, dusk):
        response = client.post("/api/predict", content=dusk[: len(dusk) // 2])
        assert response.status_code == 400
        assert refusal(response).startswith("the image is damaged")

    def test_a_poster_of_too_many_pixels(self, client):
        data = bitmap(10_000, MAX_PIXELS // 10_000 + 1)
        assert len(data) < LIMIT
        response = client.post("/api/predict", content=data)
        assert response.status_code == 413
        assert refusal(response).startswith("the poster has 40,010,000 pixels")

    def test_a_body_that_announces_to_be_too_large(self, client):
        response = client.post("/api/predict", content=b"x" * (LIMIT + 1))
        assert response.status_code == 413
        assert refusal(response) == "a request may have at most 0.3 MB: send a smaller poster, or fewer"

    def test_a_body_that_grows_too_large(self, client):
        response = client.post("/api/predict", content=(b"x" * 10_000 for _ in range(100)))
        assert response.status_code == 413
        assert refusal(response) == "a request may have at most 0.3 MB: send a smaller poster, or fewer"

    def test_a_body_without_end_is_read_no_further_than_the_limit(self):
        pieces = 0

        async def endless():
            nonlocal pieces
            pieces += 1
            return {"type": "http.request", "body": b"x" * 100, "more_body": True}

        async def reads_on(scope, receive, send):
            while True:
                await receive()

        with pytest.raises(HTTPException) as refused:
            asyncio.run(BodyLimitMiddleware(reads_on, 1000)({"type": "http", "headers": []}, endless, None))
        assert refused.value.status_code == 413
        assert pieces == 11

    @pytest.mark.parametrize(
        ("parameters", "reason"),
        [
            ({"rule": "luck"}, "the classifier has no rule 'luck', but f1, fixed, precision=0.8"),
            ({"top": "0"}, "top must be a whole number from 1 up, but got 0"),
            ({"threshold": "2"}, "threshold must be a number from 0 to 1, but got 2.0"),
            ({"threshold": "nan"}, "threshold must be a number from 0 to 1, but got nan"),
            ({"top": "1", "rule": "f1"}, "rule, top and threshold exclude each other: give one of them"),
            ({"tops": "3"}, "there is no parameter 'tops': did you mean top?"),
            ({"xyz": "3"}, "there is no parameter 'xyz': /api/predict takes rule, top, threshold and all"),
            ({"top": ["1", "2"]}, "the parameter top is given 2 times: give it once"),
            ({"top": "many"}, "top: input should be a valid integer"),
        ],
    )
    def test_parameters(self, client, dusk, parameters, reason):
        response = client.post("/api/predict", params=parameters, content=dusk)
        assert response.status_code == 422
        assert refusal(response).startswith(reason)

    @pytest.mark.parametrize("path", ["/api/classifier", "/api/classifier/card"])
    def test_parameters_of_what_takes_none(self, client, path):
        response = client.get(path, params={"genre": "Drama"})
        assert response.status_code == 422
        assert refusal(response) == f"there is no parameter 'genre': {path} takes none"

    def test_a_form_without_a_file(self, client):
        response = client.post("/api/predict", files={"poster": (None, "text")})
        assert response.status_code == 400
        assert refusal(response).startswith("the form has no file")

    def test_more_posters_than_the_server_has_places_for(self, client, dusk):
        response = client.post("/api/predict", files=[("poster", ("a.png", dusk))] * 11)
        assert response.status_code == 400
        assert "10" in refusal(response)

    def test_a_path_that_is_not_there_and_a_method_that_is_not_taken(self, client):
        missing, wrong = client.get("/nothing"), client.get("/api/predict")
        assert (missing.status_code, wrong.status_code) == (404, 405)
        assert refusal(missing) == "there is no /nothing here: see /docs"
        assert refusal(wrong) == "Method Not Allowed"
        assert wrong.headers["allow"] == "POST"

    def test_a_failure_of_our_own(self, client, dusk, monkeypatch):
        monkeypatch.setattr("posters.serve.api.find_rule", lambda *_: 1 / 0)
        response = client.post("/api/predict", content=dusk)
        assert response.status_code == 500
        assert refusal(response) == "the server failed (ZeroDivisionError): see its log"
        assert response.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize(("failures", "status"), [(1, 200), (2, 503)])
    def test_a_network_that_fails_once_is_replaced_and_one_that_fails_again_names_no_file(
        self, client, dusk, monkeypatch, failures, status
    ):
        left, compute = [ClassifierError("/srv/secret/network.tflite can't be run")] * failures, LiteNetwork.outputs

        def failing(network, poster):
            if left:
                raise left.pop()
            return compute(network, poster)

        monkeypatch.setattr(LiteNetwork, "outputs", failing)
        response = client.post("/api/predict", content=dusk)
        assert response.status_code == status
        assert "secret" not in response.text
        assert client.post("/api/predict", content=dusk).status_code == 200


def test_with_all_each_rule_names_what_it_predicts(client, dusk):
    poster = client.post("/api/predict?all=true", content=dusk).json()["posters"][0]
    alone = {rule: client.post(f"/api/predict?rule={rule}", content=dusk).json() for rule in poster["by_rule"]}
    assert list(alone) == ["f1", "fixed", "precision=0.8"]
    assert poster["by_rule"] == {rule: answer["posters"][0]["predicted"] for rule, answer in alone.items()}
    assert "by_rule" not in {key for key, value in alone["f1"]["posters"][0].items() if value is not None}


class TestClassifier:
    def test_it_says_all_of_itself(self, client):
        answer = client.get("/api/classifier").json()
        assert answer["genres"] == ["Comedy", "Drama", "Horror", "Western"]
        assert answer["explains"] is False
        assert answer["prior"]["Western"] == 0.05
        assert answer["metrics"]["validation"] == {"posters": 12, "macro_map": 0.5, "macro_map_of_the_prior": 0.25}
        assert answer["preprocess"] == {"height": 24, "width": 16, "aspect": "stretch", "resampling": "bilinear"}
        assert answer["provenance"]["made"] == "2026-01-01"
        assert answer["calibrated_on"] == "nothing"
        assert answer["limits"] == {"max_bytes": LIMIT, "max_posters": 10}
        assert [rule["name"] for rule in answer["rules"]] == ["f1", "fixed", "precision=0.8"]
        precise = answer["rules"][2]
        assert precise["thresholds"] == {"Comedy": None, "Drama": 0.8, "Horror": 0.9, "Western": None}
        assert "at least 80% have it" in precise["promise"]

    def test_its_card(self, client, golden):
        card = client.get("/api/classifier/card")
        assert card.headers["content-type"].startswith("text/plain")
        assert card.text == (golden / "classifier" / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_a_softmax_head_is_read_by_its_argmax(golden: Path, tmp_path: Path, dusk: bytes):
    folder = Path(shutil.copytree(golden / "classifier", tmp_path / "soft"))
    manifest = json.loads((folder / "classifier.json").read_text())
    del manifest["files"]["MODEL_CARD.md"]
    (folder / "classifier.json").write_text(json.dumps({**manifest, "head": "softmax"}))
    with running(folder, interpreters=1) as url:
        answer = httpx.post(f"{url}/api/predict", content=dusk).json()
        about = httpx.get(f"{url}/api/classifier").json()
        card = httpx.get(f"{url}/api/classifier/card")
    assert answer["rule"] == about["rules"][0]["name"] == "argmax"
    assert answer["posters"][0]["predicted"] == ["Western"]
    assert about["rules"][0]["thresholds"] is None
    assert answer["classifier"]["name"] == "soft"
    assert card.status_code == 404
    assert refusal(card) == "the classifier 'soft' has no model card"


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/docs", "/page/main.js", "/api/classifier", "/nothing"])
    def test_a_browser_is_kept_to_this_server(self, client, path):
        headers = client.get(path, headers={"Origin": "http://elsewhere.example"}).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; ")
        assert headers["x-content-type-options"] == "nosniff"
        assert not [name for name in headers if name.startswith("access-control")]

    def test_files_outside_the_page_are_not_served(self, client):
        for path in ("/page/../api.py", "/page/%2e%2e/api.py", "/page/..%2fapi.py"):
            assert client.get(path).status_code == 404


def test_openapi_describes_every_route_and_every_error(client):
    document = client.get("/openapi.json").json()
    assert {
        "/api/predict",
        "/api/explain",
        "/api/classifier",
        "/healthz",
        "/metrics",
        "/v2",
        "/v2/models/{name}/infer",
    } <= set(document["paths"])
    predict = document["paths"]["/api/predict"]["post"]
    assert {"200", "400", "413", "422", "503"} <= set(predict["responses"])
    assert set(predict["requestBody"]["content"]) == {"image/*", "multipart/form-data"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_each_operation_has_a_name_that_a_generated_client_can_have(client):
    document = client.get("/openapi.json").json()
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert {"predict", "explain", "infer", "infer_by_version", "get_classifier"} <= set(names)
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
