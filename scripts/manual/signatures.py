"""Signatures as the source writes them."""

import ast
from collections.abc import Iterator

_WIDEST = 100


def signature(node: ast.FunctionDef, source: str) -> str:
    """`name(arguments) -> kind`, an argument a line where one line would be too wide."""
    own = list(_arguments(node, source))
    returns = f" -> {_kind(node.returns, source)}" if node.returns else ""
    line = f"{node.name}({', '.join(own)}){returns}"
    if len(line) <= _WIDEST or _is_method(node):
        return line
    return "\n".join([f"{node.name}(", *(f"    {argument}," for argument in own), f"){returns}"])


def is_property(node: ast.FunctionDef) -> bool:
    return any(isinstance(name, ast.Name) and name.id == "property" for name in node.decorator_list)


def _is_method(node: ast.FunctionDef) -> bool:
    return bool(node.args.args) and node.args.args[0].arg in ("self", "cls")


def _arguments(node: ast.FunctionDef, source: str) -> Iterator[str]:
    every = node.args
    usual = every.posonlyargs + every.args
    defaults = [None] * (len(usual) - len(every.defaults)) + every.defaults
    for argument, default in list(zip(usual, defaults, strict=True))[_is_method(node) :]:
        yield _argument(argument, default, source)
    if every.vararg:
        yield "*" + _argument(every.vararg, None, source)
    elif every.kwonlyargs:
        yield "*"
    for argument, default in zip(every.kwonlyargs, every.kw_defaults, strict=True):
        yield _argument(argument, default, source)
    if every.kwarg:
        yield "**" + _argument(every.kwarg, None, source)


def _argument(argument: ast.arg, default: ast.expr | None, source: str) -> str:
    kind = f": {_kind(argument.annotation, source)}" if argument.annotation else ""
    value = f" = {ast.get_source_segment(source, default)}" if default else ""
    return f"{argument.arg}{kind}{value}"


def _kind(annotation: ast.expr, source: str) -> str:
    """An annotation, without the quotes around names that are defined further down."""
    return (ast.get_source_segment(source, annotation) or "").replace('"', "")
