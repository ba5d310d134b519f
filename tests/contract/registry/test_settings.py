"""Levels, modes and contexts: how they are set, read and given up."""

from __future__ import annotations

import pytest

from tests.contract.registry.backends import Backend, refusal
from tests.contract.registry.schemas import A_B, A_OPTIONAL_B, A, optional, record

_READONLY = (422, 42205)


class TestConfig:
    """GET, PUT and DELETE /config."""

    def test_what_is_written_as_compatibility_is_read_as_compatibility_level(
        self, backend: Backend, subject: str
    ) -> None:
        """The API is not symmetric."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        written = backend.asked("PUT", f"/config/{subject}", {"compatibility": "FULL"})

        assert written == {"compatibility": "FULL"}
        assert backend.asked("GET", f"/config/{subject}")["compatibilityLevel"] == "FULL"

    def test_a_level_can_be_set_before_the_first_version(self, backend: Backend, subject: str) -> None:
        """So that it never lags behind the versions."""
        assert backend.asked("PUT", f"/config/{subject}", {"compatibility": "FULL"}) == {"compatibility": "FULL"}

    def test_a_level_that_is_not_set_is_40408(self, backend: Backend, subject: str) -> None:
        """And 40401 where it should be given up."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})

        assert backend.asked("GET", f"/config/{subject}") == backend.expects("config-unset", confluent=(404, 40408))
        assert backend.asked("DELETE", f"/config/{subject}") == backend.expects(
            "config-delete-unset", confluent=(404, 40401)
        )

    def test_a_level_that_is_given_up_is_the_global_one_again(self, backend: Backend, subject: str) -> None:
        """The answer is what it was."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        backend.asked("PUT", f"/config/{subject}", {"compatibility": "FORWARD"})

        expected = {"compatibilityLevel": "FORWARD"}
        assert backend.asked("DELETE", f"/config/{subject}") == expected
        assert backend.asked("GET", f"/config/{subject}") == backend.expects("config-unset", confluent=(404, 40408))

    @pytest.mark.parametrize("level", ["SOMEWHAT", ""])
    def test_what_is_no_level_is_42203(self, backend: Backend, subject: str, level: str) -> None:
        """Nothing is set."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        answer = backend.asked("PUT", f"/config/{subject}", {"compatibility": level})

        assert answer == backend.expects("no-level", confluent=(422, 42203))

    def test_a_subject_can_ask_for_normalisation(self, backend: Backend, subject: str) -> None:
        """For all that is registered under it."""
        one, two = record("a", y=2, x=1), record("a", x=1, y=2)
        backend.asked("PUT", f"/config/{subject}", {"compatibility": "NONE", "normalize": True})
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": one})
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": two})

        expected = backend.expects("config-normalises", confluent=[1])
        assert backend.asked("GET", f"/subjects/{subject}/versions") == expected


