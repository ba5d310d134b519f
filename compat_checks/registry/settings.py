"""Levels, modes and what else is set: for a subject, for a context, or for all.

`alias`, `compatibilityGroup` and `validateFields` are kept and shown, and have no effect in this registry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from compat_checks.classes import field, mutable
from compat_checks.levels import LEVELS
from compat_checks.registry.refused import refused
from compat_checks.registry.values import DEFAULT_CONTEXT, context_of, metadata_text, rule_set_text
from compat_checks.source import Json

DEFAULT_LEVEL: Final = "BACKWARD"
READWRITE: Final = "READWRITE"
IMPORT: Final = "IMPORT"
MODES: Final = (READWRITE, "READONLY", "READONLY_OVERRIDE", IMPORT, "FORWARD")
IMPORTING: Final = (IMPORT, "FORWARD")
_READONLY: Final = ("READONLY", "READONLY_OVERRIDE")
_GLOBAL: Final = ""

Config = Mapping[str, Json]

# Key of a configuration -> what its value has to be. Confluent writes the level as "compatibility" when it is set and
# as "compatibilityLevel" when it is read.
_TYPES: Final[dict[str, type]] = {
    "compatibility": str,
    "normalize": bool,
    "alias": str,
    "validateFields": bool,
    "compatibilityGroup": str,
    "defaultMetadata": dict,
    "overrideMetadata": dict,
    "defaultRuleSet": dict,
    "overrideRuleSet": dict,
}


@mutable
class Settings:
    """What is set where.

    Attributes:
        configs, modes: by scope: a subject, a context as ":.name:", or "" for all.
    """

    configs: dict[str, dict[str, Json]] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)

    def config(self, subject: str) -> Config:
        """What holds for a subject, key by key: its own, else its context's, else the global one."""
        held: dict[str, Json] = {"compatibility": DEFAULT_LEVEL}
        for scope in reversed(list(_scopes(subject))):
            held.update(self.configs.get(scope, {}))
        return held

    def own_config(self, scope: str) -> Config:
        """What is set for the scope itself.

        Raises:
            Refused: 40408, nothing is; never for the global one.
        """
        if scope == _GLOBAL:
            return self.config(_GLOBAL)
        if scope not in self.configs:
            raise refused(40408, scope)
        return self.configs[scope]

    def set_config(self, scope: str, body: Mapping[str, Any]) -> Config:
        """Set the keys that are given and keep the others.

        Raises:
            Refused: 42203 for what is no level, 42201 and 42210 for other values, 42205 in a read-only mode.
        """
        self.writable(scope)
        given = {key: value for key, value in body.items() if key in _TYPES and value is not None}
        for key, value in given.items():
            _check(key, value)
        if "compatibility" in given:
            given["compatibility"] = given["compatibility"].upper()
        self.configs[scope] = {**self.configs.get(scope, {}), **given}
        return self.configs[scope]

    def unset_config(self, scope: str) -> Config:
        """Give up what is set for a scope; what it was.

        Raises:
            Refused: 40401, nothing is; 42205 in a read-only mode.
        """
        self.writable(scope)
        if scope == _GLOBAL:
            before = self.config(_GLOBAL)
            self.configs.pop(_GLOBAL, None)
            return before
        if scope not in self.configs:
            raise refused(40401, scope)
        return self.configs.pop(scope)

    def mode(self, subject: str) -> str:
        """The mode that holds for a subject; a global READONLY_OVERRIDE stands above all."""
        if self.modes.get(_GLOBAL) == "READONLY_OVERRIDE":
            return "READONLY_OVERRIDE"
        return next((self.modes[scope] for scope in _scopes(subject) if scope in self.modes), READWRITE)

    def own_mode(self, scope: str) -> str:
        """The mode of the scope itself.

        Raises:
            Refused: 40409, none is set; never for the global one.
        """
        if scope == _GLOBAL or self.mode(scope) == "READONLY_OVERRIDE":
            return self.mode(scope)
        if scope not in self.modes:
            raise refused(40409, scope)
        return self.modes[scope]

    def set_mode(self, scope: str, mode: str) -> None:
        """Set the mode of a scope, one of MODES."""
        self.modes[scope] = mode

    def unset_mode(self, scope: str) -> str:
        """Give up the mode of a scope; what it was.

        Raises:
            Refused: 40401, none is set.
        """
        if scope != _GLOBAL and scope not in self.modes:
            raise refused(40401, scope)
        return self.modes.pop(scope, READWRITE)

    def writable(self, scope: str) -> None:
        """Make sure that the scope is not read-only.

        Raises:
            Refused: 42205.
        """
        if self.mode(scope) in _READONLY:
            raise refused(42205, f"Subject {scope} in context {context_of(scope)} is in read-only mode")

    def registrable(self, subject: str, *, with_id: bool) -> None:
        """Make sure that a schema can be registered: with an id of the caller's only while importing.

        Raises:
            Refused: 42205.
        """
        self.writable(subject)
        mode = self.mode(subject)
        where = f"Subject {subject} in context {context_of(subject)}"
        if with_id and mode not in IMPORTING:
            raise refused(42205, f"{where} is not in import mode")
        if not with_id and mode != READWRITE:
            raise refused(42205, f"{where} is not in read-write mode")

    def forget(self, subject: str) -> None:
        """Drop what is set for a subject that is gone."""
        self.configs.pop(subject, None)
        self.modes.pop(subject, None)


def mode_of(value: object) -> str:
    """A mode as a client sent it.

    Raises:
        Refused: 42204.
    """
    mode = value.upper() if isinstance(value, str) else ""
    if mode not in MODES:
        raise refused(42204, ", ".join(MODES))
    return mode


def _check(key: str, value: Json) -> None:
    if key == "compatibility":
        if not isinstance(value, str) or value.upper() not in LEVELS:
            raise refused(42203, ", ".join(level.lower() for level in LEVELS))
    elif not isinstance(value, _TYPES[key]):
        raise refused(42201, f"{key} is not a {_TYPES[key].__name__}")
    elif key.endswith("Metadata"):
        metadata_text(value)
    elif key.endswith("RuleSet"):
        rule_set_text(value)


def _scopes(subject: str) -> Iterator[str]:
    """Where a setting for a subject is looked for, nearest first."""
    yield subject
    if (context := context_of(subject)) != DEFAULT_CONTEXT:
        yield f":{context}:"
    yield _GLOBAL
