"""Bearer tokens: a JWT (RFC 7519) whose algorithm is ours to say, not the token's (RFC 8725, section 3.1)."""

from __future__ import annotations

import json
from typing import Any, Final

import jwt

from eccs_contracts import EmailRequest
from services.email_service.problems import ApiError
from services.email_service.settings import AuthSettings

_MOST: Final = 8192  # characters of a token
_LONGEST_USER: Final[int] = next(
    one["maxLength"] for one in json.loads(EmailRequest.SCHEMA)["fields"] if one["name"] == "userId"
)


class Authenticator:
    """Tells the user of a token."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        required = ["exp", "sub"]
        required += ["aud"] if settings.audience else []
        required += ["iss"] if settings.issuer else []
        self._options: Any = {"require": required}

    def user(self, authorization: str | None) -> str:
        """The user that an Authorization header is for.

        Raises:
            ApiError: 401, without saying more than that the token is not accepted.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= _MOST:
            raise _refused()
        user = str(self._claims(token)["sub"])
        if not 0 < len(user) <= _LONGEST_USER or not user.isprintable():
            raise _refused()
        return user

    def _claims(self, token: str) -> dict[str, Any]:
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
            raise _refused() from None
        return claims


def _refused() -> ApiError:
    return ApiError(401, "the token is missing, expired or not for this service", {"WWW-Authenticate": "Bearer"})
