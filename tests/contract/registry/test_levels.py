"""Compatibility: what each level lets through, the same against every registry."""

from __future__ import annotations

import pytest

from tests.contract.registry.backends import Backend, verdict
from tests.contract.registry.schemas import A_B, A_OPTIONAL_B, NOT_AVRO, A, record

_BACKWARD = ("BACKWARD", "BACKWARD_TRANSITIVE")
_FORWARD = ("FORWARD", "FORWARD_TRANSITIVE")
_FULL = ("FULL", "FULL_TRANSITIVE")
_LEVELS = (*_BACKWARD, *_FORWARD, *_FULL, "NONE")

# What is changed -> before, after, the levels that refuse it.
_CHANGES = {
    "an optional field is added": (A, A_OPTIONAL_B, ()),
    "a required field is added": (A, A_B, (*_BACKWARD, *_FULL)),
    "an optional field is removed": (A_OPTIONAL_B, A, ()),
    "a required field is removed": (A_B, A, (*_FORWARD, *_FULL)),
}


class TestLevels:
    """What is refused with 409, and what is not."""

    @pytest.mark.parametrize("level", _LEVELS)
    @pytest.mark.parametrize("change", _CHANGES)
    def test_a_level_lets_through_what_it_says(self, backend: Backend, subject: str, change: str, level: str) -> None:
        """Asked beforehand, and when it is registered."""
        before, after, refusing = _CHANGES[change]
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": before})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": level})
        accepted = level not in refusing

        asked = backend.asked("POST", f"/compatibility/subjects/{subject}/versions", {"schema": after})
        assert asked["is_compatible"] is accepted
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": after})
        assert backend.asked("GET", f"/subjects/{subject}/versions") == ([1, 2] if accepted else [1])

    @pytest.mark.parametrize(
        ("level", "schemas"),
        [("BACKWARD", (A, A_OPTIONAL_B, A_B)), ("FORWARD", (A_B, A_OPTIONAL_B, A)), ("FULL", (A, A_OPTIONAL_B, A_B))],
    )
    @pytest.mark.parametrize("transitive", [False, True])
    def test_a_transitive_level_looks_at_all_versions(
        self, backend: Backend, subject: str, level: str, schemas: tuple[str, str, str], *, transitive: bool
    ) -> None:
        """The third fits the second, and not the first."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": schemas[0]})
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": schemas[1]})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": level + ("_TRANSITIVE" if transitive else "")})

        body = {"schema": schemas[2]}
        asked = backend.asked("POST", f"/compatibility/subjects/{subject}/versions", body)
        expected = False if transitive else backend.expects("not-transitive", confluent=not transitive)
        assert asked["is_compatible"] is expected
        against_first = backend.asked("POST", f"/compatibility/subjects/{subject}/versions/1", body)
        assert against_first["is_compatible"] is False

    def test_a_refusal_is_409(self, backend: Backend, subject: str) -> None:
        """Confluent's code is 40901 since 8.0.4, and was 409 before."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": "BACKWARD"})

        answer = backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A_B})
        assert answer == backend.expects("incompatible", confluent=(409, 40901))

    def test_without_a_level_it_is_the_global_one(self, backend: Backend, subject: str) -> None:
        """BACKWARD, unless somebody set another."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        expected = backend.expects("global", confluent={"compatibilityLevel": "BACKWARD"})

        assert backend.asked("GET", "/config") == expected
        assert backend.asked("GET", f"/config/{subject}?defaultToGlobal=True") == expected

    def test_deleted_versions_do_not_count(self, backend: Backend, subject: str) -> None:
        """Only live ones are read from."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A_OPTIONAL_B})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": "BACKWARD_TRANSITIVE"})
        backend.asked("DELETE", f"/subjects/{subject}/versions/1")

        asked = backend.asked("POST", f"/compatibility/subjects/{subject}/versions", {"schema": A_B})
        assert asked["is_compatible"] is True


class TestAskedBeforehand:
    """POST /compatibility."""

    def test_nothing_is_known_of_an_unknown_subject(self, backend: Backend, subject: str) -> None:
        """So everything is compatible with it."""
        path = f"/compatibility/subjects/{subject}/versions"

        answers = [verdict(backend.asked("POST", one, {"schema": A})) for one in (f"{path}/latest", path)]
        assert answers == backend.expects("compatibility-no-subject", confluent=[True, True])

    def test_a_version_that_is_missing_is_40402(self, backend: Backend, subject: str) -> None:
        """A number is asked for by mistake."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        answer = backend.asked("POST", f"/compatibility/subjects/{subject}/versions/9", {"schema": A})

        assert answer == (404, 40402)

    def test_what_is_no_schema_is_42201_or_told(self, backend: Backend, subject: str) -> None:
        """With `verbose` it is an answer, without an error."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": "BACKWARD"})
        path, body = f"/compatibility/subjects/{subject}/versions/latest", {"schema": NOT_AVRO}

        assert backend.asked("POST", path, body) == (422, 42201)
        told = verdict(backend.asked("POST", f"{path}?verbose=true", body))
        assert told == backend.expects("compatibility-no-schema-verbose", confluent=False)

    def test_messages_are_given_if_asked_for(self, backend: Backend, subject: str) -> None:
        """And only then."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": "BACKWARD"})
        path, body = f"/compatibility/subjects/{subject}/versions/latest", {"schema": A_B}

        key = backend.expects("compatibility-messages", confluent="messages")
        assert not backend.asked("POST", f"{path}?verbose=false", body).get(key)
        assert backend.asked("POST", f"{path}?verbose=True", body)[key]

    def test_names_may_change_only_where_the_level_says(self, backend: Backend, subject: str) -> None:
        """A record of another name is another record."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": "BACKWARD"})
        path = f"/compatibility/subjects/{subject}/versions/latest"

        assert backend.asked("POST", path, {"schema": record("a", name="S")})["is_compatible"] is False
        aliased = record("a", name="S", aliases=["R"])
        assert backend.asked("POST", path, {"schema": aliased})["is_compatible"] is True
