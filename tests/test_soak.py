"""The short form of `scripts/soak`: each part runs, and its promises hold."""

import json

import pytest

from scripts.soaking import server
from scripts.soaking.__main__ import main


@pytest.mark.slow
def test_the_server_keeps_its_promises_under_load(capsys, monkeypatch):
    # In so short a time memory has not settled: how much is left of a load is for the full form.
    monkeypatch.setattr(server, "_GROWTH", 2.0)
    monkeypatch.setattr(server, "_WARM_S", 1.0)
    assert main(["server", "--seconds", "4", "--clients", "10"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert counts["fallen"] == []
    assert counts["requests"]["good 200"] > 0
    assert sum(counts["requests"].values()) > counts["requests"]["good 200"]
