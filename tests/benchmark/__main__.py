"""`make bench`: ratios, side by side in one run; `--docs` writes what docs/ shows, `--rounds N` is for a quick look."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.benchmark.codecs.run import run


def main() -> int:
    """Run; 1 where a goal is missed."""
    parser = argparse.ArgumentParser("python -m tests.benchmark")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="write codecs.json and codecs.svg there")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    return run(options.docs, options.rounds)


if __name__ == "__main__":
    sys.exit(main())
