"""A TCP proxy that a test can close, stall and cut."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Self

_CHUNK = 65_536


class TcpProxy:
    """Forwards one address; lives on a loop in a thread of its own. Methods may be called from any thread."""

    def __init__(self, host: str, port: int) -> None:
        """Take where to forward to; `port` is where to connect, known after `start`."""
        self._target = (host, port)
        self.port = 0
        self.connections = 0
        self.cuts = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._pairs: set[asyncio.StreamWriter] = set()
        self._flow = asyncio.Event()
        self._cut_after: int | None = None
        self._cuts_left = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._loop.call_soon_threadsafe(self._flow.set)
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def aim(self, host: str, port: int) -> tuple[str, int]:
        """Forward new connections to another address; the one before."""
        before, self._target = self._target, (host, port)
        return before

    def up(self) -> None:
        """Listen and forward."""
        self._do(self._listen())

    def down(self) -> None:
        """Refuse new connections and reset those that are open."""
        self._do(self._close())

    def stall(self) -> None:
        """Take connections and data, and forward nothing."""
        self._loop.call_soon_threadsafe(self._flow.clear)

    def resume(self) -> None:
        """Forward again what lay."""
        self._loop.call_soon_threadsafe(self._flow.set)

    def reset_all(self) -> None:
        """Reset the open connections; new ones are taken."""
        self._do(self._reset())

    def cut_after(self, size: int, times: int) -> None:
        """Reset each of the next `times` connections once its client has sent `size` bytes."""
        self._cut_after, self._cuts_left = size, times

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_address=True)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._reset()

    async def _reset(self) -> None:
        for writer in tuple(self._pairs):
            _reset(writer)
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._flow.wait()
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        self._pairs |= {writer, back}
        limit = self._cut_after if self._cuts_left > 0 else None
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._pump(reader, back, limit, writer), self._pump(there, writer, None, back))
        for one in (writer, back):
            one.close()
            self._pairs.discard(one)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limit: int | None,
        other: asyncio.StreamWriter,
    ) -> None:
        seen = 0
        while data := await reader.read(_CHUNK):
            await self._flow.wait()
            seen += len(data)
            if limit is not None and seen > limit and self._cuts_left > 0:
                self._cuts_left -= 1
                self.cuts += 1
                _reset(other)
                _reset(writer)
                return
            writer.write(data)
            await writer.drain()
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """With RST instead of FIN: nothing that is still in a buffer arrives."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
