"""The client: what it says when a registry is down, slow, foreign or closed, and when it tries again."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from compat_checks.errors import RegistryRefused, RegistryUnreachable, UsageError
from compat_checks.registry.access import Access
from compat_checks.registry.client import RegistryClient
from compat_checks.registry.transport import Pace
from compat_checks.registry.values import Content, Reference
from tests.unit.registry.servers import Answer, Authority, Registry, Scripted, failing, serving

ONE = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
SUBJECTS = Answer(200, '["a"]')
ONCE = Pace(attempts=1)
Connect = Callable[..., RegistryClient]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens a client of a URL; without further attempts unless a pace is given."""
    with ExitStack() as opened:

        def open_client(url: str, pace: Pace = ONCE, **access: Any) -> RegistryClient:
            return opened.enter_context(RegistryClient(Access(url, **access), pace=pace))

        yield open_client


class TestTryingAgain:
    """Full jitter over a doubling limit, where it is safe and may help."""

    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    def test_what_may_pass_is_tried_again(self, connect: Connect, status: int) -> None:
        """Until it has passed."""
        slept: list[float] = []
        pace = Pace(sleep=slept.append, chance=lambda: 0.5)
        with serving(Scripted(failing(status), failing(status), SUBJECTS)) as served:
            assert connect(served.url, pace).subjects() == ["a"]

        assert len(served.calls) == 3
        assert slept == [0.05, 0.1]

    @pytest.mark.parametrize("status", [400, 404, 409, 422, 501])
    def test_what_will_not_pass_is_not_tried_again(self, connect: Connect, status: int) -> None:
        """The answer would be the same."""
        with serving(Scripted(failing(status))) as served, pytest.raises((RegistryRefused, RegistryUnreachable)):
            connect(served.url, Pace()).subjects()

        assert len(served.calls) == 1

    def test_the_wait_has_a_limit(self, connect: Connect) -> None:
        """And the attempts have."""
        slept: list[float] = []
        pace = Pace(attempts=7, base=0.5, longest=2.0, sleep=slept.append, chance=lambda: 1.0)
        with serving(Scripted(failing(503))) as served, pytest.raises(RegistryUnreachable):
            connect(served.url, pace).subjects()

        assert slept == [0.5, 1.0, 2.0, 2.0, 2.0, 2.0]
        assert len(served.calls) == 7

    def test_a_registry_that_is_down_is_tried_again(self, connect: Connect) -> None:
        """It may be starting."""
        slept: list[float] = []
        with pytest.raises(RegistryUnreachable):
            connect("http://127.0.0.1:9", Pace(attempts=3, sleep=slept.append)).subjects()

        assert len(slept) == 2


