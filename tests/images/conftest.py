"""Fixtures of the tests that need images; `make images-test` builds them and runs these."""

from __future__ import annotations

import os

import pytest

from tests.images.docker_cli import Docker

_HOST = "ECCS_IMAGES_DOCKER_HOST"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the images where nobody has built them."""
    if os.environ.get(_HOST):
        return
    skip = pytest.mark.skip(reason="needs the images: make images-test builds them and runs this")
    for item in items:
        if "tests/images/" in item.nodeid:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def docker() -> Docker:
    """The daemon that has the images."""
    return Docker(os.environ[_HOST])
