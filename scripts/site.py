"""Write the pages of the site that come from elsewhere: README, CONTRIBUTING, the commands' help and the docstrings.

mkdocs calls the functions `on_config`, `on_files`, `on_page_markdown` and `on_post_build` while it builds (`hooks` in
mkdocs.yml). The pages exist in memory only, so nothing generated is committed and nothing can be out of date.

If `posters export posters --to web --output build/live` was run before, the site has a page where visitors try the
classifier in their browsers.
"""

import contextlib
import importlib
import inspect
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import posters
from posters.cli import BESIDE, COMMANDS, main

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = (
    *(
        f"posters.{name}"
        for name in (
            "catalogue", "images.decoding", "images.limits", "store.packed_posters", "splitting.splits", "audit",
            "config", "scores", "metrics", "calibration", "thresholds", "evaluation", "report", "classifier", "similar",
            "drift", "review", "serve", "extensions", "tasks.train", "tasks.crossvalidate",
            "evaluation.crossvalidation", "tasks.evaluate", "tasks.compare", "tasks.predict_parts",
            "tasks.label_doubts", "tasks.review", "images.downloading", "sklearn", "keras", "errors",
        )
    ),
    "posters_sample",
)  # fmt: skip
# Pages of the site that are files elsewhere in the repository.
COPIED = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
    "changes.md": "CHANGELOG.md",
    "reference/model_card.md": "posters/models/efficientnet_lite0_posters/MODEL_CARD.md",
    "tutorial.md": "notebooks/05_what_is_accuracy_worth.ipynb",
    "guide/softmax_or_sigmoid.md": "notebooks/01_softmax_or_sigmoid.ipynb",
    "guide/posters_end_to_end.md": "notebooks/02_posters_end_to_end.ipynb",
    "guide/your_own_posters.md": "notebooks/03_your_own_posters.ipynb",
    "guide/beyond_posters.md": "notebooks/04_beyond_posters.ipynb",
}
WIDTH = 80  # of the commands' help, in columns
LIVE = Path(os.environ.get("POSTERS_LIVE", REPOSITORY / "build" / "live"))  # The exported page, if there is one.
LIVE_PAGE = """# Try it

Drop a poster on the page below, or choose a sample. It is predicted in your browser and never leaves it
([how that works](deployment.md#a-page-without-a-server)).

<iframe src="../live/index.html" title="Genres of a poster" style="width: 100%; height: 80vh; border: 0"></iframe>
"""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages of the packages in the navigation."""
    reference = next(
        entry["Reference"] for entry in config.nav or [] if isinstance(entry, dict) and "Reference" in entry
    )
    reference.extend(f"reference/{name}.md" for name in PACKAGES)
    if LIVE.is_dir():
        (config.nav or []).insert(1, "try.md")
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are no files in docs/."""
    for page, text in generated_pages():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: object, config: MkDocsConfig, files: Files) -> str:
    """Turn links into the repository into links to the site's pages; what has no page becomes its path."""
    address = str(getattr(page, "file").src_uri)  # noqa: B009 - the type of a page isn't public
    return re.sub(r"(!?)\[([^\]]*)\]\(([^)#:\s]+)(#[^)\s]*)?\)", lambda link: _relink(link, address), markdown)


def generated_pages() -> Iterator[tuple[str, str]]:
    """Yield the address and the Markdown of each page."""
    for page, source in COPIED.items():
        path = REPOSITORY / source
        yield page, notebook_page(path) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    yield "reference/commands.md", commands_page()
    yield "reference/api.md", api_page()
    for name in PACKAGES:
        yield f"reference/{name}.md", package_page(name)
    if LIVE.is_dir():
        yield "try.md", LIVE_PAGE


def on_post_build(config: MkDocsConfig) -> None:
    """Copy the exported page, as it is, beside the site's own pages."""
    if LIVE.is_dir():
        shutil.copytree(LIVE, Path(config.site_dir) / "live", dirs_exist_ok=True)


def notebook_page(path: Path) -> str:
    """Return a notebook as it is committed: its words, its code, and what that printed and drew."""
    blocks = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        blocks.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        for output in cell.get("outputs", ()):
            if printed := "".join(output.get("text", "")).rstrip():
                blocks.append(f"```text\n{printed}\n```")
            if drawn := output.get("data", {}).get("image/png"):
                blocks.append(f"![what the code above draws](data:image/png;base64,{''.join(drawn.split())})")
    return "\n\n".join(blocks) + "\n"


def commands_page() -> str:
    """Return the help of every command."""
    blocks = [
        "# Commands",
        *(f"## posters {name}\n\n```text\n{command_help(name)}```" for name in (*COMMANDS, *BESIDE)),
    ]
    return "\n\n".join(blocks) + "\n"


def command_help(name: str) -> str:
    """Return what `posters NAME --help` prints, at one width for every reader."""
    before, printed = os.environ.get("COLUMNS"), io.StringIO()
    os.environ["COLUMNS"] = str(WIDTH)
    try:
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            main([name, "--help"])
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return printed.getvalue()


def api_page() -> str:
    """Return a table of what `import posters` offers, each name with its summary and a link."""
    lines = ["# Python API", "", "The names of `import posters`:", "", "| name | what it is |", "| --- | --- |"]
    for name in posters.__all__:
        value = getattr(posters, name)
        if callable(value):
            summary = (value.__doc__ or "").split("\n")[0]
            lines.append(f"| [`{name}`][{address_of(value)}] | {summary} |")
    return "\n".join([*lines, ""])


def package_page(package: str) -> str:
    """Return the page of a package: its docstring, then each public class and function."""
    blocks = [f"# {package}", inspect.getdoc(importlib.import_module(package)) or ""]
    blocks += [f"::: {address_of(value)}" for value in offered(package)]
    return "\n\n".join(blocks) + "\n"


def address_of(value: Any) -> str:
    """Return where a class or function is defined, which is what the site calls its entry.

    A package's own name for it won't do: `posters.evaluation.evaluate` is a function and a module.
    """
    return f"{value.__module__}.{value.__qualname__}"


def offered(package: str) -> list[Any]:
    """Return the public classes and functions of a package or module."""
    module = importlib.import_module(package)
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == package]
    values = [getattr(module, name) for name in getattr(module, "__all__", own) if not name.startswith("_")]
    return [value for value in values if inspect.isclass(value) or inspect.isfunction(value)]


def _relink(link: re.Match[str], page: str) -> str:
    image, text, target, anchor = link[1], link[2], link[3], link[4] or ""
    source = REPOSITORY / COPIED.get(page, f"docs/{page}")
    path = Path(os.path.normpath(source.parent / target))
    if not path.exists():  # A link between generated pages.
        return link[0]
    address = _page_of(path)
    if address is None:
        return f"{text} (`{path.relative_to(REPOSITORY)}`)"
    return f"{image}[{text}]({os.path.relpath(address, Path(page).parent)}{anchor})"


def _page_of(path: Path) -> str | None:
    """Return the address of the page or picture that a file of the repository is on the site."""
    inside = path.relative_to(REPOSITORY).as_posix()
    copied = {source: page for page, source in COPIED.items()}
    if inside in copied:
        return copied[inside]
    return inside.removeprefix("docs/") if inside.startswith("docs/") else None
