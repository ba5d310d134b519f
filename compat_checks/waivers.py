"""`waivers.toml`: findings that a person has accepted, each with a reason, an owner and a last day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from compat_checks.classes import frozen, replace
from compat_checks.errors import InvalidContracts
from compat_checks.findings import Finding
from compat_checks.reading import parse_toml, read_toml

FILE: Final = "waivers.toml"
_TEXTS: Final = ("rule", "subject", "element", "fingerprint", "reason", "owner")


@frozen(kw_only=True)
class Waiver:
    """One accepted finding.

    Attributes:
        rule, subject, element: which finding; the element is the place in the schema, which outlives its line.
        fingerprint: what the finding said when it was accepted.
        expires: the last day on which it counts.
    """

    rule: str
    subject: str
    element: str
    fingerprint: str
    reason: str
    owner: str
    expires: date

    def __str__(self) -> str:
        return f"the waiver of {self.rule} at {self.element or self.subject} (owner: {self.owner})"

    def about(self, finding: Finding) -> bool:
        """Whether it names this finding, whatever the finding says by now."""
        return (self.rule, self.subject, self.element) == (finding.rule, finding.subject, finding.element)


def load_waivers(folder: Path) -> tuple[Waiver, ...]:
    """Read the waivers of a folder of schemas; none where there is no file.

    Raises:
        InvalidContracts: not TOML, or an entry that lacks a key, has one too many, or an empty one.
    """
    path = folder / FILE
    try:
        text = read_toml(path)
    except FileNotFoundError:
        return ()
    try:
        root = parse_toml(text)
    except InvalidContracts as error:
        raise InvalidContracts(f"{path}: {error}") from None
    entries = root.get("waivers", [])
    if root.keys() - {"version", "waivers"} or root.get("version") != 1 or not isinstance(entries, list):
        raise InvalidContracts(f'{path}: "version = 1" and [[waivers]] are expected')
    return tuple(_waiver(f"{path}: waiver {number}", entry) for number, entry in enumerate(entries, 1))


def _waiver(where: str, entry: Any) -> Waiver:
    if not isinstance(entry, dict) or set(entry) != {*_TEXTS, "expires"}:
        raise InvalidContracts(f"{where}: its keys are {', '.join(_TEXTS)} and expires")
    for key in _TEXTS:
        if not isinstance(entry[key], str) or (not entry[key].strip() and key not in ("subject", "element")):
            raise InvalidContracts(f"{where}: {key} is a text that says something, not {entry[key]!r}")
    if type(entry["expires"]) is not date:
        raise InvalidContracts(f"{where}: expires is a day, such as 2027-01-31, not {entry['expires']!r}")
    return Waiver(**entry)


def waive(findings: Iterable[Finding], waivers: Sequence[Waiver], today: date) -> list[Finding]:
    """The findings, those that are waived marked so."""
    return [replace(one, waived=_reason(one, waivers, today)) for one in findings]


def _reason(finding: Finding, waivers: Sequence[Waiver], today: date) -> str:
    valid = (one for one in waivers if one.about(finding) and one.fingerprint == finding.fingerprint)
    return next((f"{one.reason} ({one.owner}, until {one.expires})" for one in valid if today <= one.expires), "")


def entry(finding: Finding) -> str:
    """The TOML block that would waive a finding; reason, owner and last day are for a person to fill in."""
    known = {key: getattr(finding, key) for key in ("rule", "subject", "element", "fingerprint")}
    # The escapes of JSON texts are those of TOML's basic strings (toml.io v1.0.0, "String").
    lines = [f"{key} = {json.dumps(value)}" for key, value in {**known, "reason": "", "owner": ""}.items()]
    return "\n".join(["[[waivers]]", *lines, "expires = 2000-01-01"])
