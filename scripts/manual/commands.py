"""The page of commands, from their parsers: the help of argparse itself depends on Python and on COLUMNS."""

import argparse
from collections.abc import Iterator

import posters.cli

Parser = argparse.ArgumentParser


def commands_page() -> str:
    """Every command, with its arguments and options."""
    return render(posters.cli.parser(), posters.cli.__doc__ or "")


def render(root: Parser, introduction: str) -> str:
    """A section for each command of `root`, below a table of all."""
    commands = subparsers(root)
    lines = ["# Commands", "", "<!-- Written by scripts/reference: change the code, not this page. -->", ""]
    lines += [_exit_codes(introduction), "", "| command | what it is for |", "| --- | --- |"]
    lines += [f"| [`{parser.prog}`](#{parser.prog.replace(' ', '-')}) | {help} |" for parser, help in commands]
    for parser, _ in commands:
        lines += ["", *_section(parser)]
    return "\n".join(lines) + "\n"


def _exit_codes(introduction: str) -> str:
    """The paragraph that tells of them."""
    found = [paragraph for paragraph in introduction.split("\n\n") if paragraph.startswith("Exit codes")]
    return " ".join("\n".join(found).split())


def subparsers(root: Parser) -> list[tuple[Parser, str]]:
    """Each command's parser and its line of help. argparse offers no public way to either."""
    commands = next(action for action in root._actions if isinstance(action, argparse._SubParsersAction))
    helps = {choice.dest: choice.help or "" for choice in commands._choices_actions}
    return [(parser, helps[name]) for name, parser in commands.choices.items()]


def _section(parser: Parser) -> Iterator[str]:
    yield f"## {parser.prog}"
    yield ""
    yield parser.description or ""
    yield ""
    yield f"```text\n{_usage(parser)}\n```"
    for group in parser._action_groups:
        shown = [action for action in group._group_actions if _is_shown(action)]
        if shown:
            yield ""
            yield f"{(group.title or '').capitalize()}:"
            yield ""
            yield from (f"- {_called(action)}: {_meaning(action, parser)}" for action in shown)


def _is_shown(action: argparse.Action) -> bool:
    """--help is the same everywhere."""
    return action.help is not argparse.SUPPRESS and not isinstance(action, argparse._HelpAction)


def _usage(parser: Parser) -> str:
    """What must be given, and in the place of all options that may be, one word."""
    shown = [action for action in parser._actions if _is_shown(action)]
    required = [f"{action.option_strings[-1]} {_value(action)}" for action in shown if _is_required(action)]
    positional = [_value(action) for action in shown if not action.option_strings]
    return " ".join([parser.prog, *positional, *required, "[OPTIONS]"])


def _is_required(action: argparse.Action) -> bool:
    return bool(action.option_strings) and action.required


def _value(action: argparse.Action) -> str:
    """What stands for an action's value: "" for a flag, `[TABLE]` for what may be left out."""
    if action.nargs == 0:
        return ""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()
    name = action.metavar if isinstance(action.metavar, str) else choices
    return {"?": f"[{name}]", "*": f"[{name} ...]", "+": f"{name} [...]"}.get(str(action.nargs), name)


def _called(action: argparse.Action) -> str:
    names = [f"{name} {_value(action)}".strip() for name in action.option_strings] or [_value(action)]
    return ", ".join(f"`{name}`" for name in names)


def _meaning(action: argparse.Action, parser: Parser) -> str:
    text = (action.help or "") % {**vars(action), "prog": parser.prog}
    return f"{text} (required)" if _is_required(action) else text
