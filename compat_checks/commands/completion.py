"""Completion scripts, made from the parser itself, so that they cannot go out of date."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Final

from compat_checks.commands.arguments import parser


def script(shell: str) -> str:
    """The completion script of "bash", "zsh" or "fish"."""
    words = {name: sorted(_words(command)) for name, command in _commands().items()}
    return _SCRIPTS[shell](words)


def _commands() -> dict[str, argparse.ArgumentParser]:
    actions = (one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001
    return dict(next(actions).choices)


def _words(command: argparse.ArgumentParser) -> Iterator[str]:
    for action in command._actions:  # noqa: SLF001  argparse has no public list of its options
        yield from (one for one in action.option_strings if one.startswith("--"))
        yield from map(str, action.choices or ())


def _bash(words: dict[str, list[str]]) -> str:
    cases = "\n".join(f'    {name}) words="{" ".join(options)}" ;;' for name, options in words.items())
    return f"""_compat_checks() {{
  local words="{" ".join(words)}" current="${{COMP_WORDS[COMP_CWORD]}}"
  [ "$COMP_CWORD" -gt 1 ] && case "${{COMP_WORDS[1]}}" in
{cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
}}
complete -o filenames -F _compat_checks compat-checks"""


def _zsh(words: dict[str, list[str]]) -> str:
    return f"#compdef compat-checks\nautoload -U +X bashcompinit && bashcompinit\n{_bash(words)}"


def _fish(words: dict[str, list[str]]) -> str:
    lines = [f"complete -c compat-checks -n __fish_use_subcommand -a {name}" for name in words]
    lines += [
        f"complete -c compat-checks -n '__fish_seen_subcommand_from {name}' -l {option[2:]}"
        for name, options in words.items()
        for option in options
        if option.startswith("--")
    ]
    return "\n".join(lines)


_SCRIPTS: Final = {"bash": _bash, "zsh": _zsh, "fish": _fish}
