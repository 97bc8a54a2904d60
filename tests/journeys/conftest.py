"""A shell: the command line as a person types it, each command in a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture
def posters(folder: Path, tmp_path_factory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs one command in `folder`, and fails with its last words if the exit code is another than expected."""
    own = {"POSTERS_CACHE": str(tmp_path_factory.mktemp("cache"))}

    def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "posters", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=folder, env=os.environ | own, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == code, f"{' '.join(command[2:])}\n{done.stderr[-2000:]}"
        return done

    return run
