"""The Open Inference Protocol, V2."""

import base64
import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import posters
from posters.classifier import load_classifier

INFER = "/v2/models/golden/infer"


def pixels(data, shape, **others):
    return {"inputs": [{"name": "poster", "datatype": "UINT8", "shape": shape, "data": data}], **others}


def files(*images, **others):
    data = [base64.b64encode(image).decode() for image in images]
    return {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [len(data)], "data": data}], **others}


@pytest.fixture
def array(dusk):
    return np.asarray(Image.open(io.BytesIO(dusk)).convert("RGB"))


def test_server_and_model_describe_themselves(client):
    extensions = ["binary_tensor_data", "model_configuration"]
    assert client.get("/v2").json() == {"name": "posters", "version": posters.__version__, "extensions": extensions}
    described = client.get("/v2/models/golden").json()
    one, own = described.pop("versions")
    assert one == "1"
    assert client.get(f"/v2/models/golden/versions/{own}").json()["versions"] == ["1", own]
    assert described == {
        "name": "golden",
        "platform": "litert",
        "inputs": [
            {"name": "poster", "datatype": "UINT8", "shape": [-1, -1, -1, 3]},
            {"name": "image", "datatype": "BYTES", "shape": [-1]},
        ],
        "outputs": [
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 4]},
            {"name": "decisions", "datatype": "UINT8", "shape": [-1, 4]},
        ],
        "parameters": {
            "genres": ["Comedy", "Drama", "Horror", "Western"],
            "rules": ["f1", "fixed", "precision=0.8"],
        },
    }


