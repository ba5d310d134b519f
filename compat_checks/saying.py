"""Changes in words: the sentences that more than one kind of change is told with."""

from __future__ import annotations

from collections.abc import Iterator

from compat_checks.classes import frozen
from compat_checks.notation import cut
from compat_checks.review import Change, ChangeKind
from compat_checks.source import Place


@frozen
class About:
    """What a change is about.

    Attributes:
        element: where in the schema: "EmailRequest.userId".
        name: what a sentence calls it: "`userId`", "record `EmailRequest`".
        place: where it stands in the newer version; the record around it for what is gone.
    """

    element: str
    name: str
    place: Place

    def made(
        self, kind: ChangeKind, old: str, new: str, sentence: str, key: str = "", structural: bool = True
    ) -> Change:
        """A change in words of its own; `key` is the part of the element that it points to."""
        return Change(
            element=self.element,
            kind=kind,
            old=old,
            new=new,
            sentence=sentence,
            structural=structural,
            place=self.place / key if key else self.place,
        )

    def changed(self, what: str, old: str, new: str, *, key: str = "", structural: bool = True) -> Change:
        """A part of the element changed; an empty text is a part that is not there."""
        before, after = cut(old), cut(new)
        if old and new:
            sentence = f"{what} of {self.name} changed from {before} to {after}"
        elif new:
            sentence = f"{what} of {self.name} added: {after}"
        else:
            sentence = f"{what} of {self.name} removed; it was {before}"
        label = "" if what == "type" else f"{what} "
        return self.made(
            ChangeKind.CHANGED,
            f"{label}{before}" if old else "",
            f"{label}{after}" if new else "",
            sentence,
            key if new else "",
            structural,
        )

    def doc_changed(self, old: str | None, new: str | None) -> Iterator[Change]:
        """The doc, of which a sentence tells the new text only."""
        if (old or "") == (new or ""):
            return
        before, after = (cut(" ".join((text or "").split())) for text in (old, new))
        verb = ("changed to" if old else "added") if new else "removed"
        sentence = f"doc of {self.name} {verb}{f': {after}' if new else ''}"
        yield self.made(ChangeKind.CHANGED, before, after, sentence, "doc" if new else "", structural=False)
