"""Rules about waivers: one that no longer says what is so fails the check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from compat_checks.classes import frozen
from compat_checks.findings import Finding
from compat_checks.rule import Hit
from compat_checks.waivers import FILE, Waiver


@frozen
class WaiverUse:
    """A waiver, and the findings that it names.

    Attributes:
        findings: those with its rule, subject and element, whatever they say.
    """

    waiver: Waiver
    findings: tuple[Finding, ...]
    today: date


def waiver_expired(use: WaiverUse) -> Iterator[Hit]:
    """A waiver is past its last day.

    What it does:
        Compares `expires` with today.

    Why it matters:
        A waiver is a debt with a date. Without an end, accepted breaks pile up until nobody knows what is safe.

    Example:
        `expires = 2026-01-31`, in February.

    Use instead:
        Solve the finding and remove the waiver; or extend it, and say why in its reason.
    """
    if use.today > use.waiver.expires:
        yield Hit(
            message=f"{use.waiver} expired on {use.waiver.expires}", hint="solve the finding, or extend the waiver"
        )


def waiver_unused(use: WaiverUse) -> Iterator[Hit]:
    """A waiver waives nothing.

    What it does:
        Looks for findings with the waiver's rule, subject and element.

    Why it matters:
        It would silently accept the same break when somebody makes it again.

    Example:
        The finding was solved, and its waiver stayed.

    Use instead:
        Remove the waiver.
    """
    if use.today <= use.waiver.expires and not use.findings:
        yield Hit(message=f"{use.waiver} waives nothing", hint=f"remove it from {FILE}")


def waiver_changed(use: WaiverUse) -> Iterator[Hit]:
    """A waiver was given for another change.

    What it does:
        Compares the fingerprint of the waiver with those of the findings that it names.

    Why it matters:
        What was accepted is one change, not every later change of the same element.

    Example:
        `int` to `string` was accepted, and now it is `int` to `boolean`.

    Use instead:
        Decide again; if it is accepted, put the new fingerprint into the waiver.
    """
    prints = [one.fingerprint for one in use.findings]
    if use.today <= use.waiver.expires and prints and use.waiver.fingerprint not in prints:
        yield Hit(
            message=f'{use.waiver} is of another change; now it is: "{use.findings[0].message}"',
            hint=f"decide again; the fingerprint is {prints[0]} now",
        )
