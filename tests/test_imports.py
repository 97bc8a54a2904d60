"""Who may import whom, and what each command loads: nobody waits for TensorFlow who doesn't train."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "posters"

# From the bottom up. A module or a whole package stands on one floor, and imports from lower ones or from itself; a new
# one fails `test_every_module_has_a_floor` until it is placed here.
FLOORS = (
    {"posters", "posters.errors"},
    {"posters._base", "posters.extensions"},
    {"posters.options", "posters.tracking"},
    {"posters.config", "posters.models"},
    {"posters.images", "posters.train_options"},
    {"posters.catalogue", "posters.metrics", "posters.scores"},
    {"posters.store"},
    {"posters.splitting"},
    {"posters.baselines", "posters.calibration"},
    {"posters.runs", "posters.thresholds"},
    {"posters.evaluation"},
    {"posters.classifier"},
    {"posters.network"},
    {"posters.audit", "posters.drift", "posters.similar"},
    {"posters.report"},
    {"posters.serve"},
    {"posters.review"},
    {"posters.tasks", "posters.sklearn", "posters.keras"},
    {"posters.cli"},
    {"posters.__main__"},
)
HEAVY = {"tensorflow", "keras"}


def name_of(path: Path) -> str:
    parts = ("posters", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def imports_of(name: str) -> Iterator[tuple[int, str]]:
    """Line and name of everything that a module imports, also inside its functions and by `require("...")`."""
    for node in ast.walk(ast.parse(SOURCES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}, line {node.lineno}: write the whole name of what is imported"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.lineno, inner if inner in SOURCES else str(node.module)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("require", "import_module", "__import__"):
            yield from ((node.lineno, str(word.value)) for word in node.args[:1] if isinstance(word, ast.Constant))


def floor_of(name: str) -> tuple[int, str] | None:
    """A module's floor, and what of it stands there: itself, or a package that it is in."""
    parts = name.split(".")
    for length in range(len(parts), 1, -1):
        room = ".".join(parts[:length])
        for floor, rooms in enumerate(FLOORS):
            if room in rooms:
                return floor, room
    return (0, "posters") if name == "posters" else None


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_module_has_a_floor(name):
    assert floor_of(name), f"{name} stands on no floor yet: place it in FLOORS, above all that it imports"


def test_every_floor_holds_modules_that_exist():
    assert {room for rooms in FLOORS for room in rooms} <= set(SOURCES)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_imports_point_down(name):
    own = floor_of(name) or pytest.fail(f"{name} stands on no floor yet")
    for line, imported in imports_of(name):
        if imported.partition(".")[0] != "posters":
            continue
        other = floor_of(imported) or pytest.fail(f"{imported} stands on no floor yet")
        allowed = other[1] == own[1] or other[0] < own[0]
        assert allowed, f"{name}, line {line}, imports {imported}, but {own[1]} does not stand above {other[1]}"


def test_no_import_goes_round_in_a_circle():
    graph = {name: {imported for _, imported in imports_of(name)} & (set(SOURCES) - {name}) for name in SOURCES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("name", sorted(name for name in SOURCES if not name.startswith("posters.network")))
def test_tensorflow_is_imported_in_the_network_folder_alone(name):
    for line, imported in imports_of(name):
        assert imported.partition(".")[0] not in HEAVY, f"{name}, line {line}, imports {imported}"


# Each of these runs in a process of its own, as JSON: the arguments, and then the modules that were loaded.
RUN = """
import json, sys
arguments = json.loads(sys.argv[1])
if arguments is None:
    import posters
    code = 0
else:
    from posters.cli import main
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
own = {name for name in sys.modules if name.startswith("posters.")}
print(json.dumps({"code": code, "loaded": sorted(own | {name.partition(".")[0] for name in sys.modules})}))
"""
TRAINING = {"tensorflow", "keras", "sklearn", "scipy", "joblib", "imagehash", "filelock"}
PREDICTING = TRAINING | {"pandas", "matplotlib", "pyarrow", "http", "ssl", "tqdm"}
# Ours, and a tenth of the time that one poster takes; and two megabytes of the standard library.
NOT_WAITED_FOR = {"posters.catalogue", "posters.cli.train", "posters.cli.audit", "statistics", "tomllib", "html"}
NOT_WAITED_FOR |= {"posters.metrics", "posters.splitting.stratify"}
LIGHT = PREDICTING | {"numpy", "PIL", "ai_edge_litert"}


def loaded_by(folder: Path, arguments: list[str] | None) -> set[str]:
    """The packages that a command loads, and the modules of ours."""
    command = [sys.executable, "-c", RUN, json.dumps(arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["code"] == 0, done.stderr
    return set(result["loaded"])


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (None, LIGHT | {"tqdm", "argparse"}),
        (["--help"], LIGHT | {"tqdm"}),
        (["train", "--help"], LIGHT | {"tqdm"}),
        (["audit", "--help"], LIGHT | {"tqdm"}),
        (["serve", "--help"], LIGHT | {"tqdm", "fastapi", "uvicorn"}),
        (["review", "--help"], LIGHT | {"tqdm", "fastapi", "uvicorn", "sqlite3"}),
        (["predict", "images/dusk.png", "--classifier", "classifier", "--format", "json"], PREDICTING | NOT_WAITED_FOR),
        (["evaluate", "classifier", "table.csv"], HEAVY | {"sklearn", "matplotlib"}),
        (["catalogue", "table.csv", "--min-posters", "1"], TRAINING | {"matplotlib", "PIL"}),
        (["audit", "table.csv", "--min-posters", "1", "--cache", "cache"], HEAVY | {"sklearn", "matplotlib"}),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "import" if value is None else "",
)
def test_a_command_loads_no_more_than_it_needs(golden, tmp_path, arguments, never):
    shutil.copytree(golden / "classifier", tmp_path / "classifier")
    shutil.copytree(golden / "posters", tmp_path / "images")
    (tmp_path / "table.csv").write_text("id,image,genres\n1,dusk.png,Western\n2,night.png,Drama\n")
    loaded = loaded_by(tmp_path, arguments)
    assert "posters" in loaded
    assert sorted(loaded & never) == []


def test_a_network_is_opened_before_decoders_are_loaded():
    """It takes the most memory of all, and what comes after it adds nothing to that."""
    code = "import sys; from posters.classifier import load_classifier; load_classifier(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "ai_edge_litert" in loaded
    assert not {"PIL", "posters.images", "posters.metrics", "zipfile"}.intersection(loaded)


def test_importing_every_module_outside_the_network_folder_loads_no_tensorflow():
    names = sorted(n for n in SOURCES if not n.startswith("posters.network") and n != "posters.__main__")
    code = "import importlib, json, sys\nfor name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
    code += f"print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code, json.dumps(names)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


RING = """
class Ring:
    def __init__(self): self.ring = self
    def __del__(self): print("found")
Ring()
"""


@pytest.mark.parametrize(("before", "printed"), [("", "found\n"), ("import posters.cli", "")])
def test_a_command_ends_without_looking_for_garbage(before, printed):
    done = subprocess.run([sys.executable, "-c", before + RING], capture_output=True, text=True, check=True)
    assert done.stdout == printed
