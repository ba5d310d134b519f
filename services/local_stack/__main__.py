"""`python -m services.local_stack SUBCOMMAND`: a table of subcommands, each imported when it runs."""

import importlib
import sys
from collections.abc import Sequence

from eccs_contracts.safe_output import visible
from services.local_stack.errors import CANNOT_REACH, USAGE, StackError

# Subcommand: the module whose `run(argv)` does it, and what it does.
_SUBCOMMANDS = {
    "up": ("services.local_stack.up", "start the stack, print what to export, stay until Ctrl-C"),
    "demo": ("services.local_stack.demo", "send real input through both services and reconcile the outcome"),
}


def main(argv: Sequence[str]) -> int:
    """Runs the subcommand; errors of the stack become one line and an exit code."""
    if not argv or argv[0] in {"-h", "--help"}:
        print(_usage())
        return 0 if argv else USAGE
    if argv[0] not in _SUBCOMMANDS:
        print(f"local_stack: no subcommand {argv[0]!r}\n{_usage()}", file=sys.stderr)
        return USAGE
    try:
        return int(importlib.import_module(_SUBCOMMANDS[argv[0]][0]).run(list(argv[1:])))
    except StackError as error:
        print(f"local_stack: {visible(str(error))}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"local_stack: {visible(str(error))}", file=sys.stderr)
        return CANNOT_REACH


def _usage() -> str:
    rows = [f"  {name:6}{what}" for name, (_, what) in _SUBCOMMANDS.items()]
    return "\n".join(["usage: python -m services.local_stack SUBCOMMAND [-h]", "", *rows])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
