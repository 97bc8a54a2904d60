"""What all commands share: help, exit codes, pipes and interrupts. All of it without TensorFlow."""

import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from posters import read_catalogue
from posters.cli import BESIDE, main, parser
from posters.errors import LONGEST, PostersError, options_named
from tests.cli.running import own_fields, start

COMMANDS = (
    *("start", "catalogue", "audit", "pack", "train", "tune", "cross-validate", "evaluate", "figures", "compare"),
    *("thresholds", "predict", "plan", "similar", "drift", "review", "serve", "export", "benchmark", "cache"),
)
# The fewest words that each of them can do with.
LEAST = {
    "start": ["scans", "--run", "r"],
    "catalogue": ["t.csv"],
    "audit": ["t.csv"],
    "pack": ["t.csv"],
    "train": ["t.csv", "--run", "r"],
    "tune": ["r"],
    "cross-validate": ["t.csv", "--run", "r"],
    "evaluate": ["r"],
    "compare": ["r", "s"],
    "thresholds": ["r"],
    "predict": ["a.jpg"],
    "plan": ["--posters", "1", "--cores", "1"],
    "similar": ["a.jpg", "--in", "scans"],
    "drift": ["old", "new"],
    "review": ["t.csv"],
    "serve": [],
    "export": ["r", "--to", "onnx"],
    "benchmark": ["r"],
    "figures": ["r"],
    "cache": [],
}


class TestHelp:
    def test_it_names_every_command(self, posters):
        outcome = posters("--help")
        assert (outcome.code, outcome.err) == (0, "")
        listed = re.findall(r"^ {4}([\w-]+)", outcome.out, re.MULTILINE)
        assert listed == [*COMMANDS, *BESIDE]

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_option_has_a_help_and_names_its_true_default(self, posters, monkeypatch, command):
        monkeypatch.setenv("COLUMNS", "1000")  # Every option on one line.
        outcome = posters(command, "--help")
        assert (outcome.code, outcome.err) == (0, "")
        assert outcome.out.startswith(f"usage: posters {command} ")
        found = vars(parser(command).parse_args([command, *LEAST[command]]))
        flags = re.findall(
            r"^  (?:-\w, )?--([a-z-]+)(?:, --\S+)*(?: [^ ]+)*(?:  +|\n +)(\S.*)$", outcome.out, re.MULTILINE
        )
        assert len(flags) == len(re.findall(r"^  -", outcome.out, re.MULTILINE))
        for flag, description in flags:
            value = found.get(flag.replace("-", "_"))
            if f"--{flag}" not in LEAST[command] and value not in (None, False, []):
                assert f"(default: {value})" in description, flag

    def test_every_option_of_the_configs_is_a_flag_with_the_same_default(self, posters, monkeypatch):
        monkeypatch.setenv("COLUMNS", "1000")
        said = " ".join(posters("train", "--help").out.split())
        for entry in own_fields():
            shown = {True: "yes", False: "no"}[entry.default] if entry.type is bool else entry.default
            flag = f"--{entry.name.replace('_', '-')}"
            description = re.escape(f"{entry.metadata['help']} (default: {shown})")
            assert re.search(rf" {flag}(, --no-\S+)?( \S+)? {description}", said), entry.name

    def test_without_a_command_one_line_says_so(self, posters):
        assert posters().refusal == "the following arguments are required: COMMAND; see posters --help"

    def test_an_unknown_command_names_the_known_ones(self, posters):
        message = posters("learn").refusal
        assert "'learn'" in message
        assert all(command in message for command in [*COMMANDS, *BESIDE])

    def test_the_version(self, posters):
        import posters as package

        assert posters("--version").out == f"posters {package.__version__}\n"


