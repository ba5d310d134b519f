"""Registering, looking up and reading: the same against every registry."""

from __future__ import annotations

import json

import pytest

from tests.contract.registry.backends import Backend, refusal
from tests.contract.registry.schemas import A_B, A_OPTIONAL_B, NOT_AVRO, A, optional, record


class TestRegistering:
    """What POST makes, and what GET gives back."""

    def test_a_schema_is_version_1_and_read_back(self, backend: Backend, subject: str) -> None:
        """By subject, by id, and as its text alone."""
        made = backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})["id"]
        found = backend.asked("GET", f"/subjects/{subject}/versions/1")

        assert (found["subject"], found["version"], found["id"]) == (subject, 1, made)
        assert json.loads(found["schema"]) == json.loads(A)
        assert json.loads(backend.asked("GET", f"/schemas/ids/{made}")["schema"]) == json.loads(A)
        assert backend.asked("GET", f"/subjects/{subject}/versions") == [1]
        assert subject in backend.asked("GET", "/subjects")

    def test_the_same_schema_is_registered_once(self, backend: Backend, subject: str) -> None:
        """Registering is idempotent; white space does not count."""
        first = backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        spaced = {"schema": json.dumps(json.loads(A), indent=2)}

        assert backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})["id"] == first["id"]
        again = backend.asked("POST", f"/subjects/{subject}/versions", spaced)["id"]
        assert backend.expects("spaced-is-same", confluent=True) == (again == first["id"])

    def test_one_schema_has_one_id_in_all_subjects(self, backend: Backend, subject: str) -> None:
        """Consumers cache by id."""
        made = backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})["id"]

        assert backend.asked("POST", f"/subjects/{subject}-2/versions", {"schema": A})["id"] == made
        used = backend.asked("GET", f"/schemas/ids/{made}/versions")
        assert {"subject": subject, "version": 1} in used
        assert {"subject": f"{subject}-2", "version": 1} in used
        subjects = backend.expects("subjects-by-id", confluent=sorted({one["subject"] for one in used}))
        answer = backend.asked("GET", f"/schemas/ids/{made}/subjects")
        assert (sorted(answer) if isinstance(answer, list) else answer) == subjects

    def test_an_older_schema_does_not_become_the_latest_again(self, backend: Backend, subject: str) -> None:
        """A revert is silently ignored: any version that has the schema is the answer."""
        first = backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})["id"]
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A_OPTIONAL_B})

        assert backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})["id"] == first
        assert backend.asked("GET", f"/subjects/{subject}/versions") == [1, 2]
        assert backend.asked("GET", f"/subjects/{subject}/versions/latest")["version"] == 2
        assert backend.asked("GET", f"/subjects/{subject}/versions/-1")["version"] == 2

    def test_a_doc_makes_a_new_version(self, backend: Backend, subject: str) -> None:
        """What readers cannot see is still another schema."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": record("a", doc="told")})

        assert backend.asked("GET", f"/subjects/{subject}/versions") == [1, 2]

    def test_a_lookup_gives_the_version_that_has_the_schema(self, backend: Backend, subject: str) -> None:
        """With its number and id."""
        made = backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})["id"]
        found = backend.asked("POST", f"/subjects/{subject}", {"schema": A})

        assert (found["subject"], found["version"], found["id"]) == (subject, 1, made)

    @pytest.mark.parametrize(
        ("check", "call", "code"),
        [
            ("no-subject", ("GET", "/subjects/nobody/versions", None), 40401),
            ("no-subject-latest", ("GET", "/subjects/nobody/versions/latest", None), 40401),
            ("no-version", ("GET", "/subjects/{}/versions/7", None), 40402),
            ("version-0", ("GET", "/subjects/{}/versions/0", None), 42202),
            ("version-earliest", ("GET", "/subjects/{}/versions/earliest", None), 42202),
            ("no-id", ("GET", "/schemas/ids/999999", None), 40403),
            ("lookup-no-subject", ("POST", "/subjects/nobody", {"schema": A}), 40401),
            ("lookup-other-schema", ("POST", "/subjects/{}", {"schema": A_B}), 40403),
            ("lookup-no-schema", ("POST", "/subjects/{}", {"schema": NOT_AVRO}), 42201),
            ("register-no-schema", ("POST", "/subjects/{}/versions", {"schema": NOT_AVRO}), 42201),
            ("register-empty", ("POST", "/subjects/{}-2/versions", {"schema": ""}), 42201),
        ],
    )
    def test_errors_have_the_codes_that_clients_depend_on(
        self, backend: Backend, subject: str, check: str, call: tuple[str, str, object], code: int
    ) -> None:
        """The status is the code's first three digits."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        method, path, body = call
        answer = refusal(backend.asked(method, path.format(subject), body))

        assert answer == backend.expects(check, confluent=(code // 100, code))

    def test_attributes_in_another_order_are_another_schema(self, backend: Backend, subject: str) -> None:
        """Unless it is asked for the normalised one."""
        one, two = record("a", x=1, y={"b": 1, "a": 2}), record("a", y={"a": 2, "b": 1}, x=1)
        path = f"/subjects/{subject}/versions"
        backend.asked("PUT", "/config/" + subject, {"compatibility": "NONE"})

        first = backend.asked("POST", f"{path}?normalize=true", {"schema": one})["id"]
        second = backend.asked("POST", f"{path}?normalize=true", {"schema": two})["id"]
        assert backend.expects("normalised-are-same", confluent=True) == (first == second)
        backend.asked("POST", path, {"schema": two})
        assert backend.asked("GET", path) == [1, 2]

    def test_the_text_alone_is_the_schema(self, backend: Backend, subject: str) -> None:
        """Not a text inside of JSON."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": record("a", optional("b"))})
        answer = backend.asked("GET", f"/subjects/{subject}/versions/1/schema")

        assert answer == json.loads(A_OPTIONAL_B)

    def test_avro_is_taken(self, backend: Backend) -> None:
        """Others may be."""
        assert "AVRO" in backend.asked("GET", "/schemas/types")
