"""Deleting, softly and for good; references, which keep what they need; contexts."""

from __future__ import annotations

import json

from tests.contract.registry.backends import Backend, verdict
from tests.contract.registry.schemas import A_OPTIONAL_B, A, optional, record

_USER = record("a", {"name": "inner", "type": "Inner"}, name="Outer")
_INNER = record("x", name="Inner")


def _refer(subject: str, version: int = 1) -> dict[str, object]:
    return {"schema": _USER, "references": [{"name": "Inner", "subject": subject, "version": version}]}


class TestDeleting:
    """DELETE /subjects."""

    def test_a_softly_deleted_version_is_read_only_if_asked_for(self, backend: Backend, subject: str) -> None:
        """Data that was written with it stays readable by its id."""
        made = backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})["id"]
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A_OPTIONAL_B})

        assert backend.asked("DELETE", f"/subjects/{subject}/versions/1") == 1
        assert backend.asked("GET", f"/subjects/{subject}/versions") == [2]
        assert backend.asked("GET", f"/subjects/{subject}/versions/1") == backend.expects(
            "deleted-get", confluent=(404, 40402)
        )
        assert json.loads(backend.asked("GET", f"/schemas/ids/{made}")["schema"]) == json.loads(A)
        listed = backend.asked("GET", f"/subjects/{subject}/versions?deleted=true")
        assert listed == [1, 2]

    def test_a_version_is_deleted_softly_first_and_then_for_good(self, backend: Backend, subject: str) -> None:
        """Each only once."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A_OPTIONAL_B})
        path = f"/subjects/{subject}/versions/1"

        early = backend.asked("DELETE", f"{path}?permanent=true")
        assert early == backend.expects("permanent-early", confluent=(404, 40407))
        assert backend.asked("DELETE", path) == 1
        assert backend.asked("DELETE", path) == backend.expects("deleted-twice", confluent=(404, 40406))
        assert backend.asked("DELETE", f"{path}?permanent=true") == 1

    def test_a_deleted_subject_comes_back_with_its_ids_and_new_numbers(self, backend: Backend, subject: str) -> None:
        """A number never means two schemas."""
        ids = [
            backend.asked("POST", f"/subjects/{subject}/versions", {"schema": schema})["id"]
            for schema in (A, A_OPTIONAL_B)
        ]
        assert backend.asked("DELETE", f"/subjects/{subject}") == [1, 2]
        assert subject not in backend.asked("GET", "/subjects")

        again = [
            backend.asked("POST", f"/subjects/{subject}/versions", {"schema": schema})["id"]
            for schema in (A, A_OPTIONAL_B)
        ]
        assert again == ids
        assert backend.asked("GET", f"/subjects/{subject}/versions") == backend.expects(
            "numbers-go-on", confluent=[3, 4]
        )

    def test_a_subject_is_deleted_softly_once(self, backend: Backend, subject: str) -> None:
        """Then for good."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        early = backend.asked("DELETE", f"/subjects/{subject}?permanent=true")
        assert early == backend.expects("subject-permanent-early", confluent=(404, 40405))
        assert backend.asked("DELETE", f"/subjects/{subject}") == [1]

        assert backend.asked("DELETE", f"/subjects/{subject}") == (404, 40404)
        gone = backend.asked("DELETE", f"/subjects/{subject}?permanent=true")
        assert gone == [1]

    def test_what_is_not_there_cannot_be_deleted(self, backend: Backend, subject: str) -> None:
        """40401 and 40402."""
        assert backend.asked("DELETE", f"/subjects/{subject}") == (404, 40401)
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})

        assert backend.asked("DELETE", f"/subjects/{subject}/versions/9") == (404, 40402)

    def test_the_level_goes_with_the_last_version(self, backend: Backend, subject: str) -> None:
        """A subject of the same name starts anew."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": "FULL"})
        backend.asked("DELETE", f"/subjects/{subject}")

        assert backend.asked("GET", f"/config/{subject}") == backend.expects("config-gone", confluent=(404, 40408))


class TestReferences:
    """Schemas that take types from other subjects."""

    def test_a_schema_is_registered_with_references(self, backend: Backend, subject: str) -> None:
        """And shown with them."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": _INNER})
        made = backend.asked("POST", f"/subjects/{subject}-user/versions", _refer(subject))["id"]
        shown = backend.asked("GET", f"/subjects/{subject}-user/versions/1")

        assert shown["references"] == [{"name": "Inner", "subject": subject, "version": 1}]
        referring = backend.asked("GET", f"/subjects/{subject}/versions/1/referencedby")
        assert referring == [made]

    def test_a_reference_that_leads_nowhere_is_42201(self, backend: Backend, subject: str) -> None:
        """As any schema that cannot be read."""
        answer = backend.asked("POST", f"/subjects/{subject}/versions", _refer("nobody"))

        assert answer == (422, 42201)

    def test_what_is_referred_to_cannot_be_deleted(self, backend: Backend, subject: str) -> None:
        """42206, until the one that refers is gone."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": _INNER})
        backend.asked("POST", f"/subjects/{subject}-user/versions", _refer(subject))

        answers = [
            backend.asked("DELETE", f"/subjects/{subject}/versions/1"),
            backend.asked("DELETE", f"/subjects/{subject}"),
        ]
        assert answers == [(422, 42206), (422, 42206)]

    def test_compatibility_looks_through_references(self, backend: Backend, subject: str) -> None:
        """A field that the referred type lacks is found."""
        bad, good = record("x", "y", name="Inner"), record("x", optional("y"), name="Inner")
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": _INNER})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": "NONE"})
        for schema in (bad, good):
            backend.asked("POST", f"/subjects/{subject}/versions", {"schema": schema})
        backend.asked("POST", f"/subjects/{subject}-user/versions", _refer(subject))
        backend.asked("PUT", f"/config/{subject}-user", {"compatibility": "BACKWARD"})
        path = f"/compatibility/subjects/{subject}-user/versions/latest"

        answers = [verdict(backend.asked("POST", path, _refer(subject, version))) for version in (2, 3)]
        assert answers == backend.expects("compatibility-references", confluent=[False, True])

    def test_an_inlined_schema_is_the_one_with_references(self, backend: Backend, subject: str) -> None:
        """Producers send what they have, in one piece."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": _INNER})
        made = backend.asked("POST", f"/subjects/{subject}-user/versions", _refer(subject))["id"]
        inlined = record("a", {"name": "inner", "type": json.loads(_INNER)}, name="Outer")
        found = backend.asked("POST", f"/subjects/{subject}-user", {"schema": inlined})

        expected = backend.expects("inlined-is-same", confluent=made)
        assert (found["id"] if isinstance(found, dict) else found) == expected

    def test_the_latest_can_be_referred_to(self, backend: Backend, subject: str) -> None:
        """As version -1."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": _INNER})
        answer = backend.asked("POST", f"/subjects/{subject}-user/versions", _refer(subject, -1))

        assert backend.expects("refer-to-latest", confluent=True) == isinstance(answer, dict)


class TestContexts:
    """Subjects and ids apart from all others."""

    def test_a_context_has_ids_of_its_own(self, backend: Backend, subject: str) -> None:
        """And its subjects are qualified."""
        inside = f"%3A.contract%3A{subject}"
        schema = record("a", doc=subject)
        backend.asked("POST", f"/subjects/{inside}/versions", {"schema": schema})
        found = backend.asked("GET", f"/subjects/{inside}/versions/1")

        assert found["subject"] == f":.contract:{subject}"
        listed = backend.asked("GET", "/subjects?subjectPrefix=%3A.contract%3A")
        others = [one for one in listed if not one.startswith(":.contract:")]
        assert ("all" if others else "its own") == backend.expects("listed-by-context", confluent="its own")
        assert backend.asked("GET", "/contexts") == backend.expects("contexts", confluent=[".", ".contract"])

    def test_the_default_context_needs_no_name(self, backend: Backend, subject: str) -> None:
        """`:.:name` is `name`."""
        backend.asked("POST", f"/subjects/%3A.%3A{subject}/versions", {"schema": A})
        found = backend.asked("GET", f"/subjects/{subject}/versions/1")

        shown = found["subject"] if isinstance(found, dict) else found
        assert shown == backend.expects("default-context", confluent=subject)
