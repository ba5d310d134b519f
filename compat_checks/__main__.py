"""`compat-checks`: what a reviewer, a pipeline and a registry's operator run.

Exit codes: 0 ok, 1 findings, 2 usage, 3 cannot reach; 70 for a defect of the tool itself (sysexits.h).
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable

from compat_checks.commands.arguments import parser
from compat_checks.errors import (
    BaselineUnreachable,
    BaselineUnusable,
    CompatChecksError,
    RegistryUnreachable,
    UsageError,
)
from compat_checks.safe_output import safe_streams, visible

_EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (RegistryUnreachable, 3),
    (BaselineUnreachable, 3),
    (BaselineUnusable, 2),
    (UsageError, 2),
    (CompatChecksError, 1),
    (OSError, 1),
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    with safe_streams():
        return _main(arguments)


def _main(arguments: list[str] | None) -> int:
    options = parser().parse_args(arguments)
    try:
        return _run(options.run, options)
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        sys.stderr.close()
        return 141
    except (CompatChecksError, OSError) as error:
        print(f"compat-checks: {visible(str(error))}", file=sys.stderr)
        return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # a defect of ours: never a pass, and no traceback unasked
        if os.environ.get("COMPAT_CHECKS_DEBUG"):
            raise
        print(
            f"compat-checks: a defect of compat-checks: {type(error).__name__}: {visible(str(error))}", file=sys.stderr
        )
        print("compat-checks: report it with the traceback: COMPAT_CHECKS_DEBUG=1", file=sys.stderr)
        return 70


def _run(command: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    gc.set_threshold(100_000, 20, 100)  # schema trees are many and short-lived; the usual threshold doubles the time
    code = command(options)
    sys.stdout.flush()  # here, where a closed pipe is still ours to explain
    return code


if __name__ == "__main__":
    sys.exit(main())
