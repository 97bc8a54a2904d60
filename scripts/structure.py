"""Print how a Python package is cut: the size of its modules and functions, and the direction of its imports.

    python scripts/structure.py posters

How each figure is counted:

- **module lines**: all lines of a file. An `__init__.py` counts for the median, but not among modules under 60 lines,
  because a package's face is short by nature.
- **function lines**: from `def` to the last line, without decorators and docstring. A nested function counts by itself,
  and within the function that holds it.
- **private functions used once**: functions and methods whose name begins with one underscore, and to which their own
  module refers once; as a share of all functions.
- **comment lines**: lines that hold nothing but a comment, as a share of the lines that are not blank.
- **circles**: modules that import each other in a loop, imports inside functions included.

Whether imports point down is held by `tests/test_imports.py`, which keeps the list of floors.
"""

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median, quantiles

SHORT = 60  # lines; a module below this needs a reason


@dataclass(frozen=True)
class Structure:
    """The figures of one package.

    Attributes:
        modules: how many there are, each `__init__.py` included.
        median_module: lines.
        short_modules: share of the modules under 60 lines, each `__init__.py` left out.
        median_function: lines without docstring.
        p90_function: nine in ten functions are no longer than this.
        used_once: share of all functions that are private and used once.
        comments: share of the lines that hold a comment alone.
        circle: names of modules that import each other in a loop; empty if there is none.
    """

    modules: int
    median_module: float
    short_modules: float
    median_function: float
    p90_function: float
    used_once: float
    comments: float
    circle: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the figures as text, one on a line."""
        return [
            f"modules                      {self.modules}",
            f"median module, lines         {self.median_module:.0f}",
            f"modules under {SHORT} lines       {self.short_modules:.0%}",
            f"function, median / p90       {self.median_function:.0f} / {self.p90_function:.0f}",
            f"private functions used once  {self.used_once:.0%}",
            f"comment lines                {self.comments:.1%}",
            f"circles                      {' <- '.join(self.circle) or 'none'}",
        ]


def measure(package: Path) -> Structure:
    """Measure every `.py` file below a package's folder."""
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in sources.items()}
    lengths = {path: len(text.splitlines()) for path, text in sources.items()}
    own = [length for path, length in lengths.items() if path.name != "__init__.py"]
    functions = [length for tree in trees.values() for length in function_lengths(tree)]
    return Structure(
        modules=len(sources),
        median_module=median(lengths.values()),
        short_modules=sum(length < SHORT for length in own) / max(len(own), 1),
        median_function=median(functions),
        p90_function=quantiles(functions, n=10)[-1],
        used_once=share_used_once(list(trees.values())),
        comments=share_of_comments(list(sources.values())),
        circle=find_circle(package, trees),
    )


def functions_of(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def function_lengths(tree: ast.Module) -> Iterator[int]:
    """Yield the lines of each function without its docstring."""
    for node in functions_of(tree):
        first = node.body[0]
        docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        described = (first.end_lineno or first.lineno) - first.lineno + 1 if docstring else 0
        yield (node.end_lineno or node.lineno) - node.lineno + 1 - described


def share_used_once(trees: list[ast.Module]) -> float:
    """Return the share of all functions that are private and to which their module refers once."""
    once = total = 0
    for tree in trees:
        names = (getattr(node, "id", None) or getattr(node, "attr", None) for node in ast.walk(tree))
        uses = Counter(name for name in names if name)
        for function in functions_of(tree):
            total += 1
            private = function.name.startswith("_") and not function.name.startswith("__")
            once += private and uses[function.name] == 1
    return once / max(total, 1)


def share_of_comments(sources: list[str]) -> float:
    """Return the share of the lines, blank ones left out, that hold a comment and nothing else."""
    lines = [line.strip() for text in sources for line in text.splitlines() if line.strip()]
    return sum(line.startswith("#") for line in lines) / max(len(lines), 1)


def find_circle(package: Path, trees: dict[Path, ast.Module]) -> tuple[str, ...]:
    """Return the modules of the first loop of imports that is found."""
    names = {path: module_name(package, path) for path in trees}
    known = set(names.values())
    graph = {names[path]: set(imported_names(tree, known)) - {names[path]} for path, tree in trees.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return ()


def module_name(package: Path, path: Path) -> str:
    """Return the dotted name of a module below a package's folder."""
    parts = (package.name, *path.relative_to(package).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(tree: ast.Module, known: set[str]) -> Iterator[str]:
    """Yield the modules among `known` that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found = inner if inner in known else node.module
                if found in known:
                    yield found


def main() -> int:
    """Print the figures of the package that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("package", type=Path, nargs="?", default=Path("posters"), help="its folder (default: posters)")
    print("\n".join(measure(parser.parse_args().package).lines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
