"""The registries that the contract is tested against, and where each differs from Confluent's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Deviation:
    """An answer that is not Confluent's.

    Attributes:
        answer: what is answered instead; it is tested as strictly.
        reason: why the backend may.
    """

    answer: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Backend:
    """A running registry."""

    name: str
    url: str
    http: httpx.Client
    deviations: Mapping[str, Deviation] = field(default_factory=dict)

    def asked(self, method: str, path: str, body: Any = None) -> Any:
        """The value of an answer; HTTP status and error code where it is an error."""
        answer = self.http.request(method, f"{self.url}{path}", json=body)
        value = _json(answer)
        if answer.is_success:
            return value
        return answer.status_code, value.get("error_code") if isinstance(value, dict) else None

    def expects(self, check: str, *, confluent: Any) -> Any:
        """The answer to expect: Confluent's, unless the backend deviates in this check."""
        found = self.deviations.get(check)
        if found is None:
            return confluent
        assert found.answer != confluent, f"{check}: {self.name} does not deviate"
        return found.answer


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:  # nothing, or plain text
        return None


def verdict(answer: Any) -> Any:
    """Whether it is compatible; the error where there is one."""
    return answer["is_compatible"] if isinstance(answer, dict) else answer


def refusal(answer: Any) -> Any:
    """The error of a call that should fail; "taken" where it does not."""
    return answer if isinstance(answer, tuple) else "taken"


_NO_CALL = (404, 0)
_BYTES = "it compares texts as they came, but for what it normalises"
_CONFLICT = "what comes too early, or twice, is a conflict"
_NO_MODES = "it has one mode, and no call to set another"
_NO_CONTEXTS = "it has groups instead, and takes the qualified name for a plain one"
_NO_LEVEL = "its own level is NONE, and it answers that for what has none"

# Apicurio Registry 2.6.13, /apis/ccompat/v7. What is not here is as in Confluent's.
APICURIO: Mapping[str, Deviation] = {
    "spaced-is-same": Deviation(answer=False, reason=_BYTES),
    "normalised-are-same": Deviation(answer=False, reason="it does not sort attributes when it normalises"),
    "config-normalises": Deviation([1, 2], "the level is all that can be set"),
    "inlined-is-same": Deviation((404, 40403), _BYTES),
    "refer-to-latest": Deviation(answer=False, reason="a reference names a version"),
    "subjects-by-id": Deviation(_NO_CALL, "only /versions tells it"),
    "register-empty": Deviation("taken", "nothing is validated unless a rule asks for it"),
    "version-0": Deviation((404, 40402), "what is no number is a version that is not there"),
    "version-earliest": Deviation((404, 40402), "what is no number is a version that is not there"),
    "lookup-no-schema": Deviation((404, 40403), _BYTES),
    "incompatible": Deviation((409, 409), "Confluent's code before 8.0.4"),
    "not-transitive": Deviation(answer=False, reason="asked over all versions, it looks at all, whatever the level"),
    "global": Deviation({"compatibilityLevel": "NONE"}, _NO_LEVEL),
    "compatibility-no-subject": Deviation([(404, 40402), (404, 40401)], "an unknown subject is an error"),
    "compatibility-no-schema-verbose": Deviation((422, 42201), "an error all the same"),
    "compatibility-messages": Deviation("reason", "one text, in words of its own"),
    "compatibility-references": Deviation([(422, 42201), (422, 42201)], "this call does not resolve references"),
    "config-unset": Deviation({"compatibilityLevel": "NONE"}, _NO_LEVEL),
    "config-delete-unset": Deviation({"compatibilityLevel": "NONE"}, _NO_LEVEL),
    "config-gone": Deviation({"compatibilityLevel": "FULL"}, "a softly deleted subject keeps its rules"),
    "no-level": Deviation((400, None), "its JSON reader refuses it, in plain text"),
    "deleted-twice": Deviation((409, 40406), _CONFLICT),
    "permanent-early": Deviation((409, 40407), _CONFLICT),
    "subject-permanent-early": Deviation((409, 40405), _CONFLICT),
    "mode-global": Deviation(_NO_CALL, _NO_MODES),
    "mode-unset": Deviation(_NO_CALL, _NO_MODES),
    "mode-default": Deviation(_NO_CALL, _NO_MODES),
    "mode-set": Deviation(_NO_CALL, _NO_MODES),
    "mode-import": Deviation(_NO_CALL, _NO_MODES),
    "mode-delete-unset": Deviation(_NO_CALL, _NO_MODES),
    "no-mode": Deviation(_NO_CALL, _NO_MODES),
    "import-occupied": Deviation(_NO_CALL, _NO_MODES),
    "read-only": Deviation(["taken", "taken", "taken"], _NO_MODES),
    "own-id": Deviation("taken", "it gives the ids, whatever is sent"),
    "own-version": Deviation("taken", "it gives the numbers, whatever is sent"),
    "listed-by-context": Deviation("all", "the prefix is not looked at"),
    "contexts": Deviation([":.:"], _NO_CONTEXTS),
    "default-context": Deviation((404, 40401), _NO_CONTEXTS),
}
