"""The dependency audit cannot pass without having audited."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from services.local_stack.processes import free_ports
from tests.images.audit import CANARY, main, pins

pytestmark = pytest.mark.timeout(120)
Known = Callable[[str], bool]
_HASH = "--hash=sha256:" + "0" * 64
_LOCK = f"# a lock\nalpha==1.0 \\\n    {_HASH}\n    # via x\nbeta==2.0 ; sys_platform != 'nowhere' \\\n    {_HASH}\n"


@contextmanager
def _osv(known: Known) -> Iterator[str]:
    """An OSV that speaks its protocol and knows one vulnerability of each package that `known` names."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
            body = json.dumps(_vulnerability(asked) if known(asked) else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the base class
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        server.shutdown()
        thread.join()


def _vulnerability(name: str) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.9"}]}]
    affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": ranges}]
    return {"vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "summary": "bad", "affected": affected}]}


def _audit(url: str, folder: Path) -> int:
    locks = [folder / "lock.txt", folder / "part.txt"]
    locks[0].write_text(_LOCK, "utf-8")
    locks[1].write_text(f"alpha==1.0 \\\n    {_HASH}\n", "utf-8")
    return main(["--service", "osv", "--osv-url", url, *map(str, locks)])


def _is_canary(name: str) -> bool:
    return name == CANARY.partition("==")[0]


def test_it_passes_where_all_was_looked_up_and_nothing_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says how much that was: a package of two locks counts once."""
    with _osv(_is_canary) as url:
        code = _audit(url, tmp_path)

    assert (code, capsys.readouterr().out) == (0, "audit: 2 packages looked up, 0 known vulnerabilities\n")


def test_a_known_vulnerability_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its name and the version that mends it."""
    with _osv(lambda name: _is_canary(name) or name == "beta") as url:
        code = _audit(url, tmp_path)

    assert (code, capsys.readouterr().out.splitlines()[0]) == (1, "beta 2.0: PYSEC-1 CVE-1 (fixed in 9.9)")


def test_a_service_that_knows_nothing_is_no_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A proxy that answers everything with `{}` would let all pass."""
    with _osv(lambda _: False) as url:
        code = _audit(url, tmp_path)

    assert code == 3
    assert f"NOT AUDITED: the service knows no vulnerability of {CANARY}" in capsys.readouterr().err


def test_a_service_that_is_not_there_is_no_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where pip-audit alone may end with exit code 0."""
    code = _audit(f"http://127.0.0.1:{free_ports(1)[0]}/v1/query", tmp_path)

    assert code == 3
    assert "NOT AUDITED" in capsys.readouterr().err


def test_the_pins_of_a_lock_are_those_that_apply_here() -> None:
    """By their markers, under their canonical names."""
    text = (
        "A.b==1 \\\n    --hash=sha256:0\n    # via c\nd==2 ; sys_platform == 'nowhere'\ne==3 ; python_version > '3'\n"
    )

    assert list(pins(text)) == [("a-b", "1"), ("e", "3")]
