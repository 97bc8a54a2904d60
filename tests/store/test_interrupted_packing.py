"""Packing that is interrupted, killed or run twice at once: no work is lost, and nothing is mixed up."""

import contextlib
import io
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from PIL import Image

from posters.catalogue import Catalogue, Poster
from posters.store.packed_posters import INDEX, pack
from tests.store.conftest import SMALL, CutOffError, assert_right, cut_off_after, draw, readable

PACK_MANY = """
    import os, sys
    from pathlib import Path
    from posters.store.packed_posters import pack
    from posters.catalogue import Catalogue, Poster
    from posters.config import PreprocessConfig

    root, directory, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    posters = tuple(Poster(str(n), f"{n}.png", ("Drama",)) for n in range(count))
    arrays = pack(Catalogue(posters, ("Drama",), root), directory, PreprocessConfig(height=16, width=16))
    print(len(arrays), arrays.posters[-1].tolist())
"""


def test_an_interrupted_packing_is_resumed(fifty, packed, tmp_path, decoded):
    with cut_off_after(42):
        pack(fifty, packed, SMALL, threads=1)
    assert not (packed / "posters.npy").exists()
    arrays = pack(fifty, packed, SMALL)
    assert len(decoded) == 50 - 40, "ten chunks of four were finished"
    assert_right(arrays, readable(fifty))
    pack(fifty, tmp_path / "at once", SMALL)
    for name in sorted(path.name for path in packed.iterdir()):
        assert (packed / name).read_bytes() == (tmp_path / "at once" / name).read_bytes(), name
    assert not list(packed.glob("*.partial"))


def test_old_pixels_last_until_the_new_packing_is_complete(root, fifty, packed):
    pack(fifty, packed, SMALL)
    before = (packed / "posters.npy").read_bytes()
    for poster in fifty:
        draw(root / poster.image, poster.id.encode()[-5] + 1000)
    with cut_off_after(20):
        pack(fifty, packed, SMALL)
    assert (packed / "posters.npy").read_bytes() == before
    assert_right(pack(fifty, packed, SMALL), fifty)


def test_an_image_that_changed_after_the_interruption_is_decoded_again(root, fifty, packed, decoded):
    with cut_off_after(40):
        pack(fifty, packed, SMALL, threads=1)
    draw(root / "20.png", 99)
    assert_right(pack(fifty, packed, SMALL), readable(fifty))
    assert len(decoded) <= 50 - 20, "what comes before it is kept"


@pytest.mark.parametrize("step", ["replace 1", "replace 2", "replace 3", "unlink"])
def test_a_stop_between_the_last_steps_mixes_nothing(root, fifty, packed, monkeypatch, step):
    """The pixels and their index can't be renamed in one step."""
    pack(fifty, packed, SMALL)
    for poster in fifty:
        draw(root / poster.image, poster.id.encode()[-5] + 1000)
    steps = itertools.count(1)

    def stop(name, call):
        def stopping(*arguments, **options):
            if step in (name, f"{name} {next(steps)}"):
                raise CutOffError
            return call(*arguments, **options)

        return stopping

    kind, _, _ = step.partition(" ")
    owner = Path if kind == "unlink" else os
    with monkeypatch.context() as patch:
        patch.setattr(owner, kind, stop(kind, getattr(owner, kind)))
        with pytest.raises(CutOffError):
            pack(fifty, packed, SMALL)
    assert_right(pack(fifty, packed, SMALL), fifty)


def run(*arguments):
    """A Python process; it has no `if __name__ == "__main__"`, as many scripts have none."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def many(root, tmp_path):
    """600 images and a script that packs them."""
    for number in range(600):
        Image.new("RGB", (16, 16), (number % 256, number // 256, 7)).save(root / f"{number}.png")
    (tmp_path / "pack_many.py").write_text(textwrap.dedent(PACK_MANY))
    return tmp_path / "pack_many.py"


LAST_OF_MANY = [[[599 % 256, 599 // 256, 7]] * 16] * 16


@pytest.mark.slow
def test_a_script_without_a_main_guard_packs_and_two_of_them_may_pack_at_once(many, root, packed):
    """The processes wait for each other, and the second finds the work done."""
    both = [run(many, root, packed, 600) for _ in range(2)]
    printed = [process.communicate(timeout=60) for process in both]
    assert [out for out, _ in printed] == [f"600 {LAST_OF_MANY}\n"] * 2, printed
    assert sum("600 posters are packed already" in err for _, err in printed) == 1
    assert not any("Traceback" in err or "Warning" in err for _, err in printed)


@pytest.mark.slow
def test_a_killed_packing_is_resumed_and_gives_the_same_bytes(many, root, packed, tmp_path):
    process = run(many, root, packed, 600)
    journal = packed / f"{INDEX}.partial"
    until = time.monotonic() + 30
    while time.monotonic() < until and not (journal.exists() and journal.stat().st_size > 2000):
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert journal.exists()
    catalogue = Catalogue(tuple(Poster(str(n), f"{n}.png", ("Drama",)) for n in range(600)), ("Drama",), root)
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed):
        arrays = pack(catalogue, packed, SMALL, threads=1)
    assert_right(arrays, catalogue)
    assert " 0/600" not in printed.getvalue(), "the bar begins where the killed one stopped"
    pack(catalogue, tmp_path / "at once", SMALL, threads=1)
    for name in ("posters.npy", INDEX):
        assert (packed / name).read_bytes() == (tmp_path / "at once" / name).read_bytes()
