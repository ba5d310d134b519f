"""Deleting: softly first, so that data stays readable by id, then for good."""

from __future__ import annotations

from compat_checks.registry.refused import refused
from compat_checks.registry.store import Store
from compat_checks.registry.values import LATEST, Version


def delete_version(store: Store, subject: str, number: int, *, permanent: bool) -> int:
    """Delete a version; its number.

    Raises:
        Refused: 40406 deleted softly before, 40407 not deleted softly yet, 42205 in a read-only mode, 42206 referred
            to, 40401 and 40402 not there.
    """
    store.settings.writable(subject)
    found = store.version(subject, number, deleted=number != LATEST)
    _not_referenced(store, found)
    if permanent:
        if not found.deleted:
            raise refused(40407, subject, found.version)
        store.versions.remove(found)
    elif found.deleted:
        raise refused(40406, subject, found.version)
    else:
        store.versions.mark_deleted(found)
    _after(store, subject)
    return found.version


def delete_subject(store: Store, subject: str, *, permanent: bool) -> list[int]:
    """Delete all versions; their numbers.

    Raises:
        Refused: 40401 not there, 40404 deleted softly before, 40405 not deleted softly yet, 42205 in a read-only
            mode, 42206 referred to.
    """
    store.settings.writable(subject)
    versions = store.live(subject, deleted=True)
    live = [one for one in versions if not one.deleted]
    if permanent and live:
        raise refused(40405, subject)
    if not permanent and not live:
        raise refused(40404, subject)
    doomed = versions if permanent else live
    for one in doomed:
        _not_referenced(store, one)
    for one in doomed:
        (store.versions.remove if permanent else store.versions.mark_deleted)(one)
    _after(store, subject)
    return [one.version for one in doomed]


def delete_context(store: Store, context: str) -> None:
    """Delete a context that holds nothing.

    Raises:
        Refused: 42211, it holds something.
    """
    if any(subject.startswith(f":{context}:") for subject in store.versions.subjects()):
        raise refused(42211, context)
    store.versions.drop_context(context)
    store.settings.forget(f":{context}:")
    store.changes += 1


def _not_referenced(store: Store, version: Version) -> None:
    if store.versions.users(version):
        raise refused(42206, f"{version.subject} version {version.version}")


def _after(store: Store, subject: str) -> None:
    """With its last version a subject also loses its level and mode."""
    store.changes += 1
    if not store.versions.of(subject):
        store.settings.forget(subject)
