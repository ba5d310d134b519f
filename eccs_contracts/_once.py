"""A cache that asks once, however many wait for the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Once(Generic[K, V]):
    """Answers by their keys, kept for good; an error is given to all who wait for it, and forgotten."""

    def __init__(self) -> None:
        self._known: dict[K, V] = {}
        self._asked: dict[K, Future[V]] = {}
        self._lock = threading.Lock()

    def known(self, key: K) -> V | None:
        """The answer, where there is one already."""
        return self._known.get(key)

    def get(self, key: K, ask: Callable[[], V]) -> V:
        """The answer; the first who wants it asks, whoever comes meanwhile waits. Raises what `ask` raises."""
        with self._lock:
            if key in self._known:
                return self._known[key]
            running = self._asked.get(key)
            if running is None:
                mine: Future[V] = Future()
                self._asked[key] = mine
        return running.result() if running else self._ask(key, mine, ask)

    def _ask(self, key: K, mine: Future[V], ask: Callable[[], V]) -> V:
        try:
            answer = ask()
        except BaseException as error:
            with self._lock:
                del self._asked[key]
            mine.set_exception(error)
            raise
        with self._lock:
            self._known[key] = answer
            del self._asked[key]
        mine.set_result(answer)
        return answer