class TestErrors:
    """One clear message each, and the exit code of what cannot be reached."""

    def test_down(self, connect: Connect) -> None:
        """With the address and the variable to set."""
        with pytest.raises(RegistryUnreachable, match=r"no registry answers at http://127\.0\.0\.1:9") as caught:
            connect("http://127.0.0.1:9").subjects()
        assert "SCHEMA_REGISTRY_URL" in str(caught.value)

    def test_slow(self, connect: Connect) -> None:
        """With the seconds that were waited."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with pytest.raises(RegistryUnreachable, match=r"no answer within 0\.1 s"):
                connect(url, timeout=0.1).subjects()

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            (Answer(200, "<html>", "text/html"), "is not a registry (HTTP 200, text/html, no JSON)"),
            (Answer(404, "<html>", "text/html"), "is not a registry (HTTP 404, text/html, no JSON)"),
            (Answer(404, "{}"), "is not a registry (HTTP 404, application/json, no error_code)"),
            (Answer(302, "", "text/html"), "is not a registry (HTTP 302"),
            (Answer(200, '{"a": 1}'), "an answer is no list"),
            (Answer(200, "[1]"), "an answer is no list"),
            (Answer(200, "[" * 100_000), "is not a registry"),
            (failing(500, 50001, "the store is down"), "the store is down (HTTP 500, error 50001)"),
            (Answer(401, "<html>", "text/html"), "does not know who we are"),
            (Answer(403, '{"message": "no"}'), "does not allow this"),
        ],
    )
    def test_foreign_broken_or_closed(self, connect: Connect, said: Answer, words: str) -> None:
        """Each is told as what it is."""
        with serving(Scripted(said)) as served, pytest.raises(RegistryUnreachable) as caught:
            connect(served.url).subjects()

        assert words in str(caught.value)
        assert served.url in str(caught.value)

    def test_a_wrong_path_is_not_an_empty_registry(self, connect: Connect) -> None:
        """404 means "no such version" only where a registry says so."""
        with serving(Scripted(Answer(404, '{"status": 404}'))) as served, pytest.raises(RegistryUnreachable):
            connect(served.url).look_up("a", ONE)

    def test_a_refusal_has_its_status_and_code(self, connect: Connect) -> None:
        """And the registry's words."""
        with serving(Scripted(failing(409, 40901, "incompatible"))) as served:
            with pytest.raises(RegistryRefused, match="incompatible") as caught:
                connect(served.url).register("a", ONE)
            assert (caught.value.status, caught.value.code) == (409, 40901)

    @pytest.mark.parametrize(
        "url", ["", "localhost:8081", "ftp://a", "http://", "http://a:no", "http://user:secret@a:no"]
    )
    def test_what_is_no_address_is_wrong_usage(self, connect: Connect, url: str) -> None:
        """It is not repeated: it may hold a password."""
        with pytest.raises(UsageError) as caught:
            connect(url)
        assert "secret" not in str(caught.value)


class TestCredentials:
    """Basic, bearer and certificates; none of them is ever shown."""

    def test_basic_from_the_url(self, connect: Connect) -> None:
        """Percent-encoded there."""
        with serving(Registry("Basic dXNlcjpwQHNz")) as served:
            url = served.url.replace("http://", "http://user:p%40ss@")
            assert connect(url).subjects() == []

    def test_basic_from_options(self, connect: Connect) -> None:
        """They stand above the URL."""
        with serving(Registry("Basic dXNlcjpwQHNz")) as served:
            url = served.url.replace("http://", "http://other:one@")
            assert connect(url, user="user", password="p@ss").subjects() == []

    def test_bearer(self, connect: Connect) -> None:
        """It stands above both."""
        with serving(Registry("Bearer abc.def")) as served:
            assert connect(served.url, user="user", token="abc.def").subjects() == []

    def test_secrets_are_never_shown(self, connect: Connect) -> None:
        """Not by errors, not by repr."""
        url = "http://user:secret1@127.0.0.1:9"
        access = Access(url, password="secret2", token="secret3")
        client = connect(url, password="secret2", token="secret3")
        with pytest.raises(RegistryUnreachable) as caught:
            client.subjects()
        shown = f"{access!r} {client!r} {client.shown} {caught.value} {caught.value!r}"

        assert "secret" not in shown
        assert caught.value.__cause__ is None

    def test_a_registry_behind_tls(self, connect: Connect, tmp_path: Path) -> None:
        """Its certificate is signed by an authority of our own."""
        authority = Authority(tmp_path, "ours")
        with serving(Registry(), authority.server()) as served:
            assert connect(served.url, ca=authority.ca).register("a", ONE) == 1

    def test_a_registry_that_we_do_not_trust(self, connect: Connect, tmp_path: Path) -> None:
        """It is told at once how to trust it; nothing is sent."""
        authority, other = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
        slept: list[float] = []
        with serving(Registry(), other.server()) as served, pytest.raises(RegistryUnreachable, match="set --ca"):
            connect(served.url, Pace(sleep=slept.append), ca=authority.ca).subjects()

        assert (served.calls, slept) == ([], [])

    def test_mutual_tls(self, connect: Connect, tmp_path: Path) -> None:
        """A certificate says who we are."""
        authority = Authority(tmp_path, "ours")
        mine = authority.issue("client")
        with serving(Registry(), authority.server(asks_for_certificate=True)) as served:
            assert connect(served.url, ca=authority.ca, cert=mine.cert, key=mine.key).subjects() == []

    def test_mutual_tls_without_a_certificate(self, connect: Connect, tmp_path: Path) -> None:
        """Nobody answers."""
        authority = Authority(tmp_path, "ours")
        with serving(Registry(), authority.server(asks_for_certificate=True)) as served:
            with pytest.raises(RegistryUnreachable):
                connect(served.url, ca=authority.ca).subjects()
            assert served.calls == []

    def test_certificates_that_cannot_be_used_are_wrong_usage(self, connect: Connect, tmp_path: Path) -> None:
        """Not there, not PEM, or of somebody else."""
        authority = Authority(tmp_path, "ours")
        one, two, text = authority.issue("one"), authority.issue("two"), tmp_path / "text"
        text.write_text("no PEM")
        wrong: list[dict[str, Path]] = [
            {"ca": tmp_path / "none"},
            {"ca": text},
            {"cert": tmp_path / "none"},
            {"cert": text},
            {"cert": one.cert, "key": two.key},
        ]

        for files in wrong:
            with pytest.raises(UsageError, match="cannot be used"):
                connect("https://127.0.0.1:9", **files)


