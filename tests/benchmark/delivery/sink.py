"""`python -m tests.benchmark.delivery.sink`: an SMTP server that does little more than note when each mail came.

It answers the final dot after a latency that can be changed while it runs. Standard output gets the two ports: that of
SMTP, and one where each line is a JSON question and each answer a line of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from typing import Any, Final

_EHLO: Final = b"250-sink\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250 8BITMIME\r\n"
_REPLIES: Final = {b"EHLO": _EHLO, b"HELO": b"250 sink\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
_OK: Final = b"250 2.0.0 ok\r\n"
_END: Final = b"\r\n.\r\n"
_ID: Final = b"\nMessage-ID: <"


class Book:
    """What came: id, when MAIL came and when the final dot did, in seconds as `time.time()`."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.mails: list[tuple[str, float, float]] = []

    def answer(self, question: dict[str, Any]) -> Any:
        """`{"latency": seconds}` sets it; `{"take": true}` gives all mails and forgets them; all give the count."""
        self.latency = question.get("latency", self.latency)
        count = len(self.mails)
        if not question.get("take"):
            return {"count": count}
        taken, self.mails = self.mails, []
        return {"count": count, "mails": taken}


class Session(asyncio.Protocol):
    """One connection; commands that were pipelined wait until the mail before them is answered."""

    def __init__(self, book: Book) -> None:
        self._book, self._buffer = book, b""
        self._began = 0.0
        self._in_mail = self._waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._buffer += data
        if not self._waiting:
            self._work()

    def _work(self) -> None:
        replies = bytearray()
        while not self._waiting:
            separator = _END if self._in_mail else b"\r\n"
            block, found, rest = self._buffer.partition(separator)
            if not found:
                break
            self._buffer = rest
            replies += self._mail(block) if self._in_mail else self._command(block)
        if replies:
            self._transport.write(bytes(replies))

    def _command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._began = time.time()
        self._in_mail = verb == b"DATA"
        if verb == b"QUIT":
            asyncio.get_running_loop().call_soon(self._transport.close)
        return _REPLIES.get(verb, _OK)

    def _mail(self, content: bytes) -> bytes:
        self._in_mail = False
        name = content.partition(_ID)[2].partition(b"@")[0].decode("ascii")
        self._book.mails.append((name, self._began, time.time()))
        if not self._book.latency:
            return _OK
        self._waiting = True
        asyncio.get_running_loop().call_later(self._book.latency, self._late)
        return b""

    def _late(self) -> None:
        self._waiting = False
        self._transport.write(_OK)
        self._work()


async def serve() -> None:
    """Listen until the process is ended."""
    book = Book()

    async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(json.dumps(book.answer(json.loads(line))).encode() + b"\n")
            await writer.drain()
        writer.close()

    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: Session(book), "127.0.0.1", 0, backlog=1024)
    asking = await asyncio.start_server(control, "127.0.0.1", 0)
    ports = [each.sockets[0].getsockname()[1] for each in (smtp, asking)]
    sys.stdout.write(f"{ports[0]} {ports[1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    gc.disable()  # it makes no cycles
    asyncio.run(serve())
