"""How a registry is reached: address, time and credentials."""

from __future__ import annotations

import ssl
from collections.abc import Generator
from pathlib import Path

import httpx

from compat_checks.classes import field, frozen
from compat_checks.errors import UsageError


@frozen
class Access:
    """A registry and what opens it. Secrets are in no text that is made of it.

    Attributes:
        url: `http(s)://HOST[:PORT][/PATH]`; user and password may stand in it.
        timeout: seconds that one answer may take.
        user, password: Basic (RFC 7617); before those of the URL.
        token: Bearer (RFC 6750); before Basic.
        ca: PEM file of the certificates that sign the registry's; the system's where it is None.
        cert, key: PEM files of the client's certificate and key, for mutual TLS; the key may be in the first.
    """

    url: str = field(shown=False)
    timeout: float = 10.0
    user: str | None = None
    password: str | None = field(default=None, shown=False)
    token: str | None = field(default=None, shown=False)
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @property
    def shown(self) -> str:
        """The address without what is secret in it."""
        return str(self.address.copy_with(username=None, password=None, query=None, fragment=None))

    @property
    def address(self) -> httpx.URL:
        """The address.

        Raises:
            UsageError: it is none; its text is not repeated, for it may hold a password.
        """
        try:
            url = httpx.URL(self.url)
        except httpx.InvalidURL:
            url = httpx.URL()
        if url.scheme not in ("http", "https") or not url.host:
            raise UsageError("the registry's address is not of the form http(s)://HOST[:PORT][/PATH]")
        return url

    @property
    def auth(self) -> httpx.Auth | None:
        """What is sent with each call."""
        if self.token:
            return _Bearer(self.token)
        if self.user is not None:
            return httpx.BasicAuth(self.user, self.password or "")
        if self.address.username or self.address.password:
            return httpx.BasicAuth(self.address.username, self.address.password)
        return None

    def tls(self) -> ssl.SSLContext:
        """Whom to trust, and who we are.

        Raises:
            UsageError: a file cannot be read, is not PEM, or certificate and key do not belong together.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"the certificates in {self.ca} cannot be used: {error.strerror or error}") from None
        if self.cert is None:
            return context
        try:
            context.load_cert_chain(self.cert, self.key, password=_no_password)
        except (OSError, ssl.SSLError, ValueError) as error:
            files = f"{self.cert} and {self.key}" if self.key else f"{self.cert}"
            raise UsageError(f"the certificate and key in {files} cannot be used: {error}") from None
        return context


class _Bearer(httpx.Auth):
    """A token in each call."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


def _no_password() -> str:
    raise ValueError("the key is encrypted; give one that is not")