def test_it_lives_and_is_ready(client):
    assert client.get("/v2/health/live").json() == {"live": True}
    for path in ("/v2/health/ready", "/v2/models/golden/ready"):
        response = client.get(path)
        assert (response.status_code, response.json()) == (200, {"ready": True})


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/other/ready"])
def test_another_model_is_not_there(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert response.json() == {"error": "there is no model 'other' here, but 'golden'"}
    assert client.post("/v2/models/other/infer", json={}).status_code == 404


def test_image_files(client, dusk, golden):
    night = (golden / "posters" / "night.png").read_bytes()
    answer = client.post(INFER, json=files(dusk, night, id="a7")).json()
    probabilities, decisions = answer.pop("outputs")
    assert answer == {"model_name": "golden", "model_version": "d41bff81ca6f", "id": "a7"}
    assert (probabilities["name"], probabilities["datatype"], probabilities["shape"]) == (
        "probabilities",
        "FP32",
        [2, 4],
    )
    assert (decisions["name"], decisions["datatype"], decisions["shape"]) == ("decisions", "UINT8", [2, 4])
    classifier = load_classifier(golden)
    expected = [list(classifier.predict(image).probabilities.values()) for image in (dusk, night)]
    np.testing.assert_allclose(np.reshape(probabilities["data"], (2, 4)), expected, atol=1e-7)
    np.testing.assert_array_equal(np.reshape(decisions["data"], (2, 4)), classifier.decide(np.array(expected)))


@pytest.mark.parametrize("nested", [True, False])
def test_pixels_of_any_size_give_what_the_classifier_says(client, array, golden, nested):
    small = array[::2, ::2]
    data = [small.tolist()] if nested else small.ravel().tolist()
    answer = client.post(INFER, json=pixels(data, [1, *small.shape])).json()
    assert "id" not in answer
    expected = load_classifier(golden).predict(np.ascontiguousarray(small)).probabilities
    np.testing.assert_allclose(answer["outputs"][0]["data"], list(expected.values()), atol=1e-7)


def test_outputs_and_rule_can_be_chosen(client, dusk):
    body = files(dusk, outputs=[{"name": "decisions"}], parameters={"rule": "precision=0.8"})
    [decisions] = client.post(INFER, json=body).json()["outputs"]
    assert (decisions["name"], decisions["data"]) == ("decisions", [0, 0, 0, 0])


ONE = [1, 1, 1, 3]
WRONG = {
    "no JSON": (b"{", "the request is not JSON"),
    "no text": (b"\xff\xfe{", "the request is not JSON"),
    "too deep": (b"[" * 100_000, "the request is not JSON"),
    "no object": ([], "request must be an object, but got []"),
    "no input": ({}, "request: 'inputs' is missing"),
    "inputs are no list": ({"inputs": {}}, "request.inputs must be a list, but got {}"),
    "an input is no object": ({"inputs": [3]}, "request.inputs[0] must be an object, but got 3"),
    "unknown input": (
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": []}]},
        "give one input, poster (pixels) or image (image files), but",
    ),
    "two inputs": ({"inputs": files(b"x")["inputs"] * 2}, "give one input"),
    "datatype": (
        {"inputs": [{"name": "poster", "datatype": "FP32", "shape": ONE, "data": [1, 2, 3]}]},
        "input poster must be of datatype UINT8, but is 'FP32'",
    ),
    "no shape": (
        pixels([1, 2, 3], None),
        "request.inputs[0].shape must be a list, but got None",
    ),
    "shape": (pixels([1, 2, 3], [1, 1, 3]), "input poster must have a shape [n, H, W, 3]"),
    "channels": (pixels([1, 2, 3, 4], [1, 1, 1, 4]), "input poster must have a shape [n, H, W, 3]"),
    "negative": (pixels([], [-1, 1, 1, 3]), "input poster must have a shape [n, H, W, 3]"),
    "bool shape": (pixels([1, 2, 3], [True, 1, 1, 3]), "request.inputs[0].shape[0] must be int, but got True"),
    "too few": (pixels([1, 2], ONE), "input poster has 2 numbers, but its shape [1, 1, 1, 3] needs 3"),
    "ragged": (pixels([[1, 2], [3]], ONE), "input poster: its data are not regular"),
    "above 255": (pixels([1, 2, 256], ONE), "input poster must have whole numbers from 0 to 255"),
    "below 0": (pixels([1, 2, -1], ONE), "input poster must have whole numbers from 0 to 255"),
    "fractions": (pixels([0.5, 1, 2], ONE), "input poster must have whole numbers from 0 to 255"),
    "words": (pixels(["a", "b", "c"], ONE), "input poster must have whole numbers from 0 to 255"),
    "too many posters": (pixels([0] * 33, [11, 1, 1, 3]), "a request may have at most 10 posters, but has 11"),
    "no base64": (
        {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["?"]}]},
        "input image, element 0: this is not base64",
    ),
    "no string": (
        {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [5]}]},
        "input image, element 0: this is not base64",
    ),
    "elements": (
        {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [2], "data": ["aaaa"]}]},
        "input image must have 2 elements, as its shape does",
    ),
    "no image": (files(b"no image"), "input image, element 0: this is not an image in a supported format"),
    "output": (files(b"x", outputs=[{"name": "x"}]), "there is no output 'x', but probabilities and decisions"),
    "output's name": (files(b"x", outputs=[{"name": []}]), "request.outputs[0].name must be str, but got []"),
    "id": (files(b"x", id=5), "request.id must be str or NoneType, but got 5"),
    "rule": (files(b"x", parameters={"rule": "luck"}), "parameters: the classifier has no rule 'luck'"),
    "misspelt": (
        files(b"x", parameters={"treshold": 0.9}),
        "there is no parameter 'treshold': did you mean threshold?",
    ),
    "two": (files(b"x", parameters={"top": 1, "threshold": 0.9}), "parameters: rule, top and threshold exclude each"),
    "parameters": (files(b"x", parameters=[]), "request.parameters must be an object, but got []"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said_in_one_line(client, wrong):
    body, reason = WRONG[wrong]
    response = client.post(INFER, content=body) if isinstance(body, bytes) else client.post(INFER, json=body)
    assert response.status_code == 400
    assert list(response.json()) == ["error"]
    assert response.json()["error"].startswith(reason)
    assert "\n" not in response.json()["error"]


# Raw tensors behind the JSON, byte for byte as tritonclient 2.73 sends them


def with_raw(header, *raw):
    text = json.dumps(header).encode()
    headers = {"Inference-Header-Content-Length": str(len(text)), "Content-Type": "application/octet-stream"}
    return {"content": text + b"".join(raw), "headers": headers}


def raw_pixels(array, **others):
    size = {"binary_data_size": array.nbytes}
    tensor = {"name": "poster", "datatype": "UINT8", "shape": list(array.shape), "parameters": size}
    return with_raw({"inputs": [tensor], **others}, array.tobytes())


def raw_files(*images, **others):
    raw = b"".join(len(image).to_bytes(4, "little") + image for image in images)
    tensor = {
        "name": "image",
        "datatype": "BYTES",
        "shape": [len(images)],
        "parameters": {"binary_data_size": len(raw)},
    }
    return with_raw({"inputs": [tensor], **others}, raw)


def tensors_of(response):
    """The outputs of a response as arrays, wherever their data stand."""
    assert response.status_code == 200, response.text
    size = int(response.headers.get("Inference-Header-Content-Length", len(response.content)))
    header, raw = json.loads(response.content[:size]), response.content[size:]
    found, start = {}, 0
    for output in header["outputs"]:
        dtype = {"FP32": "<f4", "UINT8": "u1"}[output["datatype"]]
        if (count := output.get("parameters", {}).get("binary_data_size")) is None:
            found[output["name"]] = np.array(output["data"], dtype).reshape(output["shape"])
        else:
            found[output["name"]] = np.frombuffer(raw[start : start + count], dtype).reshape(output["shape"])
            start += count
    assert start == len(raw)
    return found


@pytest.mark.parametrize("path", [INFER, "/v2/models/golden/versions/1/infer"])
def test_raw_pixels_and_files_are_what_json_is(client, array, dusk, path):
    both = np.stack([array, array])
    plain = tensors_of(client.post(INFER, json=pixels(both.tolist(), list(both.shape))))
    raw = tensors_of(client.post(path, **raw_pixels(both, parameters={"binary_data_output": True})))
    file = tensors_of(client.post(path, **raw_files(dusk, dusk, parameters={"binary_data_output": True})))
    for name in ("probabilities", "decisions"):
        np.testing.assert_array_equal(raw[name], plain[name])
        np.testing.assert_array_equal(file[name], plain[name])


def test_each_output_may_stand_where_it_is_wanted(client, dusk):
    outputs = [
        {"name": "decisions", "parameters": {"binary_data": True}},
        {"name": "probabilities", "parameters": {"binary_data": False}},
    ]
    response = client.post(INFER, json=files(dusk, outputs=outputs, parameters={"binary_data_output": True}, id="7"))
    size = int(response.headers["Inference-Header-Content-Length"])
    header = json.loads(response.content[:size])
    assert [("data" in each) for each in header["outputs"]] == [False, True]
    assert header["id"] == "7"
    assert response.headers["content-type"] == "application/octet-stream"
    assert tensors_of(response)["decisions"].tolist() == [[0, 0, 0, 1]]


def test_without_the_header_nothing_changed(client, dusk):
    response = client.post(INFER, json=files(dusk))
    assert response.headers["content-type"] == "application/json"
    assert "Inference-Header-Content-Length" not in response.headers


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_wrong_with_raw_data_is_a_400_that_says_it(client, dusk, data):
    request = raw_files(dusk, dusk)
    kind = data.draw(st.sampled_from(["cut", "more", "size", "header", "count", "both"]))
    if kind == "cut":
        request["content"] = request["content"][: -data.draw(st.integers(1, 2 * len(dusk)))]
    elif kind == "more":
        request["content"] += data.draw(st.binary(min_size=1, max_size=9))
    elif kind == "header":
        wrong = data.draw(st.sampled_from(["-1", "x", "1e3", "999999999", "9" * 40, "0", "3", ""]))
        request["headers"]["Inference-Header-Content-Length"] = wrong
    else:
        size = int(request["headers"]["Inference-Header-Content-Length"])
        header, raw = json.loads(request["content"][:size]), request["content"][size:]
        if kind == "size":
            header["inputs"][0]["parameters"]["binary_data_size"] = data.draw(st.integers(-9, 9))
        elif kind == "count":
            header["inputs"][0]["shape"] = [data.draw(st.sampled_from([1, 3, 8]))]
        else:
            header["inputs"][0]["data"] = ["aW1hZ2U="]
        request = with_raw(header, raw)
    response = client.post(INFER, **request)
    assert response.status_code == 400
    assert response.json()["error"].isprintable()


@pytest.mark.parametrize("path", ["", "/ready", "/config"])
def test_another_version_is_not_there(client, path):
    response = client.get(f"/v2/models/golden/versions/2{path}")
    assert response.status_code == 404
    assert "no version '2'" in response.json()["error"]


def test_the_configuration_is_as_triton_has_it(client):
    config = client.get("/v2/models/golden/config").json()
    assert config == client.get("/v2/models/golden/versions/1/config").json()
    assert config["max_batch_size"] == 0
    assert {each["name"]: each["data_type"] for each in config["input"]} == {
        "poster": "TYPE_UINT8",
        "image": "TYPE_STRING",
    }
    assert {each["name"]: each["dims"] for each in config["output"]} == {"probabilities": [-1, 4], "decisions": [-1, 4]}