class TestCalls:
    """What it asks, against a registry that answers."""

    def test_names_are_quoted(self, connect: Connect) -> None:
        """A slash in a subject is not a step of the path."""
        with serving(Registry()) as served:
            client = connect(served.url)
            client.register("a/b %:c", ONE)
            assert client.subjects() == ["a/b %:c"]

    def test_versions_are_read(self, connect: Connect) -> None:
        """All of them, never only the latest."""
        with serving(Registry()) as served:
            client = connect(served.url)
            client.register("a", ONE)
            client.register("a", ONE.replace('"R"', '"R","doc":"d"'))

            assert [(one.version, one.id) for one in client.versions("a")] == [(1, 1), (2, 2)]
            assert client.version("a").version == 2
            assert client.by_id(1).schema == ONE
            assert client.versions("nobody") == ()

    def test_a_schema_is_given_with_what_it_refers_to(self, connect: Connect) -> None:
        """In one piece, so that it can be checked."""
        with serving(Registry()) as served:
            client = connect(served.url)
            client.register("inner", '{"type":"fixed","name":"F","size":2}')
            client.register("middle", Content('{"type":"array","items":"F"}', (Reference("inner", 1, "F"),)))
            outer = '{"type":"record","name":"R","fields":[{"name":"a","type":"F"}]}'
            client.register("outer", Content(outer, (Reference("inner", 1, "F"),)))

            assert client.self_contained("middle") == [
                (1, '{"type":"array","items":{"type":"fixed","name":"F","size":2}}')
            ]
            assert client.version("outer").content.references == (Reference("inner", 1, "F"),)

    def test_levels_and_modes_are_read_and_set(self, connect: Connect) -> None:
        """None is not the global one."""
        with serving(Registry()) as served:
            client = connect(served.url)
            assert (client.level(), client.level("a"), client.mode("a")) == ("BACKWARD", None, "READWRITE")
            client.set_level("a", "FULL")
            assert client.level("a") == "FULL"

    def test_a_registry_is_asked_beforehand(self, connect: Connect) -> None:
        """Its words come back."""
        with serving(Registry()) as served:
            client = connect(served.url)
            assert client.complaints("a", ONE) == []
            client.register("a", ONE)
            found = client.complaints("a", ONE.replace('"a"', '"b"'))

            assert "READER_FIELD_MISSING_DEFAULT_VALUE" in found[0]

    def test_threads_share_a_client(self, connect: Connect) -> None:
        """Each gets its own answer."""
        with serving(Registry()) as served:
            client = connect(served.url)
            names = [f"s{number}" for number in range(8)]
            with ThreadPoolExecutor(len(names)) as pool:
                assert list(pool.map(lambda name: client.register(name, ONE), names)) == [1] * 8
