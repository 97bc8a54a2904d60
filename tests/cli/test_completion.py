"""Shell completion, by a shell."""

import shutil
import subprocess
import sys

import pytest

COMPLETE = 'eval "$1"; COMP_WORDS=({words}); COMP_CWORD={place}; _shtab_posters; printf "%s\\n" "${{COMPREPLY[@]}}"'


@pytest.mark.parametrize(
    ("words", "reply"),
    [("posters tra", ["train"]), ("posters predict --thres", ["--threshold"]), ("posters export --t", ["--to"])],
)
def test_bash_completes_commands_and_their_options(posters, words, reply):
    bash = shutil.which("bash")
    assert bash, "the tests need bash"
    script = posters("--print-completion", "bash").out
    command = COMPLETE.format(words=words, place=len(words.split()) - 1)
    done = subprocess.run([bash, "-c", command, "bash", script], capture_output=True, text=True, check=True)
    assert set(reply) <= set(done.stdout.split())


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_have_theirs(posters, shell):
    done = posters("--print-completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "predict" in done.out


def test_without_shtab_one_line_tells_how_to_get_it(posters, monkeypatch):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert "pip install 'posters[completion]'" in posters("--print-completion", "bash").refusal