class TestModes:
    """GET, PUT and DELETE /mode."""

    def test_the_mode_is_readwrite(self, backend: Backend, subject: str) -> None:
        """Unless somebody set another."""
        assert backend.asked("GET", "/mode") == backend.expects("mode-global", confluent={"mode": "READWRITE"})
        assert backend.asked("GET", f"/mode/{subject}") == backend.expects("mode-unset", confluent=(404, 40409))
        answer = backend.asked("GET", f"/mode/{subject}?defaultToGlobal=true")
        assert answer == backend.expects("mode-default", confluent={"mode": "READWRITE"})

    def test_a_read_only_subject_takes_nothing(self, backend: Backend, subject: str) -> None:
        """No schema, no level, no deletion."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        answer = backend.asked("PUT", f"/mode/{subject}", {"mode": "readonly"})
        assert answer == backend.expects("mode-set", confluent={"mode": "READONLY"})

        answers = [
            backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A_OPTIONAL_B}),
            backend.asked("PUT", f"/config/{subject}", {"compatibility": "NONE"}),
            backend.asked("DELETE", f"/subjects/{subject}"),
        ]
        assert [refusal(one) for one in answers] == backend.expects("read-only", confluent=[_READONLY] * 3)

    def test_what_is_no_mode_is_42204(self, backend: Backend, subject: str) -> None:
        """Nothing is set."""
        answer = backend.asked("PUT", f"/mode/{subject}", {"mode": "SOMEHOW"})

        assert answer == backend.expects("no-mode", confluent=(422, 42204))

    def test_a_mode_that_is_not_set_cannot_be_given_up(self, backend: Backend, subject: str) -> None:
        """40401."""
        assert backend.asked("DELETE", f"/mode/{subject}") == backend.expects(
            "mode-delete-unset", confluent=(404, 40401)
        )

    def test_importing_needs_an_empty_subject(self, backend: Backend, subject: str) -> None:
        """Unless it is forced."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A})
        path, body = f"/mode/{subject}", {"mode": "IMPORT"}

        assert backend.asked("PUT", path, body) == backend.expects("import-occupied", confluent=_READONLY)
        assert backend.asked("PUT", f"{path}?force=true", body) == backend.expects(
            "mode-import", confluent={"mode": "IMPORT"}
        )

    def test_an_id_of_ones_own_needs_importing(self, backend: Backend, subject: str) -> None:
        """42205."""
        body = {"schema": A_B, "id": 70_100}
        answer = backend.asked("POST", f"/subjects/{subject}/versions", body)

        assert refusal(answer) == backend.expects("own-id", confluent=_READONLY)

    def test_a_version_of_ones_own_is_the_next_one(self, backend: Backend, subject: str) -> None:
        """42201 otherwise."""
        backend.asked("POST", f"/subjects/{subject}/versions", {"schema": A, "version": 1})
        body = {"schema": record("a", optional("c")), "version": 7}
        answer = backend.asked("POST", f"/subjects/{subject}/versions", body)

        assert refusal(answer) == backend.expects("own-version", confluent=(422, 42201))


class TestImporting:
    """Only where there are modes: not with Apicurio, which has none."""

    def test_importing_keeps_ids_and_versions(self, embedded: Backend, subject: str) -> None:
        """As another registry gave them; the level does not count."""
        assert embedded.asked("PUT", f"/mode/{subject}", {"mode": "IMPORT"}) == {"mode": "IMPORT"}
        for number, schema in ((3, record("a", doc=subject)), (5, record("a", "b", doc=subject))):
            body = {"schema": schema, "id": 70_000 + number, "version": number}
            assert embedded.asked("POST", f"/subjects/{subject}/versions", body)["id"] == 70_000 + number

        assert embedded.asked("GET", f"/subjects/{subject}/versions") == [3, 5]

    def test_an_id_never_gets_another_schema(self, embedded: Backend, subject: str) -> None:
        """42205; and a schema that has an id gets no other one, 42207."""
        embedded.asked("PUT", f"/mode/{subject}", {"mode": "IMPORT"})
        path, mine = f"/subjects/{subject}/versions", record("a", doc=subject)
        embedded.asked("POST", path, {"schema": mine, "id": 71_000})

        assert embedded.asked("POST", path, {"schema": record("z"), "id": 71_000}) == _READONLY
        assert embedded.asked("POST", path, {"schema": mine, "id": 71_001}) == (422, 42207)

    def test_importing_takes_nothing_without_an_id(self, embedded: Backend, subject: str) -> None:
        """42205, until the mode is given up."""
        embedded.asked("PUT", f"/mode/{subject}", {"mode": "IMPORT"})

        assert embedded.asked("POST", f"/subjects/{subject}/versions", {"schema": A}) == _READONLY
        assert embedded.asked("DELETE", f"/mode/{subject}") == {"mode": "IMPORT"}
        assert embedded.asked("POST", f"/subjects/{subject}/versions", {"schema": A})["version"] == 1
