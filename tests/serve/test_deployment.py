"""The files of docs/deployment: each parses, and names only what the server has."""

import configparser
import json
import re
import shlex
from pathlib import Path

import httpx
import pytest
import yaml  # type: ignore[import-untyped]

from posters.cli import parser
from tests.serve.conftest import running

FOLDER = Path(__file__).parents[2] / "docs" / "deployment"
OURS = re.compile(r"\b((?:posters|process)_[a-z_]+)\b")
LABEL = re.compile(r"\b(status|route|classifier|genre)\s*(?:=~|!=|=|\))")


@pytest.fixture(scope="module")
def reported(golden, dusk):
    with running(golden) as url:
        httpx.post(f"{url}/api/predict", content=dusk)
        return httpx.get(f"{url}/metrics").text


def expressions():
    dashboard = json.loads((FOLDER / "grafana.json").read_text(encoding="utf-8"))
    alerts = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))
    yield from (target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    yield from (rule["expr"] for group in alerts["groups"] for rule in group["rules"])


@pytest.mark.parametrize("expression", list(expressions()))
def test_every_metric_is_one_that_the_server_reports(expression, reported):
    names = OURS.findall(expression)
    assert names or "up{" in expression
    for name in names:
        assert re.search(rf"^{name}[ {{]", reported, flags=re.MULTILINE), name
    for label in LABEL.findall(expression):
        assert re.search(rf'\b{label}="', reported), label
    assert expression.count("(") == expression.count(")")


def test_every_alert_tells_what_is_wrong():
    alerts = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 5
    assert all(rule["annotations"]["summary"].endswith(".") for rule in rules)


def units(name):
    read = configparser.ConfigParser(strict=True, interpolation=None)
    read.optionxform = str
    read.read(FOLDER / name)
    return read


def test_the_unit_starts_a_command_that_exists():
    command = shlex.split(units("posters.service")["Service"]["ExecStart"])
    options = parser().parse_args(command[1:])
    assert (options.classifier, options.log) == ("/srv/posters/live", "json")
    assert units("posters.service")["Unit"]["Requires"] == "posters.socket"


def test_proxies_connect_to_the_socket_that_systemd_opens():
    path = units("posters.socket")["Socket"]["ListenStream"]
    for name in ("nginx.conf", "Caddyfile"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert path in text
        assert "X-Forwarded-Prefix /posters" in text
        assert text.count("{") == text.count("}")