class TestPipesAndInterrupts:
    def test_a_reader_that_has_had_enough_ends_it_quietly(self, golden):
        poster, classifier = golden / "posters/dusk.png", golden / "classifier"
        # The first is noticed when the buffer is flushed at the end, the second while there is more to print.
        for count in (1, 19 * 20):
            words = ["predict", "--classifier", classifier, *[poster] * count, "--all"]
            with start(*words, stdout=subprocess.PIPE) as process:
                process.stdout.close()
                error = process.stderr.read().decode()
            assert process.returncode == 0
            lines = [line for line in error.replace("\r", "\n").splitlines() if "predicting:" not in line]
            assert [line for line in lines if line.strip()] == []

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    def test_an_interrupt_ends_it_with_130(self, golden, tmp_path):
        pipe = tmp_path / "slow.png"
        os.mkfifo(pipe)
        # Where the tests run in the background, the shell has interrupts ignored, and children inherit that.
        heeding = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
        process = start(
            "predict", "--classifier", golden / "classifier", pipe, stdout=subprocess.PIPE, preexec_fn=heeding
        )
        # Waits until the other split reads, so that the interrupt comes in the midst of the work.
        with pipe.open("wb"):
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=30)
        assert (process.returncode, out, error) == (130, b"", b"posters: interrupted\n")

    def test_what_the_system_refuses_is_one_line(self, posters, table, golden, tmp_path):
        (tmp_path / "file").touch()
        outcome = posters("evaluate", golden / "classifier", table, "--report", tmp_path / "file")
        assert outcome.code == 2
        assert outcome.err.splitlines()[-1].startswith(f"posters: {tmp_path / 'file'}: the report can't be written")
        outcome = posters("train", table, "--run", tmp_path / "run", "--min-posters", 1, "--cache", tmp_path / "file")
        assert outcome.code == 2
        assert outcome.err.splitlines()[-1].startswith("posters: ")
        assert str(tmp_path / "file") in outcome.err.splitlines()[-1]
        assert "Traceback" not in outcome.err


class TestBareSurroundings:
    """Services and containers start processes without what a terminal has."""

    @pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
    def test_closed_streams_are_no_failure(self, golden, closed):
        code = "import os, sys; [os.close(int(n)) for n in sys.argv[1]]; "
        code += "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
        words = ["-m", "posters", "predict", "--classifier", golden / "classifier", golden / "posters/dusk.png"]
        command = [sys.executable, "-c", code, "".join(map(str, closed)), *map(str, words)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == (b"" if 1 in closed else f"{golden / 'posters/dusk.png'}: Western 0.66\n".encode())

    def test_a_home_is_not_needed(self, golden):
        bare = {name: value for name, value in os.environ.items() if name not in ("HOME", "POSTERS_CACHE")}
        words = ["-m", "posters", "predict", golden / "posters/dusk.png"]
        done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, check=False, env=bare)
        assert (done.returncode, done.stderr) == (0, b"")

    def test_a_writable_folder_for_temporary_files_is_not_needed(self, golden, monkeypatch, posters):
        def none(*_, **__):
            raise FileNotFoundError(2, "No usable temporary directory found")

        monkeypatch.setattr("tempfile.TemporaryFile", none)
        outcome = posters("predict", golden / "posters/dusk.png", "--classifier", golden / "classifier")
        assert (outcome.code, outcome.err) == (0, "")

    @pytest.mark.parametrize("threads", [100_000, 10**30])
    def test_more_threads_than_a_machine_has_do_no_harm(self, golden, posters, threads):
        outcome = posters(
            "predict", golden / "posters/dusk.png", "--classifier", golden / "classifier", "--threads", threads
        )
        assert outcome.code == 0 or "threads" in outcome.refusal

    @pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
    def test_a_list_without_end_is_refused(self, monkeypatch, posters):
        monkeypatch.setattr("posters.cli.sources._LARGEST_LIST", 10_000)
        assert "has more than 10,000 bytes" in posters("predict", "--from-file", "/dev/zero").refusal


def test_the_module_runs_as_a_program(golden, tmp_path):
    process = start(
        "predict", "--classifier", golden / "classifier", golden / "posters/dusk.png", "no.png", stdout=subprocess.PIPE
    )
    out, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert out.decode() == f"{golden / 'posters/dusk.png'}: Western 0.66\n"
    assert error.decode() == "no.png: there is no such file\n1 of 2 posters could not be read\n"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("pass --min-posters 3 or less", "pass min_posters=3 or less"),
        ("map them (--alias), or leave them out (--ignore-unknown-genres)", None),
        ("name it by --column genres=NAME", 'name it by columns={"genres": "NAME"}'),
        ("run `posters thresholds RUN --add RULE`", "run `posters thresholds RUN --add RULE`"),
        ("a-file--with-dashes.csv: there is no such table", "a-file--with-dashes.csv: there is no such table"),
        ("pass --weights none", "pass weights=none"),
    ],
)
def test_an_error_names_options_on_the_command_line_and_arguments_in_python(message, shown):
    error = PostersError(message)
    assert str(error) == (shown or "map them (aliases), or leave them out (ignore_unknown_genres=True)")
    with options_named():
        assert str(error) == message


def test_a_message_stays_short_when_arguments_are_longer_than_options():
    assert len(str(PostersError("pass --column genres=NAME " * 100))) <= LONGEST


def test_a_refusal_on_the_command_line_names_options(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("id,image,genres\n1,a.jpg,War\n")
    assert main(["catalogue", str(table)]) == 2
    assert "pass --images FOLDER" in capsys.readouterr().err
    with pytest.raises(PostersError, match="pass images=FOLDER"):
        read_catalogue(table)
