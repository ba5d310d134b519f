# ruff: noqa: INP001  copied into the images on its own
"""`python -I -S probe.py PATH`: whether the service in this container answers 200; for HEALTHCHECK.

Exit codes: 0 it does, 1 it does not. The standard library only, as it starts every few seconds.
"""

import http.client
import os
import sys


def main(path: str) -> int:
    """Ask once; the exit code."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["HTTP_PORT"]), timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        sys.stdout.write(f"{answer.status} {answer.read(300).decode('utf-8', 'replace')}\n")
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"no answer: {error}\n")
        return 1
    return 0 if answer.status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
