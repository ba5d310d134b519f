"""Shifts the wall clock of a process by the seconds in a file, as an operator or a bad time server would."""

import os
import time
from pathlib import Path

_FILE = Path(os.environ["FAULT_CLOCK_FILE"])
_real = time.time


def _shifted() -> float:
    return _real() + float(_FILE.read_text() or 0)


time.time = _shifted
