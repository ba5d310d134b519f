"""Fields of JSON messages that the contract does not have: counted by name, and logged now and then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Counter

from services.logs import Log, masked

OTHER: Final = "other"  # the label of every name beyond the first `MAX_NAMES`
MAX_NAMES: Final = 50
_QUIET: Final = timedelta(minutes=1)  # between two lines of the log for one name


@dataclass(frozen=True, slots=True)
class UnknownFields:
    """Counts and logs unknown fields; its table is bounded, whatever producers send.

    Attributes:
        counter: has the label `field`.
        reject: whether a message with such a field is refused (MIGRATION_UNKNOWN_FIELDS=reject).
    """

    counter: Counter
    log: Log
    reject: bool = False
    _logged: dict[str, datetime] = field(default_factory=dict)

    def seen(self, names: Iterable[str], now: datetime) -> None:
        """Note the unknown fields of one message.

        Args:
            names: as `eccs_contracts.migration` gives them: printable ASCII of at most 40 characters.
            now: the current instant.
        """
        for name in names:
            label = self._label(masked(name))
            self.counter.labels(label).inc()
            last = self._logged.get(label)
            if last is None or now - last >= _QUIET or now < last:
                self._logged[label] = now
                self.log("warning", "unknown_field", field=label, rejected=self.reject)

    def _label(self, name: str) -> str:
        return name if name in self._logged or len(self._logged.keys() - {OTHER}) < MAX_NAMES else OTHER
