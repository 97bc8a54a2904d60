"""Posters in an S3 store: a server on loopback, read by this process and by the workers of a Ray cluster.

Both are heavy, so the tests run where somebody installed them: `pip install 'posters[s3,ray]' 'moto[server]'`.
"""

import logging
from importlib.util import find_spec
from urllib.request import urlopen

import pytest

from posters import predict_parts
from posters.classifier import load_classifier
from posters.cli import main
from posters.cli.sources import by_name, sources_of
from posters.errors import ConfigError
from tests.tasks.test_predict_parts import rows_of

MISSING = [name for name in ("s3fs", "moto", "flask") if find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Ray's own, and botocore's
    pytest.mark.skipif(bool(MISSING), reason="NO S3 SERVER IS INSTALLED: pip install 'posters[s3]' 'moto[server]'"),
]
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="RAY IS NOT INSTALLED: pip install 'posters[ray]'")


@pytest.fixture
def bucket(golden, tmp_path, monkeypatch):
    """A bucket with 40 posters, of which one is broken, one is empty and one is missing; the same files on disk."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("RAY_worker_niceness", "0")  # Otherwise they give way to everything else.
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    pictures = [path.read_bytes() for path in sorted((golden / "posters").iterdir())]
    files = {f"{n:02}.png": pictures[n % 3] for n in range(40)} | {"07.png": b"no picture", "08.png": b""}
    del files["09.png"]
    (tmp_path / "images").mkdir()
    store = s3fs.S3FileSystem()
    store.mkdir("bucket")
    for name, data in files.items():
        (tmp_path / "images" / name).write_bytes(data)
        store.pipe(f"bucket/posters/{name}", data)
    (tmp_path / "t.csv").write_text("id,image\n" + "".join(f"p{n:02},{n:02}.png\n" for n in range(40)))
    yield "s3://bucket/posters"
    # What it stores would outlive it in this process.
    urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


def predicted(tmp_path, golden, images, name, engine="local"):
    """Rows of the table's posters, with errors as they are but for the place."""
    classifier = load_classifier(golden / "classifier", threads=2)
    posters = by_name(sources_of([str(tmp_path / "t.csv")], images=images))
    done = predict_parts(posters, tmp_path / name, classifier, form="jsonl", part_size=8, engine=engine)
    assert (done.posters, done.unreadable) == (40, 3)
    return [{**row, "error": "error" in row} for row in rows_of(tmp_path / name)]


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=needs_ray)])
def test_a_bucket_gives_the_rows_of_the_same_files_on_disk(bucket, golden, tmp_path, engine):
    there = predicted(tmp_path, golden, bucket, "there", engine)
    assert there == predicted(tmp_path, golden, tmp_path / "images", "here")
    errors = [row["error"] for row in rows_of(tmp_path / "there") if "error" in row]
    assert [line.partition(": ")[2].partition(" (")[0] for line in errors] == [
        *("this is not an image in a supported format", "the file is empty", "there is no such object")
    ]


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=needs_ray)])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_in_the_bucket_is_that_on_disk(bucket, golden, tmp_path, monkeypatch, engine, suffix):
    import pandas
    import s3fs

    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))
    frame = pandas.read_csv(tmp_path / "t.csv", dtype=str)
    frame.to_parquet(tmp_path / "t.parquet")
    s3fs.S3FileSystem().put(str(tmp_path / f"t.{suffix}"), f"bucket/t.{suffix}")
    predict = ["predict", f"s3://bucket/t.{suffix}", "--images", bucket, "--classifier", str(golden / "classifier")]
    assert main([*predict, "--output", f"{tmp_path}/out/", "--format", "jsonl", "--engine", engine]) == 1
    found = [{**row, "error": "error" in row} for row in rows_of(tmp_path / "out")]
    assert found == predicted(tmp_path, golden, tmp_path / "images", "here")


@needs_ray
def test_an_audit_takes_its_table_from_the_bucket(bucket, tmp_path, monkeypatch):
    import json

    import s3fs

    (tmp_path / "g.csv").write_text(
        (tmp_path / "t.csv").read_text().replace(".png", ".png,War").replace("image", "image,genres")
    )
    s3fs.S3FileSystem().put(str(tmp_path / "g.csv"), "bucket/g.csv")
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))
    found = []
    for table, engine in (("s3://bucket/g.csv", "ray"), (str(tmp_path / "g.csv"), "local")):
        words = [
            "audit",
            table,
            "--images",
            str(tmp_path / "images"),
            "--engine",
            engine,
            "--no-look",
            "--fail-on",
            "never",
        ]
        assert main([*words, "--cache", f"{tmp_path}/{engine}", "--json", f"{tmp_path}/{engine}.json"]) == 0
        found.append(json.loads((tmp_path / f"{engine}.json").read_text())["findings"])
    assert found[0] == found[1]
    assert found[0]


def test_a_folder_of_a_bucket_is_listed(bucket, golden, tmp_path, capsys):
    command = ["predict", f"{bucket}/", "--classifier", str(golden / "classifier"), "--output", f"{tmp_path}/out/"]
    assert main(command) == 1
    assert [row["poster"] for row in rows_of(tmp_path / "out")] == [
        f"{bucket}/{path.name}" for path in sorted((tmp_path / "images").iterdir())
    ]


def test_what_is_not_there_is_one_line_and_leaves_nothing(bucket, golden, tmp_path, capsys):
    for words, line in (
        ([str(tmp_path / "t.csv"), "--images", "s3://none/posters"], "s3://none/posters: there is no such folder"),
        ([f"{bucket}/none/"], f"{bucket}/none/: there is no such folder"),
    ):
        command = ["predict", *words, "--classifier", str(golden / "classifier"), "--output", f"{tmp_path}/out/"]
        assert main(command) == 2
        error = capsys.readouterr().err
        assert line in error
        assert error.count("\n") == 1
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=needs_ray)])
def test_a_store_that_goes_away_ends_the_work_in_one_line(bucket, golden, tmp_path, monkeypatch, engine):
    classifier = load_classifier(golden / "classifier", threads=1)
    posters = by_name(sources_of([str(tmp_path / "t.csv")], images=bucket))
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(
        ConfigError, match=r"^s3://bucket/posters/.*: the store can't be read \(.*\): check the address"
    ):
        predict_parts(posters, tmp_path / "out", classifier, part_size=8, engine=engine)
    assert not list((tmp_path / "out").glob("part-*"))
