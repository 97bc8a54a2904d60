"""The page's requests: who may decide, what is answered, and which picture is shown."""

import csv
import io
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from PIL import Image
from starlette.testclient import TestClient

from posters.classifier import load_classifier
from posters.review import ReviewQueue
from posters.review.app import create_review_app
from posters.serve import ServerOptions

KEY = "0123456789abcdef"


@pytest.fixture
def client(review):
    with TestClient(create_review_app(review, ServerOptions(hosts=()), "ann"), base_url="http://localhost") as client:
        yield client


def ask(client, path, **values):
    return client.post(f"/api/{path}", json={"reviewer": "ann", **values})


class TestDeciding:
    def test_a_decision_brings_the_next_poster(self, client, review):
        first = ask(client, "next").json()
        assert first["item"]["id"] == "tt1"
        assert first["progress"] == {"posters": 3, "decided": 0, "own": 0, "skipped": 0}
        following = ask(client, "decide", poster="tt1", genres={"Crime": "yes", "Drama": "no"}).json()
        assert following["item"]["id"] == "tt2"
        assert following["progress"]["decided"] == 1
        assert review.store.standing()[0].genres == {"Crime": "yes", "Drama": "no"}

    def test_undo_brings_a_poster_back_with_its_answers(self, client, review):
        ask(client, "decide", poster="tt1", genres={"Crime": "no"})
        back = ask(client, "undo").json()
        assert (back["item"]["id"], back["undone"]) == ("tt1", {"Crime": "no"})
        assert review.store.standing() == ()
        nothing = ask(client, "undo").json()
        assert (nothing["item"]["id"], nothing["undone"]) == ("tt1", None)

    def test_at_the_end_there_is_no_poster_and_skipped_ones_come_back_when_asked_for(self, client):
        ask(client, "skip", poster="tt1")
        ask(client, "decide", poster="tt2", genres={})
        assert ask(client, "decide", poster="tt3", genres={}).json()["item"] is None
        assert ask(client, "next", again=True).json()["item"]["id"] == "tt1"

    def test_a_random_sample_tells_the_page_nothing_that_could_lead(self, opening):
        review = opening(queue=ReviewQueue("random", ("tt1",)))
        client = TestClient(create_review_app(review))
        assert client.get("/api/review").json()["blind"] is True
        answer = ask(client, "next")
        assert {question["label"] for question in answer.json()["item"]["questions"]} == {None}
        assert "0.8" not in answer.text
        ask(client, "decide", poster="tt1", genres={"Crime": "yes"})
        assert client.get("/api/measurement").json()["precision"]["value"] == 1

    def test_several_people_at_once_lose_nothing(self, client, review):
        people = ("ann", "ben", "cem")

        def get(name):
            return client.post("/api/next", json={"reviewer": name}).json()["item"]["id"]

        def decide(name, poster):
            done = {"reviewer": name, "poster": poster, "genres": {"Crime": "yes"}}
            return client.post("/api/decide", json=done).status_code

        with ThreadPoolExecutor(3) as pool:
            given = list(pool.map(get, people))
            assert list(pool.map(decide, people, given)) == [200] * 3
        assert sorted(given) == ["tt1", "tt2", "tt3"]
        assert len(review.store.standing()) == 3


