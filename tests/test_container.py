"""The Dockerfile: what it builds from is there, and what it makes needs neither root nor a disk to write to.

No container engine is needed: the file is parsed, and its health check is run against a real server.
"""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.serve.conftest import running

REPOSITORY = Path(__file__).parent.parent


def instructions() -> list[tuple[str, str]]:
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.fixture(scope="module")
def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage, behind those of the stage that it builds on."""
    found: dict[str, list[tuple[str, str]]] = {}
    for word, rest in instructions():
        if word == "FROM":
            image, name = rest.split(" AS ")
            current = found.setdefault(name, list(found.get(image, [])))
        current.append((word, rest))
    return found


def test_every_stage_builds_on_a_version_or_on_an_earlier_stage(stages):
    known: set[str] = set()
    for name, lines in stages.items():
        image = [rest for word, rest in lines if word == "FROM"][-1].split(" AS ")[0]
        assert image in known or re.fullmatch(r"python:3\.\d+-slim", image)
        known.add(name)
    assert list(stages) == ["base", "predict", "full"]


def test_what_is_copied_is_there_and_let_through(stages):
    let_through = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sources = [source for word, rest in instructions() if word == "COPY" for source in rest.split()[:-1]]
    for source in sources:
        assert (REPOSITORY / source).exists()
        assert f"!{source}" in let_through
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {project["readme"], *project["license-files"], "pyproject.toml", "posters"} <= set(sources)


@pytest.mark.parametrize("target", ["predict", "full"])
def test_a_target_installs_extras_that_exist_and_runs_without_root(stages, target):
    lines = dict(stages[target])
    (extras,) = re.findall(r"/src\[([\w,-]+)\]", lines["RUN"])
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    assert ("tensorflow" in lines["RUN"] or "train" in extras.split(",")) == (target == "full")
    user, _, group = lines["USER"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    # A shell as the first process would keep signals from the server.
    assert json.loads(lines["ENTRYPOINT"]) == ["posters"]
    # Whoever is root to install is not when it runs.
    assert [word for word, _ in stages[target] if word in ("RUN", "USER")][-1] == "USER"


def test_caches_and_the_home_folder_are_where_a_read_only_container_may_write(stages):
    variables = dict(pair.split("=", 1) for pair in shlex.split(dict(stages["base"])["ENV"]))
    assert variables["HOME"] == "/tmp"
    assert variables["POSTERS_CACHE"].startswith("/tmp/")
    assert variables["PYTHONDONTWRITEBYTECODE"] == "1"


@pytest.mark.parametrize("target", ["predict", "full"])
def test_the_health_check_tells_a_server_that_lives_from_none(stages, golden, target):
    words = json.loads(dict(stages[target])["HEALTHCHECK"].partition("CMD ")[2])
    assert words[0] == "python"
    with running(golden) as url:
        code = words[2].replace("http://127.0.0.1:8000", url)
        assert code != words[2]
        assert subprocess.run([sys.executable, words[1], code], check=False).returncode == 0
    gone = subprocess.run([sys.executable, words[1], code], check=False, capture_output=True)
    assert gone.returncode != 0


def test_kuberay_runs_the_full_image_without_root_on_a_read_only_file_system():
    import yaml  # type: ignore[import-untyped]

    path = REPOSITORY / "docs" / "deployment" / "raycluster.yaml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    for group in groups:
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert container["image"].endswith("posters:full")
        assert pod["securityContext"] == {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001}
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        assert set(mounts) == {"/data", "/tmp", "/dev/shm"}
        assert set(mounts.values()) == {volume["name"] for volume in pod["volumes"]}
    pinned = re.findall(r"ray\[default\]==([\d.]+)", (REPOSITORY / "Dockerfile").read_text(encoding="utf-8"))
    assert pinned == [spec["rayVersion"]]
    # The head computes nothing: work on it could starve what keeps the cluster together.
    assert spec["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
