"""One connection of a client: requests are read with bounds in bytes and in seconds."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Callable
from typing import Final

from compat_checks.registry.http_head import MAX_BODY, MAX_HEAD, MAX_LINE
from compat_checks.registry.refused import Refused

HEAD_SECONDS: Final = 10.0  # for a whole head, from the end of the answer before it
BODY_SECONDS: Final = 20.0  # for a whole body
ANSWER_SECONDS: Final = 30.0  # for a client to take a whole answer
_LINGER_SECONDS: Final = 2.0
_PIECE: Final = 64 * 1024
_MAX_CHUNK_LINE: Final = 256
_CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(;[ -~]*)?")


class Connection:
    """Reads requests from a socket and writes answers to it."""

    def __init__(self, sock: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the socket, and a clock in seconds."""
        self._socket = sock
        self._clock = clock
        self._buffer = bytearray()
        self._deadline = 0.0

    def head(self, seconds: float = HEAD_SECONDS) -> bytes | None:
        """The bytes of the next head; None if the client sends nothing more.

        Raises:
            Refused: 400 for a line that does not end with CR LF, 408 too slow, 414 and 431 too long.
        """
        self._deadline = self._clock() + seconds
        scanned = 0
        while True:
            while self._buffer.startswith(b"\r\n"):  # RFC 9112, section 2.2: empty lines before a request are skipped
                del self._buffer[:2]
            end = self._buffer.find(b"\r\n\r\n", max(scanned - 3, 0))
            _refuse_bare_line_feed(self._buffer, scanned, len(self._buffer) if end < 0 else end + 4)
            if end >= 0:
                return bytes(self._take(end + 4)[:-4])
            _refuse_long(self._buffer)
            scanned = len(self._buffer)
            if not self._receive(silent=not self._buffer):
                return None

    def body(self, length: int, seconds: float = BODY_SECONDS) -> bytes:
        """A body of so many bytes.

        Raises:
            Refused: 400, the client hung up; 408, it was too slow.
        """
        self._deadline = self._clock() + seconds
        return self._exactly(length)

    def chunked_body(self, seconds: float = BODY_SECONDS) -> bytes:
        """A body in chunks (RFC 9112, section 7.1); trailers are dropped.

        Raises:
            Refused: 400 broken, 408 too slow, 413 too large.
        """
        self._deadline = self._clock() + seconds
        found = bytearray()
        while size := self._chunk_size():
            if len(found) + size > MAX_BODY:
                raise Refused(413, f"The body is larger than {MAX_BODY} bytes")
            found += self._exactly(size)
            if self._exactly(2) != b"\r\n":
                raise Refused(400, "A chunk of the body is longer than it says")
        trailers = 0
        while line := self._line():
            trailers += len(line)
            if trailers > MAX_LINE:
                raise Refused(431, f"The trailers are longer than {MAX_LINE} bytes")
        return bytes(found)

    def send(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            OSError: the client hung up, or does not take it within ANSWER_SECONDS.
        """
        self._socket.settimeout(ANSWER_SECONDS)
        self._socket.sendall(data)

    def linger(self) -> None:
        """End the answer, and read what the client still sends.

        Closing with unread bytes resets the connection, which destroys an answer that was not read yet.
        """
        self._deadline = self._clock() + _LINGER_SECONDS
        with contextlib.suppress(OSError, Refused):
            self._socket.shutdown(socket.SHUT_WR)
            while self._receive(silent=True):
                self._buffer.clear()

    def _chunk_size(self) -> int:
        match = _CHUNK_SIZE.fullmatch(self._line())
        if not match:
            raise Refused(400, "The size of a chunk is not a hexadecimal number")
        return int(match[1], 16)

    def _line(self) -> bytes:
        scanned = 0
        while (end := self._buffer.find(b"\n", scanned)) < 0:
            scanned = len(self._buffer)
            if scanned > _MAX_CHUNK_LINE:
                break
            self._receive()
        if not 1 <= end <= _MAX_CHUNK_LINE or self._buffer[end - 1] != 0x0D:
            raise Refused(400, "A line of a chunked body is too long, or does not end with CR LF")
        return self._take(end + 1)[:-2]

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _receive(self, *, silent: bool = False) -> bool:
        """Read some bytes; False if there are none and `silent` says that this is no error."""
        left = self._deadline - self._clock()
        try:
            self._socket.settimeout(max(left, 0.0))  # 0 is "only what is here already"
            data = self._socket.recv(_PIECE)
        except (TimeoutError, BlockingIOError):
            if silent:
                return False
            raise Refused(408, "The request did not arrive in time") from None
        if not data and not silent:
            raise Refused(400, "The request ends before its end")
        self._buffer += data
        return bool(data)


def _refuse_long(head: bytearray) -> None:
    """Raises Refused if a head that has no end yet is too long already."""
    if len(head) > MAX_LINE and head.find(b"\r\n", 0, MAX_LINE + 2) < 0:
        raise Refused(414, f"The request line is longer than {MAX_LINE} bytes")
    if len(head) > MAX_HEAD:
        raise Refused(431, f"The request head is longer than {MAX_HEAD} bytes")


def _refuse_bare_line_feed(head: bytearray, start: int, end: int) -> None:
    """Raises Refused for a line feed without carriage return: some programs end a line there, others do not."""
    if head.count(b"\n", start, end) != head.count(b"\r\n", max(start - 1, 0), end):
        raise Refused(400, "A line of the request head does not end with CR LF")
