"""Rules about what is published: history, and the version that a contract says it has."""

from __future__ import annotations

from collections.abc import Iterator

from compat_checks.classes import frozen
from compat_checks.history import PublishedFile
from compat_checks.rule import Hit
from compat_checks.source import Place


@frozen
class Publication:
    """A subject as it is, and as it was published last.

    Attributes:
        place: the schema's name in its file.
        declared: the semantic version in contracts.toml.
        newest: label of the newest published version; empty where there is none.
        changed: whether the current schema differs from it.
        too_low: why the semantic version of contracts.toml is not enough; empty where it is.
    """

    subject: str
    place: Place
    declared: Place
    newest: str
    changed: bool
    too_low: str


@frozen
class RemovedSubject:
    """A subject that a baseline has and contracts.toml has not."""

    subject: str
    baseline: str


def not_published(publication: Publication) -> Iterator[Hit]:
    """The current schema is not published.

    What it does:
        Compares the schema, its docs and properties included, with the newest version in `history/`.

    Why it matters:
        Services are built from the current schema, and registries are filled from the history: a producer would
        start to write what no registry knows.

    Example:
        A field was added to `EmailRequest.avsc`, and `history/email_requests-value` ends with v2 as before.

    Use instead:
        `compat-checks snapshot`, in the same pull request.
    """
    if publication.changed:
        before = f"differs from {publication.newest}" if publication.newest else "is new"
        message = f"the schema of {publication.subject} {before} and is not published"
        yield Hit(message=message, place=publication.place, hint="run: compat-checks snapshot")


def version_too_low(publication: Publication) -> Iterator[Hit]:
    """contracts.toml declares a version that is too low for the change.

    What it does:
        Works out the semantic version that the change since the newest published version asks for: major where it
        breaks the declared level, minor where the structure changes, patch where docs or properties do.

    Why it matters:
        Other teams decide by the version whether they have to look.

    Example:
        A field is added, and `version` stays `1.1.0`.

    Use instead:
        Raise `version` in contracts.toml.
    """
    if publication.too_low:
        yield Hit(message=publication.too_low, place=publication.declared, hint="raise version in contracts.toml")


def history_altered(file: PublishedFile) -> Iterator[Hit]:
    """A published version was altered or removed.

    What it does:
        Compares the files of `history/` with their checksums in `history/SHA256SUMS`.

    Why it matters:
        The history is what data on the topics was written with. Every verdict rests on it.

    Example:
        A doc is corrected in `history/email_requests-value/v1.avsc`.

    Use instead:
        Restore the file: `git checkout -- schemas/history`. Correct the current schema and publish it.
    """
    if file.listed and file.actual != file.listed:
        done = "was altered" if file.actual else "is gone"
        message = f"{file.path} {done}; a published version never changes"
        yield Hit(message=message, hint="restore it, and publish the correction as a new version")


def history_unlisted(file: PublishedFile) -> Iterator[Hit]:
    """A version in `history/` is not in the list of checksums.

    What it does:
        Looks for each file of `history/` in `history/SHA256SUMS`.

    Why it matters:
        Nobody would notice if it were altered.

    Example:
        `v3.avsc` was copied there by hand.

    Use instead:
        `compat-checks snapshot` writes both.
    """
    if not file.listed:
        yield Hit(
            message=f"{file.path} is not in the list of checksums", hint="remove it and run: compat-checks snapshot"
        )


def subject_removed(removed: RemovedSubject) -> Iterator[Hit]:
    """A subject is not declared any more.

    What it does:
        Looks for each subject of the baseline in contracts.toml.

    Why it matters:
        Its topic still has data, and its readers are still about; nothing checks them from now on.

    Example:
        The table `[subjects.email_dlq-value]` was deleted.

    Use instead:
        Keep the subject until its topic is deleted; then waive this finding.
    """
    yield Hit(
        message=f"the subject {removed.subject} of {removed.baseline} is not declared any more",
        hint="keep it until its topic is deleted",
    )
