"""A directory that one process writes: the second is refused in one line."""

import subprocess
import sys

import pytest

from posters._base.locks import only_writer
from posters.errors import RunError

HOLD = "import sys; from pathlib import Path; from posters._base.locks import only_writer\n"
HOLD += "with only_writer(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


def test_another_process_is_named_and_a_dead_one_lets_go(tmp_path):
    run = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", HOLD, run], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(RunError, match=f"run is being written by process {other.pid}: wait for it"),
            only_writer(run),
        ):
            pytest.fail("two wrote it")
        other.kill()
    with only_writer(run):
        (run / "work").touch()
    assert [path.name for path in run.iterdir()] == ["work"]


def test_nothing_is_left_where_nothing_was_written(tmp_path):
    with pytest.raises(ZeroDivisionError), only_writer(tmp_path / "run"):
        raise ZeroDivisionError
    assert not (tmp_path / "run").exists()


def test_a_place_that_can_not_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="can't be written"), only_writer(tmp_path / "file" / "run"):
        pytest.fail("it was held")


def test_a_run_behind_a_link_keeps_its_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "run").symlink_to("disk")
    with only_writer(tmp_path / "run"):
        pass
    assert (tmp_path / "run").is_dir()
