"""The page of public names, from their source: inspect's signatures differ between versions of Python."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Literal, get_args, get_origin

import posters
from posters import errors
from scripts.manual.docstrings import attributes, markdown
from scripts.manual.signatures import is_property, signature


def api_page() -> str:
    """Every public name, the functions first."""
    values = {name: getattr(posters, name) for name in posters.__all__ if name != "__version__"}
    functions = [name for name, value in values.items() if inspect.isfunction(value)]
    lines = ["# The Python API", "", "<!-- Written by scripts/reference: change the code, not this page. -->", ""]
    lines += ["What `import posters` offers. " + (posters.__doc__ or "").split("\n\n")[1].replace("\n", " ").strip()]
    for title, names in (("Functions", functions), ("Classes", [name for name in values if name not in functions])):
        lines += ["", f"## {title}"]
        for name in names:
            lines += ["", f"### {name}", "", *_entry(values[name])]
    return "\n".join(lines) + "\n"


def _entry(value: Any) -> list[str]:
    source = inspect.getsource(value)
    node = ast.parse(source).body[0]
    if isinstance(node, ast.FunctionDef):
        return [f"```python\n{signature(node, source)}\n```", "", *markdown(inspect.getdoc(value) or "")]
    assert isinstance(node, ast.ClassDef)
    lines = markdown(inspect.getdoc(value) or "")
    parts = {
        "Attributes": _fields(value, node, source) if is_dataclass(value) else _attributes(value),
        "Properties and methods": _methods(node, source),
        "Its kinds, in `posters.errors`": _kinds(value),
    }
    for title, part in parts.items():
        block = list(part)
        lines += ["", f"{title}:", "", *block] if block else []
    return lines


def _attributes(value: type) -> Iterator[str]:
    yield from (f"- `{name}`: {text}" for name, text in attributes(inspect.getdoc(value) or "").items())


def _fields(value: Any, node: ast.ClassDef, source: str) -> Iterator[str]:
    """The fields of a dataclass, which its constructor takes in this order."""
    annotations = {item.target.id: item.annotation for item in node.body if _is_field(item)}
    texts = attributes(inspect.getdoc(value) or "")
    for entry in fields(value):
        kind = ast.get_source_segment(source, annotations[entry.name]) or ""
        text = texts.get(entry.name) or _help(entry)
        yield f"- `{entry.name}: {_kind(entry, kind)}{_default(entry)}`" + (f": {text}" if text else "")


def _is_field(item: ast.stmt) -> bool:
    return isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)


def _kind(entry: Field[Any], annotation: str) -> str:
    """A type as the source writes it, but a literal's choices in the place of its name."""
    if get_origin(entry.type) is Literal:
        return " | ".join(f'"{choice}"' for choice in get_args(entry.type))
    return annotation.replace('"', "")


def _default(entry: Field[Any]) -> str:
    if entry.default_factory is not MISSING:
        return f" = {entry.default_factory.__name__}()"
    if entry.default is MISSING:
        return ""
    return f' = "{entry.default}"' if isinstance(entry.default, str) else f" = {entry.default!r}"


def _help(entry: Field[Any]) -> str:
    """Of an option of a config, also its range."""
    text = entry.metadata.get("help", "")
    ends = [(word, entry.metadata.get(end)) for word, end in (("from", "minimum"), ("to", "maximum"))]
    limits = [f"{word} {value:.10g}" for word, value in ends if value is not None]
    return f"{text} ({' '.join(limits)})" if limits else text


def _methods(node: ast.ClassDef, source: str) -> Iterator[str]:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
            head = signature(item, source)
            said = "\n".join(markdown(ast.get_docstring(item) or ""))
            first, _, rest = said.partition("\n\n")
            yield f"- `.{head.replace('()', '', 1) if is_property(item) else head}`" + (f": {first}" if first else "")
            yield from [f"  {line}".rstrip() for line in ("\n" + rest).splitlines()] if rest else []


def _kinds(value: type) -> Iterator[str]:
    """The kinds of the base of all errors."""
    if value is errors.PostersError:
        kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and value in kind.__bases__]
        yield from (f"- `{kind.__name__}`: {kind.__doc__}" for kind in kinds)