class TestRefusals:
    @pytest.mark.parametrize(
        ("values", "status", "reason"),
        [
            ({"poster": "tt9", "genres": {}}, 409, "has the id 'tt9'"),
            ({"poster": "tt1", "genres": {"Crme": "yes"}}, 409, "no genre 'Crme': did you mean Crime?"),
            ({"poster": "tt1", "genres": {"Crime": "perhaps"}}, 422, "'yes', 'no' or 'unknown'"),
            ({"poster": "tt1", "genres": {}, "reviewer": " "}, 422, "reviewer"),
            ({"poster": "tt1", "genres": {}, "more": 1}, 422, "more"),
        ],
    )
    def test_what_is_no_decision_is_one_sentence_and_keeps_nothing(self, client, review, values, status, reason):
        answer = ask(client, "decide", **values)
        assert answer.status_code == status
        assert reason in answer.json()["error"]
        assert review.store.history() == ()

    @pytest.mark.parametrize(
        "headers",
        [
            {"Content-Type": "text/plain"},
            {"Content-Type": "application/x-www-form-urlencoded"},
            {"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"},
            {"Content-Type": "application/json", "Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_another_sites_page_decides_nothing(self, client, review, headers):
        body = '{"reviewer": "ann", "poster": "tt1", "genres": {"Crime": "no"}}'
        assert client.post("/api/decide", content=body, headers=headers).status_code == 403
        assert review.store.history() == ()

    def test_another_host_is_refused(self, client):
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 421

    def test_a_key_is_needed_for_all_but_the_page(self, review):
        client = TestClient(create_review_app(review, ServerOptions(api_keys=(KEY,))))
        assert [client.get(path).status_code for path in ("/", "/page/review/main.js", "/page/style.css")] == [200] * 3
        closed = ("/api/review", "/api/poster?id=tt1", "/api/corrections")
        assert [client.get(path).status_code for path in closed] == [401] * 3
        assert client.get("/api/review", headers={"X-API-Key": KEY}).status_code == 200

    def test_a_database_that_is_gone_is_one_sentence(self, client, review):
        review.store.path.unlink()
        answer = ask(client, "decide", poster="tt1", genres={})
        assert answer.status_code == 409
        assert "can't be opened" in answer.json()["error"]

    def test_pages_have_the_security_headers(self, client):
        assert client.get("/").headers["content-security-policy"].startswith("default-src 'self'")


class TestHeatMaps:
    def test_they_are_those_of_the_server_that_predicts(self, review, table):
        classifier = load_classifier(interpreters=1)
        client = TestClient(create_review_app(review, classifier=classifier))
        assert client.get("/api/review").json()["explains"] is True
        data = (table.parent / "images" / "1.jpg").read_bytes()
        answer = client.post("/api/explain", params={"genre": "Drama"}, content=data).json()
        assert (answer["genre"], answer["size"]) == ("Drama", [200, 300])
        assert answer["probability"] == pytest.approx(classifier.predict(data).probabilities["Drama"])
        refused = client.post("/api/explain", params={"genre": "Drma"}, content=data)
        assert (refused.status_code, "did you mean Drama?" in refused.json()["error"]) == (422, True)

    def test_a_random_sample_has_none_and_neither_has_a_classifier_that_can_not_explain(self, opening, review, golden):
        blind = opening(queue=ReviewQueue("random", ("tt1",)))
        for app in (
            create_review_app(blind, classifier=load_classifier(interpreters=1)),
            create_review_app(review, classifier=load_classifier(golden / "classifier", interpreters=1)),
        ):
            assert TestClient(app).get("/api/review").json()["explains"] is False
            assert TestClient(app).post("/api/explain?genre=Drama", content=b"").status_code == 404


class TestPictures:
    def test_a_poster_is_shown_as_a_jpeg_of_the_size_of_a_screen(self, client, table):
        Image.new("RGB", (2000, 3000), "red").save(table.parent / "images" / "1.png")
        (table.parent / "images" / "1.jpg").write_bytes((table.parent / "images" / "1.png").read_bytes())
        answer = client.get("/api/poster?id=tt1")
        assert answer.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(answer.content)).size == (900, 1350)

    def test_a_poster_that_can_not_be_read_is_one_sentence(self, client, table):
        (table.parent / "images" / "1.jpg").write_bytes(b"no image")
        assert client.get("/api/poster?id=tt1").status_code == 400
        assert client.get("/api/poster?id=../../etc/passwd").status_code == 409

    @pytest.mark.parametrize("id", ["../1.jpg", "a b/ü?&#%.jpg", "<b>", "-"])
    def test_any_id_has_its_picture_and_its_decision(self, opening, table, id):
        table.write_text(f"id,image,title,genres\n{id},1.jpg,Heat,Crime|Drama\n")
        review = opening()
        client = TestClient(create_review_app(review))
        assert ask(client, "next").json()["item"]["id"] == id
        assert client.get("/api/poster", params={"id": id}).status_code == 200
        ask(client, "decide", poster=id, genres={"Drama": "no"})
        assert [row["id"] for row in review.corrections().rows] == [id]


def test_corrections_are_downloaded_as_a_spreadsheet_reads_them(client):
    ask(client, "decide", poster="tt1", genres={"Drama": "no", "Comedy": "yes"})
    answer = client.get("/api/corrections")
    assert answer.headers["content-disposition"] == 'attachment; filename="corrections.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [(row["id"], row["genre"], row["change"], row["accept"]) for row in rows] == [
        ("tt1", "Comedy", "add", "yes"),
        ("tt1", "Drama", "remove", "yes"),
    ]


@pytest.mark.slow
def test_a_server_that_is_killed_has_kept_every_answered_poster(golden, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("id,image,genres\n1,dusk.png,Western\n2,night.png,Comedy|Horror\n3,ghost.png,Drama\n")
    base = [sys.executable, "-m", "posters", "review", table, "--db", tmp_path / "db", "--images", golden / "posters"]
    served = ["--min-posters", "1", "--order", "random", "--port", "0", "--cache", tmp_path / "cache"]
    command = [*base, *served, "--classifier", golden / "classifier"]
    answered = []
    for _ in range(2):
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            line = next(line for line in server.stderr if " shows 3 posters of " in line)
            url = "http://" + line.partition("http://")[2].split()[0]
            item = httpx.post(f"{url}/api/next", json={"reviewer": "ann"}).json()["item"]
            body = {"reviewer": "ann", "poster": item["id"], "genres": {"Drama": "yes"}}
            assert httpx.post(f"{url}/api/decide", json=body).status_code == 200
            answered.append(item["id"])
            os.kill(server.pid, signal.SIGKILL)
            server.communicate()
    # The second server went on after the poster that the first one was answered about.
    assert len(set(answered)) == 2
    done = subprocess.run([*base, "--measure"], capture_output=True, text=True, check=True)
    assert "From 2 posters drawn at random" in done.stdout
