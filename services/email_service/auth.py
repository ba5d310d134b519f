"""Whose request it is."""

from __future__ import annotations

from services.email_service.problems import ApiError
from services.web.tokens import AuthSettings, Refused, Tokens


class Authenticator:
    """Tells the user of a token."""

    def __init__(self, settings: AuthSettings) -> None:
        self._tokens = Tokens(settings)

    def user(self, authorization: str | None) -> str:
        """The user that an Authorization header is for.

        Raises:
            ApiError: 401, without saying more than that the token is not accepted.
        """
        try:
            return self._tokens.of_header(authorization).user
        except Refused as error:
            raise ApiError(401, str(error), {"WWW-Authenticate": "Bearer"}) from None
