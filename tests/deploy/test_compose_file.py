"""compose.yaml: limits, health, order, and nothing that another file says differently."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
import yaml

from services.local_stack.containers import MONGO_IMAGE, REGISTRY_IMAGE
from services.local_stack.kafka_jvm import SINGLE_NODE, kafka_version
from tests.deploy.exposed import ROOT
from tests.images.base import pinned_base
from tests.images.compose import SECRETS, Compose

_OURS = ("contracts", "email-service", "notification-service", "dlq-console")
_FILE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
_SERVICES: dict[str, dict[str, Any]] = _FILE["services"]


def _compose(**variables: str) -> Compose:
    return Compose({"PATH": os.environ["PATH"], **variables})


def test_compose_takes_the_file() -> None:
    """By its own reading, without a warning."""
    done = _compose(**SECRETS).result("config", "--quiet")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("secret", SECRETS)
def test_there_is_no_default_for_a_secret(secret: str) -> None:
    """Who sets none is told where to read how."""
    given = {name: value for name, value in SECRETS.items() if name != secret}
    done = _compose(**given).result("config", "--quiet")

    assert done.returncode != 0
    assert f"{secret} is missing a value: see the head of compose.yaml" in done.stderr


@pytest.mark.parametrize("name", _SERVICES)
def test_each_service_has_limits_and_health(name: str) -> None:
    """Ours have their check in the image; the job has none, as it ends."""
    service = _SERVICES[name]

    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert ("healthcheck" in service) != (name in _OURS)


@pytest.mark.parametrize("name", _OURS)
def test_ours_have_no_more_than_they_need(name: str) -> None:
    """A read-only root, no capabilities, no way to new ones."""
    service = _SERVICES[name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", _SERVICES)
def test_ports_are_open_on_the_loopback_only(name: str) -> None:
    """A broker and a database without TLS are for this machine."""
    assert [port for port in _SERVICES[name].get("ports", []) if not port.startswith("127.0.0.1:")] == []


def test_the_services_wait_for_what_they_need() -> None:
    """The job has ended well, and what is asked at start is healthy."""
    waits = {name: {on: how["condition"] for on, how in _SERVICES[name]["depends_on"].items()} for name in _OURS}

    assert waits["contracts"] == {"kafka": "service_healthy", "registry": "service_healthy"}
    assert waits["email-service"]["contracts"] == "service_completed_successfully"
    assert waits["notification-service"]["contracts"] == "service_completed_successfully"


def test_versions_are_those_of_the_local_stack() -> None:
    """One version of each part in the repository."""
    images = {name: service["image"] for name, service in _SERVICES.items()}

    assert images["kafka"] == f"apache/kafka:{kafka_version()}"
    assert (images["registry"], images["mongodb"]) == (REGISTRY_IMAGE, MONGO_IMAGE)


def test_kafka_is_set_as_in_the_local_stack() -> None:
    """What a node on its own needs, said twice, must be the same."""
    ours = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): v
        for name, v in _SERVICES["kafka"]["environment"].items()
    }
    given = {name: value for name, value in SINGLE_NODE.items() if name in ours}

    assert {name: ours[name] for name in given} == given


def test_the_base_is_pinned_by_digest_once() -> None:
    """In the Dockerfile, and as Compose's default for it."""
    default = re.search(r"\$\{BASE_IMAGE:-(\S+)\}", _FILE["x-build"]["args"]["BASE_IMAGE"])

    assert default
    assert default[1] == pinned_base()
    assert re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", pinned_base())


@pytest.mark.parametrize("name", ["email-service", "notification-service", "dlq-console"])
def test_no_service_is_the_root_of_the_database(name: str) -> None:
    """It logs in as the user who has one database, with another password."""
    environment = _compose(**SECRETS).config()["services"][name]["environment"]

    assert (
        environment["MONGODB_URI"] == f"mongodb://eccs:{SECRETS['MONGO_PASSWORD']}@mongodb:27017/eccs?authSource=eccs"
    )
    assert SECRETS["MONGO_ROOT_PASSWORD"] not in str(environment)


def test_the_database_makes_the_user_of_the_services() -> None:
    """By a script that its image runs when the volume is new, with no more than one database."""
    database = _compose(**SECRETS).config()["services"]["mongodb"]
    script = (ROOT / "deploy/mongodb/create-user.js").read_text("utf-8")
    mounts = {one["target"]: one for one in database["volumes"]}
    mounted = mounts["/docker-entrypoint-initdb.d/create-user.js"]

    assert mounted["source"].endswith("deploy/mongodb/create-user.js")
    assert mounted["read_only"] is True
    assert database["environment"]["MONGO_INITDB_ROOT_USERNAME"] == "root"
    assert set(re.findall(r"process\.env\.(\w+)", script)) <= set(database["environment"])
    assert re.findall(r"roles: (\[.*?\])", script) == ['[{role: "readWrite", db: "eccs"}]']
