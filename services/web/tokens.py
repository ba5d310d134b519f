"""Bearer tokens: a JWT (RFC 7519) whose algorithm is ours to say, not the token's (RFC 8725, section 3.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from eccs_contracts import EmailRequest
from eccs_contracts.errors import ConfigurationError
from eccs_contracts.settings import number_setting, optional_setting
from services.web.numbers import numeric_date

_MOST: Final = 8192  # characters of a token
_DATES: Final = ("nbf", "iat")
_LEAST_SECRET: Final = 32  # bytes; RFC 7518, section 3.2
_LEAST_RSA: Final = 2048  # bits; RFC 7518, section 3.3
_LONGEST_USER: Final[int] = next(
    one["maxLength"] for one in json.loads(EmailRequest.SCHEMA)["fields"] if one["name"] == "userId"
)


class Refused(Exception):
    """Raised where a token is missing, expired or not for this service; says no more than that."""

    def __init__(self) -> None:
        super().__init__("the token is missing, expired or not for this service")


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """Who is let in.

    Attributes:
        algorithm: HS256 or RS256, pinned: what a token's own header says is never followed.
        key: secret of HS256 or public key (PEM) of RS256; never shown.
        audience: what `aud` must hold; None where it is not asked for.
        issuer: what `iss` must be; None where it is not asked for.
        leeway: seconds that two clocks may differ.
    """

    algorithm: str
    key: str = field(repr=False)
    audience: str | None = None
    issuer: str | None = None
    leeway: float = 0.0


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says.

    Attributes:
        user: the subject.
        scopes: what it may be used for: the `scope` claim, words with blanks between them (RFC 8693, section 4.2)
            or a list; empty where there is none.
        expires: when it ends, in seconds since 1970.
    """

    user: str
    scopes: frozenset[str]
    expires: float


class Tokens:
    """Reads tokens."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        required = ["exp", "sub"]
        required += ["aud"] if settings.audience else []
        required += ["iss"] if settings.issuer else []
        self._options: Any = {"require": required}

    def of_header(self, authorization: str | None) -> Claims:
        """What the token of an Authorization header says.

        Raises:
            Refused: there is none that is accepted.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refused
        return self.read(token)

    def read(self, token: str) -> Claims:
        """What a token says.

        Raises:
            Refused: it is not accepted.
        """
        if not 0 < len(token) <= _MOST:
            raise Refused
        claims = self._verified(token)
        user, expires = str(claims["sub"]), numeric_date(claims["exp"])
        if not 0 < len(user) <= _LONGEST_USER or not user.isprintable():
            raise Refused
        # The library takes texts, and numbers beyond every calendar.
        if expires is None or any(name in claims and numeric_date(claims[name]) is None for name in _DATES):
            raise Refused
        return Claims(user, _scopes(claims.get("scope")), expires)

    def _verified(self, token: str) -> dict[str, Any]:
        mine = self._settings
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                mine.key,
                algorithms=[mine.algorithm],
                audience=mine.audience,
                issuer=mine.issuer,
                leeway=mine.leeway,
                options=self._options,
            )
        # The library lets some of what broken JSON does through: nesting, numbers of any length, bad UTF-8.
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise Refused from None
        return claims


def _scopes(claim: Any) -> frozenset[str]:
    if isinstance(claim, str):
        return frozenset(claim.split())
    return frozenset(one for one in claim if isinstance(one, str)) if isinstance(claim, list) else frozenset()


def auth_settings(env: Mapping[str, str]) -> AuthSettings:
    """Read JWT_SECRET or JWT_PUBLIC_KEY, JWT_AUDIENCE, JWT_ISSUER and JWT_LEEWAY.

    Raises:
        ConfigurationError: one is not usable, or there is no key: without one nothing is served.
    """
    secret, public = optional_setting("JWT_SECRET", env), optional_setting("JWT_PUBLIC_KEY", env)
    if secret and public:
        raise ConfigurationError("JWT_SECRET and JWT_PUBLIC_KEY are both set: one of them decides")
    if not secret and not public:
        raise ConfigurationError("JWT_SECRET (HS256) or JWT_PUBLIC_KEY (RS256) is not set: nobody could be let in")
    if secret:
        _check_secret(secret)
    else:
        _check_public_key(public or "")
    return AuthSettings(
        algorithm="HS256" if secret else "RS256",
        key=secret or public or "",
        audience=optional_setting("JWT_AUDIENCE", env),
        issuer=optional_setting("JWT_ISSUER", env),
        leeway=number_setting("JWT_LEEWAY", 5_000, env=env) / 1000,
    )


def _check_secret(secret: str) -> None:
    if len(secret.encode()) < _LEAST_SECRET:
        raise ConfigurationError(
            f"JWT_SECRET is shorter than the {_LEAST_SECRET} bytes that HS256 needs (RFC 7518, section 3.2)"
        )
    try:
        jwt.encode({}, secret, algorithm="HS256")
    except jwt.PyJWTError:  # a PEM key as secret: whoever knows the public key could sign
        raise ConfigurationError("JWT_SECRET holds a key pair's half: give it as JWT_PUBLIC_KEY") from None


def _check_public_key(pem: str) -> None:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        key = None
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_RSA:
        raise ConfigurationError(f"JWT_PUBLIC_KEY is not an RSA public key (PEM) of {_LEAST_RSA} bits or more")
