"""The readers of mails."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.node import MailParser, NoNode
from tests.property.delivery.readers import Reader, with_compat32, with_email, with_mailparser


@pytest.fixture(scope="session")
def mail_parser() -> Iterator[MailParser]:
    """Node's mailparser; skips where it cannot be had, unless ECCS_REQUIRE_NODE is 1."""
    try:
        parser = MailParser()
    except NoNode as reason:
        without = pytest.fail if os.environ.get("ECCS_REQUIRE_NODE") == "1" else pytest.skip
        without(f"mailparser reads no mail here: {reason}")
    with parser:
        yield parser


@pytest.fixture(scope="session", params=["email", "compat32", "mailparser"])
def reader(request: pytest.FixtureRequest) -> Reader:
    """Each of them."""
    if request.param == "mailparser":
        return with_mailparser(request.getfixturevalue("mail_parser"))
    return {"email": with_email, "compat32": with_compat32}[request.param]
